package enginetest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func start(t *testing.T, clock *enginetest.Clock, handler engine.HandlerFunc) *engine.Engine {
	t.Helper()
	mux := engine.NewMux()
	mux.HandleFunc("*", handler)
	e, err := engine.New(engine.Config{Resolver: mux, Clock: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func run(t *testing.T, e *engine.Engine, definition string, input any) *engine.Execution {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	x, err := e.StartExecution(t.Context(), m, input)
	require.NoError(t, err)
	return x
}

func status(t *testing.T, e *engine.Engine, x *engine.Execution) states.Status {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	return d.Status
}

func waiting(seconds int) string {
	return fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"End":true}}}`, seconds)
}

const (
	each = `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{
		"StartAt":"A","States":{"A":{"Type":"Task","Resource":"a","Next":"B"},"B":{"Type":"Task","Resource":"b","End":true}}}}}}`
)

func TestAlarmsRingInOrder(t *testing.T) {
	t.Parallel()
	begin := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
	c := enginetest.NewClock(begin)
	assert.Equal(t, begin, c.Now())
	var rung []string
	set := func(name string, after time.Duration) func() {
		return c.WakeAt(begin.Add(after), func() { rung = append(rung, fmt.Sprint(name, c.Now().Sub(begin))) })
	}
	set("c", 2*time.Second)
	set("a", time.Second)
	stop := set("x", time.Second)
	set("b", time.Second)
	set("past", -time.Hour)
	set("later", time.Minute)
	stop()
	c.Advance(0)
	assert.Equal(t, []string{"past0s"}, rung)
	stop()
	c.Advance(30 * time.Second)
	assert.Equal(t, []string{"past0s", "a1s", "b1s", "c2s"}, rung)
	assert.Equal(t, begin.Add(30*time.Second), c.Now())
	assert.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), enginetest.NewClock(time.Time{}).Now())
}

func TestTheClockStandsStillWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	e := start(t, clock, nothing)
	x := run(t, e, waiting(60), nil)
	clock.Settle()
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	clock.Advance(59 * time.Second)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	clock.Advance(time.Second)
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
}

func TestWaitingMovesTheClockToTheNextMomentOnly(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	e := start(t, clock, nothing)
	long, short := run(t, e, waiting(3600), nil), run(t, e, waiting(60), nil)
	_, err := short.Wait(t.Context())
	require.NoError(t, err)
	assert.Equal(t, time.Minute, clock.Now().Sub(begin))
	assert.Equal(t, states.StatusRunning, status(t, e, long))
	_, err = long.Wait(t.Context())
	require.NoError(t, err)
	assert.Equal(t, time.Hour, clock.Now().Sub(begin))
}

func TestAdvanceUntilGoesFromMomentToMoment(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	e := start(t, clock, nothing)
	for _, seconds := range []int{30, 10, 20} {
		run(t, e, waiting(seconds), nil)
	}
	var moments []time.Duration
	until := func(enough int) bool {
		return clock.AdvanceUntil(func() bool {
			moments = append(moments, clock.Now().Sub(begin))
			return len(moments) >= enough
		})
	}
	assert.True(t, until(1))
	assert.Equal(t, []time.Duration{0}, moments)
	assert.True(t, until(3), "the second question is at the moment of the first")
	assert.Equal(t, 10*time.Second, clock.Now().Sub(begin))
	assert.False(t, until(100))
	assert.Contains(t, moments, 30*time.Second)
	clock.Settle()
}

// TestAStoppedWaitLeavesNoMoment: what was withdrawn moves no clock.
func TestAStoppedWaitLeavesNoMoment(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	e := start(t, clock, nothing)
	stopped, x := run(t, e, waiting(60), nil), run(t, e, waiting(3600), nil)
	require.NoError(t, e.StopExecution(t.Context(), stopped.ARN(), "", ""))
	moments := []time.Time{}
	stop := clock.WakeAt(begin.Add(61*time.Second), func() { moments = append(moments, clock.Now()) })
	defer stop()
	_, err := x.Wait(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []time.Time{begin.Add(61 * time.Second)}, moments)
}

func TestHandlersRunOneByOneInOrder(t *testing.T) {
	t.Parallel()
	for range 10 {
		clock := enginetest.NewClock(time.Time{})
		var called []string
		e := start(t, clock, func(_ context.Context, task engine.Task) (any, error) {
			called = append(called, fmt.Sprint(task.State, task.Input)) // a race, if two ran at a time
			return task.Input, nil
		})
		_, err := run(t, e, each, []int{1, 2, 3}).Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"A1", "A2", "A3", "B1", "B2", "B3"}, called)
	}
}

func TestSleepingHandlersRunSideBySide(t *testing.T) {
	t.Parallel()
	for range 10 {
		clock := enginetest.NewClock(time.Time{})
		begin := clock.Now()
		var woke []string
		e := start(t, clock, func(ctx context.Context, task engine.Task) (any, error) {
			if task.State == "A" {
				n := task.Input.(int64)
				require.NoError(t, clock.Sleep(ctx, time.Duration(n)*time.Minute))
				woke = append(woke, fmt.Sprint(n, clock.Now().Sub(begin)))
			}
			return task.Input, nil
		})
		_, err := run(t, e, each, []int{3, 1, 2, 1}).Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"1 1m0s", "1 1m0s", "2 2m0s", "3 3m0s"}, woke)
		assert.Equal(t, 3*time.Minute, clock.Now().Sub(begin))
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	errs := make(chan error, 2)
	e := start(t, clock, func(ctx context.Context, _ engine.Task) (any, error) {
		err := clock.Sleep(ctx, -1)
		errs <- err
		errs <- clock.Sleep(ctx, time.Hour) // it has ended already
		return nil, err
	})
	x := run(t, e, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"t","TimeoutSeconds":5,"End":true}}}`, nil)
	_, err := x.Wait(t.Context())
	require.Error(t, err)
	clock.Settle()
	assert.ErrorIs(t, <-errs, context.DeadlineExceeded)
	assert.ErrorIs(t, <-errs, context.DeadlineExceeded)
	assert.Equal(t, 5*time.Second, clock.Now().Sub(begin))
}

func TestSleepOutsideOfHandlers(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, clock.Sleep(ctx, time.Hour), context.Canceled)
	set := make(chan error, 1)
	go func() { set <- clock.Sleep(t.Context(), 0) }()
	for done := false; !done; {
		clock.Advance(time.Second)
		select {
		case err := <-set:
			require.NoError(t, err)
			done = true
		default:
		}
	}
}

func TestSeveralEnginesShareAClock(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	var order []string
	name := func(s string) engine.HandlerFunc {
		return func(context.Context, engine.Task) (any, error) {
			order = append(order, fmt.Sprint(s, clock.Now().Sub(begin)))
			return nil, nil
		}
	}
	later := func(seconds int) string {
		return fmt.Sprintf(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":%d,"Next":"T"},"T":{"Type":"Task","Resource":"t","End":true}}}`, seconds)
	}
	a := run(t, start(t, clock, name("a")), later(2), nil)
	b := run(t, start(t, clock, name("b")), later(1), nil)
	_, err := a.Wait(t.Context())
	require.NoError(t, err)
	_, err = b.Wait(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"b1s", "a2s"}, order)
}

func TestStartSyncExecutionMovesTheClock(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Time{})
	begin := clock.Now()
	e := start(t, clock, nothing)
	m, err := asl.Parse(waiting(60))
	require.NoError(t, err)
	_, err = e.StartSyncExecution(t.Context(), m, nil)
	require.NoError(t, err)
	assert.Equal(t, time.Minute, clock.Now().Sub(begin))
}

// nothing answers nothing.
func nothing(context.Context, engine.Task) (any, error) { return nil, nil }
