package servertest

import (
	"context"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/dynamicconfig"
	options "go.temporal.io/server/temporal"
	"go.temporal.io/server/temporaltest"
)

// suggestAfter is the length of a workflow's history from which on the server of these tests suggests
// another run. By default it is 4,096.
const suggestAfter = 120

// TestMapRunsThatGoOn: the server has the workflow of a Map Run go on in other runs while its children
// are at work, and the results are those of one that is left alone.
func TestMapRunsThatGoOn(t *testing.T) {
	needsServer(t)
	ctx := within(t)
	s := temporaltest.NewServer(temporaltest.WithBaseClientOptions(client.Options{Logger: silent{}}),
		temporaltest.WithBaseServerOptions(options.WithDynamicConfigClient(dynamicconfig.StaticClient{
			dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
			dynamicconfig.HistoryCountSuggestContinueAsNew.Key():        suggestAfter,
		})))
	t.Cleanup(s.Stop)
	const n = 200
	items, want := make([]int, n), make([]int, n)
	for i := range items {
		items[i], want[i] = i, i*i
	}
	calls := make(chan int64, 10*n)
	tasks := engine.NewMux()
	tasks.HandleFunc("square", func(_ context.Context, task engine.Task) (any, error) {
		i, _ := task.Input.(int64)
		calls <- i
		if i%100 == 99 {
			return nil, &engine.TaskError{Name: "Boom"}
		}
		return i * i, nil
	})
	c := start(t, temporal.Config{Client: s.GetDefaultClient(), TaskQueue: t.Name(), Resolver: tasks}, nil)
	squares := parse(t, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":20,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"S","States":{"S":{"Type":"Task","Resource":"square","Catch":[{"ErrorEquals":["Boom"],"Next":"B"}],"End":true},"B":{"Type":"Pass","Result":-1,"End":true}}},"End":true}}}`)
	x, err := c.StartExecution(ctx, squares, items, engine.Machine("squares"), engine.Named("one"))
	require.NoError(t, err)
	r, err := x.Wait(ctx)
	require.NoError(t, err)
	for i := 99; i < n; i += 100 {
		want[i] = -1
	}
	var got []int
	require.NoError(t, r.Decode(&got))
	assert.Equal(t, want, got)
	assert.Len(t, calls, n, "each item is worked on once")

	var run string
	last := states.EventID(0)
	for event, err := range c.Events(ctx, x.ARN(), 0) {
		require.NoError(t, err)
		require.Equal(t, last+1, event.ID)
		last = event.ID
		if arn := mapRunOf(t, event); arn != "" {
			run = arn
		}
	}
	require.True(t, strings.Contains(run, ":mapRun:"), run)
	runs := runsOf(ctx, t, s.GetDefaultClient(), run)
	assert.Greater(t, runs, 2)
	t.Logf("%d children, %d runs of the workflow of their Map Run", n, runs)
}

// runsOf returns in how many runs a workflow has gone on until now.
func runsOf(ctx context.Context, t *testing.T, c client.Client, workflow string) (runs int) {
	t.Helper()
	for id := ""; id != "" || runs == 0; runs++ {
		first, err := c.GetWorkflowHistory(ctx, workflow, id, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
		require.NoError(t, err)
		id = first.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	}
	return runs
}
