package temporal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// endsInRun is how many children end in each run of the workflow before it is time for another one.
const endsInRun = 2

// A renewedRun plays a Map Run whose workflow goes on in a new run again and again. Its children
// outlive these runs, and end one after the other.
type renewedRun struct {
	*testing.T
	driver *driver
	// becomes is what the child of an index comes to.
	becomes func(index int64) (output string, failure states.Failure)

	mu       sync.Mutex
	open     map[int64]*start // children at work
	children map[int64]int    // how often each was started
	most     int              // children at work at a time
	renewals int
	told     *runEnd // what the execution was told
}

// newRenewedRun returns the Map Run of a machine, and the argument of its workflow.
func newRenewedRun(t *testing.T, fields, input string) (*renewedRun, *runStart) {
	t.Helper()
	base, err := engine.NewDriver(engine.Config{})
	require.NoError(t, err)
	w := &renewedRun{T: t, driver: &driver{Driver: base, config: Config{Resolver: engine.NewMux(), Liveness: time.Hour}},
		open: make(map[int64]*start), children: make(map[int64]int)}
	m, err := asl.Parse(fmt.Appendf(nil, `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,%s
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, fields))
	require.NoError(t, err)
	b, err := w.driver.Begin(m, nil, json.RawMessage(input), engine.Machine("m"), engine.Named("x"))
	require.NoError(t, err)
	s, err := w.driver.argument(b)
	require.NoError(t, err)
	// The execution itself says what the workflow of its Map Run is given.
	env := w.environment()
	var run *runStart
	env.RegisterWorkflowWithOptions(w.driver.executionWorkflow, workflow.RegisterOptions{Name: executionWorkflow})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, s runStart) error {
		run = &s
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: mapRunWorkflow})
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(stopSignal, states.Failure{}) }, time.Minute)
	env.ExecuteWorkflow(executionWorkflow, s)
	require.NotNil(t, run)
	run.RenewAfter = 1
	return w, run
}

func (w *renewedRun) environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	return env
}

// play has the Map Run come to its end, in as many runs of its workflow as it takes.
func (w *renewedRun) play(s *runStart) {
	w.Helper()
	for {
		env := w.environment()
		env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "run"})
		env.RegisterWorkflowWithOptions(w.driver.mapRunWorkflow, workflow.RegisterOptions{Name: mapRunWorkflow})
		env.RegisterActivityWithOptions(w.driver.readItems, activity.RegisterOptions{Name: itemsActivity})
		env.RegisterWorkflowWithOptions(w.child, workflow.RegisterOptions{Name: executionWorkflow})
		env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
			func(_, id, _, signal string, message any) error { return w.signaled(env, id, signal, message) })
		var next func()
		ends := 0
		next = func() {
			if env.IsWorkflowCompleted() {
				return // the environment waits for children
			}
			if w.endOne(env); ends == endsInRun {
				env.SetCurrentHistoryLength(s.RenewAfter)
			}
			ends++
			env.RegisterDelayedCallback(next, time.Second)
		}
		env.RegisterDelayedCallback(next, time.Second)
		env.ExecuteWorkflow(mapRunWorkflow, s)
		err := env.GetWorkflowError()
		again, ok := errors.AsType[*workflow.ContinueAsNewError](err)
		if !ok {
			require.NoError(w, err)
			return
		}
		w.renewals++
		s = new(runStart)
		require.NoError(w, converter.GetDefaultDataConverter().FromPayloads(again.Input, s))
		w.mu.Lock()
		require.Equal(w, slices.Sorted(maps.Keys(w.open)), slices.Sorted(maps.Keys(s.State.Open)), "the next run knows who is at work")
		w.mu.Unlock()
	}
}

// child is the workflow of a child, which is at work until the test ends it, and tells that itself.
func (w *renewedRun) child(ctx workflow.Context, s start) error {
	w.mu.Lock()
	w.open[s.Index] = &s
	w.children[s.Index]++
	w.most = max(w.most, len(w.open))
	w.mu.Unlock()
	return workflow.Sleep(ctx, time.Hour)
}

// endOne ends the child that was started last, so that children end in another order than they
// began in.
func (w *renewedRun) endOne(env *testsuite.TestWorkflowEnvironment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) == 0 {
		return
	}
	index := slices.Max(slices.Collect(maps.Keys(w.open)))
	s := w.open[index]
	delete(w.open, index)
	d := s.describe(time.Unix(0, 0))
	output, failure := w.becomes(index)
	if d.Status, d.Output, d.Failure = states.StatusSucceeded, json.RawMessage(output), failure; failure.HasError {
		d.Status, d.Output = states.StatusFailed, nil
	}
	env.SignalWorkflow(endedSignal, ended{Task: states.EventID(index), Description: d})
	if index%10 == 0 { // a signal may come twice
		env.SignalWorkflow(endedSignal, ended{Task: states.EventID(index), Description: d})
	}
}

// signaled takes what the Map Run tells others.
func (w *renewedRun) signaled(env *testsuite.TestWorkflowEnvironment, id, signal string, message any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch signal {
	case runEndedSignal:
		require.Nil(w, w.told, "the end is told once")
		e := message.(runEnd)
		w.told = &e
	case stopSignal:
		for index, s := range w.open {
			if s.Execution.ARN != id {
				continue
			}
			delete(w.open, index)
			d := s.describe(time.Unix(0, 0))
			d.Status = states.StatusAborted
			env.RegisterDelayedCallback(func() {
				env.SignalWorkflow(endedSignal, ended{Task: states.EventID(index), Description: d})
			}, time.Second)
		}
	}
	return nil
}

// TestMapRunsThatGoOn in another run of their workflow, again and again, have the results and the
// end of one that goes on in none.
func TestMapRunsThatGoOn(t *testing.T) {
	t.Parallel()
	const n = 120
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	input, err := json.Marshal(numbers)
	require.NoError(t, err)
	squares, batches := make([]int, n), make([]int, n/8)
	for i := range squares {
		squares[i] = i * i
	}
	for i := range batches {
		batches[i] = i * i
	}
	failed := func(every int64) func(int64) (string, states.Failure) {
		return func(index int64) (string, states.Failure) {
			if every > 0 && index%every == every-1 {
				return "", states.Fail("Boom", "")
			}
			return fmt.Sprint(index * index), states.Failure{}
		}
	}
	for _, c := range []struct {
		name, fields string
		fails        int64 // one of so many children
		output       []int
		error        string
		children     int // 0 for some of them
		most         int
	}{
		{"all succeed", `"MaxConcurrency":7,`, 0, squares, "", n, 7},
		{"one child at a time", `"MaxConcurrency":1,`, 0, squares, "", n, 1},
		{"batches", `"MaxConcurrency":4,"ItemBatcher":{"MaxItemsPerBatch":8},`, 0, batches, "", n / 8, 4},
		{"some fail, as many as may", `"MaxConcurrency":7,"ToleratedFailureCount":6,`, 20, nil, "", n, 7},
		{"one more fails than may", `"MaxConcurrency":7,"ToleratedFailureCount":5,`, 20, nil, "States.ExceedToleratedFailureThreshold", n, 7},
		{"a share fails", `"MaxConcurrency":5,"ToleratedFailurePercentage":1,`, 20, nil, "States.ExceedToleratedFailureThreshold", 0, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, s := newRenewedRun(t, c.fields, string(input))
			w.becomes = failed(c.fails)
			w.play(s)
			require.NotNil(t, w.told, "nobody was told of the end")
			assert.Equal(t, s.Run, w.told.Run)
			if c.error != "" {
				require.NotNil(t, w.told.Failure)
				assert.Equal(t, c.error, w.told.Failure.Error)
			} else {
				require.Nil(t, w.told.Failure, "%v", w.told.Failure)
			}
			if c.output != nil {
				var got []int
				require.NoError(t, json.Unmarshal(w.told.Output, &got))
				assert.Equal(t, c.output, got, "in the order of the items")
			}
			if c.children > 0 {
				assert.Len(t, w.children, c.children)
			}
			for index, starts := range w.children {
				assert.Equal(t, 1, starts, "child %d was started again", index)
			}
			assert.Empty(t, w.open)
			assert.Equal(t, c.most, w.most)
			assert.Greater(t, w.renewals, 2)
			t.Logf("%d children, %d runs of the workflow", len(w.children), w.renewals+1)
		})
	}
}
