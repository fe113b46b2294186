package postgres_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/postgres/internal/server"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/require"
)

// urlEnv names a server to test with, in place of one that the tests start.
const urlEnv = "GOSTATES_POSTGRES"

var (
	database string // the connection string
	missing  error  // why there is none
	own      *server.Server
)

func TestMain(m *testing.M) {
	if namespace := os.Getenv(envNamespace); namespace != "" {
		work(namespace)
		return
	}
	for env, works := range victims {
		if folder := os.Getenv(env); folder != "" {
			victim(folder, works)
			return
		}
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if database = os.Getenv(urlEnv); database == "" {
		var err error
		own, err = server.Start("fsync=off") // processes are killed, and no computers
		switch {
		case errors.Is(err, server.ErrNone):
			missing = err
			fmt.Printf("NOT TESTED: engine/postgres: %v; set %s to the connection string of one\n", err, urlEnv)
		case err != nil:
			fmt.Println(err)
			return 1
		default:
			defer own.Stop()
			database = own.URL()
		}
	}
	return m.Run()
}

// needServer skips a test when there is no server.
func needServer(t testing.TB) {
	t.Helper()
	if database == "" {
		t.Skipf("NOT TESTED: %v", missing)
	}
}

// namespaceOf returns a namespace that nobody else has, for a name that nobody else has.
func namespaceOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "test_" + hex.EncodeToString(sum[:10])
}

// open opens the store that belongs to a folder.
func open(t testing.TB, dir string, options ...postgres.Option) *postgres.Store {
	t.Helper()
	needServer(t)
	s := postgres.Open(database, append([]postgres.Option{postgres.Namespace(namespaceOf(dir))}, options...)...)
	require.NoError(t, s.Err())
	return s
}

func TestStore(t *testing.T) {
	needServer(t)
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
	storetest.RunReopened(t, func(t *testing.T, dir string) store.Store { return open(t, dir) })
}
