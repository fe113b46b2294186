package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shelf has machines by their names.
type shelf map[string]*asl.StateMachine

func (s shelf) Target(_ context.Context, reference string, _ states.Seed) (engine.Target, error) {
	name := reference[strings.LastIndexByte(reference, ':')+1:]
	if s[name] == nil {
		return engine.Target{}, fmt.Errorf("%w: State Machine Does Not Exist: '%s'", engine.ErrStateMachineDoesNotExist, reference)
	}
	return engine.Target{Machine: s[name], Name: name}, nil
}

// machinesOf parses definitions of single states.
func machinesOf(t testing.TB, states map[string]string) shelf {
	t.Helper()
	s := shelf{}
	for name, state := range states {
		s[name] = one(t, state)
	}
	return s
}

// children are the machines that the parents of these tests start.
var children = map[string]string{
	"echo":  `{"Type":"Pass","End":true}`,
	"slow":  `{"Type":"Wait","Seconds":60,"End":true}`,
	"fails": `{"Type":"Fail","Error":"Broken","Cause":"it was dropped"}`,
	"late":  `{"Type":"Task","Resource":"hang","TimeoutSeconds":5,"End":true}`,
	"self":  `{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"self"},"End":true}`,
	"inner": `{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"slow","Input":{"deep":1}},"OutputPath":"$.Output","End":true}`,
}

// task makes a state that starts an execution or steers one.
func task(resource, parameters, further string) string {
	return `{"Type":"Task","Resource":"arn:aws:states:::` + resource + `","Parameters":` + parameters + further + `,"End":true}`
}

// nesting starts an engine whose tasks find the children.
func nesting(t *testing.T, db store.Store) (*engine.Engine, *enginetest.Clock) {
	t.Helper()
	config := engine.Config{Store: db}
	config.Clock = enginetest.NewClock(time.Time{})
	config.Resolver = tasks(map[string]engine.HandlerFunc{
		"echo": echo,
		"hang": func(ctx context.Context, _ engine.Task) (any, error) {
			return nil, config.Clock.(*enginetest.Clock).Sleep(ctx, -1)
		},
	})
	e := start(t, config)
	e.UseMachines(machinesOf(t, children))
	return e, config.Clock.(*enginetest.Clock)
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// masked replaces what is drawn.
func masked(text string) string {
	return uuids.ReplaceAllString(text, "UUID")
}

func TestNestedExecutions(t *testing.T) {
	t.Parallel()
	const prefix = "arn:aws:states:us-east-1:123456789012:"
	for _, c := range []struct {
		name, resource, parameters string
		types                      string // of the task's events after TaskScheduled
		output, failure            string
	}{
		{name: "started", resource: "states:startExecution", parameters: `{"StateMachineArn":"slow","Name":"c"}`, types: "TaskStarted TaskSucceeded",
			output: `{"ExecutionArn":"` + prefix + `execution:slow:c","SdkHttpMetadata":{"AllHttpHeaders":{"Content-Type":["application/x-amz-json-1.0"],"x-amzn-RequestId":["UUID"]},"HttpHeaders":{"Content-Type":"application/x-amz-json-1.0","x-amzn-RequestId":"UUID"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"UUID"},"StartDate":1704067200000}`},
		{name: "started through the SDK", resource: "aws-sdk:sfn:startExecution", parameters: `{"StateMachineArn":"` + prefix + `stateMachine:slow","Name":"c"}`, types: "TaskStarted TaskSucceeded",
			output: `{"ExecutionArn":"` + prefix + `execution:slow:c","StartDate":"2024-01-01T00:00:00.000Z"}`},
		{name: "waited for, as text", resource: "states:startExecution.sync", parameters: `{"StateMachineArn":"slow","Input":{"n":1}}`, types: "TaskStarted TaskSubmitted TaskSucceeded",
			output: `{"ExecutionArn":"` + prefix + `execution:slow:UUID","Input":"{\"n\":1}","InputDetails":{"Included":true},"Name":"UUID","Output":"{\"n\":1}","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1704067200000,"StateMachineArn":"` + prefix + `stateMachine:slow","Status":"SUCCEEDED","StopDate":1704067260000}`},
		{name: "waited for, as JSON", resource: "states:startExecution.sync:2", parameters: `{"StateMachineArn":"echo","Input":"[\"x\"]"}`, types: "TaskStarted TaskSubmitted TaskSucceeded",
			output: `{"ExecutionArn":"` + prefix + `execution:echo:UUID","Input":["x"],"InputDetails":{"Included":true},"Name":"UUID","Output":["x"],"OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1704067200000,"StateMachineArn":"` + prefix + `stateMachine:echo","Status":"SUCCEEDED","StopDate":1704067200000}`},
		{name: "an input of null", resource: "states:startExecution.sync:2", parameters: `{"StateMachineArn":"inner","Input":null}`, types: "TaskStarted TaskSubmitted TaskSucceeded",
			output: `{"ExecutionArn":"` + prefix + `execution:inner:UUID","Input":{},"InputDetails":{"Included":true},"Name":"UUID","Output":{"deep":1},"OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1704067200000,"StateMachineArn":"` + prefix + `stateMachine:inner","Status":"SUCCEEDED","StopDate":1704067260000}`},
		{name: "a failure", resource: "states:startExecution.sync:2", parameters: `{"StateMachineArn":"fails"}`, types: "TaskStarted TaskSubmitted TaskFailed",
			failure: `States.TaskFailed: {"Cause":"it was dropped","Error":"Broken","ExecutionArn":"` + prefix + `execution:fails:UUID","Input":"{}","InputDetails":{"Included":true},"Name":"UUID","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":1704067200000,"StateMachineArn":"` + prefix + `stateMachine:fails","Status":"FAILED","StopDate":1704067200000}`},
		{name: "a timeout", resource: "states:startExecution.sync", parameters: `{"StateMachineArn":"late"}`, types: "TaskStarted TaskSubmitted TaskFailed",
			failure: `States.TaskFailed: {"Error":"States.Timeout","ExecutionArn":"` + prefix + `execution:late:UUID","Input":"{}","InputDetails":{"Included":true},"Name":"UUID","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":1704067200000,"StateMachineArn":"` + prefix + `stateMachine:late","Status":"FAILED","StopDate":1704067205000}`},
		{name: "no such machine", resource: "states:startExecution", parameters: `{"StateMachineArn":"nobody"}`, types: "TaskStarted TaskFailed",
			failure: `StepFunctions.StateMachineDoesNotExistException: State Machine Does Not Exist: 'nobody' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: UUID; Proxy: null)`},
		{name: "an input that is no JSON", resource: "aws-sdk:sfn:startExecution", parameters: `{"StateMachineArn":"echo","Input":"x"}`, types: "TaskStarted TaskFailed",
			failure: `Sfn.InvalidExecutionInputException`},
		{name: "a name that is no text", resource: "states:startExecution", parameters: `{"StateMachineArn":"echo","Name":7}`, types: "TaskStarted TaskFailed",
			failure: `States.Runtime: The parameter Name must be a string, not number.`},
		{name: "an Express execution", resource: "aws-sdk:sfn:startSyncExecution", parameters: `{"StateMachineArn":"fails","Name":"c"}`, types: "TaskStarted TaskSucceeded",
			output: `{"Cause":"it was dropped","Error":"Broken","ExecutionArn":"` + prefix + `express:fails:c:UUID","Input":"{}","InputDetails":{"Included":true},"Name":"c","StartDate":"2024-01-01T00:00:00.000Z","StateMachineArn":"` + prefix + `stateMachine:fails","Status":"FAILED","StopDate":"2024-01-01T00:00:00.000Z"}`},
		{name: "nobody to describe", resource: "aws-sdk:sfn:describeExecution", parameters: `{"ExecutionArn":"` + prefix + `execution:echo:none"}`, types: "TaskStarted TaskFailed",
			failure: `Sfn.ExecutionDoesNotExistException: Execution Does Not Exist: '` + prefix + `execution:echo:none' (Service: Sfn, Status Code: 400, Request ID: UUID) (SDK Attempt Count: 1)`},
		{name: "a token that never was", resource: "aws-sdk:sfn:sendTaskSuccess", parameters: `{"TaskToken":"x","Output":"none"}`, types: "TaskStarted TaskFailed",
			failure: `Sfn.InvalidTokenException: Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: UUID) (SDK Attempt Count: 1)`},
		{name: "a machine that starts itself", resource: "states:startExecution", parameters: `{"StateMachineArn":"self","Name":"c"}`, types: "TaskStarted TaskSucceeded", output: `c`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				e, clock := nesting(t, db)
				x := run(t, e, one(t, task(c.resource, c.parameters, "")), nil, engine.Named("p"), engine.Machine("m"))
				clock.Settle()
				clock.Advance(2 * time.Minute)
				d, err := e.DescribeExecution(t.Context(), x.ARN())
				require.NoError(t, err)
				var types []string
				for _, event := range events(t, e, x)[3:] {
					if strings.HasPrefix(string(event.Type), "TaskS") || event.Type == states.TaskFailed {
						types = append(types, string(event.Type))
					}
				}
				assert.Equal(t, c.types+map[bool]string{true: " TaskStateExited"}[c.output != ""], strings.Join(types, " "))
				if c.failure != "" {
					assert.Contains(t, masked(d.Failure.Error+": "+d.Failure.Cause), c.failure)
				} else {
					assert.Contains(t, masked(string(d.Output)), c.output)
				}
			})
		})
	}
}

// TestNestingHasABound: a machine that starts itself comes to an end.
func TestNestingHasABound(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := nesting(t, db)
		x := run(t, e, machinesOf(t, children)["self"], nil, engine.Machine("m"))
		clock.Settle()
		failed := failure(t, x)
		assert.Equal(t, "States.TaskFailed", failed.Name)
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: 1000})
		require.NoError(t, err)
		assert.Len(t, page.Executions, 101)
	})
}

// TestChildrenAreStopped that a task waits for which ends without them; others go on.
func TestChildrenAreStopped(t *testing.T) {
	t.Parallel()
	sync := task("states:startExecution.sync", `{"StateMachineArn":"slow","Name":"c"}`, `,"TimeoutSeconds":30`)
	for _, c := range []struct {
		name, state string
		stop        bool
		status      states.Status
	}{
		{"by the task's timeout", sync, false, states.StatusAborted},
		{"by a stop", sync, true, states.StatusAborted},
		{"by a branch that fails", `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + sync + `}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"Next":"F"},"F":{"Type":"Fail"}}}]}`, false, states.StatusAborted},
		{"never, if nobody waits", task("states:startExecution", `{"StateMachineArn":"slow","Name":"c"}`, ""), true, states.StatusSucceeded},
		{"never, if a Task Token is waited for", task("states:startExecution.waitForTaskToken", `{"StateMachineArn":"slow","Name":"c"}`, ""), true, states.StatusSucceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				e, clock := nesting(t, db)
				x := run(t, e, one(t, c.state), nil, engine.Named("p"), engine.Machine("m"))
				clock.Settle()
				if c.stop {
					require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
				}
				clock.Advance(time.Minute)
				d, err := e.DescribeExecution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:slow:c")
				require.NoError(t, err)
				assert.Equal(t, c.status, d.Status)
				if c.status == states.StatusAborted {
					assert.Equal(t, states.Failure{HasCause: true, Cause: "The Task state in AWS Step Functions execution [" + x.ARN() + "] which was managing this resource was aborted"}, d.Failure)
				}
			})
		})
	}
}

// TestATokenEndsAWaitForAChild, which goes on.
func TestATokenEndsAWaitForAChild(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := nesting(t, db)
		x := run(t, e, one(t, task("states:startExecution.sync", `{"StateMachineArn":"slow","Name":"c","Input":{"t.$":"$$.Task.Token"}}`, "")), nil)
		clock.Settle()
		child, err := e.DescribeExecution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:slow:c")
		require.NoError(t, err)
		var input struct{ T string }
		require.NoError(t, json.Unmarshal(child.Input, &input))
		require.NoError(t, e.SendTaskSuccess(t.Context(), input.T, "enough"))
		assert.Equal(t, `"enough"`, output(t, x))
		clock.Advance(time.Hour)
		child, err = e.DescribeExecution(t.Context(), child.ARN)
		require.NoError(t, err)
		assert.Equal(t, states.StatusSucceeded, child.Status)
	})
}

// TestNestedCrashes: whichever write a crash hits, of the parent or of the child, there is
// one child of each task, and the parent ends as it would have.
func TestNestedCrashes(t *testing.T) {
	t.Parallel()
	sync := func(machine string) string {
		return task("states:startExecution.sync:2", `{"StateMachineArn":"`+machine+`","Input":{"n":1}}`, "")
	}
	for name, state := range map[string]string{
		"a child": sync("slow"), "a child that ends at once": sync("echo"), "a child in a child": sync("inner"), "a failure": sync("fails"),
		"two children": `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + sync("slow") + `}},{"StartAt":"B","States":{"B":` + sync("echo") + `}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := one(t, state)
			play := func(db store.Store, clock *enginetest.Clock) (*engine.Engine, error) {
				e, err := engine.New(engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"hang": echo}), Store: db, Clock: clock})
				require.NoError(t, err)
				e.UseMachines(machinesOf(t, children))
				clock.Settle()
				_, err = e.StartExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"), engine.Seeded(states.Seed{7}))
				clock.Settle()
				for range 13 {
					clock.Advance(10 * time.Second)
				}
				return e, err
			}
			type end struct {
				about []string
				types []states.EventType
			}
			look := func(e *engine.Engine) (all end) {
				page, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: 1000})
				require.NoError(t, err)
				for _, s := range page.Executions {
					all.about = append(all.about, fmt.Sprint(s.ARN, s.Status))
				}
				slices.Sort(all.about)
				history, err := e.GetExecutionHistory(t.Context(), arnOfX, engine.HistoryOptions{MaxResults: 1000})
				require.NoError(t, err)
				for _, event := range history.Events {
					all.types = append(all.types, event.Type)
				}
				slices.Sort(all.types) // branches come in any order
				return all
			}
			calm := new(lastingStore)
			e, err := play(calm, enginetest.NewClock(time.Time{}))
			require.NoError(t, err)
			want := look(e)
			require.NoError(t, e.Close())
			require.NotContains(t, strings.Join(want.about, " "), string(states.StatusRunning))
			for k := range int(calm.writes.Load()) {
				for _, after := range []bool{false, true} {
					db, clock := new(lastingStore), enginetest.NewClock(time.Time{})
					e, _ := play(&faulty{Store: db, left: k, calls: -1, after: after}, clock)
					_ = e.Close()
					e, err := play(db, enginetest.NewClock(clock.Now()))
					if err != nil {
						require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
					}
					assert.Equal(t, want, look(e), "write %d of %d, after it: %v", k, calm.writes.Load(), after)
					require.NoError(t, e.Close())
				}
			}
		})
	}
}

// TestWaitingParentsSleep: what waits for a child is in the store alone.
func TestWaitingParentsSleep(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, clock := nesting(t, db)
	for i := range 10 {
		run(t, e, one(t, task("states:startExecution.sync", `{"StateMachineArn":"slow"}`, "")), nil, engine.Named(fmt.Sprint(i)), engine.Machine("m"))
	}
	clock.Settle()
	assert.Zero(t, e.Awake())
	clock.Advance(time.Minute)
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusSucceeded}})
	require.NoError(t, err)
	assert.Len(t, page.Executions, 20)
}

// TestStartOrGetExecution finds what runs and what has ended, whatever its input; in a
// handler the task gives the name.
func TestStartOrGetExecution(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		slow := machinesOf(t, children)
		clock := enginetest.NewClock(time.Time{})
		e := start(t, engine.Config{Store: db, Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{"outer": func(ctx context.Context, task engine.Task) (any, error) {
			child, err := engine.EngineFrom(ctx).StartOrGetExecutionFrom(ctx, slow, "echo", task.Attempt)
			if err != nil {
				return nil, err
			}
			return child.ARN(), nil
		}})})
		named := []engine.StartOption{engine.Named("c"), engine.Machine("slow")}
		first, err := e.StartOrGetExecution(t.Context(), slow["slow"], 1, named...)
		require.NoError(t, err)
		clock.Settle()
		second, err := e.StartOrGetExecution(t.Context(), slow["slow"], 2, named...)
		require.NoError(t, err)
		assert.Equal(t, first.ARN(), second.ARN())
		clock.Advance(time.Minute)
		third, err := e.StartOrGetExecutionFrom(t.Context(), slow, "slow", 3, engine.Named("c"))
		require.NoError(t, err)
		assert.Equal(t, "1", output(t, third))
		_, err = e.StartExecution(t.Context(), slow["slow"], 4, named...)
		require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
		x := run(t, e, one(t, `{"Type":"Task","Resource":"outer","End":true}`), nil)
		assert.Contains(t, output(t, x), ":execution:echo:")
	})
}
