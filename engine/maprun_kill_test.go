package engine_test

import (
	"os"
	"testing"

	"github.com/gostates/gostates/engine/internal/killtest"
	"github.com/gostates/gostates/engine/store"
)

// envMapFolder tells a child of TestKillMapRun its folder.
const envMapFolder = "GOSTATES_KILL_MAP_FOLDER"

func mapVictim() error {
	folder := os.Getenv(envMapFolder)
	return killtest.MapVictim(folder, killed(folder))
}

// TestKillMapRun kills a process again and again in the middle of one Map Run.
func TestKillMapRun(t *testing.T) {
	killtest.MapRuns(t, envMapFolder, func(folder string) store.Store { return killed(folder) })
}
