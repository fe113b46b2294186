package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/sqlite"
	"github.com/gostates/gostates/engine/storetest"
	"github.com/stretchr/testify/require"
)

// open opens the store in a folder.
func open(t testing.TB, dir string, options ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s := sqlite.Open(filepath.Join(dir, "orders.db"), options...)
	require.NoError(t, s.Err())
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) engine.Store { return open(t, t.TempDir()) })
	storetest.RunReopened(t, func(t *testing.T, dir string) engine.Store { return open(t, dir) })
}
