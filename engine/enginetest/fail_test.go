package enginetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
)

// TestWhatFails runs tests that fail, and looks at what they report: every part of it.
func TestWhatFails(t *testing.T) {
	t.Parallel()
	ship := func(env *enginetest.Env) *enginetest.Run {
		env.On("*").Return(1).AnyTimes()
		return env.Run(enginetest.JSON(`{"order": 42}`))
	}
	for name, test := range map[string]struct {
		machine any
		test    func(env *enginetest.Env)
		report  []string // "" for none
	}{
		"nothing": {shop, func(env *enginetest.Env) { ship(env).Output(1) }, nil},

		"a call without an expectation": {shop, func(env *enginetest.Env) {
			env.On("Charge").Return(1)
			env.Run(enginetest.JSON(`{"order": 42}`)).Failed("States.Runtime")
		}, []string{"unexpected call 0s after the start: Ship (attempt 0", `with {"order":42,"receipt":1}`, "no expectation is for it"}},
		"a call too many": {shop, func(env *enginetest.Env) {
			env.On("Charge").Fail("Busy")
			env.Run(nil)
		}, []string{"unexpected call 10s after", "Charge (attempt 1", `On("Charge") at fail_test.go:`, "all its answers are used up"}},
		"a call that does not match": {shop, func(env *enginetest.Env) {
			env.On("Charge").With(enginetest.JSON(`{"order": {"id": 7}}`)).Return(1)
			env.Run(enginetest.JSON(`{"order": {"id": 8}}`))
		}, []string{`On("Charge").With({"order":{"id":7}}) at fail_test.go:`, "its input does not fit: at $.order.id expected 7, got 8",
			"Return(1) was to answer once, and did never"}},
		"another attempt": {shop, func(env *enginetest.Env) {
			env.On("Charge").Attempt(1).Return(1)
			env.Run(nil)
		}, []string{"unexpected call", "it is for attempt 1"}},
		"another index": {shop, func(env *enginetest.Env) {
			env.On("Charge").Index(0).Return(1)
			env.Run(nil)
		}, []string{"unexpected call", "it is for index 0"}},
		"a token that nobody expected": {ask, func(env *enginetest.Env) { env.Run(nil) },
			[]string{"unexpected call: Ask", "it waited for its Task Token"}},
		"a machine that is none": {`{"StartAt": "P", "States": {"P": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "x"}, "End": true}}}`,
			func(env *enginetest.Env) { env.Run(nil) }, []string{`an execution of "x" was to be started`, "add it by Machine"}},

		"an answer left over": {shop, func(env *enginetest.Env) {
			env.On("Charge").Fail("Busy").Times(3).Return(1)
			env.On("Ship").Return(1)
			env.At(time.Second, func() { env.Engine().StopExecution(context.Background(), env.Calls("Charge")[0].Execution, "", "") })
			env.Run(nil).Aborted()
		}, []string{`On("Charge") at fail_test.go:`, `Fail("Busy") was to answer 3 times, and did once`, `On("Ship") at`, "Return(1) was to answer once, and did never"}},
		"a time that did not come": {shop, func(env *enginetest.Env) {
			ship(env)
			env.At(time.Hour, func() {})
		}, []string{"At(1h0m0s) at fail_test.go:", "was not called: the test ended 0s after its start"}},

		"a name that is misspelt": {shop, func(env *enginetest.Env) { env.On("Chrage").Return(1); env.Run(nil) },
			[]string{`On("Chrage") at fail_test.go:`, `did you mean "Charge"?`}},
		"a name that nobody has": {shop, func(env *enginetest.Env) { env.On("Whatever").Return(1); env.Run(nil) },
			[]string{`On("Whatever")`, "no Task state or resource has that name"}},
		"a name of no Task": {shop, func(env *enginetest.Env) { env.On("Sorry").Return(1); env.Run(nil) },
			[]string{"the state Sorry is a Fail state, and only Tasks are called"}},
		"a name that nobody asks for": {shop, func(env *enginetest.Env) { ship(env); env.On("Shop").Return(1) }, []string{`did you mean "Ship"?`}},
		"no answer":                   {shop, func(env *enginetest.Env) { env.On("Charge"); env.Run(nil) }, []string{"it has no answer"}},
		"Times without an answer":     {shop, func(env *enginetest.Env) { env.On("Charge").Times(2) }, []string{"Times says more about an answer, and must follow one"}},
		"Times of none":               {shop, func(env *enginetest.Env) { env.On("Charge").Return(1).Times(0) }, []string{"Times(0): the number must be 1 or more"}},
		"Heartbeat of none":           {shop, func(env *enginetest.Env) { env.On("Charge").Return(1).Heartbeat(0) }, []string{"Heartbeat(0s)"}},
		"Do of no function":           {shop, func(env *enginetest.Env) { env.On("Charge").Do(7) }, []string{"Do: ", "int"}},
		"Real without a Mux":          {shop, func(env *enginetest.Env) { env.On("Charge").Real() }, []string{"WithMux"}},
		"JSON as a string":            {shop, func(env *enginetest.Env) { env.Run(`{"order": 1}`) }, []string{"a Go string is one JSON string", `enginetest.JSON("{\"order\": 1}")`}},
		"what is no JSON":             {shop, func(env *enginetest.Env) { env.On("Charge").Return(func() {}) }, []string{`On("Charge")`, "Return: "}},
		"a condition that is none":    {shop, func(env *enginetest.Env) { env.On("Charge").With(func() bool { return true }) }, []string{"func() bool", "must be a func(T) bool"}},
		"a time that has passed":      {shop, func(env *enginetest.Env) { env.Advance(time.Hour); env.At(time.Minute, func() {}) }, []string{"At(1m0s) has passed"}},
		"two machines of a name":      {shop, func(env *enginetest.Env) { env.Machine("machine", shop) }, []string{`two machines are called "machine"`}},
		"no definition":               {`{"StartAt": "X"}`, func(*enginetest.Env) {}, []string{`the machine "machine": `, "These fields are required"}},
		"no file":                     {"nowhere.asl.json", func(*enginetest.Env) {}, []string{"nowhere.asl.json"}},
		"no machine at all":           {42, func(*enginetest.Env) {}, []string{"a int is no state machine"}},

		"a token that never comes": {ask, func(env *enginetest.Env) { env.On("Ask").Return(1); env.Start(nil); env.Token("Ask") },
			[]string{`Token("Ask"): no task of that state waits`}},
		"an execution without an end": {`{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}}`,
			func(env *enginetest.Env) { env.On("Ask").Hang(); env.Run(nil) },
			[]string{"the execution waits for what does not happen: Ask waits for its Task Token"}},
		"a token that is used": {ask, func(env *enginetest.Env) {
			env.Start(nil)
			token := env.Token("Ask")
			token.Succeed(1)
			token.Succeed(2)
		},
			[]string{"Succeed of the Task Token of Ask: TaskDoesNotExist"}},

		"Succeeded":           {shop, func(env *enginetest.Env) { env.On("Charge").Fail("No", "money"); env.Run(nil).Succeeded() }, []string{`should have SUCCEEDED, but it FAILED in state "Charge"`, "No: money"}},
		"Output":              {shop, func(env *enginetest.Env) { ship(env).Output(2) }, []string{"the output of the execution: expected 2, got 1"}},
		"Output of a failure": {shop, func(env *enginetest.Env) { env.On("Charge").Fail("No"); env.Run(nil).Output(2) }, []string{"should have SUCCEEDED"}},
		"Failed":              {shop, func(env *enginetest.Env) { ship(env).Failed("Declined") }, []string{"should have FAILED, but it SUCCEEDED with 1"}},
		"Failed by another":   {shop, func(env *enginetest.Env) { env.On("Charge").Fail("No"); env.Run(nil).Failed("Yes") }, []string{"should have failed with Yes, but it FAILED", "No"}},
		"Cause":               {shop, func(env *enginetest.Env) { env.On("Charge").Fail("No", "money"); env.Run(nil).Cause("time") }, []string{`should contain "time"`, "money"}},
		"TimedOut":            {shop, func(env *enginetest.Env) { ship(env).TimedOut() }, []string{"should have TIMED_OUT"}},
		"Aborted":             {shop, func(env *enginetest.Env) { ship(env).Aborted() }, []string{"should have ABORTED"}},
		"Path":                {shop, func(env *enginetest.Env) { ship(env).Path("Charge", "Sorry") }, []string{"Charge → Sorry\n", "Charge → Ship\n", "The first difference is entry 2."}},
		"Through":             {shop, func(env *enginetest.Env) { ship(env).Through("Charge", "Sorry") }, []string{"did not enter Sorry after Charge", "Charge → Ship"}},
		"Through nothing":     {shop, func(env *enginetest.Env) { ship(env).Through("Sorry") }, []string{"did not enter Sorry at all"}},
		"Entered":             {shop, func(env *enginetest.Env) { ship(env).Entered("Charge", 2) }, []string{"should have entered Charge twice, but did once"}},
		"Entered with":        {shop, func(env *enginetest.Env) { ship(env).Entered("Charge", 1, enginetest.JSON(`{"order": 7}`)) }, []string{`should have entered Charge once with {"order":7}, but did never`, "at $.order expected 7, got 42"}},
		"a misspelt state":    {shop, func(env *enginetest.Env) { ship(env).Through("Chip") }, []string{`the machine has no state "Chip"; did you mean "Ship"?`}},
		"an unknown state":    {shop, func(env *enginetest.Env) { ship(env).Entered("Whatever", 1) }, []string{`the machine has no state "Whatever"`}},
		"Undid":               {shop, func(env *enginetest.Env) { ship(env).Undid("Charge") }, []string{"should have undone Charge, but undid nothing"}},
		"a running execution": {shop, func(env *enginetest.Env) { env.On("Charge").Return(1).After(time.Hour); env.Start(nil).Succeeded() }, []string{"but it runs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := failure(t, func(t testing.TB) { test.test(enginetest.New(t, test.machine, enginetest.WithExtensions())) })
			if test.report == nil {
				assert.Empty(t, report)
			}
			for _, part := range test.report {
				assert.Contains(t, report, part)
			}
		})
	}
}

// TestAFailureShowsTheHistory, and only a failure does.
func TestAFailureShowsTheHistory(t *testing.T) {
	t.Parallel()
	run := func(output int) string {
		_, log := reported(t, func(t testing.TB) {
			env := enginetest.New(t, shop)
			env.On("Charge").Fail("Busy").Return(1)
			env.On("Ship").Return(1)
			env.Run(nil).Output(output)
		})
		return log
	}
	assert.Empty(t, run(1))
	log := run(2)
	for _, part := range []string{"the history of arn:aws:states:us-east-1:123456789012:execution:machine:", "Charge", "TaskFailed", "Busy", "10s", "ExecutionSucceeded"} {
		assert.Contains(t, log, part)
	}
}

// TestAHandlerThatStalls is named, with where it stands.
func TestAHandlerThatStalls(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	mux := engine.NewMux()
	mux.HandleFunc("ship", func(context.Context, engine.Task) (any, error) { <-blocked; return nil, nil })
	for name, test := range map[string]struct {
		arrange func(env *enginetest.Env)
		handler string
	}{
		"a function":     {func(env *enginetest.Env) { env.On("Charge").Do(func() { waitFor(blocked) }) }, "the handler Do(func()) of Charge"},
		"a real handler": {func(env *enginetest.Env) { env.On("Charge").Return(1).After(time.Minute) }, "TestAHandlerThatStalls.func"},
	} {
		t.Run(name, func(t *testing.T) {
			report := failure(t, func(t testing.TB) {
				env := enginetest.New(t, shop, enginetest.StallAfter(20*time.Millisecond), enginetest.WithMux(mux),
					enginetest.WithConfig(func(c *engine.Config) { c.CloseTimeout = -1 }))
				test.arrange(env)
				env.Run(nil)
			})
			for _, part := range []string{"nothing has moved for 20ms of real time", test.handler, "must call Sleep of the environment's Clock", "fail_test.go:"} {
				assert.Contains(t, report, part)
			}
			assert.NotContains(t, report, "the engine was not closed")
		})
	}
}

func waitFor(c chan struct{}) { <-c }

// TestSleepingHandlersDoNotStall, however long they sleep, beside those that do.
func TestSleepingHandlersDoNotStall(t *testing.T) {
	t.Parallel()
	blocked := make(chan struct{})
	defer close(blocked)
	const two = `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "a", "End": true}}},
		{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "b", "End": true}}}]}}}`
	report := failure(t, func(t testing.TB) {
		env := enginetest.New(t, two, enginetest.StallAfter(20*time.Millisecond), enginetest.WithConfig(func(c *engine.Config) { c.CloseTimeout = -1 }))
		env.On("A").Return(1).After(time.Hour)
		env.On("B").Do(func() { waitFor(blocked) })
		env.Run(nil)
	})
	assert.Contains(t, report, "of B (attempt 0")
	assert.NotContains(t, report, "of A (attempt 0")
}
