package postgres_test

import (
	"context"
	"log"
	"os"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/internal/killtest"
	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/require"
)

// What tells a child of a test its folder, and what the child is.
const (
	envFolder       = "GOSTATES_POSTGRES_KILL_FOLDER"
	envNestedFolder = "GOSTATES_POSTGRES_KILL_NESTED_FOLDER"
	envMapFolder    = "GOSTATES_POSTGRES_KILL_MAP_FOLDER"
)

// victims are the processes that are killed.
var victims = map[string]func(folder string, db store.Store) error{
	envFolder: killtest.Victim, envNestedFolder: killtest.NestedVictim, envMapFolder: killtest.MapVictim,
}

// victim is the process that is killed. It stands by as long as the one before lives.
func victim(folder string, works func(folder string, db store.Store) error) {
	s := postgres.Open(os.Getenv(urlEnv), postgres.Namespace(namespaceOf(folder)), postgres.WaitForOwner(context.Background()))
	if err := works(folder, s); err != nil {
		log.Fatal(err)
	}
}

// TestKill kills a process again and again while it runs executions, and the next one takes
// over, which stands by or is started then.
func TestKill(t *testing.T) {
	needServer(t)
	t.Setenv(urlEnv, database)
	for name, standby := range map[string]bool{"with a standby": true, "one after another": false} {
		t.Run(name, func(t *testing.T) {
			const each = 8 // executions that each child adds
			folder := t.TempDir()
			kills := killtest.Again(t, killtest.Kills{Number: 10, Within: 250 * time.Millisecond, Variable: envFolder, Folder: folder, Each: each, Standby: standby})
			s := postgres.Open(database, postgres.Namespace(namespaceOf(folder)))
			require.NoError(t, s.Err())
			defer s.Close()
			killtest.Check(t, s, folder, each*(kills+1))
		})
	}
}

// TestKillNested kills a process again and again whose executions wait for executions and for
// workers of its own.
func TestKillNested(t *testing.T) {
	needServer(t)
	t.Setenv(urlEnv, database)
	const each = 4 // executions that each child adds
	folder := t.TempDir()
	kills := killtest.Again(t, killtest.Kills{Number: 10, Within: 400 * time.Millisecond, Variable: envNestedFolder, Folder: folder, Each: each})
	s := postgres.Open(database, postgres.Namespace(namespaceOf(folder)))
	require.NoError(t, s.Err())
	defer s.Close()
	killtest.CheckNested(t, s, folder, each*(kills+1))
}

// TestKillMapRun kills a process again and again in the middle of one Map Run.
func TestKillMapRun(t *testing.T) {
	needServer(t)
	t.Setenv(urlEnv, database)
	killtest.MapRuns(t, envMapFolder, func(folder string) store.Store {
		return postgres.Open(database, postgres.Namespace(namespaceOf(folder)))
	})
}
