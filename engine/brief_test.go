package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
)

// A briefWatcher is a watcher that is content with a part of a history.
type briefWatcher struct {
	*watcher
	back time.Duration
}

func (b briefWatcher) Lookback() time.Duration { return b.back }

// abridged checks that what an Observer was given and told of an execution is the start, and the end of
// the history from the entry into a state on; it returns how many events lie between.
func (w *watcher) abridged(t *testing.T, e *engine.Engine, arn string, about ...any) int {
	t.Helper()
	have, all := strings.Split(w.of(arn), "\n"), strings.Split(historyOf(t, e, arn), "\n")
	missing := len(all) - len(have)
	require.GreaterOrEqual(t, missing, 0, "%v: nothing is told twice", about)
	require.Equal(t, all[0], have[0], about...)
	alike(t, all[missing+1:], have[1:], about...)
	if missing > 0 {
		require.Contains(t, have[1], "StateEntered", about...)
	}
	return missing
}

// goingRound is the machine of loop, without its branches.
func goingRound(t testing.TB) *asl.StateMachine {
	return machine(t, `{"StartAt":"W","States":{
		"W":{"Type":"Wait","Seconds":60,"Next":"T"},
		"T":{"Type":"Task","Resource":"count","Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":30}],"Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThanEqualsPath":"$.most","Next":"E"}],"Default":"W"},
		"E":{"Type":"Pass","End":true}}}`)
}

// keptOpen is a store that outlives an engine.
type keptOpen struct{ *reads }

func (keptOpen) Close() error { return nil }

// TestBriefObserversAreGivenTheEndOfALog: where all Observers are Brief, a sleeping execution reads no
// more of its log than they need, and what they are given are its start and its end; where one is not,
// and for who needs more than was kept with the snapshot, the log is read as a whole.
func TestBriefObserversAreGivenTheEndOfALog(t *testing.T) {
	engine.SnapshotEvery(t, 40)
	for name, c := range map[string]struct {
		first, then []time.Duration // Lookbacks of the Observers of the first engine, and of the second one
		whole       bool            // the second one has another Observer, which is not Brief
		short       bool            // the second one reads the end alone
	}{
		"nobody":                            {nil, nil, false, true},
		"brief ones":                        {[]time.Duration{0}, []time.Duration{0}, false, true},
		"who looks back as long":            {[]time.Duration{time.Minute, 0}, []time.Duration{time.Minute}, false, true},
		"who looks back shorter":            {[]time.Duration{5 * time.Minute}, []time.Duration{-1, time.Minute}, false, true},
		"who looks back longer":             {[]time.Duration{time.Minute}, []time.Duration{0, 5 * time.Minute}, false, false},
		"nobody at first":                   {nil, []time.Duration{0}, false, false},
		"nobody any more":                   {[]time.Duration{0}, nil, false, true},
		"one besides that wants everything": {[]time.Duration{0}, []time.Duration{0}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			db, clock := &reads{Memory: new(storetest.Memory)}, enginetest.NewClock(time.Time{})
			open := func(backs []time.Duration, more ...engine.Observer) (*engine.Engine, []*watcher) {
				var watchers []*watcher
				for i, back := range backs {
					w := newWatcher()
					watchers = append(watchers, w)
					if more = append(more, briefWatcher{w, back}); i > 0 {
						more[len(more)-1] = noTracer{briefWatcher{w, back}}
					}
				}
				handlers := tasks(map[string]engine.HandlerFunc{"count": count(map[int]int{})})
				return start(t, engine.Config{Resolver: handlers, Store: keptOpen{db}, Clock: clock, Observers: more}), watchers
			}
			e, _ := open(c.first)
			x := run(t, e, goingRound(t), counted{0, 60}, engine.Machine("m"), engine.Named("x"))
			for range 40 {
				clock.Advance(time.Minute)
			}
			require.NoError(t, e.Close())
			db.ends, db.whole = 0, 0

			var more []engine.Observer
			if c.whole {
				more = append(more, idle{})
			}
			e, watchers := open(c.then, more...)
			clock.Advance(time.Minute)
			read := db.ends + db.whole
			if c.short {
				assert.Less(t, read, 130)
			} else {
				assert.Greater(t, read, 300)
			}
			for _, w := range watchers {
				assert.Equal(t, c.short, w.abridged(t, e, x.ARN()) > 200)
			}
			for range 30 {
				clock.Advance(time.Minute)
				for _, w := range watchers {
					w.abridged(t, e, x.ARN())
				}
			}
			d, err := e.DescribeExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			require.Equal(t, engine.StatusSucceeded, d.Status)
			for _, w := range watchers {
				assert.Equal(t, !c.whole, w.abridged(t, e, x.ARN()) > 400)
			}
		})
	}
}

// noTracer is an Observer that is Brief, and no Tracer.
type noTracer struct{ b briefWatcher }

func (n noTracer) Follow(x engine.Observed) engine.Follower { return n.b.Follow(x) }
func (n noTracer) Lookback() time.Duration                  { return n.b.back }

// ended is a store that knows the ends of the logs of another one.
type ended struct {
	store.Store
	ends store.Tailer
}

func (s ended) Tail(ctx context.Context, arn string, first func([]byte) bool) ([][]byte, int, error) {
	if _, err := s.Log(ctx, arn); err != nil {
		return nil, 0, err // it fails
	}
	return s.ends.Tail(ctx, arn, first)
}

// TestBriefObserversAcrossCrashes: with a snapshot in every write, whichever write a crash hits, the
// next engine's Observer is given and told the start and the end of the history, which is the same as
// without a crash, and nothing twice.
func TestBriefObserversAcrossCrashes(t *testing.T) {
	engine.SnapshotEvery(t, 1)
	missing := 0
	for _, c := range durableCases {
		m := machine(t, c.definition)
		_, calm := undisturbed(t, m, c.input)
		for k := range int(calm.store.writes.Load()) {
			for _, after := range []bool{false, true} {
				w := newWorld(t)
				w.tails = true
				w.observers = []engine.Observer{briefWatcher{newWatcher(), 0}}
				w.crash(k, after, m, c.input)
				next := newWatcher()
				w.observers = []engine.Observer{briefWatcher{next, 0}}
				e, err := w.open(w.store)
				require.NoError(t, err)
				require.NoError(t, w.play(as(t, "me"), e, m, c.input))
				if len(next.followed) > 0 { // else it had ended before the crash
					missing += next.abridged(t, e, arnOfX, c.name, k, after)
				}
				require.NoError(t, e.Close())
			}
		}
	}
	assert.Positive(t, missing)
}

// TestBriefObserversWhileTheStoreFails: an Observer that was given the end of a history is told once
// what a failed write has stored all the same.
func TestBriefObserversWhileTheStoreFails(t *testing.T) {
	engine.SnapshotEvery(t, 40)
	for k := range 4 {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(k, after), func(t *testing.T) {
				db := keptOpen{&reads{Memory: new(storetest.Memory)}}
				broken := &faulty{Store: db, after: after}
				watcher := newWatcher()
				e, clock := startVirtual(t, engine.Config{Store: ended{broken, db}, Observers: []engine.Observer{briefWatcher{watcher, 0}},
					Resolver: tasks(map[string]engine.HandlerFunc{"count": count(map[int]int{})})})
				x := run(t, e, goingRound(t), counted{0, 60}, engine.Machine("m"), engine.Named("x"))
				for range 20 {
					clock.Advance(time.Minute)
				}
				before := watcher.abridged(t, e, x.ARN())
				require.Positive(t, before)
				broken.fail(k, 2)
				for range 5 {
					clock.Advance(time.Minute)
					watcher.abridged(t, e, x.ARN())
				}
				broken.mu.Lock()
				assert.Zero(t, broken.calls, "it has failed")
				broken.mu.Unlock()
				for range 60 {
					clock.Advance(time.Minute)
				}
				assert.Equal(t, `{"n":60,"most":60}`, output(t, x))
				watcher.abridged(t, e, x.ARN())
				ended := watcher.events[x.ARN()]
				assert.True(t, slices.ContainsFunc(ended, func(e states.Event) bool { return e.Type == states.ExecutionSucceeded }))
			})
		}
	}
}
