package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// undisturbed plays a case without any disturbance.
func undisturbed(t *testing.T, m *asl.StateMachine, input string) (history []string, w *world) {
	w = newWorld(t)
	e, err := w.open(w.store)
	require.NoError(t, err)
	require.NoError(t, w.play(t.Context(), e, m, input))
	history = told(t, e)
	require.NoError(t, e.Close())
	assert.Zero(t, w.store.notes.Load(), "every write said when the execution would be due")
	return history, w
}

// TestCrashAtEveryAppend: whichever write a crash hits, before or after it takes
// effect, the run that a new engine takes up ends with the history of one that
// nobody disturbed, and no handler did anything that one would not have done.
func TestCrashAtEveryAppend(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			want, calm := undisturbed(t, m, c.input)
			for k := range int(calm.store.writes.Load()) {
				for _, after := range []bool{false, true} {
					w := newWorld(t)
					w.crash(k, after, m, c.input)
					e, err := w.open(w.store)
					require.NoError(t, err)
					require.NoError(t, w.play(t.Context(), e, m, c.input))
					alike(t, want, told(t, e), "write", k, "after", after)
					assert.Equal(t, slices.Sorted(maps.Keys(calm.done)), slices.Sorted(maps.Keys(w.done)))
					assert.Zero(t, w.store.forward.Load(), "the store knew of a later time than it had to")
					require.NoError(t, e.Close())
				}
			}
		})
	}
}

// crash plays until the k-th write, and throws the engine away there.
func (w *world) crash(k int, after bool, m *asl.StateMachine, input string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clock, at := w.clock, time.Time{}
	e, err := w.open(&faulty{Store: w.store, left: k, calls: -1, after: after, broken: func() {
		at = clock.Now()
		cancel()
	}})
	require.NoError(w.t, err)
	err = w.play(ctx, e, m, input)
	if ctx.Err() != nil {
		require.ErrorIs(w.t, err, errCrashed)
	} else {
		require.NoError(w.t, err)
		at = clock.Now()
	}
	_ = e.Close()
	w.mu.Lock()
	w.clock = enginetest.NewClock(at)
	w.mu.Unlock()
}

// TestRestartAfterEveryStep: every engine makes one step durable, and is lost.
func TestRestartAfterEveryStep(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			want, calm := undisturbed(t, m, c.input)
			w := newWorld(t)
			for range int(calm.store.writes.Load()) {
				w.crash(0, true, m, c.input)
			}
			e, err := w.open(w.store)
			require.NoError(t, err)
			require.NoError(t, w.play(t.Context(), e, m, c.input))
			alike(t, want, told(t, e))
			assert.Equal(t, slices.Sorted(maps.Keys(calm.done)), slices.Sorted(maps.Keys(w.done)))
			require.NoError(t, e.Close())
		})
	}
}

// TestTheStoreFailsForAWhile: whichever write the store fails at, and however long,
// the engine goes on when it works again, and comes to the same history.
func TestTheStoreFailsForAWhile(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			want, calm := undisturbed(t, m, c.input)
			for k := range int(calm.store.writes.Load()) {
				for _, after := range []bool{false, true} {
					for _, calls := range []int{1, 2, 5} {
						w := newWorld(t)
						e, err := w.open(&faulty{Store: w.store, left: k, calls: calls, after: after})
						require.NoError(t, err)
						eventually(t, func() bool {
							err := w.play(t.Context(), e, m, c.input)
							if err != nil {
								var failed *engine.StoreError
								require.ErrorAs(t, err, &failed)
								require.ErrorIs(t, err, errStore)
								return false
							}
							return true
						})
						about := fmt.Sprint("write ", k, ", after ", after, ", calls ", calls)
						got := told(t, e)
						if strings.Contains(c.definition, "Processor") || strings.Contains(c.definition, "Branches") {
							// The delay lets other branches overtake, but each comes to the same.
							assert.NoError(t, alikeByBranch(t, m, calm.store, w.store), about)
							assert.Len(t, got, int(gapless(t, w.store, arnOfX)))
						} else {
							alike(t, want, got, about)
							assert.Equal(t, slices.Sorted(maps.Keys(calm.done)), slices.Sorted(maps.Keys(w.done)))
						}
						assert.Equal(t, engine.Health{}, e.Health())
						require.NoError(t, e.Close())
					}
				}
			}
		})
	}
}

// alikeByBranch compares the histories in two stores, whose branches may have overtaken
// each other.
func alikeByBranch(t testing.TB, m *asl.StateMachine, want, got store.Store) error {
	read := func(s store.Store) (events []states.Event) {
		lines, err := s.Log(t.Context(), arnOfX)
		require.NoError(t, err)
		for _, line := range lines {
			event, err := states.ParseLog(changing.ReplaceAll(line, []byte("${1}0")))
			require.NoError(t, err)
			if !event.Hidden() {
				events = append(events, event)
			}
		}
		return events
	}
	c := &conformance.Case{
		Name: "x", Definition: m.Definition(), Extensions: true,
		Expect: conformance.Expect{Status: string(states.StatusRunning), HasHistory: true, Unordered: true},
	}
	for _, event := range read(want) {
		c.Expect.History = append(c.Expect.History, conformance.Describe(&event))
	}
	return c.Run(ran(read(got)))
}

// ran is a driver of an execution that has run already.
type ran []states.Event

func (r ran) Execute(*asl.StateMachine, *conformance.Case, *conformance.Script) (*conformance.Execution, error) {
	return &conformance.Execution{Status: states.StatusRunning, History: r}, nil
}
