package engine_test

import (
	"os"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/internal/killtest"
	"github.com/stretchr/testify/require"
)

// envNestedFolder tells a child of the test its folder, and to run what TestKillNested checks.
const envNestedFolder = "GOSTATES_KILL_NESTED_FOLDER"

func nestedVictim() error {
	folder := os.Getenv(envNestedFolder)
	return killtest.NestedVictim(folder, killed(folder))
}

// TestKillNested kills a process again and again whose executions wait for executions and for
// workers of its own.
func TestKillNested(t *testing.T) {
	t.Parallel()
	const each = 4 // executions that each process adds
	folder := t.TempDir()
	kills := killtest.Again(t, killtest.Kills{Number: 15, Within: 250 * time.Millisecond, Variable: envNestedFolder, Folder: folder, Each: each})
	db := killed(folder)
	require.NoError(t, db.Err())
	defer db.Close()
	killtest.CheckNested(t, db, folder, each*(kills+1))
}
