package servertest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	return m
}

// TestOperations goes through what a client can do.
func TestOperations(t *testing.T) {
	s, ctx := needsServer(t), within(t)
	tokens := make(chan string, 10)
	broken := true
	tasks := engine.NewMux()
	tasks.HandleFunc("double", func(_ context.Context, task engine.Task) (any, error) {
		var in struct{ N int }
		err := task.Decode(&in)
		return map[string]int{"n": 2 * in.N}, err
	})
	tasks.HandleFunc("ask.waitForTaskToken", func(_ context.Context, task engine.Task) (any, error) {
		tokens <- task.Token
		return "asked", nil
	})
	tasks.HandleFunc("mend", func(context.Context, engine.Task) (any, error) {
		if broken {
			return nil, &engine.TaskError{Name: "Broken", Cause: "it is"}
		}
		return "mended", nil
	})
	config := temporal.Config{Client: s.GetDefaultClient(), TaskQueue: t.Name(), Resolver: tasks, SearchAttributes: true}
	c, err := temporal.NewClient(config)
	require.NoError(t, err)
	require.NoError(t, c.AddSearchAttributes(ctx, s.GetDefaultNamespace()))
	require.NoError(t, c.AddSearchAttributes(ctx, s.GetDefaultNamespace()), "again")
	start(t, config, nil)

	// Tasks, a Task Token, a Parallel state, a Wait.
	machine := parse(t, `{"StartAt":"Both","States":{"Both":{"Type":"Parallel","Next":"Wait","Branches":[
		{"StartAt":"Double","States":{"Double":{"Type":"Task","Resource":"double","End":true}}},
		{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"ask.waitForTaskToken","Parameters":{"token.$":"$$.Task.Token"},"End":true}}}]},
		"Wait":{"Type":"Wait","Seconds":1,"End":true}}}`)
	x, err := c.StartExecution(ctx, machine, json.RawMessage(`{"n":  4}`), engine.Machine("orders"), engine.Named("first"))
	require.NoError(t, err)
	again, err := c.StartExecution(ctx, machine, json.RawMessage(`{"n":4}`), engine.Machine("orders"), engine.Named("first"))
	require.NoError(t, err)
	assert.Equal(t, x.ARN(), again.ARN())
	_, err = c.StartExecution(ctx, machine, json.RawMessage(`{"n":5}`), engine.Machine("orders"), engine.Named("first"))
	require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
	token := <-tokens
	d, err := c.DescribeExecution(ctx, x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusRunning, d.Status)
	assert.Equal(t, `{"n":  4}`, string(d.Input))
	require.NoError(t, c.SendTaskHeartbeat(ctx, token))
	require.NoError(t, c.SendTaskSuccess(ctx, token, "yes"))
	require.ErrorIs(t, c.SendTaskSuccess(ctx, token, "yes"), engine.ErrTaskDoesNotExist)
	require.ErrorIs(t, c.SendTaskSuccess(ctx, token[:40]+"AAA"+token[43:], "yes"), engine.ErrInvalidToken)
	require.ErrorIs(t, c.SendTaskSuccess(ctx, "nothing", "yes"), engine.ErrInvalidToken)
	r, err := x.Wait(ctx)
	require.NoError(t, err)
	assert.JSONEq(t, `[{"n":8},"yes"]`, string(r.Output()))
	require.ErrorIs(t, c.SendTaskSuccess(ctx, token, "yes"), engine.ErrTaskDoesNotExist, "the execution has ended")
	d, err = c.DescribeExecution(ctx, x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusSucceeded, d.Status)
	assert.JSONEq(t, `[{"n":8},"yes"]`, string(d.Output))
	page, err := c.GetExecutionHistory(ctx, x.ARN(), engine.HistoryOptions{})
	require.NoError(t, err)
	assert.Equal(t, states.ExecutionStarted, page.Events[0].Type)
	assert.Equal(t, d.StartDate, page.Events[0].At)
	last := page.Events[len(page.Events)-1]
	assert.Equal(t, states.ExecutionSucceeded, last.Type)
	assert.Equal(t, d.StopDate, last.At)

	// A failure, and a redrive.
	mends := parse(t, `{"StartAt":"Double","States":{"Double":{"Type":"Task","Resource":"double","Next":"Mend"},"Mend":{"Type":"Task","Resource":"mend","End":true}}}`)
	x, err = c.StartExecution(ctx, mends, map[string]int{"n": 1}, engine.Machine("mends"), engine.Named("one"))
	require.NoError(t, err)
	_, err = x.Wait(ctx)
	failed, ok := errors.AsType[*engine.ExecutionError](err)
	require.True(t, ok, err)
	assert.Equal(t, "Broken", failed.Name)
	assert.Equal(t, "it is", failed.Cause)
	assert.Equal(t, "Mend", failed.State)
	d, err = c.DescribeExecution(ctx, x.ARN())
	require.NoError(t, err)
	assert.Equal(t, engine.Redrivable, d.RedriveStatus)
	broken = false
	y, err := c.RedriveExecution(ctx, x.ARN())
	require.NoError(t, err)
	r, err = y.Wait(ctx)
	require.NoError(t, err)
	assert.Equal(t, `"mended"`, string(r.Output()))
	d, err = c.DescribeExecution(ctx, x.ARN())
	require.NoError(t, err)
	assert.Equal(t, 1, d.RedriveCount)
	_, err = c.RedriveExecution(ctx, x.ARN())
	require.ErrorIs(t, err, engine.ErrNotRedrivable)
	n := 0
	for event, err := range c.Events(ctx, x.ARN(), 0) {
		require.NoError(t, err)
		if n++; event.Type == states.ExecutionRedriven {
			assert.EqualValues(t, n, event.ID)
		}
	}
	assert.Greater(t, n, 12)

	// A stop, and one by Temporal's own means.
	waits := parse(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`)
	x, err = c.StartExecution(ctx, waits, nil, engine.Machine("pauses"), engine.Named("stopped"))
	require.NoError(t, err)
	require.NoError(t, c.StopExecution(ctx, x.ARN(), "Enough", "no more"))
	_, err = x.Wait(ctx)
	failed, ok = errors.AsType[*engine.ExecutionError](err)
	require.True(t, ok, err)
	assert.Equal(t, states.StatusAborted, failed.Status)
	assert.Equal(t, "Enough", failed.Name)
	require.NoError(t, c.StopExecution(ctx, x.ARN(), "", ""), "it has ended")
	require.ErrorIs(t, c.StopExecution(ctx, x.ARN()+"1", "", ""), engine.ErrExecutionDoesNotExist)
	x, err = c.StartExecution(ctx, waits, nil, engine.Machine("pauses"), engine.Named("canceled"))
	require.NoError(t, err)
	require.NoError(t, s.GetDefaultClient().CancelWorkflow(ctx, x.ARN(), ""))
	_, err = x.Wait(ctx)
	failed, ok = errors.AsType[*engine.ExecutionError](err)
	require.True(t, ok, err)
	assert.Equal(t, states.StatusAborted, failed.Status)
	x, err = c.StartExecution(ctx, parse(t, `{"StartAt":"W","TimeoutSeconds":1,"States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`), nil, engine.Machine("pauses"), engine.Named("late"))
	require.NoError(t, err)
	_, err = x.Wait(ctx)
	failed, ok = errors.AsType[*engine.ExecutionError](err)
	require.True(t, ok, err)
	assert.Equal(t, states.StatusTimedOut, failed.Status)

	// Lists.
	listed := func(o engine.ListOptions) (names []string) {
		for {
			page, err := c.ListExecutions(ctx, o)
			require.NoError(t, err)
			for _, s := range page.Executions {
				names = append(names, s.Name)
			}
			if o.NextToken = page.NextToken; o.NextToken == "" {
				return names
			}
		}
	}
	require.Eventually(t, func() bool { return len(listed(engine.ListOptions{Machine: "pauses"})) == 3 }, patience, tick)
	assert.Equal(t, []string{"late", "canceled", "stopped"}, listed(engine.ListOptions{Machine: "pauses", MaxResults: 2}))
	assert.Equal(t, []string{"late"}, listed(engine.ListOptions{Machine: "pauses", Statuses: []states.Status{states.StatusTimedOut}}))
	assert.Equal(t, []string{"canceled", "stopped"}, listed(engine.ListOptions{Machine: "pauses", Statuses: []states.Status{states.StatusAborted}}))
	assert.Equal(t, []string{"one"}, listed(engine.ListOptions{Machine: "mends"}))
	assert.Empty(t, listed(engine.ListOptions{Machine: "pauses", Statuses: []states.Status{states.StatusFailed}}))
}
