package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outline returns active states as text: those within another one are indented.
func outline(all []engine.ActiveState, start time.Time, indent string) string {
	var b strings.Builder
	for i := range all {
		a := &all[i]
		fmt.Fprintf(&b, "%s%s %s", indent, a.Type, a.State)
		for _, say := range []struct {
			when bool
			text string
		}{
			{a.Index >= 0, fmt.Sprintf("index %d", a.Index)},
			{a.Since.After(start), fmt.Sprintf("since %s", a.Since.Sub(start))},
			{a.Attempt > 0, fmt.Sprintf("attempt %d", a.Attempt)},
			{a.Restarts > 0, fmt.Sprintf("restarts %d", a.Restarts)},
			{a.WaitsFor != "", fmt.Sprintf("waits for %s", a.WaitsFor)},
			{!a.Due.IsZero() || a.DueTo != "", fmt.Sprintf("%s in %s", a.DueTo, a.Due.Sub(start))},
			{a.Worker != "", "of " + a.Worker},
			{a.ExecutionARN != "", a.ExecutionARN[strings.LastIndexByte(a.ExecutionARN, ':')+1:]},
			{a.MapRunARN != "", "a Map Run"},
			{a.TaskToken != "", "by a token"},
			{a.Undoes != "", "undoes " + a.Undoes},
			{a.Total > 0, fmt.Sprintf("%d of %d", a.Ended, a.Total)},
			{a.Left > 0, fmt.Sprintf("and %d more", a.Left)},
		} {
			if say.when {
				b.WriteString(", " + say.text)
			}
		}
		b.WriteString("\n" + outline(a.Within, start, indent+"  "))
	}
	return b.String()
}

// TestActive: the same is told of an execution in memory, of one that sleeps, and of one that
// another engine has left.
func TestActive(t *testing.T) {
	t.Parallel()
	const work = `{"Type":"Task","Resource":"` + packing + `","TimeoutSeconds":500,"HeartbeatSeconds":50,"End":true}`
	branch := func(name, state string) string {
		return `{"StartAt":"` + name + `","States":{"` + name + `":` + state + `}}`
	}
	m := `{"Type":"Parallel","End":true,"Branches":[` + strings.Join([]string{
		branch("Wait", `{"Type":"Wait","Seconds":60,"End":true}`),
		branch("Retry", `{"Type":"Task","Resource":"breaks","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":30}],"End":true}`),
		branch("Approve", approval),
		branch("Taken", work),
		branch("Open", work),
		branch("Child", task("states:startExecution.sync:2", `{"StateMachineArn":"slow","Name":"the-child"}`, "")),
		branch("Each", `{"Type":"Map","MaxConcurrency":2,"ItemsPath":"$.items","End":true,"ItemProcessor":`+branch("Pause", `{"Type":"Wait","SecondsPath":"$","End":true}`)+`}`),
		branch("Done", `{"Type":"Pass","End":true}`),
	}, ",") + `]}`
	begin := func(t *testing.T, db store.Store) (*engine.Engine, *engine.Execution, time.Time) {
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
			"breaks": func(context.Context, engine.Task) (any, error) { return nil, &engine.TaskError{Name: "Broken"} },
			"arn:aws:states:::sqs:sendMessage.waitForTaskToken": echo,
		})})
		e.UseMachines(machinesOf(t, children))
		start := clock.Now()
		_, err := e.CreateActivity(t.Context(), "packing")
		require.NoError(t, err)
		x := run(t, e, one(t, m), json.RawMessage(`{"items":[5,200,300]}`), engine.Machine("all"))
		clock.Settle()
		clock.Advance(10 * time.Second)
		poll(t, e)
		return e, x, start
	}
	want := `Parallel S, waits for STATES, 1 of 8
  Wait Wait, index 0, waits for TIME, END in 1m0s
  Task Retry, index 1, waits for TIME, RETRY in 30s
  Task Approve, index 2, waits for TASK_TOKEN, HEARTBEAT in 10m0s, by a token
  Task Taken, index 3, waits for ACTIVITY, HEARTBEAT in 1m0s, of dana, by a token
  Task Open, index 4, waits for WORKER, TIMEOUT in 8m20s, by a token
  Task Child, index 5, waits for EXECUTION, the-child, by a token
  Map Each, index 6, waits for STATES, 1 of 3
    Wait Pause, index 1, waits for TIME, END in 3m20s
    Wait Pause, index 2, since 5s, waits for TIME, END in 5m5s
`
	everywhere(t, func(t *testing.T, db store.Store) {
		e, x, start := begin(t, db)
		assert.Equal(t, want, outline(describe(t, e, x).Active, start, ""))
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		assert.Empty(t, describe(t, e, x).Active)
	})
	t.Run("by another engine", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "orders.db")
		e, x, start := begin(t, sqlite.Open(path))
		standby, err := engine.New(engine.Config{Store: sqlite.OpenReadOnly(path), Standby: true})
		require.NoError(t, err)
		d, err := standby.DescribeExecution(t.Context(), x.ARN())
		require.NoError(t, err)
		assert.Equal(t, want, outline(d.Active, start, ""), "beside the engine that runs it")
		require.NoError(t, e.Close())
		d, err = standby.DescribeExecution(t.Context(), x.ARN())
		require.NoError(t, err)
		assert.Equal(t, want, outline(d.Active, start, ""))
		require.NoError(t, standby.Close())
	})
}

// TestActiveTasks: what a task is told to wait for whose handler has not returned.
func TestActiveTasks(t *testing.T) {
	t.Parallel()
	const hangs = `{"Type":"Task","Resource":"hang","TimeoutSeconds":500,"HeartbeatSeconds":50,"End":true}`
	everywhere(t, func(t *testing.T, db store.Store) {
		var clock *enginetest.Clock
		e, clock := startVirtual(t, engine.Config{Store: db, Throttles: []engine.Throttle{{Concurrency: 1}}, Resolver: tasks(map[string]engine.HandlerFunc{
			"hang": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, -1) },
		})})
		start := clock.Now()
		first, second := run(t, e, one(t, hangs), nil), run(t, e, one(t, hangs), nil)
		clock.Settle()
		assert.Equal(t, "Task S, waits for HANDLER, HEARTBEAT in 50s\n", outline(describe(t, e, first).Active, start, ""))
		assert.Equal(t, "Task S, waits for PLACE\n", outline(describe(t, e, second).Active, start, ""))
	})
	t.Run("while its heartbeats come", func(t *testing.T) {
		t.Parallel()
		everywhere(t, func(t *testing.T, db store.Store) {
			described := make(chan struct{})
			e := start(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
				"hang": func(_ context.Context, task engine.Task) (any, error) {
					for {
						select {
						case <-described:
							return nil, nil
						default:
							if err := task.Heartbeat(); err != nil {
								return nil, err
							}
						}
					}
				},
			})})
			x := run(t, e, one(t, hangs), nil)
			for range 100 {
				if active := describe(t, e, x).Active; len(active) > 0 && active[0].DueTo != "" {
					assert.Equal(t, engine.DueToHeartbeat, active[0].DueTo)
				}
			}
			close(described)
			output(t, x)
		})
	})
	t.Run("without a handler", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "orders.db")
		e, _, x, _ := withoutHandlers(t, lacks["a task in flight"], func() store.Store { return sqlite.Open(path) }, tasks(nil))
		d := describe(t, e, x)
		assert.Equal(t, "Task A, waits for RESOLVER\n", outline(d.Active, d.StartDate, ""))
		assert.Equal(t, "gone", d.Active[0].Resource)
	})
}

// TestActiveOfManyIterations shows a part of them, and how many more there are.
func TestActiveOfManyIterations(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db, Limits: engine.Limits{MapConcurrency: -1, Events: -1}})
		x := run(t, e, one(t, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"W","States":{"W":`+forever+`}}}`), make([]int, 5000))
		clock.Settle()
		active := describe(t, e, x).Active
		require.Len(t, active, 1)
		assert.Equal(t, 5000, active[0].Total)
		assert.Len(t, active[0].Within, 100)
		assert.Equal(t, 4900, active[0].Left)
		assert.Equal(t, 99, active[0].Within[99].Index)
	})
}

// TestMapRunChildrenInLists: they are there when they are asked for, and are told where they
// are like other executions.
func TestMapRunChildrenInLists(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		m := one(t, `{"Type":"Map","Label":"L","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":`+forever+`}}}`)
		x := run(t, e, m, []int{1, 2, 3}, engine.Machine("orders"), engine.Named("parent"))
		clock.Settle()
		active := describe(t, e, x).Active
		require.Equal(t, "Map S, waits for MAP_RUN, a Map Run\n", outline(active, x.StartDate(), ""))
		for says, c := range map[string]struct {
			options engine.ListOptions
			parent  int
			child   int
		}{
			"by default they are not":  {engine.ListOptions{}, 1, 0},
			"when they are asked for":  {engine.ListOptions{MapRunChildren: true}, 1, 3},
			"by the machine":           {engine.ListOptions{Machine: "orders"}, 1, 0},
			"by their machine":         {engine.ListOptions{Machine: "orders/L"}, 0, 3},
			"by their Map Run":         {engine.ListOptions{MapRun: active[0].MapRunARN}, 0, 3},
			"by their Map Run, paused": {engine.ListOptions{MapRun: active[0].MapRunARN, Statuses: []engine.Status{engine.StatusFailed}}, 0, 0},
		} {
			page, err := e.ListExecutions(t.Context(), c.options)
			require.NoError(t, err, says)
			var parents, children int
			for _, s := range page.Executions {
				if s.Name == "parent" {
					parents++
					continue
				}
				children++
				d, err := e.DescribeExecution(t.Context(), s.ARN)
				require.NoError(t, err)
				assert.Equal(t, "Wait W, waits for TIME, END in 277h46m40s\n", outline(d.Active, d.StartDate, ""))
			}
			assert.Equal(t, []int{c.parent, c.child}, []int{parents, children}, says)
		}
		for all, want := range map[bool]int64{false: 1, true: 4} {
			counts, err := e.CountExecutions(t.Context(), engine.CountOptions{MapRunChildren: all})
			require.NoError(t, err)
			assert.Equal(t, want, counts.Total())
		}
		_, err := e.ListExecutions(t.Context(), engine.ListOptions{MapRun: active[0].MapRunARN, OldestFirst: true})
		require.ErrorIs(t, err, engine.ErrInvalidPage)
	})
}
