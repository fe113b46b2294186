package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestForkAtEveryEvent: wherever a fork may begin, it comes to the end that the
// other came to; wherever it may not, the nearest events where it may are named.
func TestForkAtEveryEvent(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		for _, stored := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", stored: ", stored), func(t *testing.T) {
				t.Parallel()
				m, w := machine(t, c.definition), newWorld(t)
				var db store.Store
				if stored {
					db = w.store
				}
				e, err := w.open(db)
				require.NoError(t, err)
				require.NoError(t, w.play(t.Context(), e, m, c.input))
				original, want := told(t, e), describeARN(t, e, arnOfX)
				forks := 0
				for at := states.EventID(0); int(at) <= len(original)+1; at++ {
					y, err := e.ForkExecution(t.Context(), arnOfX, at, engine.Fork{}, engine.Machine("m"), engine.Named(fmt.Sprint("fork-", at)))
					var refused *engine.ForkPointError
					if errors.As(err, &refused) {
						require.True(t, refused.Before == 0 || refused.Before < at)
						require.True(t, refused.After == 0 || refused.After > at)
						for _, near := range []states.EventID{refused.Before, refused.After} {
							if near > 0 {
								_, err := e.ForkExecution(t.Context(), arnOfX, near, engine.Fork{})
								require.NotErrorAs(t, err, &refused, "%d was recommended", near)
							}
						}
						continue
					}
					require.NoError(t, err)
					forks++
					w.drive(e, y)
					got := describeARN(t, e, y.ARN())
					require.Equal(t, want.Status, got.Status, "event %d: %s", at, original[at-1])
					assert.Equal(t, plain(want.Output), plain(got.Output), "event %d: %s", at, original[at-1])
					assert.Equal(t, want.Failure, got.Failure)
					events := events(t, e, y)
					for i := range int(at) {
						require.Equal(t, states.EventID(i+1), events[i].ID)
						require.Contains(t, original[i], fmt.Sprintf("%d<-%d %s ", i+1, events[i].PreviousID, events[i].Type))
					}
				}
				assert.NotZero(t, forks)
				alike(t, original, told(t, e), "it stays as it is")
				require.NoError(t, e.Close())
			})
		}
	}
}

func describeARN(t *testing.T, e *engine.Engine, arn string) *engine.Description {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), arn)
	require.NoError(t, err)
	return d
}

// drawn is what chance and names decide of the outputs.
var drawn = regexp.MustCompile(`[0-9a-f-]{36}|m:[^"]*/[0-9]+|"id":"[^"]*","n":[0-9]+|"r":[0-9.E-]+`)

// plain leaves it out.
func plain(output json.RawMessage) string { return drawn.ReplaceAllString(string(output), "?") }

// drive answers the tokens of an execution until it has ended.
func (w *world) drive(e *engine.Engine, x *engine.Execution) {
	answered := map[string]bool{}
	for range 20 {
		w.clock.Settle()
		w.mu.Lock()
		tokens, refused := slices.Clone(w.tokens), maps.Clone(w.refused)
		w.mu.Unlock()
		for _, token := range tokens {
			if answered[token] {
				continue
			}
			answered[token] = true
			if refused[token] {
				_ = e.SendTaskFailure(context.Background(), token, "Refused", "no")
			} else {
				_ = e.SendTaskSuccess(context.Background(), token, "approved")
			}
		}
		w.clock.Advance(time.Second)
	}
	_, _ = x.Wait(w.t.Context())
}

const threeSteps = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},
	"B":{"Type":"Task","Resource":"echo","ResultPath":"$.b","Next":"C"},"C":{"Type":"Pass","End":true}}}`

// TestForkWithAnotherPayload at the entry into a state, and at a task's success.
func TestForkWithAnotherPayload(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		var seen []engine.Task
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
			"echo": func(ctx context.Context, task engine.Task) (any, error) {
				seen = append(seen, task)
				return echo(ctx, task)
			}})})
		x := run(t, e, machine(t, threeSteps), json.RawMessage(`{"n":1}`), engine.Machine("m"), engine.Named("x"))
		assert.JSONEq(t, `{"n":1,"b":{"n":1}}`, output(t, x))
		clock.Advance(time.Hour)
		require.Contains(t, history(t, e, x)[6], "7<-6 TaskStateEntered")

		y, err := e.ForkExecution(t.Context(), x.ARN(), 7, engine.Fork{Payload: map[string]int{"n": 2}}, engine.Machine("m"), engine.Named("y"))
		require.NoError(t, err)
		assert.JSONEq(t, `{"n":2,"b":{"n":2}}`, output(t, y))
		require.Len(t, seen, 3, "what came before is not done again")
		assert.Equal(t, "arn:aws:states:us-east-1:123456789012:execution:m:y", y.ARN())
		assert.Equal(t, y.ARN(), seen[2].Execution.ARN)
		assert.Equal(t, y.ARN()+"/8", seen[2].IdempotencyKey)
		assert.JSONEq(t, `{"n":1}`, string(describe(t, e, y).Input))

		y, err = e.ForkExecution(t.Context(), x.ARN(), 5, engine.Fork{Payload: json.RawMessage(`{"n":3}`)})
		require.NoError(t, err)
		assert.JSONEq(t, `{"n":3,"b":{"n":3}}`, output(t, y))

		_, err = e.ForkExecution(t.Context(), x.ARN(), 7, engine.Fork{}, engine.Machine("m"), engine.Named("y"))
		require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
		_, err = e.ForkExecution(t.Context(), x.ARN(), 7, engine.Fork{Payload: func() {}})
		require.ErrorIs(t, err, engine.ErrInvalidExecutionInput)
		_, err = e.ForkExecution(t.Context(), x.ARN(), 7, engine.Fork{}, engine.Express)
		require.ErrorIs(t, err, engine.ErrTypeNotSupported)
		_, err = e.ForkExecution(t.Context(), x.ARN()+"z", 7, engine.Fork{})
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		assert.JSONEq(t, `{"n":1,"b":{"n":1}}`, output(t, x))
	})
}

// TestForkWithAnotherMachine: the copied events must fit it; what follows is its own.
func TestForkWithAnotherMachine(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo, "fail": fail("Broken")})})
		x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"fail","End":true}}}`), nil)
		failure(t, x)
		require.Equal(t, "10<-9 TaskFailed", history(t, e, x)[9])
		caught := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"fail","End":true,
			"Catch":[{"ErrorEquals":["Broken"],"Next":"C"}]},"C":{"Type":"Pass","Result":"caught","End":true}}}`)
		y, err := e.ForkExecution(t.Context(), x.ARN(), 10, engine.Fork{Machine: caught})
		require.NoError(t, err)
		assert.Equal(t, `"caught"`, output(t, y))
		_, err = e.ForkExecution(t.Context(), x.ARN(), 10, engine.Fork{Machine: caught, Payload: 1})
		require.ErrorIs(t, err, engine.ErrInvalidExecutionInput)

		other := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","End":true}}}`)
		_, err = e.ForkExecution(t.Context(), x.ARN(), 10, engine.Fork{Machine: other})
		var wrong *states.HistoryError
		require.ErrorAs(t, err, &wrong)
		assert.EqualValues(t, 7, wrong.Event)
		assert.Contains(t, err.Error(), "the machine has no state 'B'")
		unknown := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"nobody","End":true}}}`)
		var missing *engine.ResourceError
		_, err = e.ForkExecution(t.Context(), x.ARN(), 2, engine.Fork{Machine: unknown})
		require.ErrorAs(t, err, &missing)
	})
}

// TestForkIntoMoreBranches: those that the other execution didn't have run as well.
func TestForkIntoMoreBranches(t *testing.T) {
	t.Parallel()
	branch := func(name string) string {
		return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Task","Resource":"` + name + `","End":true}}}`
	}
	parallel := func(branches string) string {
		return `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[` + branches + `],"End":true}}}`
	}
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"a": echo, "b": echo, "c": echo})})
		x := run(t, e, machine(t, parallel(branch("a")+","+branch("b"))), 7)
		assert.Equal(t, `[7,7]`, output(t, x))
		var at states.EventID
		for _, event := range events(t, e, x) {
			if event.Type == states.TaskSucceeded {
				at = event.ID
			}
		}
		y, err := e.ForkExecution(t.Context(), x.ARN(), at, engine.Fork{Machine: machine(t, parallel(branch("a")+","+branch("b")+","+branch("c"))), Payload: 8})
		require.NoError(t, err)
		assert.Equal(t, `[7,8,7]`, output(t, y))
	})
}

// TestForkInTime: what was left of waits and timeouts is left; the state that the
// fork begins with has all its time.
func TestForkInTime(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		x := run(t, e, machine(t, `{"TimeoutSeconds":200,"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":20,"Next":"C"},"C":{"Type":"Wait","Seconds":30,"End":true}}}]}}}`), nil)
		clock.Advance(time.Hour)
		output(t, x)
		var at states.EventID
		for _, event := range events(t, e, x) {
			if d, ok := event.Details.(*states.EnteredDetails); ok && d.Name == "C" {
				at = event.ID // after 20 seconds
			}
		}
		begin := clock.Now()
		y, err := e.ForkExecution(t.Context(), x.ARN(), at, engine.Fork{})
		require.NoError(t, err)
		assert.Equal(t, begin.Add(-20*time.Second).UTC(), describe(t, e, y).StartDate)
		clock.Advance(30*time.Second - time.Millisecond)
		assert.Len(t, history(t, e, y), int(at))
		clock.Advance(time.Millisecond)
		assert.Len(t, history(t, e, y), int(at)+1, "C has ended")
		clock.Advance(10*time.Second - time.Millisecond)
		assert.Equal(t, states.StatusRunning, status(t, e, y))
		clock.Advance(time.Millisecond)
		assert.Equal(t, states.StatusSucceeded, status(t, e, y), "A had 40 of its 60 seconds left")
	})
}

// TestForksAreRefused where something is under way, and the text says where to go.
func TestForksAreRefused(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo, sqsToken: echo})})
		x := run(t, e, machine(t, threeSteps), json.RawMessage(`{}`), engine.Machine("m"), engine.Named("x"))
		output(t, x)
		const about = "engine: arn:aws:states:us-east-1:123456789012:execution:m:x can't be forked at event "
		for at, want := range map[states.EventID]string{
			0:  "0: its history has no such event; the nearest event where it can be is 2",
			1:  "1: ExecutionStarted: no state is entered by it, and no task ends; the nearest event where it can be is 2",
			3:  "3: TaskScheduled: no state is entered by it, and no task ends; the nearest events where it can be are 2 and 5",
			6:  "6: TaskStateExited: no state is entered by it, and no task ends; the nearest events where it can be are 5 and 7",
			14: "14: ExecutionSucceeded: no state is entered by it, and no task ends; the nearest event where it can be is 12",
			99: "99: its history has no such event; the nearest event where it can be is 12",
		} {
			_, err := e.ForkExecution(t.Context(), x.ARN(), at, engine.Fork{})
			require.EqualError(t, err, about+want)
		}
		// The token of a task that was submitted is not the fork's.
		y := run(t, e, machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":"m","QueueUrl":"q"},"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{"Type":"Wait","Seconds":1,"End":true}}}]}}}`), nil)
		clock.Advance(time.Minute)
		require.Equal(t, "10<-9 WaitStateEntered", history(t, e, y)[9])
		_, err := e.ForkExecution(t.Context(), y.ARN(), 10, engine.Fork{})
		assert.ErrorContains(t, err, "10: WaitStateEntered: the task of event 5 was submitted, and what it waits for is not the fork's; the nearest event where it can be is 6")
		// B alone can't be cut off from A, which enters its first state with it.
		_, err = e.ForkExecution(t.Context(), y.ARN(), 4, engine.Fork{})
		assert.ErrorContains(t, err, "4: TaskStateEntered: another branch is on its way there")
	})
}

// TestForkOfARedrivenExecution at every event, before the redrive and after it.
func TestForkOfARedrivenExecution(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		f := new(flaky)
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle, "echo": echo})})
		x := run(t, e, machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"A2"},"A2":{"Type":"Wait","Seconds":9,"Next":"A3"},"A3":{"Type":"Pass","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"Next":"B2"},"B2":{"Type":"Task","Resource":"flaky","End":true}}},
			{"StartAt":"C","States":{"C":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":2,"End":true}}}}}}]}}}`), []int{1, 2})
		clock.Advance(time.Minute)
		failure(t, x)
		f.mended = true
		x = redrive(t, e, x)
		clock.Advance(time.Minute)
		want := output(t, x)
		events, forks := events(t, e, x), 0
		for _, event := range events {
			y, err := e.ForkExecution(t.Context(), x.ARN(), event.ID, engine.Fork{})
			var refused *engine.ForkPointError
			if errors.As(err, &refused) {
				continue
			}
			require.NoError(t, err)
			if event.Type == states.TaskFailed {
				assert.Equal(t, "Broken", failure(t, y).Name)
				continue
			}
			clock.Advance(time.Minute)
			require.Equal(t, states.StatusSucceeded, status(t, e, y), "event %d, %s", event.ID, event.Type)
			assert.JSONEq(t, want, output(t, y))
			forks++
		}
		assert.Greater(t, forks, 5)
	})
}

// TestForkOfAnImportedExecution, also of one that runs elsewhere.
func TestForkOfAnImportedExecution(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		f := &flaky{mended: true}
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
			"arn:aws:lambda:eu-west-1:999999999999:function:*": f.handle})})
		clock.Advance(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
		for _, n := range []int{8, 11} {
			x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), until(t, n, false))
			require.NoError(t, err)
			y, err := e.ForkExecution(t.Context(), x.ARN(), 7, engine.Fork{Payload: map[string]int{"n": n}})
			require.NoError(t, err)
			assert.Equal(t, `"done"`, output(t, y))
			assert.Equal(t, "orders", y.Identity().Machine)
			assert.Contains(t, y.ARN(), "arn:aws:states:us-east-1:123456789012:execution:orders:")
			last := f.tasks[len(f.tasks)-1]
			assert.JSONEq(t, fmt.Sprintf(`{"n":%d}`, n), string(text(t, last)))
		}
	})
}

func text(t *testing.T, task engine.Task) json.RawMessage {
	t.Helper()
	var raw json.RawMessage
	require.NoError(t, task.Decode(&raw))
	return raw
}

// TestForksOutliveTheEngine, and a store that fails.
func TestForksOutliveTheEngine(t *testing.T) {
	t.Parallel()
	db := &faulty{Store: new(lastingStore), left: 100}
	config := engine.Config{Store: db}
	e, clock := startVirtual(t, config)
	x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Wait","Seconds":60,"End":true}}}`), nil)
	clock.Advance(time.Hour)
	output(t, x)
	y, err := e.ForkExecution(t.Context(), x.ARN(), 2, engine.Fork{})
	require.NoError(t, err)
	e = reopen(t, e, config, &clock, time.Minute)
	clock.Settle()
	require.Equal(t, states.StatusRunning, status(t, e, y))
	clock.Advance(time.Minute)
	require.Equal(t, states.StatusSucceeded, status(t, e, y))
	for _, after := range []bool{false, true} {
		db.left, db.calls, db.after = 0, 2, after
		_, err = e.ForkExecution(t.Context(), x.ARN(), 2, engine.Fork{}, engine.Machine("m"), engine.Named(fmt.Sprint(after)))
		require.ErrorIs(t, err, errStore)
		clock.Advance(time.Hour)
		require.Equal(t, engine.Health{}, e.Health())
		_, err = e.ForkExecution(t.Context(), x.ARN(), 2, engine.Fork{}, engine.Machine("m"), engine.Named(fmt.Sprint(after)))
		if after {
			require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
		} else {
			require.NoError(t, err)
		}
	}
}
