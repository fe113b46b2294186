package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMeasures: every change is in a commit, and every commit is counted.
func TestMeasures(t *testing.T) {
	t.Parallel()
	s := sqlite.Open(filepath.Join(t.TempDir(), "x.db"))
	require.NoError(t, s.Err())
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
	assert.EqualValues(t, n, total(m.CommitSeconds)-total(before.CommitSeconds), "one after the other, each has a commit")
	assert.InDelta(t, n, m.BatchSizes.Sum-before.BatchSizes.Sum, 0)
	assert.Positive(t, m.CommitSeconds.Sum)
	assert.Zero(t, m.Waiting)
	assert.Zero(t, m.Failures)
}

// TestDistribution: a figure is counted at the first bound that it does not exceed.
func TestDistribution(t *testing.T) {
	t.Parallel()
	d := store.NewDistribution(1, 2)
	for _, f := range []float64{0, 1, 1.5, 2, 3} {
		d.Add(f)
	}
	assert.Equal(t, []uint64{2, 2, 1}, d.Counts)
	assert.InDelta(t, 7.5, d.Sum, 0)
}
