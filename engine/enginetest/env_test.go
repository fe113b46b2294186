package enginetest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shop charges a card, with patience, and ships.
const shop = `{"StartAt": "Charge", "States": {
	"Charge": {"Type": "Task", "Resource": "charge", "ResultPath": "$.receipt", "Next": "Ship",
		"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 2}],
		"Catch": [{"ErrorEquals": ["Declined"], "ResultPath": "$.error", "Next": "Sorry"}]},
	"Ship": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ship", "End": true},
	"Sorry": {"Type": "Fail", "Error": "Declined", "Cause": "the bank said no"}}}`

func TestAnswersComeInOrder(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, shop)
	env.On("Charge").Fail("Busy").Times(2).Return(map[string]any{"id": 7})
	env.On("ship").With(enginetest.JSON(`{"receipt": {"id": 7}}`)).Return("sent").After(time.Hour)

	run := env.Run(enginetest.JSON(`{"order": 42}`))

	run.Output("sent").Path("Charge", "Ship").Through("Ship").Entered("Charge", 1).Entered("Ship", 1, enginetest.JSON(`{"order": 42}`)).Undid()
	assert.Equal(t, 30*time.Second+time.Hour, run.Duration())
	calls := env.Calls("Charge")
	require.Len(t, calls, 3)
	for i, elapsed := range []time.Duration{0, 10 * time.Second, 30 * time.Second} {
		assert.Equal(t, i, calls[i].Attempt)
		assert.Equal(t, elapsed, calls[i].Elapsed)
		assert.Equal(t, `{"order":42}`, value.String(calls[i].Input))
		assert.Equal(t, -1, calls[i].Index)
	}
	assert.Len(t, env.Calls("arn:aws:lambda:us-east-1:123456789012:function:ship"), 1)
	assert.Len(t, env.Calls("*"), 4)
}

func TestEndsOtherThanSuccess(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, shop)
	env.On("Charge").Fail("Declined", "no money")
	env.Run(nil).Failed("Declined").Cause("the bank").Path("Charge", "Sorry")

	env = enginetest.New(t, `{"TimeoutSeconds": 60, "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 61, "End": true}}}`)
	env.Run(nil).TimedOut()

	env = enginetest.New(t, `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 61, "End": true}}}`)
	run := env.Start(nil)
	env.At(time.Minute, func() {
		require.NoError(t, env.Engine().StopExecution(t.Context(), run.Execution().ARN(), "Enough", "it is late"))
	})
	run.Wait().Aborted().Cause("late")
	assert.Equal(t, time.Minute, run.Duration())
}

// TestNarrowedExpectations: by input, attempt and index, whatever the order of the calls.
func TestNarrowedExpectations(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
		"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "End": true,
			"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]}}}}}}`)
	env.On("Work").Index(1).Attempt(0).Fail("Bad")
	env.On("Work").Index(1).Attempt(1).Return("second try")
	env.On("Work").With(func(n int) bool { return n > 50 && len(env.Calls("Work")) > 0 }).Return("large")
	env.On("Work").Return("small").AnyTimes()
	env.Run([]int{1, 2, 99, 3}).Output([]string{"small", "second try", "large", "small"})
	var at []int
	for _, c := range env.Calls("Work") {
		at = append(at, c.Index)
	}
	assert.Equal(t, []int{0, 1, 2, 3, 1}, at)
}

func TestIndexIsOfTheInnermostMap(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, `{"StartAt": "Outer", "States": {"Outer": {"Type": "Map", "Next": "After", "MaxConcurrency": 1, "ItemProcessor": {
		"StartAt": "Inner", "States": {
			"Inner": {"Type": "Map", "Next": "Sum", "MaxConcurrency": 1, "ItemProcessor": {
				"StartAt": "Deep", "States": {"Deep": {"Type": "Task", "Resource": "deep", "End": true}}}},
			"Sum": {"Type": "Task", "Resource": "sum", "End": true}}}},
		"After": {"Type": "Task", "Resource": "after", "End": true}}}`)
	env.On("*").Return(0).AnyTimes()
	env.Run(enginetest.JSON(`[["a", "b"], ["c"]]`)).Succeeded()
	type place struct {
		state string
		index int
	}
	var places []place
	for _, c := range env.Calls("*") {
		places = append(places, place{c.State, c.Index})
	}
	assert.Equal(t, []place{{"Deep", 0}, {"Deep", 1}, {"Sum", 0}, {"Deep", 0}, {"Sum", 1}, {"After", -1}}, places)
}

// TestRealCode: the Mux does what no expectation names, and what Real hands to it.
func TestRealCode(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("ship", engine.Func(func(context.Context, struct{ Order int }) (string, error) { return "really sent", nil }))
	mux.Handle("charge", engine.Func(func(_ context.Context, o struct{ Order int }) (int, error) { return o.Order * 2, nil }))
	env := enginetest.New(t, shop, enginetest.WithMux(mux))
	env.On("Charge").Fail("Busy").Real()
	env.Run(enginetest.JSON(`{"order": 42}`)).Output("really sent").Entered("Ship", 1, enginetest.JSON(`{"receipt": 84}`))
	assert.Len(t, env.Calls("charge"), 2)
}

// TestTheTokenOfARealHandler can be had, whether an expectation hands over to it or not.
func TestTheTokenOfARealHandler(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.HandleFunc("arn:aws:states:::sqs:*", func(context.Context, engine.Task) (any, error) { return "sent", nil })
	env := enginetest.New(t, ask, enginetest.WithMux(mux))
	env.At(time.Minute, func() { env.Token("Ask").Succeed("yes") })
	env.Run(nil).Output("yes")
	env.On("Ask").Real()
	run := env.Start(nil)
	env.Token("Ask").Succeed("again")
	run.Output("again")
}

// TestFiles: a machine may stand in YAML, or in a template beside others.
func TestFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	const definition = `StartAt: Charge
States:
  Charge:
    Type: Task
    Resource: ${Charge.Arn}
    End: true
`
	machine := func(name string) string {
		return "  " + name + ":\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        " + strings.ReplaceAll(definition, "\n", "\n        ") + "\n"
	}
	template := "Transform: AWS::Serverless-2016-10-31\nResources:\n" + machine("Orders")
	two := template + machine("Refunds")
	for _, test := range []struct {
		path, name string
		options    []enginetest.Option
	}{
		{file("order.asl.json", shop), "Charge", nil},
		{file("order.asl.yaml", definition), "Charge", nil},
		{file("set.asl.yaml", definition), "bank", []enginetest.Option{enginetest.Set(map[string]string{"Charge.Arn": "bank"})}},
		{file("template.yaml", template), "Charge", nil},
		{file("two.yaml", two) + "#Refunds", "Charge", nil},
	} {
		env := enginetest.New(t, test.path, test.options...)
		env.On(test.name).Return("paid")
		env.On("*").Return("sent").AnyTimes()
		env.Run(nil).Succeeded()
	}
	for path, report := range map[string]string{
		filepath.Join(folder, "two.yaml"):         `has several state machines: name one, as in `,
		filepath.Join(folder, "two.yaml#Others"):  `has no state machine "Others"; there are Orders, Refunds`,
		file("bad.asl.yaml", "StartAt: X\n"):      "These fields are required: [States]",
		file("none.yaml", "Resources: {}\n"):      "has no state machine",
		filepath.Join(folder, "nowhere.asl.json"): "nowhere.asl.json",
	} {
		assert.Contains(t, failure(t, func(t testing.TB) { enginetest.New(t, path) }), report)
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	type order struct{ Order int }
	for name, f := range map[string]any{
		"a typed function":    func(_ context.Context, o order) (int, error) { return o.Order, nil },
		"without a context":   func(o order) (int, error) { return o.Order, nil },
		"a handler":           engine.Func(func(_ context.Context, o order) (int, error) { return o.Order, nil }),
		"a handler's method":  func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil },
		"an engine's handler": engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return 42, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			env := enginetest.New(t, shop)
			env.On("Charge").Return(1)
			env.On("Ship").Do(f)
			run := env.Run(enginetest.JSON(`{"order": 42}`))
			run.Succeeded()
		})
	}
	env := enginetest.New(t, shop)
	env.On("Charge").Do(func() error { return errors.New("Declined") }).After(time.Second)
	env.Run(nil).Failed("errorString")
}

const lambda = `{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
	"Parameters": {"FunctionName": "greet", "Payload.$": "$"}}}}`

// TestLambdaInvoke: by state or function an expectation is for the Payload, and by the resource
// for the integration.
func TestLambdaInvoke(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("greet", engine.LambdaFunc(func(in struct{ Who string }) (string, error) { return "Hello, " + in.Who, nil }))
	whole := engine.NewMux()
	whole.HandleFunc("arn:aws:states:::lambda:*", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
	payload := enginetest.JSON(`{"Payload": "Hello, Ada", "StatusCode": 200, "ExecutedVersion": "$LATEST"}`)
	for name, test := range map[string]struct {
		options []enginetest.Option
		arrange func(env *enginetest.Env)
		output  any
	}{
		"by state": {nil, func(env *enginetest.Env) { env.On("Call").With(enginetest.JSON(`{"who": "Ada"}`)).Return("Hello, Ada") }, payload},
		"by function": {nil, func(env *enginetest.Env) {
			env.On("greet").With(enginetest.JSON(`{"who": "Ada"}`)).Return("Hello, Ada")
		}, payload},
		"by resource": {nil, func(env *enginetest.Env) {
			env.On("arn:aws:states:::lambda:invoke").With(enginetest.JSON(`{"FunctionName": "greet"}`)).Return(3)
		}, 3},
		"real":         {[]enginetest.Option{enginetest.WithMux(mux)}, func(*enginetest.Env) {}, payload},
		"real whole":   {[]enginetest.Option{enginetest.WithMux(whole)}, func(*enginetest.Env) {}, enginetest.JSON(`{"FunctionName": "greet"}`)},
		"real by call": {[]enginetest.Option{enginetest.WithMux(mux)}, func(env *enginetest.Env) { env.On("Call").Real() }, payload},
		"real function though another takes the integration": {[]enginetest.Option{enginetest.WithMux(mux)}, func(env *enginetest.Env) {
			env.On("Call").Real()
			env.On("arn:aws:states:::lambda:invoke").Return(3).AnyTimes()
		}, payload},
	} {
		t.Run(name, func(t *testing.T) {
			env := enginetest.New(t, lambda, test.options...)
			test.arrange(env)
			env.Run(map[string]string{"who": "Ada"}).Output(test.output)
			assert.Len(t, env.Calls("greet"), 1)
		})
	}
}

const ask = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
	"HeartbeatSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}}`

func TestTaskTokens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(env *enginetest.Env){
		"an answer": func(env *enginetest.Env) {
			env.On("Ask").Return("yes").Submitted(enginetest.JSON(`{"MessageId": "1"}`))
			env.Run(nil).Output("yes")
		},
		"an answer after a time": func(env *enginetest.Env) {
			env.On("Ask").Return("yes").After(3 * time.Hour).Heartbeat(time.Hour - time.Second)
			env.Run(nil).Output("yes")
			assert.Equal(t, 3*time.Hour, env.Clock().Now().Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)))
		},
		"a failure": func(env *enginetest.Env) {
			env.On("Ask").Fail("No", "never")
			env.Run(nil).Failed("No").Cause("never")
		},
		"the token": func(env *enginetest.Env) {
			run := env.Start(nil)
			token := env.Token("Ask")
			assert.Contains(t, value.String(token.Task().Input), token.String())
			token.Succeed("yes")
			run.Output("yes")
		},
		"the token fails": func(env *enginetest.Env) {
			run := env.Start(nil)
			env.Token("Ask").Fail("No", "never")
			run.Failed("No")
		},
		"at a time": func(env *enginetest.Env) {
			env.At(30*time.Minute, func() { env.Token("Ask").Heartbeat() })
			env.Run(nil).Failed("States.Timeout")
			assert.Equal(t, 90*time.Minute, env.Clock().Now().Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)))
		},
		"just before its timeout": func(env *enginetest.Env) {
			env.At(time.Hour, func() { env.Token("Ask").Succeed("at the last moment") })
			env.Run(nil).Output("at the last moment")
		},
		"a handler of one's own": func(env *enginetest.Env) {
			env.On("Ask").Do(func(ctx context.Context, task engine.Task) (any, error) {
				return nil, engine.EngineFrom(ctx).SendTaskSuccess(ctx, task.Token, "by itself")
			})
			env.Run(nil).Output("by itself")
		},
		"no answer": func(env *enginetest.Env) {
			env.On("Ask").Hang()
			env.Run(nil).Failed("States.Timeout")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(enginetest.New(t, ask))
		})
	}
}

func TestTimeoutsAndHeartbeats(t *testing.T) {
	t.Parallel()
	const job = `{"StartAt": "Job", "States": {"Job": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync",
		"Parameters": {}, "TimeoutSeconds": 100, "HeartbeatSeconds": 30, "End": true}}}`
	for name, test := range map[string]struct {
		arrange func(x *enginetest.Expectation)
		error   string
		after   time.Duration
	}{
		"silence":    {func(x *enginetest.Expectation) { x.Hang() }, "States.Timeout", 30 * time.Second},
		"a timeout":  {func(x *enginetest.Expectation) { x.Hang().Heartbeat(20 * time.Second) }, "States.Timeout", 100 * time.Second},
		"an answer":  {func(x *enginetest.Expectation) { x.Return(1).After(90 * time.Second).Heartbeat(29 * time.Second) }, "", 90 * time.Second},
		"a failure":  {func(x *enginetest.Expectation) { x.Fail("Bad").After(10 * time.Second) }, "Bad", 10 * time.Second},
		"in silence": {func(x *enginetest.Expectation) { x.Return(1).After(90 * time.Second) }, "States.Timeout", 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, job)
			test.arrange(env.On("Job"))
			run := env.Run(nil)
			if test.error == "" {
				run.Succeeded()
			} else {
				run.Failed(test.error)
			}
			assert.Equal(t, test.after, run.Duration())
		})
	}
}

func TestActivities(t *testing.T) {
	t.Parallel()
	const machine = `{"StartAt": "Dig", "States": {"Dig": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:dig", "End": true}}}`
	t.Run("an answer", func(t *testing.T) {
		env := enginetest.New(t, machine)
		env.On("dig").Return("a hole").After(time.Hour).Worker("mole")
		run := env.Run(nil).Output("a hole")
		types, worker := "", ""
		for _, e := range run.History() {
			types += string(e.Type) + " "
			if e.Type == "ActivityStarted" {
				worker = string(e.DetailsJSON(true))
			}
		}
		assert.Contains(t, types, "ActivityScheduled ActivityStarted ActivitySucceeded")
		assert.Equal(t, `{"workerName":"mole"}`, worker)
	})
	t.Run("a worker that polls", func(t *testing.T) {
		env := enginetest.New(t, machine)
		activity, err := env.Engine().CreateActivity(t.Context(), "dig")
		require.NoError(t, err)
		run := env.Start(nil)
		task, err := env.Engine().GetActivityTask(t.Context(), activity.ARN, "mole")
		require.NoError(t, err)
		require.NoError(t, env.Engine().SendTaskSuccess(t.Context(), task.Token, "a hole"))
		run.Wait().Output("a hole")
		assert.Len(t, env.Calls("Dig"), 1)
	})
}

func TestNestedMachines(t *testing.T) {
	t.Parallel()
	const parent = `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
		"Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:payments", "Input": {"amount": 5}},
		"OutputPath": "$.Output", "End": true}}}`
	env := enginetest.New(t, parent)
	payments := env.Machine("payments", `{"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": "charge", "End": true}}}`)
	payments.On("Charge").With(map[string]int{"amount": 5}).Return("paid").After(time.Hour)
	run := env.Run(nil).Output("paid")
	assert.Equal(t, time.Hour, run.Duration())
	assert.Len(t, payments.Calls("Charge"), 1)
	assert.Len(t, env.Calls("Pay"), 1)
	payments.On("Charge").Return("again")
	payments.Run(nil).Output("again")
	require.Len(t, payments.Runs(), 2)
	payments.Runs()[0].Output("paid").Entered("Charge", 1, map[string]int{"amount": 5})

	env = enginetest.New(t, strings.ReplaceAll(parent, "states:startExecution.sync:2", "aws-sdk:sfn:startSyncExecution"))
	payments = env.Machine("payments", `{"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": "charge", "End": true}}}`)
	env.On("charge").Return("paid").After(time.Minute).Fail("Declined")
	assert.Equal(t, time.Minute, env.Run(nil).Output(`"paid"`).Duration())
	env.Run(nil)
	synchronous := payments.Runs()
	synchronous[0].Output("paid").Path("Charge")
	synchronous[1].Failed("Declined")
	assert.Nil(t, synchronous[0].Execution())
	_, err := synchronous[0].Result()
	require.Error(t, err)

	env = enginetest.New(t, parent)
	env.Machine("payments", shop)
	env.On("Pay").Return(enginetest.JSON(`{"Output": "not really"}`))
	env.Run(nil).Output("not really")
}

func TestExpress(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, shop)
	env.On("Charge").Fail("Busy").Return(1)
	env.On("Ship").Return("sent")
	env.Run(nil, engine.Express).Output("sent").Path("Charge", "Ship")
	assert.Len(t, env.Calls("Charge"), 2)
}

const saga = `{"StartAt": "Reserve", "States": {
	"Reserve": {"Type": "Task", "Resource": "reserve", "Compensate": "Release", "Next": "Charge"},
	"Charge": {"Type": "Task", "Resource": "charge", "Compensate": "Refund", "Next": "Ship"},
	"Ship": {"Type": "Task", "Resource": "ship", "End": true},
	"Release": {"Type": "Task", "Resource": "release"},
	"Refund": {"Type": "Task", "Resource": "refund"}}}`

func TestUndid(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, saga, enginetest.WithExtensions())
	env.On("*").Return(1).AnyTimes()
	env.On("Ship").Fail("Lost")
	env.Run(nil).Failed("Lost").Undid("Charge", "Reserve")
	env.Run(nil).Succeeded().Undid()
	env.On("refund").Fail("Bankrupt")
	env.On("ship").Fail("Lost")
	env.Run(nil).Failed("States.CompensationFailed").Undid()
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, shop)
	env.On("Charge").Return(1).After(time.Minute)
	env.On("Ship").Return(1).After(time.Minute)
	run := env.Start(nil)
	env.Advance(59 * time.Second)
	run.Path("Charge")
	env.Advance(time.Second)
	run.Path("Charge", "Ship")
	_, err := run.Result()
	require.Error(t, err)
	env.Advance(time.Hour)
	result, err := run.Succeeded().Result()
	require.NoError(t, err)
	assert.Equal(t, "1", string(result.Output()))
	assert.Equal(t, 2*time.Minute, run.Duration())
}

// TestMapRuns: the tasks of children are called like others, and their index is the child's.
func TestMapRuns(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"STANDARD", "EXPRESS"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			definition := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ToleratedFailureCount": 1, "ItemProcessor": {
				"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "` + kind + `"},
				"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "End": true}}}}}}`
			env := enginetest.New(t, definition)
			env.On("Work").Index(1).Fail("Bad").After(time.Minute)
			env.On("Work").With(3).Return("third").After(4 * time.Minute)
			env.On("Work").Return("any").AnyTimes()
			run := env.Run([]int{1, 2, 3}).Succeeded().Path("Each")
			assert.Equal(t, 4*time.Minute, run.Duration())
			var at []int
			for _, c := range env.Calls("Work") {
				at = append(at, c.Index)
			}
			assert.Equal(t, []int{0, 1, 2}, at)
			_, log := reported(t, func(t testing.TB) {
				env := enginetest.New(t, definition)
				env.On("Work").Fail("Bad").AnyTimes()
				env.Run(make([]int, 15)).Succeeded()
			})
			assert.Contains(t, log, "Bad")
			assert.Contains(t, log, "5 more executions did not succeed")
		})
	}
}
