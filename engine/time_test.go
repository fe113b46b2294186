package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTimeoutsReachEverythingThatWaits: each machine would wait for an hour or more
// and is ended after five seconds, by the state's time or by the machine's.
func TestTimeoutsReachEverythingThatWaits(t *testing.T) {
	t.Parallel()
	const (
		sleeping = `{"Type":"Task","Resource":"sleep","End":true`
		asking   = `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true`
		failing  = `{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":3600}],"End":true}`
		waiting  = `{"Type":"Wait","Seconds":3600,"End":true}`
	)
	parallel := func(state string) string {
		return `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + state + `}},{"StartAt":"B","States":{"B":` + succeed + `}}]}`
	}
	each := func(state string) string {
		return `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":` + state + `}}}`
	}
	for name, c := range map[string]struct {
		state   string
		timeout bool // of the machine
	}{
		"task":                         {sleeping + `,"TimeoutSeconds":5}`, false},
		"heartbeat":                    {sleeping + `,"HeartbeatSeconds":5}`, false},
		"callback":                     {asking + `,"TimeoutSeconds":5}`, false},
		"callback's heartbeat":         {asking + `,"TimeoutSeconds":50,"HeartbeatSeconds":5}`, false},
		"task in a Parallel":           {parallel(sleeping + `,"TimeoutSeconds":5}`), false},
		"callback in a Map":            {each(asking + `,"TimeoutSeconds":5}`), false},
		"machine, task":                {sleeping + `}`, true},
		"machine, callback":            {asking + `}`, true},
		"machine, Wait":                {waiting, true},
		"machine, retry delay":         {failing, true},
		"machine, Wait in a Parallel":  {parallel(waiting), true},
		"machine, task in a Parallel":  {parallel(sleeping + `}`), true},
		"machine, retry in a Map":      {each(failing), true},
		"machine, callback in a Map":   {each(asking + `}`), true},
		"machine, Map within Parallel": {parallel(`{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"W","States":{"W":` + waiting + `}}}`), true},
	} {
		var clock *enginetest.Clock
		mux := tasks(map[string]engine.HandlerFunc{
			"sleep": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, -1) },
			"fail":  func(context.Context, engine.Task) (any, error) { return nil, errors.New("no") },
			"arn:aws:states:::sqs:sendMessage.waitForTaskToken": echo,
		})
		var e *engine.Engine
		e, clock = startVirtual(t, engine.Config{Resolver: mux})
		text := `{"StartAt":"S","States":{"S":` + c.state + `}}`
		if c.timeout {
			text = `{"TimeoutSeconds":5,"StartAt":"S","States":{"S":` + c.state + `}}`
		}
		begin := clock.Now()
		x := run(t, e, machine(t, text), []int{1, 2})
		failed := failure(t, x)
		assert.Equal(t, 5*time.Second, clock.Now().Sub(begin), name)
		d, err := e.DescribeExecution(t.Context(), x.ARN())
		require.NoError(t, err)
		assert.Equal(t, begin.Add(5*time.Second), d.StopDate, name)
		if c.timeout {
			assert.Equal(t, states.StatusTimedOut, failed.Status, name)
			assert.Empty(t, failed.Name, name)
		} else {
			assert.Equal(t, states.StatusFailed, failed.Status, name)
			assert.Equal(t, "States.Timeout", failed.Name, name)
		}
	}
}

func TestRetryDelaysTakeVirtualTime(t *testing.T) {
	t.Parallel()
	var e *engine.Engine
	var clock *enginetest.Clock
	var at []time.Duration
	var attempts []int
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	e, clock = startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"fail": func(_ context.Context, task engine.Task) (any, error) {
		at, attempts = append(at, clock.Now().Sub(begin)), append(attempts, task.Attempt)
		return nil, errors.New("no")
	}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["errorString"],"IntervalSeconds":60,"MaxAttempts":3,"BackoffRate":2}],"End":true}`), nil)
	assert.Equal(t, "errorString", failure(t, x).Name)
	assert.Equal(t, []time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute}, at)
	assert.Equal(t, []int{0, 1, 2, 3}, attempts)
}

// TestTimersOfOneMomentGoIntoOneStep: measured on AWS, tasks of one Map that time
// out at the same moment all have their events before the state fails.
func TestTimersOfOneMomentGoIntoOneStep(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": echo})})
	x := run(t, e, one(t, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"TimeoutSeconds":5,"End":true}}}}`), []int{1, 2, 3})
	failure(t, x)
	timedOut := 0
	for _, event := range events(t, e, x) {
		if event.Type == states.TaskTimedOut {
			timedOut++
		}
	}
	assert.Equal(t, 3, timedOut)
}

func TestHandlersSeeTheirDeadline(t *testing.T) {
	t.Parallel()
	begin := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	clock := enginetest.NewClock(begin)
	e := start(t, engine.Config{Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{
		"bounded": func(ctx context.Context, task engine.Task) (any, error) {
			deadline, ok := ctx.Deadline()
			assert.True(t, ok)
			assert.Equal(t, task.Deadline, deadline)
			return nil, clock.Sleep(ctx, 30*time.Second)
		},
		"unbounded": func(ctx context.Context, task engine.Task) (any, error) {
			_, ok := ctx.Deadline()
			assert.False(t, ok)
			assert.True(t, task.Deadline.IsZero())
			return clock.Now(), nil
		},
	})})
	x := run(t, e, machine(t, `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"bounded","TimeoutSeconds":60,"Next":"B"},
		"B":{"Type":"Task","Resource":"unbounded","End":true}}}`), nil)
	assert.Equal(t, `"2030-05-01T12:00:30Z"`, output(t, x))
}

func TestHandlersKeepThemselvesAlive(t *testing.T) {
	t.Parallel()
	var e *engine.Engine
	var clock *enginetest.Clock
	e, clock = startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"work": func(ctx context.Context, task engine.Task) (any, error) {
		for range 5 {
			if err := clock.Sleep(ctx, 9*time.Second); err != nil {
				return nil, err
			}
			if err := engine.TaskFrom(ctx).Heartbeat(); err != nil {
				return nil, err
			}
		}
		err := clock.Sleep(ctx, time.Minute)
		assert.Equal(t, engine.ErrTaskTimedOut, task.Heartbeat())
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		return nil, err
	}})})
	begin := clock.Now()
	x := run(t, e, one(t, `{"Type":"Task","Resource":"work","HeartbeatSeconds":10,"End":true}`), nil)
	assert.Equal(t, "States.Timeout", failure(t, x).Name)
	assert.Equal(t, 55*time.Second, clock.Now().Sub(begin))
}

// TestExecutionsOfEachKindLastSoLong: five minutes and a year, documented.
func TestExecutionsOfEachKindLastSoLong(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}`)
	e, clock := startVirtual(t, engine.Config{})
	begin := clock.Now()
	failed := failure(t, run(t, e, m, nil, engine.Express))
	assert.Equal(t, states.StatusTimedOut, failed.Status)
	assert.Equal(t, 5*time.Minute, clock.Now().Sub(begin))

	_, err := e.StartSyncExecution(t.Context(), m, nil)
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, states.StatusTimedOut, failed.Status)
	assert.Equal(t, 10*time.Minute, clock.Now().Sub(begin))

	begin = clock.Now()
	x := run(t, e, m, nil)
	assert.Equal(t, states.StatusTimedOut, failure(t, x).Status)
	assert.Equal(t, 365*24*time.Hour, clock.Now().Sub(begin))
	assert.Equal(t, "3<-0 ExecutionTimedOut", history(t, e, x)[2])
}

// TestEndlessLoopsOfExpressExecutionsEnd: nothing waits in them, and no history
// bounds them.
func TestEndlessLoopsOfExpressExecutionsEnd(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"Z":{"Type":"Succeed"},
		"B":{"Type":"Choice","Choices":[{"Variable":"$.enough","IsPresent":true,"Next":"Z"}],"Default":"A"}}}`)
	e, _ := startVirtual(t, engine.Config{})
	assert.Equal(t, states.StatusTimedOut, failure(t, run(t, e, m, nil, engine.Express)).Status)

	real := start(t, engine.Config{Limits: engine.Limits{Express: 50 * time.Millisecond}})
	assert.Equal(t, states.StatusTimedOut, failure(t, run(t, real, m, nil, engine.Express)).Status)
	_, err := real.StartSyncExecution(t.Context(), m, nil)
	var failed *engine.ExecutionError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, states.StatusTimedOut, failed.Status)
}

// TestAClockThatGoesBack: histories have no earlier time after a later.
func TestAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	clock := &unsteady{times: []time.Time{time.Unix(100, 0), time.Unix(50, 0), time.Unix(20, 0), time.Unix(200, 0)}}
	e := start(t, engine.Config{Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo})})
	x := run(t, e, machine(t, `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`), nil)
	output(t, x)
	var last time.Time
	for _, event := range events(t, e, x) {
		assert.False(t, event.At.Before(last))
		last = event.At
	}
	assert.False(t, last.Before(time.Unix(100, 0)))
}

// unsteady is a clock that shows one time after the other, and the last for ever.
type unsteady struct {
	mu    sync.Mutex
	times []time.Time
}

func (c *unsteady) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.times[0]
	if len(c.times) > 1 {
		c.times = c.times[1:]
	}
	return now
}

func (c *unsteady) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = []time.Time{now}
}

func (c *unsteady) WakeAt(time.Time, func()) func() { return func() {} }

// TestWaitScaleOfSleepers: a wait is scaled once, however often its execution is restored.
func TestWaitScaleOfSleepers(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	clock := enginetest.NewClock(time.Time{})
	e := start(t, engine.Config{Store: db, Clock: clock, WaitScale: 0.01})
	x := run(t, e, one(t, `{"Type":"Wait","Seconds":1000,"End":true}`), nil)
	clock.Advance(4 * time.Second)
	e = reopen(t, e, engine.Config{Store: db, WaitScale: 0.01}, &clock, time.Second)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	clock.Advance(5 * time.Second)
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, 10*time.Second, d.StopDate.Sub(d.StartDate))
	assert.Less(t, db.reads.Load(), int64(8))
}

// TestWaitScale: waits and retry delays are scaled, timeouts are not.
func TestWaitScale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := engine.NewMux()
		tasks.HandleFunc("fail", func(context.Context, engine.Task) (any, error) { return nil, errors.New("no") })
		e, err := engine.New(engine.Config{Resolver: tasks, WaitScale: 0.01})
		require.NoError(t, err)
		defer e.Close()
		for definition, want := range map[string]time.Duration{
			`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1000,"End":true}}}`:                                                                                                   10 * time.Second,
			`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":100,"BackoffRate":1,"MaxAttempts":3}],"End":true}}}`: 3 * time.Second,
			`{"TimeoutSeconds":5,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1000,"End":true}}}`:                                                                                5 * time.Second,
		} {
			m, err := asl.Parse([]byte(definition))
			require.NoError(t, err)
			began := time.Now()
			x, err := e.StartExecution(t.Context(), m, nil)
			require.NoError(t, err)
			_, _ = x.Wait(t.Context())
			require.Equal(t, want, time.Since(began), definition)
		}
	})
	_, err := engine.New(engine.Config{Resolver: engine.NewMux(), WaitScale: -1})
	require.ErrorContains(t, err, "WaitScale")
}
