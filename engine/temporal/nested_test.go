package temporal

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// A byName are machines by their names.
type byName map[string]engine.Target

// Target implements [engine.Machines].
func (b byName) Target(_ context.Context, reference string, _ states.Seed) (engine.Target, error) {
	target, ok := b[reference]
	if !ok {
		return target, fmt.Errorf("%w: State Machine Does Not Exist: '%s'", engine.ErrStateMachineDoesNotExist, reference)
	}
	target.Name = reference
	return target, nil
}

// in returns an environment in which executions run with handlers and machines, and the argument
// of the one that is asked for.
func in(t *testing.T, tasks *engine.Mux, machines byName, definition, input string) (*testsuite.TestWorkflowEnvironment, *start) {
	t.Helper()
	config := Config{Resolver: tasks, Machines: machines, Liveness: time.Hour, DataConverter: converter.GetDefaultDataConverter()}
	base, err := engine.NewDriver(engine.Config{Resolver: tasks})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	d := &driver{Driver: base, config: config, sender: inEnvironment{env}}
	d.register(env)
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	b, err := d.Begin(m, d.serves, json.RawMessage(input), engine.Machine("outer"), engine.Named("one"))
	require.NoError(t, err)
	s, err := d.argument(b)
	require.NoError(t, err)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: s.Execution.ARN})
	return env, s
}

type inEnvironment struct {
	env *testsuite.TestWorkflowEnvironment
}

func (i inEnvironment) signal(_ context.Context, arn, name string, message any) error {
	return i.env.SignalWorkflowByID(arn, name, message)
}

// outcomeOf runs an execution to its end, and returns how it ended.
func outcomeOf(t *testing.T, env *testsuite.TestWorkflowEnvironment, s *start) *states.Finish {
	t.Helper()
	env.ExecuteWorkflow(executionWorkflow, s)
	require.True(t, env.IsWorkflowCompleted())
	if err := env.GetWorkflowError(); err != nil {
		f, _, err := endOf(err)
		require.NoError(t, err)
		return f
	}
	var e end
	require.NoError(t, env.GetWorkflowResult(&e))
	f, err := e.finish()
	require.NoError(t, err)
	return f
}

func target(t *testing.T, definition string) engine.Target {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	return engine.Target{Machine: m}
}

// TestNested: tasks start executions, wait for them or not, and get what they come to.
func TestNested(t *testing.T) {
	tasks := engine.NewMux()
	tasks.Handle("greet", engine.Func(func(_ context.Context, who struct{ Name string }) (string, error) {
		if who.Name == "" {
			return "", &engine.TaskError{Name: "Nobody", Cause: "who?"}
		}
		return "Hello, " + who.Name, nil
	}))
	machines := byName{
		"greeter": target(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"G"},"G":{"Type":"Task","Resource":"greet","End":true}}}`),
	}
	machines["express"] = engine.Target{Machine: machines["greeter"].Machine, Type: engine.TypeExpress}
	call := func(resource, rest string) string {
		return `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::` + resource + `","Parameters":{"StateMachineArn":"greeter","Input.$":"$"},` + rest + `}}}`
	}
	for _, c := range []struct {
		name, definition, input string
		output, error, cause    string // of the cause a part
	}{
		{"waits, with the output as JSON", call("states:startExecution.sync:2", `"OutputPath":"$.Output","End":true`), `{"name":"Ada"}`, `"Hello, Ada"`, "", ""},
		{"waits, with the output as text", call("states:startExecution.sync", `"OutputPath":"$.Output","End":true`), `{"name":"Ada"}`, `"\"Hello, Ada\""`, "", ""},
		{"does not wait", call("states:startExecution", `"OutputPath":"$.SdkHttpMetadata.HttpStatusCode","End":true`), `{"name":"Ada"}`, `200`, "", ""},
		{"fails as its execution did", call("states:startExecution.sync:2", `"End":true`), `{}`, "", "States.TaskFailed", `"Error":"Nobody"`},
		{"retries with another execution", call("states:startExecution.sync:2", `"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Pass","OutputPath":"$.Error","End":true`), `{}`,
			`"States.TaskFailed"`, "", ""},
		{"knows no such machine", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"nobody"},"End":true}}}`, `{}`,
			"", "StepFunctions.StateMachineDoesNotExistException", "nobody"},
		{"runs out of time, and stops its execution", call("states:startExecution.sync:2", `"TimeoutSeconds":5,"End":true`), `{"name":"Ada"}`, "", "States.Timeout", ""},
		{"is a synchronous Express execution", `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:startSyncExecution","Parameters":{"StateMachineArn":"express","Input":{"name":"Ada"}},"OutputPath":"$.Output","End":true}}}`, `{}`,
			`"\"Hello, Ada\""`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			env, s := in(t, tasks, machines, c.definition, c.input)
			f := outcomeOf(t, env, s)
			if c.error != "" {
				assert.Equal(t, states.StatusFailed, f.Status)
				assert.Equal(t, c.error, f.Failure.Error)
				assert.Contains(t, f.Failure.Cause, c.cause)
				return
			}
			require.Equal(t, states.StatusSucceeded, f.Status, "%v", f.Failure)
			assert.JSONEq(t, c.output, string(encode(f.Output)))
		})
	}
}

// TestNestedIsStopped: the execution that a task waits for is stopped with that of the task.
func TestNestedIsStopped(t *testing.T) {
	machines := byName{"waits": target(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`)}
	env, s := in(t, engine.NewMux(), machines, `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"waits","Name":"inner"},"End":true}}}`, `{}`)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(stopSignal, states.Fail("Enough", "")) }, time.Minute)
	f := outcomeOf(t, env, s)
	assert.Equal(t, states.StatusAborted, f.Status)
	inner := "arn:aws:states:us-east-1:123456789012:execution:waits:inner"
	f, _, err := endOf(env.GetWorkflowErrorByID(inner))
	require.NoError(t, err)
	assert.Equal(t, states.StatusAborted, f.Status)
	assert.Equal(t, engine.AbortedBy(s.Execution.ARN), f.Failure)
}
