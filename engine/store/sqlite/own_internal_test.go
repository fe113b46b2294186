//go:build unix

package sqlite

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReleaseGivesTheFileUp: also while a process that was just started still has the
// descriptors, as every new one has for a moment.
func TestReleaseGivesTheFileUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	first, err := own(path, true, nil)
	require.NoError(t, err)
	for _, f := range append(first.late, first.file) {
		inherited, err := syscall.Dup(int(f.Fd()))
		require.NoError(t, err)
		defer syscall.Close(inherited)
	}
	require.NoError(t, first.release())
	second, err := own(path, true, nil)
	require.NoError(t, err)
	require.NoError(t, second.release())
}
