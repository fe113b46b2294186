package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{})
	begin := clock.Now()
	x := run(t, e, machine(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90,"Next":"P"},"P":{"Type":"Pass","Result":{"b":1,"a":2},"End":true}}}`),
		json.RawMessage(`{"z":1,"a":2.50}`), engine.Named("n"), engine.Machine("m"))
	want := &engine.Description{
		Summary: engine.Summary{Identity: x.Identity(), Status: states.StatusRunning, StartDate: begin},
		Input:   json.RawMessage(`{"z":1,"a":2.50}`),

		RedriveStatus: engine.NotRedrivable, RedriveStatusReason: "Execution is RUNNING and cannot be redriven",
		Active: []engine.ActiveState{{
			State: "W", Type: "Wait", Event: 2, Since: begin, Due: begin.Add(90 * time.Second), DueTo: engine.DueToEnd,
			WaitsFor: engine.WaitsForTime, Index: -1,
		}},
	}
	got, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, want, got)

	output(t, x)
	got, err = e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	want.Status, want.StopDate, want.Output = states.StatusSucceeded, begin.Add(90*time.Second), json.RawMessage(`{"b":1,"a":2}`)
	want.RedriveStatusReason, want.Active = "Execution is SUCCEEDED and cannot be redriven", nil
	assert.Equal(t, want, got)

	x = run(t, e, one(t, `{"Type":"Fail","Error":"E","Cause":""}`), nil)
	failure(t, x)
	got, err = e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.Fail("E", ""), got.Failure)
	assert.Nil(t, got.Output)
}

// TestARNsThatNameNoStandardExecution: the conditions and texts were recorded on
// AWS, save for Express, where AWS blames the ARN for the operation.
func TestARNsThatNameNoStandardExecution(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	express := run(t, e, one(t, forever), nil, engine.Express)
	for arn, c := range map[string]struct {
		err  error
		text string
	}{
		"invalid_state_machine_arn": {engine.ErrInvalidARN, "Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'"},
		"":                          {engine.ErrInvalidARN, "Invalid Arn"},
		"arn:aws:states:us-east-1:123456789012:stateMachine:m":     {engine.ErrInvalidARN, "Invalid Arn: 'Resource type not valid in this context: stateMachine'"},
		"arn:aws:states:us-east-1:123456789012:execution:m:n":      {engine.ErrExecutionDoesNotExist, "Execution Does Not Exist: 'arn:aws:states:us-east-1:123456789012:execution:m:n'"},
		"arn:aws:states:us-east-1:123456789012:express:m:n:unique": {engine.ErrTypeNotSupported, "StateMachineTypeNotSupported: "},
		express.ARN(): {engine.ErrTypeNotSupported, "Express executions are not described, listed or stopped, and have no history"},
	} {
		_, err := e.DescribeExecution(t.Context(), arn)
		require.ErrorIs(t, err, c.err, arn)
		assert.ErrorContains(t, err, c.text)
		_, err = e.GetExecutionHistory(t.Context(), arn, engine.HistoryOptions{})
		require.ErrorIs(t, err, c.err, arn)
		require.ErrorIs(t, e.StopExecution(t.Context(), arn, "", ""), c.err, arn)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{})
	done, waits := one(t, succeed), one(t, forever)
	for i := range 12 {
		m, name := done, "done"
		if i%3 == 0 {
			m, name = waits, "waits"
		}
		run(t, e, m, nil, engine.Named(fmt.Sprintf("n-%02d", i)), engine.Machine(name))
		clock.Advance(time.Second)
	}
	run(t, e, waits, nil, engine.Express)
	list := func(o engine.ListOptions) (names []string) {
		for {
			page, err := e.ListExecutions(t.Context(), o)
			require.NoError(t, err)
			if o.MaxResults > 0 {
				require.LessOrEqual(t, len(page.Executions), o.MaxResults)
			}
			for _, s := range page.Executions {
				names = append(names, s.Name)
			}
			if page.NextToken == "" {
				return names
			}
			require.NotEmpty(t, page.Executions)
			o.NextToken = page.NextToken
		}
	}
	all := []string{"n-11", "n-10", "n-09", "n-08", "n-07", "n-06", "n-05", "n-04", "n-03", "n-02", "n-01", "n-00"}
	running := []string{"n-09", "n-06", "n-03", "n-00"}
	for size := range 14 {
		assert.Equal(t, all, list(engine.ListOptions{MaxResults: size}))
		assert.Equal(t, running, list(engine.ListOptions{MaxResults: size, Statuses: []states.Status{states.StatusRunning}}))
		assert.Equal(t, running, list(engine.ListOptions{MaxResults: size, Machine: "waits"}))
		assert.Equal(t, running, list(engine.ListOptions{MaxResults: size, Machine: "arn:aws:states:us-east-1:123456789012:stateMachine:waits"}))
		assert.Empty(t, list(engine.ListOptions{MaxResults: size, Machine: "waits", Statuses: []states.Status{states.StatusSucceeded}}))
		assert.Empty(t, list(engine.ListOptions{MaxResults: size, Machine: "other"}))
	}
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: 12})
	require.NoError(t, err)
	assert.Empty(t, page.NextToken, "a full page that is the last")
	assert.Equal(t, states.StatusSucceeded, page.Executions[0].Status)
	assert.True(t, page.Executions[0].StopDate.Equal(page.Executions[0].StartDate))
	assert.True(t, page.Executions[2].StopDate.IsZero())
}

func TestPagesOfABadSizeOrToken(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	x := run(t, e, one(t, forever), nil)
	run(t, e, one(t, forever), nil)
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: 1})
	require.NoError(t, err)
	for _, n := range []int{-1, 1001} {
		_, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: n})
		require.ErrorIs(t, err, engine.ErrInvalidPage)
		_, err = e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{MaxResults: n})
		require.ErrorIs(t, err, engine.ErrInvalidPage)
	}
	for _, token := range []string{"x", "!", "bGlzdDow", "bGlzdDotMQ", "bGlzdDo"} {
		_, err := e.ListExecutions(t.Context(), engine.ListOptions{NextToken: token})
		require.ErrorIs(t, err, engine.ErrInvalidPage, token)
	}
	_, err = e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{NextToken: page.NextToken})
	require.ErrorIs(t, err, engine.ErrInvalidPage, "a token of another operation")
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{})
	x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"W"},"W":{"Type":"Wait","Seconds":5,"Next":"B"},"B":{"Type":"Pass","End":true}}}`), nil)
	read := func(size int, reverse bool, between func()) (ids []states.EventID) {
		o := engine.HistoryOptions{MaxResults: size, ReverseOrder: reverse}
		for {
			page, err := e.GetExecutionHistory(t.Context(), x.ARN(), o)
			require.NoError(t, err)
			for _, event := range page.Events {
				ids = append(ids, event.ID)
			}
			if between != nil {
				between()
			}
			if o.NextToken = page.NextToken; o.NextToken == "" {
				return ids
			}
			require.Len(t, page.Events, size)
		}
	}
	assert.Equal(t, []states.EventID{1, 2, 3, 4}, read(0, false, nil), "while it runs")
	// It goes on while the pages are read: new events come at the end.
	assert.Equal(t, []states.EventID{4, 3, 2, 1}, read(3, true, func() { clock.Advance(time.Minute) }))
	all := []states.EventID{1, 2, 3, 4, 5, 6, 7, 8}
	backwards := []states.EventID{8, 7, 6, 5, 4, 3, 2, 1}
	for size := range 10 {
		assert.Equal(t, all, read(size, false, nil))
		assert.Equal(t, backwards, read(size, true, nil))
	}
	for after := range states.EventID(10) {
		var ids []states.EventID
		for event, err := range e.Events(t.Context(), x.ARN(), after) {
			require.NoError(t, err)
			ids = append(ids, event.ID)
		}
		assert.ElementsMatch(t, all[min(after, 8):], ids)
	}
	for _, err := range e.Events(t.Context(), x.ARN()+"x", 0) {
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
	}
}

func TestHistoryShowsNothingThatOnlyRecoveryNeeds(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"fail": fail("E")})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["E"]}],"End":true}`), nil, engine.Seeded(states.Seed{7}))
	failure(t, x)
	all := events(t, e, x)
	for i, event := range all {
		assert.Equal(t, states.EventID(i+1), event.ID)
		assert.NotEqual(t, states.RetryScheduled, event.Type)
	}
	assert.Zero(t, all[0].Details.(*states.StartedDetails).Seed, "who knows it knows the Task Tokens")
}

func TestEndedExecutionsAreKeptWithinLimits(t *testing.T) {
	t.Parallel()
	names := func(e *engine.Engine) (names []string) {
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		for _, s := range page.Executions {
			names = append(names, s.Name)
		}
		return names
	}
	t.Run("by number", func(t *testing.T) {
		e, clock := startVirtual(t, engine.Config{Limits: engine.Limits{Retained: 2}})
		slow := run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("m"), engine.Named("slow"))
		for _, name := range []string{"a", "b", "c"} {
			output(t, run(t, e, one(t, succeed), nil, engine.Machine("m"), engine.Named(name)))
		}
		assert.Equal(t, []string{"c", "b", "slow"}, names(e), "what runs doesn't count")
		clock.Advance(time.Minute)
		assert.Equal(t, []string{"c", "slow"}, names(e))
		assert.Equal(t, `{}`, output(t, slow), "a handle keeps its result")
		output(t, run(t, e, one(t, succeed), nil, engine.Machine("m"), engine.Named("a")))
	})
	t.Run("by age", func(t *testing.T) {
		e, clock := startVirtual(t, engine.Config{Limits: engine.Limits{Retention: time.Hour}})
		x := run(t, e, one(t, succeed), nil, engine.Machine("m"), engine.Named("a"))
		clock.Advance(time.Hour)
		assert.Equal(t, []string{"a"}, names(e))
		clock.Advance(time.Millisecond)
		_, err := e.DescribeExecution(t.Context(), x.ARN())
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		assert.Empty(t, names(e))
		assert.NotSame(t, x, run(t, e, one(t, succeed), nil, engine.Machine("m"), engine.Named("a")), "its name is free again")
	})
	t.Run("by default", func(t *testing.T) {
		e, clock := startVirtual(t, engine.Config{})
		run(t, e, one(t, succeed), nil)
		clock.Advance(90 * 24 * time.Hour)
		assert.Len(t, names(e), 1)
		clock.Advance(time.Second)
		assert.Empty(t, names(e))
	})
	t.Run("without", func(t *testing.T) {
		e, clock := startVirtual(t, engine.Config{Limits: engine.Limits{Retention: -1, Retained: -1}})
		run(t, e, one(t, succeed), nil)
		clock.Advance(100 * 365 * 24 * time.Hour)
		assert.Len(t, names(e), 1)
	})
}
