package timers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// epoch is the moment of which the tests' times are seconds.
var epoch = time.Unix(0, 0)

// A world is a heap of timers, and what comes about in it.
type world struct {
	Timers
	did   []string
	armed string // the wake-up that the clock knows; "" for none
}

func newWorld(exact bool) *world {
	w := &world{}
	w.Exact = exact
	w.WakeAt = func(at time.Time, _ func()) func() {
		w.armed = fmt.Sprint(at.Sub(epoch).Seconds())
		return func() { w.armed = "" }
	}
	return w
}

// An owner notes what it is to serve.
type owner struct {
	*world
	name string
	then func() bool
}

func (o *owner) Serve(due []Timer, _ bool) bool {
	served := o.name
	for _, t := range due {
		served += fmt.Sprintf(" %d@%v", t.ID, t.Due.Sub(epoch).Seconds())
	}
	o.did = append(o.did, served)
	return o.then != nil && o.then()
}

func (o *owner) timer(id int64, second float64) *Timer {
	return &Timer{Due: epoch.Add(time.Duration(second * float64(time.Second))), Owner: o, ID: id}
}

// TestOwnersServeTheirTimers: in the order of times, and of starts for the same time; those
// of an owner that have the same time together.
func TestOwnersServeTheirTimers(t *testing.T) {
	type at struct {
		owner  string
		second float64
	}
	for _, c := range []struct {
		name   string
		timers []at
		want   string
	}{
		{"none is due", []at{{"a", 11}}, ""},
		{"one", []at{{"a", 10}}, "a 0@10"},
		{"by time", []at{{"a", 3}, {"b", 1}, {"c", 2}}, "b 1@1, c 2@2, a 0@3"},
		{"by start", []at{{"c", 1}, {"a", 1}, {"b", 1}}, "c 0@1, a 1@1, b 2@1"},
		{"of one owner", []at{{"a", 3}, {"b", 2}, {"a", 1}, {"a", 12}}, "a 2@1, b 1@2, a 0@3"},
		{"together", []at{{"a", 3}, {"b", 2}, {"a", 1}, {"b", 3}, {"a", 3}}, "a 2@1, b 1@2, a 0@3 4@3, b 3@3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, owners := newWorld(false), map[string]*owner{}
			for i, timer := range c.timers {
				o := owners[timer.owner]
				if o == nil {
					o = &owner{world: w, name: timer.owner}
					owners[timer.owner] = o
				}
				w.Start(o.timer(int64(i), timer.second))
			}
			w.Serve(epoch.Add(10*time.Second), true)
			assert.Equal(t, c.want, strings.Join(w.did, ", "))
		})
	}
}

// TestServeGoesOnWhileOwnersSaySo: timers that an owner starts are served by the same
// Serve if the owner says that they are due, and else by the next.
func TestServeGoesOnWhileOwnersSaySo(t *testing.T) {
	for _, again := range []bool{true, false} {
		w := newWorld(false)
		b := &owner{world: w, name: "b"}
		a := &owner{world: w, name: "a", then: func() bool { w.Start(b.timer(2, 1)); return again }}
		w.Start(a.timer(1, 1))
		w.Start((&owner{world: w, name: "c"}).timer(3, 2))
		w.Serve(epoch.Add(10*time.Second), true)
		want := []string{"a 1@1", "c 3@2", "b 2@1"}
		if !again {
			assert.Equal(t, want[:2], w.did)
			w.Serve(epoch.Add(10*time.Second), true)
		}
		assert.Equal(t, want, w.did)
	}
}

// TestTheClockKnowsTheFirstTimer, and none of those that were removed if it must be exact.
func TestTheClockKnowsTheFirstTimer(t *testing.T) {
	for _, c := range []struct {
		name        string
		do          func(w *world, first, second *Timer)
		early, want string // what the clock knows of an inexact and an exact heap
	}{
		{"started", func(*world, *Timer, *Timer) {}, "1", "1"},
		{"canceled", func(w *world, first, _ *Timer) { w.Cancel(first) }, "1", "2"},
		{"one canceled that was never started", func(w *world, _, _ *Timer) { w.Cancel(&Timer{}) }, "1", "1"},
		{"all canceled", func(w *world, first, second *Timer) { w.CancelAll(nil, first, second) }, "1", ""},
		{"canceled twice", func(w *world, first, _ *Timer) { w.Cancel(first); w.Cancel(first) }, "1", "2"},
		{"started again", func(w *world, first, second *Timer) { w.Cancel(first); w.Restart(first, nil, second) }, "1", "1"},
		{"moved back", func(w *world, first, _ *Timer) { w.Move(first, epoch.Add(time.Minute)) }, "1", "2"},
		{"moved forward", func(w *world, _, second *Timer) { w.Move(second, epoch) }, "0", "0"},
		{"served", func(w *world, _, _ *Timer) { w.Serve(epoch.Add(time.Second), true) }, "2", "2"},
		{"closed", func(w *world, first, _ *Timer) { w.Close(); w.Start(first); w.Cancel(first) }, "", ""},
		{"held", func(w *world, _, second *Timer) { w.Hold(); w.Move(second, epoch) }, "1", "1"},
		{"released", func(w *world, _, second *Timer) { w.Hold(); w.Move(second, epoch); w.Release() }, "0", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for exact, want := range map[bool]string{false: c.early, true: c.want} {
				w := newWorld(exact)
				o := &owner{world: w, name: "a"}
				first, second := o.timer(1, 1), o.timer(2, 2)
				w.Start(second)
				w.Start(first)
				c.do(w, first, second)
				assert.Equal(t, want, w.armed, "exact %t", exact)
			}
		})
	}
}

// TestMoveTellsWhetherTheTimerIsThere.
func TestMoveTellsWhetherTheTimerIsThere(t *testing.T) {
	w := newWorld(false)
	timer := (&owner{world: w}).timer(1, 1)
	w.Start(timer)
	assert.True(t, w.Move(timer, epoch))
	w.Serve(epoch, true)
	assert.False(t, w.Move(timer, epoch))
}

// TestDo: a single owner's function is called with what Serve was told.
func TestDo(t *testing.T) {
	w := newWorld(false)
	var orders []bool
	for range 2 {
		w.Start(&Timer{Due: epoch, Owner: Do(func(inOrder bool) bool { orders = append(orders, inOrder); return false })})
	}
	w.Serve(epoch, true)
	w.Serve(epoch, true)
	w.Start(&Timer{Due: epoch, Owner: Do(func(inOrder bool) bool { orders = append(orders, inOrder); return false })})
	w.Serve(epoch, false)
	assert.Equal(t, []bool{true, true, false}, orders)
}
