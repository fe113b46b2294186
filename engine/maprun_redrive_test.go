package engine_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRedriveWhileAMapRunWindsUp: an execution may be stopped, redriven and stopped again before its
// Map Run has taken notice. The run does at last what was asked last.
func TestRedriveWhileAMapRunWindsUp(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(w *mapWorld) *mapWorld) {
		const times = 30
		var works atomic.Bool
		w := durable(newMapWorld(t, 40, func(ctx context.Context, n int) (int, error) {
			if !works.Load() {
				<-ctx.Done()
			}
			return n, nil
		}))
		x := w.start(kind, fromNumbers+`"MaxConcurrency": 5,`)
		for i := range times {
			require.NoError(t, w.engine.StopExecution(t.Context(), x.ARN(), "", ""))
			works.Store(i == times-1)
			y, err := w.engine.RedriveExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			x = y
			if i%3 == 0 {
				m, err := w.engine.MapRun(t.Context(), w.run(x).ARN)
				require.NoError(t, err)
				none := int64(0)
				err = w.engine.UpdateMapRun(t.Context(), m.ARN(), engine.MapRunUpdate{ToleratedFailureCount: &none})
				if err != nil {
					assert.ErrorIs(t, err, engine.ErrMapRunEnded)
				}
			}
		}
		_, err := x.Wait(t.Context())
		require.NoError(t, err)
		d := w.run(x)
		assert.Equal(t, engine.MapRunSucceeded, d.Status)
		assert.Equal(t, times, d.RedriveCount)
		assert.Equal(t, int64(40), d.Items.Succeeded)
	})
}
