package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestForsakenChildrenAreStoppedAfterCrashes: whichever write a crash hits around the end of a
// task that waits for a child, the child of a task without an answer is stopped, and no other.
func TestForsakenChildrenAreStoppedAfterCrashes(t *testing.T) {
	t.Parallel()
	sync := func(machine, further string) string {
		return task("states:startExecution.sync", `{"StateMachineArn":"`+machine+`","Name":"c"}`, further)
	}
	unnamed := task("states:startExecution.sync:2", `{"StateMachineArn":"slow"}`, `,"TimeoutSeconds":30`)
	for _, c := range []struct {
		name, state string
		stop        bool
		aborted     int
	}{
		{"the task runs out of time", sync("slow", `,"TimeoutSeconds":30`), false, 1},
		{"the task of a child without a name runs out of time", unnamed, false, 1},
		{"the task is tried again", task("states:startExecution.sync", `{"StateMachineArn":"slow"}`, `,"TimeoutSeconds":30,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`), false, 2},
		{"the parent goes on for long", `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + sync("slow", `,"TimeoutSeconds":30`) + `}}],
			"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"IntervalSeconds":3600}]}`, false, 1},
		{"the parent is stopped", sync("slow", ""), true, 2},
		{"a child in a child", sync("inner", ""), true, 3},
		{"a branch fails", `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + sync("slow", "") + `}},
			{"StartAt":"B","States":{"B":` + unnamed + `}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":10,"Next":"F"},"F":{"Type":"Fail"}}}]}`, false, 2},
		{"the child ends first", sync("slow", `,"TimeoutSeconds":61`), false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := one(t, c.state)
			play := func(db store.Store, clock *enginetest.Clock, broken func() bool) *engine.Engine {
				e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: db, Clock: clock})
				require.NoError(t, err)
				clock.Settle()
				e.UseMachines(machinesOf(t, children))
				clock.Settle()
				_, _ = e.StartExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"), engine.Seeded(states.Seed{7}))
				for i := range 13 {
					clock.Settle()
					if i == 2 && c.stop {
						_ = e.StopExecution(t.Context(), arnOfX, "", "")
						clock.Settle()
					}
					if broken() {
						break
					}
					clock.Advance(10 * time.Second)
				}
				return e
			}
			look := func(e *engine.Engine) (all []string, aborted int) {
				page, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: 1000})
				require.NoError(t, err)
				for _, s := range page.Executions {
					if s.Status == states.StatusAborted {
						aborted++
					}
					all = append(all, fmt.Sprint(s.ARN, s.Status))
				}
				slices.Sort(all)
				left, err := e.Documents().Documents(t.Context(), "forsaken tasks", "", 10)
				require.NoError(t, err)
				assert.Empty(t, left)
				return all, aborted
			}
			never := func() bool { return false }
			const enough = 1000
			calm := &faultyDocuments{faulty{Store: new(lastingStore), left: enough}}
			e := play(calm, enginetest.NewClock(time.Time{}), never)
			want, aborted := look(e)
			require.Equal(t, c.aborted, aborted, want)
			require.NoError(t, e.Close())
			for k := range enough - calm.left {
				for _, after := range []bool{false, true} {
					db, clock, lost := new(lastingStore), enginetest.NewClock(time.Time{}), false
					e := play(&faultyDocuments{faulty{Store: db, left: k, calls: -1, after: after, broken: func() { lost = true }}}, clock, func() bool { return lost })
					_ = e.Close()
					e = play(db, enginetest.NewClock(clock.Now()), never)
					got, _ := look(e)
					assert.Equal(t, want, got, "write %d of %d, after it: %v", k, enough-calm.left, after)
					require.NoError(t, e.Close())
				}
			}
		})
	}
}
