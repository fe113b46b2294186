//go:build unix

package servertest

import (
	"context"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// An order is what workflows are given, and what each of their tasks returns.
type order struct {
	ID   int    `json:"id"`
	Item string `json:"item"`
}

// BenchmarkFiveTasks measures a workflow of five tasks, one after the other: as a state machine, and
// written by hand for Temporal.
func BenchmarkFiveTasks(b *testing.B) {
	if os.Getenv("GOSTATES_TEMPORAL") == "" {
		b.Skip("NOT TESTED: Temporal's server; make temporal does")
	}
	c := server().GetDefaultClient()
	machine, err := asl.Parse(`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"nothing","Next":"B"},
		"B":{"Type":"Task","Resource":"nothing","Next":"C"},
		"C":{"Type":"Task","Resource":"nothing","Next":"D"},
		"D":{"Type":"Task","Resource":"nothing","Next":"E"},
		"E":{"Type":"Task","Resource":"nothing","End":true}}}`)
	require.NoError(b, err)
	tasks := engine.NewMux()
	tasks.Handle("nothing", engine.Func(func(_ context.Context, in order) (order, error) { return in, nil }))
	config := temporal.Config{Client: c, TaskQueue: b.Name(), Resolver: tasks}
	w, err := temporal.NewWorker(config, nil)
	require.NoError(b, err)
	require.NoError(b, w.Start())
	defer w.Stop()
	asASL, err := temporal.NewClient(config)
	require.NoError(b, err)

	byHand := worker.New(c, b.Name()+"-by-hand", worker.Options{})
	byHand.RegisterActivityWithOptions(func(_ context.Context, in order) (order, error) { return in, nil }, activity.RegisterOptions{Name: "nothing"})
	byHand.RegisterWorkflowWithOptions(func(ctx workflow.Context, o order) (order, error) {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		for range 5 {
			if err := workflow.ExecuteActivity(ctx, "nothing", o).Get(ctx, &o); err != nil {
				return o, err
			}
		}
		return o, nil
	}, workflow.RegisterOptions{Name: "five"})
	require.NoError(b, byHand.Start())
	defer byHand.Stop()

	ways := map[string]func(ctx context.Context, o order) (order, error){
		"ASL": func(ctx context.Context, o order) (out order, err error) {
			x, err := asASL.StartExecution(ctx, machine, o)
			if err != nil {
				return out, err
			}
			r, err := x.Wait(ctx)
			if err != nil {
				return out, err
			}
			return out, r.Decode(&out)
		},
		"by hand": func(ctx context.Context, o order) (out order, err error) {
			run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: b.Name() + "-by-hand"}, "five", o)
			if err != nil {
				return out, err
			}
			return out, run.Get(ctx, &out)
		},
	}
	for _, inFlight := range []int{1, 16} {
		for _, name := range []string{"ASL", "by hand", "ASL", "by hand"} {
			b.Run(name, func(b *testing.B) { measure(b, inFlight, ways[name]) })
		}
	}
}

// measure runs workflows, so many at a time.
func measure(b *testing.B, inFlight int, run func(ctx context.Context, o order) (order, error)) {
	ctx := context.Background()
	_, err := run(ctx, order{ID: -1}) // to warm up
	require.NoError(b, err)
	var mu sync.Mutex
	var took []time.Duration
	next := make(chan int)
	var all sync.WaitGroup
	cpu := used(b)
	b.ResetTimer()
	for range inFlight {
		all.Go(func() {
			for i := range next {
				began := time.Now()
				out, err := run(ctx, order{ID: i, Item: "lamp"})
				if err != nil || out.ID != i {
					b.Error(out, err)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64((used(b)-cpu).Microseconds())/1000/float64(b.N), "cpu-ms/op") // the server's, too
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "workflows/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(inFlight), "in-flight")
}

// used returns the time that processors have worked for this process.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
