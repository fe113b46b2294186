package states_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trial makes a trial of the state that a machine begins with.
func trial(t *testing.T, state, input string) *states.Trial {
	t.Helper()
	machine, err := asl.Parse(`{"StartAt":"S","States":{"S":` + state + `,"T":{"Type":"Fail","Error":"Entered"}}}`)
	require.NoError(t, err)
	v, err := value.Parse(input)
	require.NoError(t, err)
	return &states.Trial{State: machine.Start(), Input: v, At: time.Unix(0, 0).UTC(), Context: value.NewObject()}
}

// TestTrialWork holds what each type of state waits for, and that a trial goes no farther than
// its state.
func TestTrialWork(t *testing.T) {
	processor := `"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Fail"}}}`
	for _, c := range []struct {
		state, input string
		work         states.Command
		output       string
	}{
		{`{"Type":"Pass","Next":"T"}`, `1`, nil, `1`},
		{`{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"S"}],"Default":"T"}`, `1`, nil, `1`},
		{`{"Type":"Task","Resource":"r","Next":"T"}`, `1`, &states.InvokeTask{}, `"done"`},
		{`{"Type":"Wait","Seconds":5,"Next":"T"}`, `1`, &states.StartTimer{}, `1`},
		{`{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Fail"}}}],"Next":"T"}`, `1`, &states.RunBranches{}, `"done"`},
		{`{"Type":"Map",` + processor + `,"Next":"T"}`, `[1]`, &states.StartMapRun{}, `"done"`},
		{`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},` + processor[len(`"ItemProcessor":{`):] + `,"Next":"T"}`, `[1]`, &states.StartMapRun{}, `"done"`},
	} {
		tr := trial(t, c.state, c.input)
		work := tr.Begin()
		assert.IsType(t, c.work, work, c.state)
		switch work.(type) {
		case nil:
		case *states.StartTimer:
			assert.Zero(t, tr.Outcome().Status, c.state)
			tr.Elapse(tr.At.Add(5 * time.Second))
		default:
			assert.Zero(t, tr.Outcome().Status, c.state)
			tr.Return(tr.At, "done")
		}
		o := tr.Outcome()
		assert.Equal(t, states.Succeeded, o.Status, c.state)
		assert.Equal(t, c.output, value.String(o.Output), c.state)
		require.NotNil(t, o.Next, c.state)
		assert.Equal(t, "T", o.Next.Name(), c.state)
		tr.Fail(tr.At, states.Fail("Late", "")) // there is no work any more
		assert.Equal(t, states.Succeeded, tr.Outcome().Status, c.state)
	}
}

// TestTrialFailures holds who handles a failure.
func TestTrialFailures(t *testing.T) {
	state := `{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["A"],"MaxAttempts":1,"IntervalSeconds":4}],
		"Catch":[{"ErrorEquals":["B"],"Next":"T"},{"ErrorEquals":["C"],"ResultPath":"$.x.y[0]","Next":"T"}],"Next":"T"}`
	for _, c := range []struct {
		error            string
		retries          int
		status           states.TrialStatus
		retrier, catcher int
		delay            time.Duration
	}{
		{"A", 0, states.Retriable, 0, -1, 4 * time.Second},
		{"A", 1, states.Failed, 0, -1, 0},
		{"B", 0, states.Caught, -1, 0, 0},
		{"States.Runtime", 0, states.Failed, -1, -1, 0},
		{"D", 0, states.Failed, -1, -1, 0},
	} {
		tr := trial(t, state, `1`)
		tr.Retries = c.retries
		require.IsType(t, &states.InvokeTask{}, tr.Begin())
		tr.Fail(tr.At, states.Fail(c.error, "why"))
		o := tr.Outcome()
		assert.Equal(t, c.status, o.Status, c.error)
		assert.Equal(t, states.Fail(c.error, "why"), o.Failure, c.error)
		assert.Equal(t, [2]int{c.retrier, c.catcher}, [2]int{o.Retrier, o.Catcher}, c.error)
		assert.Equal(t, c.delay, o.Delay, c.error)
	}
	tr := trial(t, state, `1`)
	tr.Begin()
	tr.Expire(tr.At)
	assert.Equal(t, "States.Timeout", tr.Outcome().Failure.Error)
}
