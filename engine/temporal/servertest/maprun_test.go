package servertest

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMapRuns: children are workflows, results are output or files, and a redrive runs again what
// failed.
func TestMapRuns(t *testing.T) {
	s, ctx := needsServer(t), within(t)
	var broken atomic.Bool
	var calls atomic.Int64
	broken.Store(true)
	tasks := engine.NewMux()
	tasks.HandleFunc("square", func(_ context.Context, task engine.Task) (any, error) {
		calls.Add(1)
		n, _ := task.Input.(int64)
		if n == 7 && broken.Load() {
			return nil, &engine.TaskError{Name: "Seven"}
		}
		return n * n, nil
	})
	store := new(objects.Memory)
	read := func(bucket, key string) []byte {
		text, ok := store.Content(bucket, key)
		require.True(t, ok, "%s/%s", bucket, key)
		return []byte(text)
	}
	config := temporal.Config{Client: s.GetDefaultClient(), TaskQueue: t.Name(), Resolver: tasks, MapRuns: engine.MapRuns{Objects: store}}
	c := start(t, config, nil)

	// More children than are at work at a time.
	items := make([]int, 1200)
	for i := range items {
		items[i] = i % 5
	}
	many := parse(t, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":200,"ItemBatcher":{"MaxItemsPerBatch":4},"ResultSelector":{"n.$":"States.ArrayLength($)"},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","OutputPath":"$.Items[0]","End":true}}},"End":true}}}`)
	x, err := c.StartExecution(ctx, many, items, engine.Machine("many"), engine.Named("one"))
	require.NoError(t, err)
	r, err := x.Wait(ctx)
	require.NoError(t, err)
	assert.JSONEq(t, `{"n":300}`, string(r.Output()))

	// One fails, and the run with it; a redrive runs that one again, and the others not.
	squares := parse(t, `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"S","States":{"S":{"Type":"Task","Resource":"square","End":true}}},"ToleratedFailureCount":0,"End":true}}}`)
	x, err = c.StartExecution(ctx, squares, []int{5, 6, 7}, engine.Machine("squares"), engine.Named("one"))
	require.NoError(t, err)
	_, err = x.Wait(ctx)
	failed, ok := errors.AsType[*engine.ExecutionError](err)
	require.True(t, ok, err)
	assert.Equal(t, "States.ExceedToleratedFailureThreshold", failed.Name)
	broken.Store(false)
	before := calls.Load()
	x, err = c.RedriveExecution(ctx, x.ARN())
	require.NoError(t, err)
	r, err = x.Wait(ctx)
	require.NoError(t, err)
	assert.JSONEq(t, `[25,36,49]`, string(r.Output()))
	assert.LessOrEqual(t, calls.Load()-before, int64(3))

	// Result files.
	exports := parse(t, `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
		"StartAt":"S","States":{"S":{"Type":"Task","Resource":"square","End":true}}},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"results","Prefix":"p"},"WriterConfig":{"Transformation":"COMPACT","OutputType":"JSON"}},"End":true}}}`)
	x, err = c.StartExecution(ctx, exports, []int{1, 2, 3}, engine.Machine("exports"), engine.Named("one"))
	require.NoError(t, err)
	r, err = x.Wait(ctx)
	require.NoError(t, err)
	var written struct{ ResultWriterDetails struct{ Bucket, Key string } }
	require.NoError(t, r.Decode(&written))
	var manifest struct {
		ResultFiles struct{ SUCCEEDED []struct{ Key string } }
	}
	require.NoError(t, json.Unmarshal(read(written.ResultWriterDetails.Bucket, written.ResultWriterDetails.Key), &manifest))
	require.Len(t, manifest.ResultFiles.SUCCEEDED, 1)
	assert.JSONEq(t, `[1,4,9]`, string(read("results", manifest.ResultFiles.SUCCEEDED[0].Key)))

	// A stop of the execution stops the run, and its children.
	waits := parse(t, `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}},"End":true}}}`)
	x, err = c.StartExecution(ctx, waits, []int{1, 2}, engine.Machine("waits-in-a-map"), engine.Named("one"))
	require.NoError(t, err)
	children := func(status states.Status) (n int) {
		page, err := c.ListExecutions(ctx, engine.ListOptions{Machine: "waits-in-a-map/L", Statuses: []states.Status{status}})
		require.NoError(t, err)
		return len(page.Executions)
	}
	require.Eventually(t, func() bool { return children(states.StatusRunning) == 2 }, patience, tick)
	require.NoError(t, c.StopExecution(ctx, x.ARN(), "", ""))
	require.Eventually(t, func() bool { return children(states.StatusAborted) == 2 }, patience, tick)
}
