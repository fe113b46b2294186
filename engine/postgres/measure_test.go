package postgres_test

import (
	"fmt"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/require"
)

// TestMeasures: every change is in a transaction, and every transaction is counted.
func TestMeasures(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	before := s.Measures()
	const n = 20
	for i := range n {
		require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: fmt.Sprint(i), New: "text"}}))
	}
	m := s.Measures()
	total := func(d store.Distribution) (n uint64) {
		for _, c := range d.Counts {
			n += c
		}
		return n
	}
	require.EqualValues(t, n, total(m.CommitSeconds)-total(before.CommitSeconds), "one after the other, each has a transaction")
	require.InDelta(t, n, m.BatchSizes.Sum-before.BatchSizes.Sum, 0)
	require.Positive(t, m.CommitSeconds.Sum)
	require.Zero(t, m.Waiting)
	require.Zero(t, m.Failures)
}
