package states_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// parsed reads JSON.
func parsed(t *testing.T, text string) any {
	t.Helper()
	v, err := value.Parse([]byte(text))
	require.NoError(t, err)
	return v
}

// begunRun starts an execution and returns it with its events and its Map Run.
func begunRun(t *testing.T, definition, input string) (*states.Interpreter, []states.Event, *states.StartMapRun) {
	t.Helper()
	machine, err := asl.Parse(definition)
	require.NoError(t, err)
	it := states.New(machine, states.Options{})
	fx, err := it.Step(states.Started{
		At: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Input: parsed(t, input), Seed: states.Seed{7},
		Execution: states.Execution{
			ARN: "arn:aws:states:us-east-1:123456789012:execution:m:x", Name: "x", RoleARN: "role", Region: "us-east-1",
			StateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m", StateMachineName: "m",
		},
	})
	require.NoError(t, err)
	for _, c := range fx.Commands {
		if run, ok := c.(*states.StartMapRun); ok {
			return it, append([]states.Event(nil), fx.Events...), run
		}
	}
	t.Fatalf("no Map Run was started: %v", fx.Commands)
	return nil, nil, nil
}

const distributedInner = `"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true`

const selecting = `{"StartAt":"V","States":{
	"V":{"Type":"Pass","Assign":{"v":"variable"},"Next":"Each"},
	"Each":{"Type":"Map","InputPath":"$.in","ItemSelector":{"index.$":"$$.Map.Item.Index","value.$":"$$.Map.Item.Value","source.$":"$$.Map.Item.Source",
		"input.$":"$.a","whole.$":"$$.Execution.Input.b","state.$":"$$.State.Name","v.$":"$v","literal":"$v","uuid.$":"States.UUID()"},` + distributedInner + `}}}`

const selectingJSONata = `{"QueryLanguage":"JSONata","StartAt":"V","States":{
	"V":{"Type":"Pass","Assign":{"v":"variable"},"Next":"Each"},
	"Each":{"Type":"Map","Items":"{% $states.input.in.items %}","ItemSelector":{"index":"{% $states.context.Map.Item.Index %}","value":"{% $states.context.Map.Item.Value %}","source":"{% $states.context.Map.Item.Source %}",
		"input":"{% $states.input.in.a %}","whole":"{% $states.context.Execution.Input.b %}","state":"{% $states.context.State.Name %}","v":"{% $v %}","literal":"$v","uuid":"{% $uuid() %}","now":"{% $now() %}"},` + distributedInner + `}}}`

// TestItem: what an ItemSelector sees, in both languages, and that it makes the same of an
// item at any time and after a restart.
func TestItem(t *testing.T) {
	for name, c := range map[string]struct{ definition, input string }{
		"JSONPath": {selecting, `{"b":"whole","in":{"a":"input"}}`},
		"JSONata":  {selectingJSONata, `{"b":"whole","in":{"a":"input","items":[]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			it, events, run := begunRun(t, c.definition, c.input)
			got, failure := run.Item(3, "", parsed(t, `{"x":1}`), "s3://bucket/key")
			require.Nil(t, failure)
			o := got.(*value.Object)
			for key, want := range map[string]string{
				"index": `3`, "value": `{"x":1}`, "source": `"s3://bucket/key"`, "input": `"input"`, "whole": `"whole"`,
				"state": `"Each"`, "v": `"variable"`, "literal": `"$v"`,
			} {
				v, _ := o.Get(key)
				assert.Equal(t, want, value.String(v), key)
			}
			again, _ := run.Item(3, "", parsed(t, `{"x":1}`), "s3://bucket/key")
			assert.Equal(t, value.String(got), value.String(again), "the same item once more")
			other, _ := run.Item(4, "", parsed(t, `{"x":1}`), "s3://bucket/key")
			first, _ := o.Get("uuid")
			second, _ := other.(*value.Object).Get("uuid")
			assert.NotEqual(t, first, second, "each item draws for itself")

			machine, err := asl.Parse(c.definition)
			require.NoError(t, err)
			restored, err := states.Restore(machine, reread(t, events), states.Options{})
			require.NoError(t, err)
			open := restored.Open()
			require.Len(t, open, 1)
			late, failure := open[0].(*states.StartMapRun).Item(3, "", parsed(t, `{"x":1}`), "s3://bucket/key")
			require.Nil(t, failure)
			assert.Equal(t, value.String(got), value.String(late), "after a restart")

			_, err = it.Step(states.MapRunReturned{At: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Run: run.ID, Output: []any{}})
			require.NoError(t, err)
			after, _ := run.Item(3, "", parsed(t, `{"x":1}`), "s3://bucket/key")
			assert.Equal(t, value.String(got), value.String(after), "when the run has ended")
		})
	}
}

// TestItemOfAnObject: a member is the child's input with its key; a selector sees them apart.
func TestItemOfAnObject(t *testing.T) {
	member := `{"Key":"k","Value":[1]}`
	_, _, plain := begunRun(t, `{"StartAt":"Each","States":{"Each":{"Type":"Map",`+distributedInner+`}}}`, `{"k":[1]}`)
	got, failure := plain.Item(0, "k", parsed(t, member), "STATE_DATA")
	require.Nil(t, failure)
	assert.Equal(t, member, value.String(got))

	_, _, selecting := begunRun(t, `{"StartAt":"Each","States":{"Each":{"Type":"Map","ItemSelector":{"item.$":"$$.Map.Item"},`+distributedInner+`}}}`, `{"k":[1]}`)
	got, failure = selecting.Item(0, "k", parsed(t, member), "STATE_DATA")
	require.Nil(t, failure)
	assert.Equal(t, `{"item":{"Index":0,"Key":"k","Value":[1],"Source":"STATE_DATA"}}`, value.String(got))
}

// TestItemFails: the failure is what any other field of the state would fail with.
func TestItemFails(t *testing.T) {
	for definition, want := range map[string]states.Failure{
		`{"StartAt":"Each","States":{"Each":{"Type":"Map","ItemSelector":{"x.$":"$$.Map.Item.Value.none"},` + distributedInner + `}}}`: states.Fail("States.Runtime",
			"An error occurred while executing the state 'Each' (entered at the event id #2). The JSONPath '$$.Map.Item.Value.none' specified for the field 'x.$' could not be found in the input"),
		`{"QueryLanguage":"JSONata","StartAt":"Each","States":{"Each":{"Type":"Map","ItemSelector":"{% $states.context.Map.Item.Value.none %}",` + distributedInner + `}}}`: states.Fail("States.QueryEvaluationError",
			"An error occurred while executing the state 'Each' (entered at the event id #2). The JSONata expression '$states.context.Map.Item.Value.none' specified for the field 'ItemSelector' returned nothing (undefined)."),
	} {
		it, _, run := begunRun(t, definition, `[{}]`)
		before := it.String()
		_, failure := run.Item(0, "", parsed(t, `{}`), "STATE_DATA")
		require.NotNil(t, failure)
		assert.Equal(t, want.Error, failure.Error)
		assert.Contains(t, failure.Cause, want.Cause)
		assert.Equal(t, before, it.String())
	}
}

// TestItemsBesideSteps: Item is called by several goroutines while the interpreter steps.
func TestItemsBesideSteps(t *testing.T) {
	it, _, run := begunRun(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Each","States":{"Each":{"Type":"Map","ItemSelector":{"i.$":"$$.Map.Item.Index","at.$":"$$.State.EnteredTime","u.$":"States.UUID()"},`+distributedInner+`}}},
		{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},"A":{"Type":"Pass","Assign":{"n":1},"Next":"W"}}}]}}}`, `[1]`)
	want, failure := run.Item(5, "", int64(1), "STATE_DATA")
	require.Nil(t, failure)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				got, failure := run.Item(5, "", int64(1), "STATE_DATA")
				assert.Nil(t, failure)
				assert.Equal(t, value.String(want), value.String(got))
			}
		})
	}
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for range 100 {
		at = at.Add(time.Second)
		for _, c := range it.Open() {
			if timer, ok := c.(*states.StartTimer); ok {
				_, err := it.Step(states.TimerFired{At: at, Timer: timer.ID})
				assert.NoError(t, err)
			}
		}
	}
	all.Wait()
}

// TestTolerance has the runs that were reported from AWS, and the share without rounding.
func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		failed, total, count int64
		percentage           float64
		exceeded             bool
	}{
		{0, 3, 0, 0, false}, {1, 3, 0, 0, true},
		{2, 4, 2, 0, false}, {3, 4, 2, 0, true},
		{1, 4, 0, 25, false}, {2, 4, 0, 25, true},
		{1, 4, 0, 24.9, true}, {1, 3, 0, 33.333, true}, {1, 3, 0, 33.34, false},
		{333, 1000, 0, 33.3, false}, {3_330_001, 10_000_000, 0, 33.3, true},
		{2, 3, 5, 50, true}, {2, 4, 1, 90, true}, {2, 4, 2, 50, false},
		{0, 0, 0, 10, false},
	} {
		got := states.Tolerance{Count: c.count, Percentage: c.percentage}.Exceeded(c.failed, c.total)
		assert.Equal(t, c.exceeded, got, fmt.Sprintf("%+v", c))
	}
}

// TestMapRunARN: names follow from the seed and from where the run stands.
func TestMapRunARN(t *testing.T) {
	const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	_, _, unnamed := begunRun(t, `{"StartAt":"Each","States":{"Each":{"Type":"Map",`+distributedInner+`}}}`, `[1]`)
	assert.Regexp(t, `^arn:aws:states:us-east-1:123456789012:mapRun:m/`+uuid+`:`+uuid+`$`, unnamed.ARN)
	it, events, named := begunRun(t, `{"StartAt":"Each","States":{"Each":{"Type":"Map","Label":"L",`+distributedInner+`}}}`, `[1]`)
	assert.Regexp(t, `^arn:aws:states:us-east-1:123456789012:mapRun:m/L:`+uuid+`$`, named.ARN)
	assert.Equal(t, states.Execution{
		ARN: "arn:aws:states:us-east-1:123456789012:execution:m/L:n", Name: "n", RoleARN: "role", Region: "us-east-1",
		StateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m/L", StateMachineName: "m/L",
	}, named.Child("n"))
	assert.Contains(t, it.String(), named.ARN)

	for n := 3; n <= len(events); n++ { // wherever the history was cut off
		machine, err := asl.Parse(`{"StartAt":"Each","States":{"Each":{"Type":"Map","Label":"L",` + distributedInner + `}}}`)
		require.NoError(t, err)
		restored, err := states.Restore(machine, events[:n], states.Options{})
		require.NoError(t, err)
		_, err = restored.Step()
		if n == len(events) {
			require.ErrorIs(t, err, states.ErrStale)
		} else {
			require.NoError(t, err)
		}
		require.Len(t, restored.Open(), 1, n)
		assert.Equal(t, named.ARN, restored.Open()[0].(*states.StartMapRun).ARN, n)
	}
}

// TestMapRunCutOff: a run that was answered is asked for again when its answer was not
// recorded whole, and what was recorded is not recorded twice.
func TestMapRunCutOff(t *testing.T) {
	const definition = `{"StartAt":"Each","States":{"Each":{"Type":"Map","Label":"L",` + distributedInner + `}}}`
	machine, err := asl.Parse(definition)
	require.NoError(t, err)
	it, events, run := begunRun(t, definition, `[1]`)
	answer := states.MapRunReturned{At: time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC), Run: run.ID, Output: []any{"out"}}
	fx, err := it.Step(answer)
	require.NoError(t, err)
	all := append(events, fx.Events...)
	for n := len(events); n < len(events)+3; n++ {
		restored, err := states.Restore(machine, all[:n], states.Options{})
		require.NoError(t, err)
		fx, err := restored.Step(answer)
		require.NoError(t, err)
		assert.Equal(t, all[n:], append([]states.Event(nil), fx.Events...), "after %d events", n)
	}
}
