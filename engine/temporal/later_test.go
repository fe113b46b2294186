package temporal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// TestAnswersThatComeLater: a handler accepts a task and has it answered at a time, which a timeout or
// the end of the execution may come before.
func TestAnswersThatComeLater(t *testing.T) {
	const resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
	definition := func(rest string) string {
		return `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + resource + `","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},` + rest + `}}}`
	}
	for name, c := range map[string]struct {
		rest   string
		delay  time.Duration
		second time.Duration // of another answer that the handler gives; 0 for none
		err    error         // what the handler returns
		renews bool          // the execution goes on in a new run meanwhile
		output string
		failed string
		lasts  time.Duration
	}{
		"at once":                             {`"End":true`, 0, 0, nil, false, `"answer"`, "", 0},
		"later":                               {`"End":true`, time.Hour, 0, nil, false, `"answer"`, "", time.Hour},
		"later, in a new run":                 {`"End":true`, time.Hour, 0, nil, true, `"answer"`, "", time.Hour},
		"after a time without a part":         {`"End":true`, time.Minute + 300*time.Microsecond, 0, nil, false, `"answer"`, "", time.Minute},
		"a second one is none":                {`"End":true`, time.Hour, time.Minute, nil, false, `"answer"`, "", time.Hour},
		"what the handler returns is ignored": {`"End":true`, time.Hour, 0, errors.New("too late"), false, `"answer"`, "", time.Hour},
		"the task is out of time before":      {`"TimeoutSeconds":60,"End":true`, time.Hour, 0, nil, false, "", "States.Timeout", time.Minute},
		"the task is silent for too long":     {`"HeartbeatSeconds":30,"End":true`, time.Hour, 0, nil, false, "", "States.Timeout", 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			tasks := engine.NewMux()
			calls := 0
			tasks.HandleFunc(resource, func(_ context.Context, task engine.Task) (any, error) {
				calls++
				assert.ErrorIs(t, task.CompleteAfter(c.delay, make(chan int), "answer"), engine.ErrInvalidOutput)
				assert.ErrorIs(t, task.CompleteAfter(c.delay, "accepted", make(chan int)), engine.ErrInvalidOutput)
				require.NoError(t, task.CompleteAfter(c.delay, "accepted", "answer"))
				if c.second > 0 {
					assert.ErrorIs(t, task.CompleteAfter(c.second, "again", "another answer"), engine.ErrTaskTimedOut)
				}
				return "returned", c.err
			})
			env, s := in(t, tasks, nil, definition(c.rest), `{}`)
			began := env.Now()
			s.Started = began
			if c.renews {
				s.RenewAfter = 1
				env.SetCurrentHistoryLength(2)
				env.ExecuteWorkflow(executionWorkflow, s)
				again, ok := errors.AsType[*workflow.ContinueAsNewError](env.GetWorkflowError())
				require.True(t, ok, "%v", env.GetWorkflowError())
				first := env
				env, _ = in(t, tasks, nil, definition(c.rest), `{}`)
				env.SetStartTime(first.Now())
				s = new(start)
				require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, s))
				require.Len(t, s.Resumed.Later, 1)
				s.RenewAfter = 0
			}
			f := outcomeOf(t, env, s)
			assert.Equal(t, c.lasts, env.Now().Sub(began).Round(time.Second))
			assert.Equal(t, 1, calls)
			if c.failed != "" {
				assert.Equal(t, c.failed, f.Failure.Error)
				return
			}
			require.Equal(t, states.StatusSucceeded, f.Status, "%v", f.Failure)
			assert.JSONEq(t, c.output, string(encode(f.Output)))
		})
	}
}
