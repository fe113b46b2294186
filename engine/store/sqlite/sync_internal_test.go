package sqlite

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNewest: who read waits for the commit that was there then, and for no later one.
func TestNewest(t *testing.T) {
	var n newest
	require.NoError(t, n.wait())
	for _, want := range []error{nil, errors.New("the disk does not work")} {
		n.begin()
		mine := n.commit
		done := make(chan error, 1)
		go func() { done <- mine.wait() }()
		n.end(want)
		require.NoError(t, n.wait(), "nothing is under way")
		n.begin()
		require.Equal(t, want, <-done)
		n.end(nil)
	}
}
