package engine_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A cutOff store lets nothing be written any more once an execution has ended that is no child.
type cutOff struct {
	*lastingStore
	cut atomic.Bool
}

func (s *cutOff) Append(ctx context.Context, arn string, length int, c store.Change) error {
	if s.cut.Load() {
		return errStore
	}
	err := s.lastingStore.Append(ctx, arn, length, c)
	if err == nil && c.End != nil && !strings.Contains(arn, "/") {
		s.cut.Store(true)
	}
	return err
}

func (s *cutOff) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	if s.cut.Load() {
		return errStore
	}
	return s.lastingStore.ChangeMapRun(ctx, arn, version, c)
}

// TestOrphans: a Map Run whose execution ended just before a crash is ended by the next engine, and
// its children are stopped.
func TestOrphans(t *testing.T) {
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		t.Run(kind, func(t *testing.T) {
			begun := make(chan struct{}, 100)
			w := newMapWorld(t, 10, func(ctx context.Context, n int) (int, error) {
				begun <- struct{}{}
				<-ctx.Done()
				return 0, ctx.Err()
			})
			lasting := new(lastingStore)
			w.config.Store, w.config.CloseTimeout = &cutOff{lastingStore: lasting}, -1
			x := w.start(kind, fromNumbers+`"MaxConcurrency": 3,`)
			for range 3 {
				<-begun
			}
			run := w.run(x)
			require.NoError(t, w.engine.StopExecution(t.Context(), x.ARN(), "", ""))
			_ = w.engine.Close() // which leaves handlers behind
			kept, err := lasting.MapRun(t.Context(), run.ARN)
			require.NoError(t, err)
			require.True(t, kept.Open, "or the test is about nothing")

			w.config.Store = lasting
			w.open()
			m, err := w.engine.MapRun(t.Context(), run.ARN)
			require.NoError(t, err)
			for {
				d, err := w.engine.DescribeMapRun(t.Context(), m.ARN())
				require.NoError(t, err)
				if d.Status == engine.MapRunAborted {
					break
				}
				runtime.Gosched()
			}
			page, err := w.engine.ListExecutions(t.Context(), engine.ListOptions{Statuses: []engine.Status{engine.StatusRunning}})
			require.NoError(t, err)
			assert.Empty(t, page.Executions)
		})
	}
}
