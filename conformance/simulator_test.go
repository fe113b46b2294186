package conformance

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// oneTask is a machine of one Task state with extra fields.
func oneTask(fields string) string {
	return `{"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:do","End":true` + fields + `}}}`
}

func succeeds(output any) Expect { return Expect{Status: "SUCCEEDED", Output: output, HasOutput: true} }

func TestACaseMayBeWrittenInGo(t *testing.T) {
	type order struct {
		ID int `json:"id"`
	}
	c := Case{
		Name: "n", Definition: oneTask(""), Input: order{7},
		Tasks:  []Task{{State: "Do", Parameters: order{7}, HasParameters: true, Outcome: Succeeds, Result: map[string]any{"ok": true}}},
		Expect: succeeds(map[string]bool{"ok": true}),
	}
	require.NoError(t, c.Run(Simulator{}))
	assert.Equal(t, order{7}, c.Input, "the case itself stays as it is")
	assert.True(t, c.Start.IsZero())

	c.Input = func() {}
	assert.Error(t, c.Run(Simulator{}), "no JSON")
}

func TestACaseFailsWhenItsScriptDoesNotFit(t *testing.T) {
	result := Task{State: "Do", Outcome: Succeeds, Result: 1}
	for name, c := range map[string]struct {
		tasks   []Task
		message string
	}{
		"nothing scripted":  {nil, `state "Do" asks for the task arn:aws:lambda:us-east-1:123456789012:function:do, and the case has no outcome left for it`},
		"another state":     {[]Task{{State: "Other", Outcome: Succeeds}}, `state "Do" asks for the task`},
		"other parameters":  {[]Task{{State: "Do", Outcome: Succeeds, HasParameters: true, Parameters: 1}}, `tasks[0] (Do): parameters: expected 1, actual {}`},
		"other resource":    {[]Task{{State: "Do", Outcome: Succeeds, Resource: "r"}}, `tasks[0] (Do): resource: expected "r", actual "arn:`},
		"other credentials": {[]Task{{State: "Do", Outcome: Succeeds, HasCredentials: true, Credentials: 1}}, `taskCredentials: expected 1, actual null`},
		"one is left over":  {[]Task{result, result}, `no state asked for tasks[1] of state "Do"`},
		"a try is left":     {[]Task{{State: "Do", Outcome: Succeeds, Result: 1, Times: 2}}, `no state asked for tasks[0] of state "Do"`},
		"unknown outcome":   {[]Task{{State: "Do", Outcome: "?"}}, `unknown outcome "?"`},
	} {
		t.Run(name, func(t *testing.T) {
			test := Case{Name: "n", Definition: oneTask(""), Input: struct{}{}, Tasks: c.tasks, Expect: succeeds(1)}
			assert.ErrorContains(t, test.Run(Simulator{}), c.message)
		})
	}
	const definition = `{"StartAt":"Do","States":{
		"Do":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:do","Next":"Path"},
		"Path":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:do","InputPath":"$.none","End":true}}}`
	fails := Case{Name: "n", Definition: definition, Tasks: []Task{result, {State: "Path", Outcome: Succeeds}}, Expect: Expect{
		Status: "FAILED", Error: "States.Runtime", HasError: true, Cause: "<any>", HasCause: true,
	}}
	assert.NoError(t, fails.Run(Simulator{}), "a state that fails before its task begins asks for no outcome")
	fails.Tasks = append(fails.Tasks, result)
	assert.ErrorContains(t, fails.Run(Simulator{}), `no state asked for tasks[2] of state "Do"`)

	always := Case{Name: "n", Definition: oneTask(""), Tasks: []Task{
		{State: "Do", Outcome: Succeeds, Result: 1, Always: true}, {State: "Unused", Outcome: Succeeds, Always: true},
	}, Expect: succeeds(1)}
	assert.NoError(t, always.Run(Simulator{}))
}

func TestAnApproximateTaskAnswersWhoeverFits(t *testing.T) {
	definition := `{"StartAt":"Fork","States":{"Fork":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"a"},"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"b"},"End":true}}}]}}}`
	guess := func(name string) Task {
		return Task{
			State: "A", Approximate: true, Outcome: Succeeds, Result: "from " + name,
			HasParameters: true, Parameters: map[string]string{"FunctionName": name},
		}
	}
	c := Case{Name: "n", Definition: definition, Tasks: []Task{guess("b"), guess("a")}, Expect: succeeds([]string{"from a", "from b"})}
	assert.NoError(t, c.Run(Simulator{}))
}

func TestFunctionsStandInForMissingOutcomes(t *testing.T) {
	const echo = "def handler(event, context):\n    return event\n"
	const fail = "def handler(event, context):\n    raise Trouble(\"it's bad\")\n"
	c := Case{Name: "n", Definition: oneTask(""), Input: map[string]int{"a": 1}, TasksMissing: true,
		Functions: map[string]string{"do": echo}, Expect: succeeds(map[string]int{"a": 1})}
	assert.NoError(t, c.Run(Simulator{}))

	c.Functions = map[string]string{"do": fail}
	c.Expect = Expect{Status: "FAILED", Error: "Trouble", HasError: true, HasCause: true,
		Cause: `{"errorMessage": "it's bad", "errorType": "Trouble", "requestId": "<any>", ` +
			`"stackTrace": ["  File \"/var/task/handler.py\", line 2, in handler\n    raise Trouble(\"it's bad\")\n"]}`}
	assert.NoError(t, c.Run(Simulator{}))

	c.Definition = `{"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"Parameters":{"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:do","Payload.$":"$"}}}}`
	c.Expect.Cause = `{"errorMessage":"it's bad","errorType":"Trouble","requestId":"<any>",<any>`
	assert.NoError(t, c.Run(Simulator{}))

	c.Functions = map[string]string{"do": echo}
	c.Input = map[string]string{"a": "ü"}
	x, err := c.Execute(Simulator{})
	require.NoError(t, err)
	output := x.Output.(*value.Object)
	payload, _ := output.Get("Payload")
	assert.Equal(t, `{"a":"ü"}`, value.String(payload))
	assert.Contains(t, output.String(), `"Content-Length":"15"`, "Python writes a space and six characters for the letter")

	c.Functions = map[string]string{"do": "def handler(event, context):\n    return 1\n"}
	assert.ErrorContains(t, c.Run(Simulator{}), "no outcome left")
	c.Functions, c.TasksMissing = map[string]string{"do": echo}, false
	assert.ErrorContains(t, c.Run(Simulator{}), "no outcome left")
}

func TestADefinitionThatIsRefusedFailsTheCase(t *testing.T) {
	c := Case{Name: "n", Definition: `{"StartAt":"A"}`, Expect: succeeds(1)}
	err := c.Run(Simulator{})
	_, ok := errors.AsType[*asl.InvalidDefinitionError](err)
	assert.True(t, ok, "%v", err)

	c.Definition = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}}`
	c.Express = true
	assert.ErrorContains(t, c.Run(Simulator{}), "Express")
}

const aPass = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`

// canned is a driver that always gives the same answer.
type canned struct {
	x   *Execution
	err error
}

func (d canned) Execute(*asl.StateMachine, *Case, *Script) (*Execution, error) { return d.x, d.err }

func TestTheEndOfAnExecutionCompares(t *testing.T) {
	done := &Execution{Status: states.StatusSucceeded, Output: int64(1)}
	failed := &Execution{Status: states.StatusFailed, Failure: states.Fail("E", `{"a":1}`)}
	for _, c := range []struct {
		expect  Expect
		x       *Execution
		message string
	}{
		{succeeds(1), done, ""},
		{succeeds(1.0), done, ""},
		{succeeds(2), done, "output: expected 2, actual 1"},
		{Expect{Status: "SUCCEEDED"}, done, "output: expected nothing, actual 1"},
		{Expect{Status: "FAILED"}, done, `status: expected "FAILED", actual "SUCCEEDED" with 1`},
		{succeeds(1), failed, `status: expected "SUCCEEDED", actual "FAILED"` + "\nFAILED: E: {\"a\":1}"},
		{Expect{Status: "FAILED", Error: "E", HasError: true, Cause: map[string]int{"a": 1}, HasCause: true}, failed, ""},
		{Expect{Status: "FAILED", Error: "E", HasError: true, Cause: `{"a":1}`, HasCause: true}, failed, ""},
		{Expect{Status: "FAILED", Error: "E", HasError: true, Cause: `{"a":<any>}`, HasCause: true}, failed, ""},
		{Expect{Status: "FAILED", Error: "E", HasError: true}, failed, `cause: expected nothing, actual "{\"a\":1}"` + "\nFAILED: E: {\"a\":1}"},
		{Expect{Status: "FAILED", Cause: "<any>", HasCause: true}, failed, `error: expected nothing, actual "E"` + "\nFAILED: E: {\"a\":1}"},
		{Expect{Status: "FAILED", Error: "E", HasError: true, Cause: "<any>", HasCause: true, HasHistory: true,
			History: []*value.Object{value.NewObject()}}, failed, "history, after 0 events: expected {}, actual nothing"},
	} {
		test := Case{Name: "n", Definition: aPass, Expect: c.expect}
		err := test.Run(canned{x: c.x})
		if c.message == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, c.message)
		}
	}
	test := Case{Name: "n", Definition: aPass, Expect: succeeds(1)}
	assert.EqualError(t, test.Run(canned{err: errors.New("no driver")}), "no driver")
}

func TestAnAgendaHandsOutAMomentAtATime(t *testing.T) {
	at := func(s int) time.Time { return DefaultStart.Add(time.Duration(s) * time.Second) }
	var a agenda
	for i, s := range []int{5, 1, 5, 3, 1} {
		a.add(appointment{due: at(s), answers: states.EventID(i)})
	}
	ids := func() (ids []states.EventID) {
		for _, p := range a.next() {
			ids = append(ids, p.answers)
		}
		return ids
	}
	assert.Equal(t, []states.EventID{1, 4}, ids(), "in the order they were made")
	a.drop(0)
	assert.Equal(t, []states.EventID{3}, ids())
	assert.Equal(t, []states.EventID{2}, ids())
	assert.Empty(t, ids())
}

func TestWhatHappenedOneAfterTheOtherIsTakenSo(t *testing.T) {
	var a agenda
	for i, order := range []int64{9, 0, 7, 0} {
		a.add(appointment{due: DefaultStart, order: order, answers: states.EventID(i)})
	}
	var batches [][]states.EventID
	for len(a) > 0 {
		var ids []states.EventID
		for _, p := range a.next() {
			ids = append(ids, p.answers)
		}
		batches = append(batches, ids)
	}
	assert.Equal(t, [][]states.EventID{{1, 3}, {2}, {0}}, batches)
}

func TestWhatIsDueTogetherComesTogether(t *testing.T) {
	c := Case{Name: "n", Definition: `{"StartAt":"Each","States":{"Each":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"Do","States":{
		"Do":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"TimeoutSeconds":5,"End":true}}}}}}`,
		Input: []int{1, 2}, Tasks: []Task{{State: "Do", Outcome: TimesOut, Times: 2}}}
	x, err := c.Execute(Simulator{})
	require.NoError(t, err)
	var kinds []states.EventType
	for _, e := range x.History {
		if !e.Hidden() {
			kinds = append(kinds, e.Type)
		}
	}
	assert.Equal(t, []states.EventType{
		states.TaskScheduled, states.TaskScheduled, states.TaskStarted, states.TaskStarted, states.TaskTimedOut, states.TaskTimedOut,
	}, slicesOf(kinds, states.TaskScheduled, states.TaskStarted, states.TaskTimedOut))
	assert.Equal(t, DefaultStart.Add(5*time.Second), x.History[len(x.History)-1].At)
}

// slicesOf keeps the elements that are among some.
func slicesOf(all []states.EventType, some ...states.EventType) (kept []states.EventType) {
	for _, e := range all {
		for _, s := range some {
			if e == s {
				kept = append(kept, e)
			}
		}
	}
	return kept
}

func TestAHistoryThatDoesNotRestoreIsNoticed(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt":"Rest","States":{"Rest":{"Type":"Wait","Seconds":5,"End":true}}}`)
	require.NoError(t, err)
	r := &run{c: &Case{Name: "n", Start: DefaultStart}, machine: machine, live: states.New(machine, states.Options{}),
		now: DefaultStart, open: map[states.EventID]bool{}}
	require.NoError(t, r.step(states.Started{At: r.now}))
	require.NoError(t, r.checkRestore(r.history))
	r.history = r.history[:1]
	assert.ErrorContains(t, r.checkRestore(r.history), "the execution restored from 1 events")
}

func TestAMachineThatNeverEndsIsStopped(t *testing.T) {
	c := Case{Name: "n", Express: true, Input: []any{}, Definition: `{"StartAt":"Round","States":{
		"Round":{"Type":"Pass","Next":"Again?"},
		"Again?":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"End"}],"Default":"Round"},"End":{"Type":"Succeed"}}}`}
	_, err := c.Execute(Simulator{Options: states.Options{WithoutEvents: true}})
	assert.ErrorContains(t, err, "goes round and round")
}
