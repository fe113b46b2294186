package engine_test

import (
	"log"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/internal/killtest"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// envFolder tells a child of the test its folder, and to run what TestKill checks.
const envFolder = "GOSTATES_KILL_FOLDER"

func TestMain(m *testing.M) {
	for env, victim := range map[string]func() error{envFolder: victim, envMapFolder: mapVictim, envNestedFolder: nestedVictim, envHandover: predecessor} {
		if os.Getenv(env) == "" {
			continue
		}
		if err := victim(); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// killed opens the database of a test's folder.
func killed(folder string) *sqlite.Store { return sqlite.Open(filepath.Join(folder, "kill.db")) }

func victim() error {
	folder := os.Getenv(envFolder)
	return killtest.Victim(folder, killed(folder))
}

// TestKill kills a process again and again while it runs executions on a file.
func TestKill(t *testing.T) {
	t.Parallel()
	const each = 8 // executions that each child adds
	folder := t.TempDir()
	kills := killtest.Again(t, killtest.Kills{Number: 20, Within: 120 * time.Millisecond, Variable: envFolder, Folder: folder, Each: each})
	db := killed(folder)
	require.NoError(t, db.Err())
	defer db.Close()
	killtest.Check(t, db, folder, each*(kills+1))
}
