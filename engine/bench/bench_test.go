package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestContenders runs a few workflows on each.
func TestContenders(t *testing.T) {
	for _, name := range []string{"own", "peer"} {
		t.Run(name, func(t *testing.T) {
			s := settings{child: name, dir: t.TempDir(), inFlight: []int{4}, connections: []int{2}, warmUp: time.Millisecond, duration: 300 * time.Millisecond}
			c, err := s.contender()
			require.NoError(t, err)
			m, err := s.load(c)
			require.NoError(t, errors.Join(err, c.close()))
			assert.Positive(t, m.Workflows)
			assert.GreaterOrEqual(t, m.All, m.Workflows)
			assert.Positive(t, m.CPU)
			assert.LessOrEqual(t, m.P50, m.P99)
		})
	}
}

// TestWaiter has executions wait, and timers come due beside them.
func TestWaiter(t *testing.T) {
	w := &waiter{}
	require.NoError(t, w.open(t.TempDir()))
	require.NoError(t, w.start(21))
	assert.EqualValues(t, 11, w.asked.Load())
	late, err := w.alarms(10, 100*time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, 10, late.Timers)
	assert.Positive(t, late.P50)
	for _, token := range w.tokens {
		require.NoError(t, w.engine.SendTaskSuccess(t.Context(), token, nil))
	}
	require.NoError(t, w.engine.Close())
}

func TestCountCalls(t *testing.T) {
	table := []byte(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 80.00    0.200000         100      2000           fdatasync
 20.00    0.050000         500       100         1 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.250000         119      2100         1 total
`)
	assert.Equal(t, 2100, countCalls(table))
	assert.Zero(t, countCalls(nil))
}

func TestNumbers(t *testing.T) {
	var n numbers
	require.NoError(t, n.Set("1,64"))
	assert.Equal(t, numbers{1, 64}, n)
	assert.Equal(t, "1,64", n.String())
	for _, bad := range []string{"", "0", "1,,2", "x"} {
		assert.Error(t, n.Set(bad))
	}
}

func TestQuantile(t *testing.T) {
	sorted := []time.Duration{1, 2, 3, 4}
	assert.EqualValues(t, 3, quantile(sorted, 0.5))
	assert.EqualValues(t, 4, quantile(sorted, 1))
	assert.EqualValues(t, 1, quantile(sorted, 0))
}
