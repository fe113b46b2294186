package states_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

var snapshotStart = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// snapshotOf starts a machine and returns it with its interpreter.
func snapshotOf(t testing.TB, definition string, input any) (*asl.StateMachine, *states.Interpreter) {
	t.Helper()
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	it := states.New(machine, states.Options{})
	_, err = it.Step(states.Started{At: snapshotStart, Input: input, Seed: states.Seed{1}, Execution: states.Execution{Name: "e", TokenSuffix: ".s"}})
	require.NoError(t, err)
	return machine, it
}

const oneTask = `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
	"Parameters": {"QueueUrl": "q", "MessageBody.$": "$.v"}, "End": true}}}`

// TestSnapshotOfValues: a value of each kind comes back as it was.
func TestSnapshotOfValues(t *testing.T) {
	inner := value.NewObject(value.Member{Key: "long enough to be shared", Value: "long enough to be shared"})
	list := []any{inner, inner, "long enough to be shared"}
	for name, v := range map[string]any{
		"null": nil, "true": true, "false": false, "zero": int64(0), "least": int64(math.MinInt64), "most": int64(math.MaxInt64),
		"fraction": 0.1, "minus zero": math.Copysign(0, -1), "huge": json.Number("1e400"), "empty text": "", "text": "a\x00\u2028ü", "empty list": []any{},
		"empty object": new(value.Object), "shared": []any{list, list, list[:2], inner},
	} {
		machine, it := snapshotOf(t, oneTask, value.NewObject(value.Member{Key: "v", Value: v}))
		again, err := states.Resume(machine, it.Snapshot(), nil, states.Options{})
		require.NoError(t, err, name)
		assert.Equal(t, it.String(), again.String(), name)
		open := again.Open()[0].(*states.InvokeTask).Input.(*value.Object)
		body, _ := open.Get("MessageBody")
		assert.IsType(t, v, body, name)
		assert.Equal(t, value.String(v), value.String(body), name)
		assert.Equal(t, it.Open()[0].(*states.InvokeTask).Token, again.Open()[0].(*states.InvokeTask).Token)
	}
}

// TestSnapshotOfAnExecution: every field of an Execution is in a snapshot.
func TestSnapshotOfAnExecution(t *testing.T) {
	machine, err := asl.Parse(oneTask)
	require.NoError(t, err)
	started := func(e states.Execution) []byte {
		it := states.New(machine, states.Options{})
		_, err := it.Step(states.Started{At: snapshotStart, Execution: e, Input: value.NewObject(value.Member{Key: "v", Value: "in"})})
		require.NoError(t, err)
		snapshot := it.Snapshot()
		again, err := states.Resume(machine, snapshot, nil, states.Options{})
		require.NoError(t, err)
		assert.Equal(t, snapshot, again.Snapshot())
		return snapshot
	}
	seen := map[string]string{string(started(states.Execution{})): "none"}
	var set func(field reflect.Value, name string, e *states.Execution)
	set = func(field reflect.Value, name string, e *states.Execution) {
		before := reflect.ValueOf(field.Interface())
		switch field.Kind() {
		case reflect.Struct:
			for i := range field.NumField() {
				set(field.Field(i), name+"."+field.Type().Field(i).Name, e)
			}
			return
		case reflect.String:
			field.SetString(name)
		case reflect.Bool:
			field.SetBool(true)
		default:
			field.SetInt(7)
		}
		snapshot := string(started(*e))
		assert.NotContains(t, seen, snapshot, "%s is not in it", name)
		seen[snapshot] = name
		field.Set(before)
	}
	var e states.Execution
	set(reflect.ValueOf(&e).Elem(), "Execution", &e)
}

// TestSnapshotIsOfTheSizeOfWhatIsOpen: neither a long history, nor values that many states hold,
// make a snapshot long.
func TestSnapshotIsOfTheSizeOfWhatIsOpen(t *testing.T) {
	const loop = `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
		"ResultPath": "$.n", "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsNull": true, "Next": "E"}], "Default": "T"},
		"E": {"Type": "Succeed"}}}`
	payload := value.NewObject(value.Member{Key: "payload", Value: strings.Repeat("x", 100_000)})
	_, it := snapshotOf(t, loop, payload)
	first, events := len(it.Snapshot()), 0
	assert.Less(t, first, 101_000)
	for n := range 500 {
		task := it.Open()[0].(*states.InvokeTask)
		effects, err := it.Step(states.TaskReturned{At: snapshotStart, Task: task.ID, Output: int64(n)})
		require.NoError(t, err)
		events += len(effects.Events)
	}
	assert.Greater(t, events, 3_000)
	assert.Less(t, len(it.Snapshot()), first+100)

	items := make([]any, 1_000)
	for i := range items {
		items[i] = value.NewObject(value.Member{Key: fmt.Sprintf("item number %d", i), Value: strings.Repeat("y", 100)})
	}
	_, it = snapshotOf(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "P", "States": {
		"P": {"Type": "Parallel", "End": true, "Branches": [
			{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}},
			{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 1, "End": true}}}]}}}}}}`, items)
	assert.Less(t, len(it.Snapshot()), len(value.String(items)))
}

// TestResumeErrors: what is no snapshot of the machine, or of a release that is known, is told apart.
func TestResumeErrors(t *testing.T) {
	machine, it := snapshotOf(t, oneTask, value.NewObject(value.Member{Key: "v", Value: "in"}))
	whole := it.Snapshot()
	changed := func(at int, b byte) []byte {
		c := append([]byte(nil), whole...)
		c[at] = b
		return c
	}
	other, err := asl.Parse(strings.Replace(oneTask, `"q"`, `"r"`, 1))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		machine  *asl.StateMachine
		snapshot []byte
		err      error
		text     string
	}{
		"nothing":           {machine, nil, states.ErrSnapshotDamaged, "it does not begin as snapshots do"},
		"something else":    {machine, []byte(`{"events": []}`), states.ErrSnapshotDamaged, "does not begin as snapshots do"},
		"a later format":    {machine, changed(4, 2), states.ErrSnapshotVersion, "its format is 2, and this release knows 1"},
		"later semantics":   {machine, changed(5, states.Semantics+1), states.ErrSnapshotVersion, "its semantics are of version 2"},
		"another machine":   {other, whole, states.ErrSnapshotMachine, "another machine"},
		"cut off":           {machine, whole[:len(whole)-1], states.ErrSnapshotDamaged, "a number is cut off"},
		"cut off early":     {machine, whole[:10], states.ErrSnapshotDamaged, "it ends too early"},
		"more than a whole": {machine, append(append([]byte(nil), whole...), 0), states.ErrSnapshotDamaged, "more follows its end"},
	} {
		_, err := states.Resume(c.machine, c.snapshot, nil, states.Options{})
		require.ErrorIs(t, err, c.err, name)
		assert.ErrorContains(t, err, c.text, name)
	}
}

// TestSnapshotBeforeTheStart and after the end: both are executions, too.
func TestSnapshotBeforeTheStart(t *testing.T) {
	machine, it := snapshotOf(t, oneTask, value.NewObject(value.Member{Key: "v", Value: "in"}))
	again, err := states.Resume(machine, states.New(machine, states.Options{}).Snapshot(), nil, states.Options{})
	require.NoError(t, err)
	assert.Empty(t, again.Status())
	_, err = again.Step(states.TimerFired{})
	require.ErrorIs(t, err, states.ErrNotStarted)

	_, err = it.Step(states.TaskReturned{At: snapshotStart, Task: 2, Output: "out"})
	require.ErrorIs(t, err, states.ErrStale)
	_, err = it.Step(states.TaskReturned{At: snapshotStart, Task: it.Open()[0].(*states.InvokeTask).ID, Output: "out"})
	require.NoError(t, err)
	again, err = states.Resume(machine, it.Snapshot(), nil, states.Options{})
	require.NoError(t, err)
	assert.Equal(t, it.Result(), again.Result())
	_, err = again.Step(states.Redriven{At: snapshotStart})
	require.ErrorIs(t, err, states.ErrNotRedrivable)
}

// TestSnapshotWithinAStride: an execution that has much to do without waiting goes on where it was,
// each of its threads in turn.
func TestSnapshotWithinAStride(t *testing.T) {
	const loop = `{"StartAt": "L", "States": {"L": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": true, "Next": "L"}], "Default": "E"}, "E": {"Type": "Succeed"}}}`
	machine, err := asl.Parse(`{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [` + loop + `, ` +
		strings.NewReplacer(`"L"`, `"M"`, `"E"`, `"F"`).Replace(loop) + `]}}}`)
	require.NoError(t, err)
	options := states.Options{MaxEvents: -1}
	it := states.New(machine, options)
	input := value.NewObject(value.Member{Key: "n", Value: int64(1)})
	effects, err := it.Step(states.Started{At: snapshotStart, Input: input})
	require.NoError(t, err)
	require.True(t, effects.More)
	again, err := states.Resume(machine, it.Snapshot(), nil, options)
	require.NoError(t, err)
	effects, err = it.Step()
	require.NoError(t, err)
	resumed, err := again.Step()
	require.NoError(t, err)
	require.Len(t, resumed.Events, len(effects.Events))
	for i := range effects.Events {
		require.Equal(t, string(effects.Events[i].AppendLog(nil)), string(resumed.Events[i].AppendLog(nil)))
	}
	assert.Equal(t, it.Snapshot(), again.Snapshot())
}

// TestSnapshotOfAHistoryThatWasCutOff: what is restored from the beginning of a history, wherever it
// ends, has a snapshot that leads to the same.
func TestSnapshotOfAHistoryThatWasCutOff(t *testing.T) {
	input, err := value.Parse(`{"items": [1, 2, 3]}`)
	require.NoError(t, err)
	phases := map[string]bool{}
	for way := range 20 {
		machine, err := asl.Parser{Extensions: true}.Parse([]byte(fuzzedMachine))
		require.NoError(t, err)
		it := states.New(machine, states.Options{})
		effects, err := it.Step(states.Started{At: snapshotStart, Input: input})
		require.NoError(t, err)
		events := slices.Clone(effects.Events)
		for n := 0; n < 12 && it.Result() == nil; n++ {
			events = append(events, stepAll(it, way*(n+3)%11+n)...)
		}
		for length := range events {
			restored, err := states.Restore(machine, events[:length], states.Options{})
			require.NoError(t, err)
			resumed, err := states.Resume(machine, restored.Snapshot(), nil, states.Options{})
			require.NoError(t, err, "after %d events: %s", length, restored)
			require.Equal(t, restored.String(), resumed.String())
			expected, errExpected := restored.Step()
			got, errGot := resumed.Step()
			require.Equal(t, errExpected, errGot)
			require.Len(t, got.Events, len(expected.Events))
			for i := range expected.Events {
				phases[string(expected.Events[i].Type)] = true
				require.Equal(t, string(expected.Events[i].AppendLog(nil)), string(got.Events[i].AppendLog(nil)))
			}
			require.Equal(t, described(expected.Commands), described(got.Commands))
			require.Equal(t, restored.String(), resumed.String())
		}
	}
	assert.Greater(t, len(phases), 15, "what the histories were cut off before")
}

// TestResumeWithATailOfARedrive: a redrive needs what snapshots leave out.
func TestResumeWithATailOfARedrive(t *testing.T) {
	machine, it := snapshotOf(t, oneTask, value.NewObject(value.Member{Key: "v", Value: "in"}))
	snapshot := it.Snapshot()
	tail := func(inputs ...states.Input) (events []states.Event) {
		effects, err := it.Step(inputs...)
		require.NoError(t, err)
		return append(events, effects.Events...)
	}
	events := tail(states.Stopped{At: snapshotStart})
	ended, err := states.Resume(machine, snapshot, events, states.Options{})
	require.NoError(t, err)
	assert.Equal(t, states.StatusAborted, ended.Status())
	last := events[len(events)-1]
	events = append(events, states.Event{ID: last.ID + 1, PreviousID: last.ID, At: last.At, Type: states.ExecutionRedriven, Details: &states.RedriveDetails{Count: 1}})
	_, err = states.Resume(machine, snapshot, events, states.Options{})
	var history *states.HistoryError
	require.ErrorAs(t, err, &history)
	assert.Equal(t, last.ID+1, history.Event)
	assert.ErrorContains(t, err, "not from a snapshot")
}

// fuzzedMachine has a state of every type, and all that a thread can hold.
const fuzzedMachine = `{"StartAt": "T", "States": {
	"T": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$.items"},
		"Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"]}], "Assign": {"v.$": "$"}, "ResultPath": "$.r", "Compensate": "U", "Next": "P"},
	"U": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:u", "End": true},
	"P": {"Type": "Parallel", "Retry": [{"ErrorEquals": ["E"]}], "Next": "D", "ResultPath": "$.p", "Branches": [
		{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ToleratedFailureCount": 1, "ItemSelector": {"i.$": "$$.Map.Item.Value"}, "End": true,
			"ItemProcessor": {"StartAt": "C", "States": {
				"C": {"Type": "Choice", "Choices": [{"Variable": "$.i", "NumericEquals": 2, "Next": "F"}], "Default": "I"},
				"F": {"Type": "Fail", "Error": "E"},
				"I": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:i", "Compensate": "V", "Assign": {"w": 1}, "End": true},
				"V": {"Type": "Pass", "End": true}}}}}},
		{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "Next": "A"}, "A": {"Type": "Pass", "End": true}}}]},
	"D": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
		"StartAt": "X", "States": {"X": {"Type": "Pass", "End": true}}}, "Next": "S"},
	"S": {"Type": "Fail", "Error": "E"}}}`

// fuzzedSnapshots returns the machine, and snapshots of its executions at many moments.
func fuzzedSnapshots(t testing.TB) (*asl.StateMachine, [][]byte) {
	input, err := value.Parse(`{"items": [1, 2, 3, {"four": "a text of some length"}]}`)
	require.NoError(t, err)
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(fuzzedMachine))
	require.NoError(t, err)
	seen := map[string]bool{}
	var all [][]byte
	for way := range 40 {
		_, it := snapshotOf(t, fuzzedMachine, input)
		for n := 0; n < 12 && it.Result() == nil; n++ {
			snapshot := it.Snapshot()
			_, err := states.Resume(machine, snapshot, nil, states.Options{})
			require.NoError(t, err)
			if !seen[string(snapshot)] {
				seen[string(snapshot)] = true
				all = append(all, snapshot)
			}
			stepAll(it, way*(n+3)%11+n)
		}
	}
	return machine, all
}

// TestResumeOfAlteredSnapshots: a snapshot of which any byte is another is refused, or makes an
// interpreter that can be stepped to its end.
func TestResumeOfAlteredSnapshots(t *testing.T) {
	machine, all := fuzzedSnapshots(t)
	resumed := 0
	for _, snapshot := range all {
		for at := range snapshot {
			before := snapshot[at]
			for _, b := range []byte{0, 0xff, before + 1, before - 1, before ^ 1<<(at%8)} {
				snapshot[at] = b
				if resumeAll(machine, snapshot) {
					resumed++
				}
			}
			snapshot[at] = before
		}
	}
	assert.Greater(t, resumed, 5_000)
}

// FuzzResume: whatever the bytes are, Resume gives an error or an interpreter that can be stepped to
// its end.
func FuzzResume(f *testing.F) {
	machine, all := fuzzedSnapshots(f)
	for _, snapshot := range all {
		f.Add(snapshot)
	}
	f.Fuzz(func(_ *testing.T, snapshot []byte) { resumeAll(machine, snapshot) })
}

// resumeAll resumes a snapshot, if it can be, and steps to the end in three ways.
func resumeAll(machine *asl.StateMachine, snapshot []byte) bool {
	for way := range 3 {
		it, err := states.Resume(machine, snapshot, nil, states.Options{MaxEvents: -1})
		if err != nil {
			return false
		}
		for n := 0; n < 20 && it.Result() == nil; n++ {
			stepAll(it, way*5+n)
			_ = it.Snapshot()
		}
	}
	return true
}

// stepAll answers what is open, in a way that a number tells, and stops what has nothing open. It
// returns what is recorded.
func stepAll(it *states.Interpreter, n int) (events []states.Event) {
	var inputs []states.Input
	at := snapshotStart.Add(time.Hour)
	for _, c := range it.Open() {
		n++
		switch c := c.(type) {
		case *states.StartTimer:
			inputs = append(inputs, states.TimerFired{At: at, Timer: c.ID})
		case *states.InvokeTask:
			switch n % 5 {
			case 0:
				inputs = append(inputs, states.TaskErred{At: at, Task: c.ID, Failure: states.Fail("E", "cause")})
			case 1:
				inputs = append(inputs, states.TaskBegan{At: at, Task: c.ID})
			default:
				inputs = append(inputs, states.TaskReturned{At: at, Task: c.ID, Output: "out"})
			}
		case *states.StartMapRun:
			inputs = append(inputs, states.MapRunReturned{At: at, Run: c.ID, Output: []any{"out"}})
		}
	}
	if len(inputs) == 0 || n%11 == 0 {
		inputs = []states.Input{states.Stopped{At: at}}
	}
	effects, err := it.Step(inputs...) // what is stale is told by an error
	for range 3 {
		if events = append(events, effects.Events...); err != nil || !effects.More {
			break
		}
		effects, err = it.Step()
	}
	return events
}
