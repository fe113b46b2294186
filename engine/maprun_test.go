package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbers is a source of the numbers from 0 to n.
func numbers(n int) func(objects.Reference) items.Source {
	return func(objects.Reference) items.Source {
		return items.Seq("numbers", func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for i := range n {
					if !yield(i, nil) {
						return
					}
				}
			}
		})
	}
}

// mapOf is a machine with one distributed Map state, whose children have one task f.
func mapOf(kind, fields string) *asl.StateMachine {
	m, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "Label": "L", %s
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": %q}, "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}}}}`, fields, kind))
	if err != nil {
		panic(err)
	}
	return m
}

const (
	fromNumbers = `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "numbers", "Key": "all"}}, `
	toResults   = `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "p"}}, `
)

// A mapWorld runs Map Runs over numbers with a handler of the task f.
type mapWorld struct {
	*testing.T
	config engine.Config
	engine *engine.Engine
	out    *objects.Memory
	f      func(ctx context.Context, n int) (int, error)
	calls  sync.Map // how often each number was worked on
}

// newMapWorld makes a world of n numbers. f is what becomes of each, nil for the number itself.
func newMapWorld(t *testing.T, n int, f func(ctx context.Context, n int) (int, error)) *mapWorld {
	w := &mapWorld{T: t, f: f, out: new(objects.Memory)}
	w.out.Put("out", "there", "")
	tasks := engine.NewMux()
	tasks.Handle("f", engine.Func(func(ctx context.Context, n int) (int, error) {
		count, _ := w.calls.LoadOrStore(n, new(atomic.Int64))
		count.(*atomic.Int64).Add(1)
		if w.f != nil {
			return w.f(ctx, n)
		}
		return n, nil
	}))
	w.config = engine.Config{Resolver: tasks, MapRuns: engine.MapRuns{
		Objects: w.out, Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(n)},
	}}
	return w
}

// open opens an engine, after the one before was closed.
func (w *mapWorld) open() {
	w.Helper()
	var err error
	w.engine, err = engine.New(w.config)
	require.NoError(w, err)
	w.Cleanup(func() { w.engine.Close() })
}

// start starts an execution.
func (w *mapWorld) start(kind, fields string) *engine.Execution {
	w.Helper()
	if w.engine == nil {
		w.open()
	}
	x, err := w.engine.StartExecution(w.Context(), mapOf(kind, fields), nil, engine.Machine("m"), engine.Named("x"))
	require.NoError(w, err)
	return x
}

// run returns the only Map Run of an execution.
func (w *mapWorld) run(x *engine.Execution) *engine.MapRunDescription {
	w.Helper()
	page, err := w.engine.ListMapRuns(w.Context(), x.ARN(), 0, "")
	require.NoError(w, err)
	require.Len(w, page.MapRuns, 1)
	return &page.MapRuns[0]
}

// failed waits for an execution that fails, and returns the error's name.
func (w *mapWorld) failed(x *engine.Execution) string {
	w.Helper()
	_, err := x.Wait(w.Context())
	failure, ok := errors.AsType[*engine.ExecutionError](err)
	require.True(w, ok, "%v", err)
	return failure.Name
}

// inEach runs a test for both kinds of children, in memory and in a store.
func inEach(t *testing.T, test func(t *testing.T, kind string, durable func(w *mapWorld) *mapWorld)) {
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		for _, durable := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, durable: %v", kind, durable), func(t *testing.T) {
				t.Parallel()
				test(t, kind, func(w *mapWorld) *mapWorld {
					if durable {
						w.config.Store = sqlite.Open(filepath.Join(t.TempDir(), "runs.db"))
					}
					return w
				})
			})
		}
	}
}

// TestMapRuns: with a window smaller than the number of items every item has one call and its
// place in the output, and the counts are right.
func TestMapRuns(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(*mapWorld) *mapWorld) {
		var at, most atomic.Int64
		w := durable(newMapWorld(t, 500, func(_ context.Context, n int) (int, error) {
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			return n * n, nil
		}))
		x := w.start(kind, fromNumbers+`"MaxConcurrency": 7,`)
		result, err := x.Wait(t.Context())
		require.NoError(t, err)
		var got []int
		require.NoError(t, result.Decode(&got))
		require.Len(t, got, 500)
		for i, n := range got {
			require.Equal(t, i*i, n)
			count, _ := w.calls.Load(i)
			require.EqualValues(t, 1, count.(*atomic.Int64).Load())
		}
		assert.LessOrEqual(t, most.Load(), int64(7))
		d := w.run(x)
		assert.Equal(t, engine.MapRunSucceeded, d.Status)
		assert.Equal(t, engine.MapRunCounts{Succeeded: 500, Total: 500, ResultsWritten: 500}, d.Items)
		assert.Equal(t, d.Items, d.Executions)
		assert.Equal(t, x.ARN(), d.ExecutionARN)
		assert.Equal(t, "arn:aws:states:us-east-1:123456789012:stateMachine:m/L", d.MachineARN)
		assert.False(t, d.StopDate.IsZero())

		var listed []engine.Summary
		for o := (engine.ListOptions{MapRun: d.ARN, MaxResults: 200}); ; {
			page, err := w.engine.ListExecutions(t.Context(), o)
			require.NoError(t, err)
			listed = append(listed, page.Executions...)
			if o.NextToken = page.NextToken; o.NextToken == "" {
				break
			}
		}
		require.Len(t, listed, 500)
		if kind == "STANDARD" {
			child, err := w.engine.DescribeExecution(t.Context(), listed[3].ARN)
			require.NoError(t, err)
			assert.JSONEq(t, "9", string(child.Output))
			assert.Equal(t, d.ARN, child.MapRunARN)
		}
		run, err := w.engine.MapRun(t.Context(), d.ARN)
		require.NoError(t, err)
		n := 0
		for c, err := range run.Results(t.Context()) {
			require.NoError(t, err)
			require.EqualValues(t, n, c.Index)
			require.Equal(t, listed[n].ARN, c.ARN)
			require.Equal(t, fmt.Sprint(n*n), string(c.Output))
			n++
		}
		require.Equal(t, 500, n)
	})
}

// TestMapRunFailures: more failures than are tolerated fail the run, stop what runs and leave
// the rest; a redrive runs the rest, and what failed, and nothing else.
func TestMapRunFailures(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(*mapWorld) *mapWorld) {
		var broken atomic.Bool
		broken.Store(true)
		stopped := make(chan error, 1)
		w := durable(newMapWorld(t, 100, func(ctx context.Context, n int) (int, error) {
			switch {
			case !broken.Load():
			case n == 10:
				<-ctx.Done() // until the run fails
				stopped <- context.Cause(ctx)
				return 0, ctx.Err()
			case n%10 == 7:
				return 0, &engine.TaskError{Name: "Boom", Cause: fmt.Sprint(n)}
			}
			return n, nil
		}))
		x := w.start(kind, fromNumbers+toResults+`"MaxConcurrency": 2, "ToleratedFailureCount": 2,`)
		assert.Equal(t, "States.ExceedToleratedFailureThreshold", w.failed(x))
		require.Error(t, <-stopped)
		d := w.run(x)
		assert.Equal(t, engine.MapRunFailed, d.Status)
		assert.EqualValues(t, 3, d.Items.Failed)
		assert.EqualValues(t, 1, d.Items.Aborted)
		assert.EqualValues(t, 24, d.Items.Succeeded)
		assert.EqualValues(t, 100, d.Items.Total)
		assert.EqualValues(t, 72, d.Items.Pending)
		pending, _ := w.out.Content("out", "p/"+d.ARN[strings.LastIndexByte(d.ARN, ':')+1:]+"/PENDING_0.json")
		assert.Equal(t, 72, strings.Count(pending, `"PENDING"`))

		run, err := w.engine.MapRun(t.Context(), d.ARN)
		require.NoError(t, err)
		var causes []string
		for c, err := range run.Failures(t.Context()) {
			require.NoError(t, err)
			causes = append(causes, fmt.Sprint(c.Index, c.Status, c.Failure.Error, string(c.Input)))
		}
		assert.Equal(t, []string{"7FAILEDBoom7", "10ABORTED10", "17FAILEDBoom17", "27FAILEDBoom27"}, causes)
		require.ErrorIs(t, w.engine.UpdateMapRun(t.Context(), d.ARN, engine.MapRunUpdate{}), engine.ErrMapRunEnded)

		broken.Store(false)
		x, err = w.engine.RedriveExecution(t.Context(), x.ARN())
		require.NoError(t, err)
		_, err = x.Wait(t.Context())
		require.NoError(t, err)
		d = w.run(x)
		assert.Equal(t, engine.MapRunSucceeded, d.Status)
		assert.Equal(t, engine.MapRunCounts{Succeeded: 100, Total: 100, ResultsWritten: 100}, d.Items)
		assert.Equal(t, 1, d.RedriveCount)
		for n := range 100 {
			count, _ := w.calls.Load(n)
			want := 1
			if n == 10 || n == 7 || n == 17 || n == 27 {
				want = 2
			}
			require.EqualValues(t, want, count.(*atomic.Int64).Load(), "item %d", n)
		}
	})
}

// TestMapRunIsStopped: the end of its execution ends a Map Run, and its children.
func TestMapRunIsStopped(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(*mapWorld) *mapWorld) {
		var ends sync.WaitGroup
		ends.Add(4)
		begun := make(chan struct{}, 4)
		w := durable(newMapWorld(t, 100, func(ctx context.Context, n int) (int, error) {
			defer ends.Done()
			begun <- struct{}{}
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		x := w.start(kind, fromNumbers+`"MaxConcurrency": 4,`)
		for range 4 {
			<-begun
		}
		d := w.run(x)
		assert.Equal(t, engine.MapRunRunning, d.Status)
		assert.EqualValues(t, 4, d.Executions.Running)
		run, err := w.engine.MapRun(t.Context(), d.ARN)
		require.NoError(t, err)
		require.NoError(t, w.engine.StopExecution(t.Context(), x.ARN(), "Enough", ""))
		assert.Equal(t, "Enough", w.failed(x))
		ends.Wait()
		for last, err := range run.Progress(t.Context()) {
			require.NoError(t, err)
			d = last
		}
		assert.Equal(t, engine.MapRunAborted, d.Status)
		assert.Equal(t, engine.MapRunCounts{Aborted: 4, Total: d.Items.Total, Pending: d.Items.Total - 4}, d.Items)
	})
}

// TestMapRunGoesOn: an engine that is closed leaves a Map Run to the next one, which neither
// forgets nor counts anything twice.
func TestMapRunGoesOn(t *testing.T) {
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			var called atomic.Int64
			fortieth := make(chan struct{}, 300) // gets one with each fortieth call
			w := newMapWorld(t, 300, func(context.Context, int) (int, error) {
				if called.Add(1)%40 == 0 {
					fortieth <- struct{}{}
				}
				return 0, nil
			})
			var x *engine.Execution
			for n := 0; ; n++ {
				w.config.Store = sqlite.Open(path)
				w.open()
				if x == nil {
					x = w.start(kind, fromNumbers+toResults+`"MaxConcurrency": 5,`)
				}
				var err error
				x, err = w.engine.Execution(t.Context(), x.ARN())
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					select {
					case <-fortieth:
						cancel()
					case <-ctx.Done():
					}
				}()
				_, err = x.Wait(ctx)
				cancel()
				if err == nil {
					break
				}
				require.ErrorIs(t, err, context.Canceled)
				require.NoError(t, w.engine.Close())
			}
			d := w.run(x)
			assert.Equal(t, engine.MapRunCounts{Succeeded: 300, Total: 300, ResultsWritten: 300}, d.Items)
			for n := range 300 {
				_, ok := w.calls.Load(n)
				require.True(t, ok, "item %d", n)
			}
			assert.Less(t, called.Load(), int64(300+5*20))
			files, _ := w.out.Content("out", "p/"+d.ARN[strings.LastIndexByte(d.ARN, ':')+1:]+"/SUCCEEDED_0.json")
			assert.Equal(t, 300, strings.Count(files, `"ExecutionArn"`))
		})
	}
}

// TestUpdateMapRun: a larger MaxConcurrency holds at once.
func TestUpdateMapRun(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(*mapWorld) *mapWorld) {
		begun, end := make(chan int, 10), make(chan struct{})
		w := durable(newMapWorld(t, 10, func(_ context.Context, n int) (int, error) {
			begun <- n
			<-end
			return n, nil
		}))
		x := w.start(kind, fromNumbers+`"MaxConcurrency": 2,`)
		<-begun
		<-begun
		d := w.run(x)
		assert.EqualValues(t, 2, d.MaxConcurrency)
		five, negative := int64(5), int64(-1)
		require.Error(t, w.engine.UpdateMapRun(t.Context(), d.ARN, engine.MapRunUpdate{MaxConcurrency: &negative}))
		require.NoError(t, w.engine.UpdateMapRun(t.Context(), d.ARN, engine.MapRunUpdate{MaxConcurrency: &five}))
		for range 3 {
			<-begun
		}
		assert.EqualValues(t, 5, w.run(x).MaxConcurrency)
		close(end)
		_, err := x.Wait(t.Context())
		require.NoError(t, err)
	})
}

// TestMapRunRate: children start no faster than the rate.
func TestMapRunRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newMapWorld(t, 21, nil)
		w.config.MapRuns.Rate = 2
		x := w.start("EXPRESS", fromNumbers)
		began := time.Now()
		_, err := x.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 10*time.Second, time.Since(began).Round(time.Second))
		require.NoError(t, w.engine.Close())
	})
}

// TestForkBesideAMapRun: an execution that is forked while a Map Run goes on has a run of its
// own, and leaves the other's alone.
func TestForkBesideAMapRun(t *testing.T) {
	end := make(chan struct{})
	w := newMapWorld(t, 3, func(ctx context.Context, n int) (int, error) {
		select {
		case <-end:
			return n, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
	w.open()
	machine, err := asl.Parse([]byte(`{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, ` + fromNumbers + `
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}}}},
		{"StartAt": "Beside", "States": {"Beside": {"Type": "Wait", "Seconds": 0, "Next": "Then"}, "Then": {"Type": "Pass", "End": true}}}]}}}`))
	require.NoError(t, err)
	x, err := w.engine.StartExecution(t.Context(), machine, nil, engine.Machine("m"), engine.Named("x"))
	require.NoError(t, err)
	run := w.run(x)
	history, err := w.engine.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{})
	require.NoError(t, err)
	var at engine.EventID
	for _, e := range history.Events {
		if e.Type == states.PassStateEntered {
			at = e.ID
		}
	}
	require.NotZero(t, at)
	y, err := w.engine.ForkExecution(t.Context(), x.ARN(), at, engine.Fork{}, engine.Named("y"))
	require.NoError(t, err)
	assert.NotEqual(t, run.ARN, w.run(y).ARN)
	close(end)
	for _, x := range []*engine.Execution{x, y} {
		result, err := x.Wait(t.Context())
		require.NoError(t, err)
		assert.JSONEq(t, `[[0,1,2],{}]`, string(result.Output()))
	}
}

// TestToleratedPercentage: what share of the items may fail is judged when all of them are known.
func TestToleratedPercentage(t *testing.T) {
	inEach(t, func(t *testing.T, kind string, durable func(*mapWorld) *mapWorld) {
		for _, c := range []struct {
			bad, percentage int
			fields          string
			fails           bool
		}{
			{3, 30, fromNumbers, false}, {4, 30, fromNumbers, true},
			{3, 30, `"ItemBatcher": {"MaxItemsPerBatch": 2}, ` + fromNumbers, true}, // item 2 takes item 3 along
		} {
			w := durable(newMapWorld(t, 10, func(_ context.Context, n int) (int, error) {
				if n < c.bad {
					return 0, errors.New("bad")
				}
				return n, nil
			}))
			machine := fmt.Sprintf(`"MaxConcurrency": 1, "ToleratedFailurePercentage": %d, %s`, c.percentage, c.fields)
			if strings.Contains(c.fields, "ItemBatcher") {
				mux := engine.NewMux()
				mux.Handle("f", engine.Func(func(_ context.Context, batch struct{ Items []int }) (int, error) {
					if batch.Items[0] < c.bad {
						return 0, errors.New("bad")
					}
					return 0, nil
				}))
				w.config.Resolver = mux
			}
			x := w.start(kind, machine)
			if c.fails {
				assert.Equal(t, "States.ExceedToleratedFailureThreshold", w.failed(x))
			} else {
				_, err := x.Wait(t.Context())
				require.NoError(t, err)
			}
			require.NoError(t, w.engine.Close())
			if w.config.Store != nil {
				return // one file for each
			}
		}
	})
}
