package states_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// TestRandomCompensation runs random machines whose states can be undone, and checks
// at every end that what was completed was undone, and nothing else.
func TestRandomCompensation(t *testing.T) {
	n := uint64(200)
	if testing.Short() {
		n = 40
	}
	undone := 0
	for seed := range n {
		undone += runCompensation(t, seed)
		runCompensation(t, withMapRuns+seed)
		runCompensation(t, widened+seed)
	}
	require.Greater(t, undone, int(n/2), "hardly anything was undone")
}

// FuzzCompensation does the same from whatever seed comes.
func FuzzCompensation(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
		f.Add(widened + seed)
	}
	// Histories that are full at moments of all kinds.
	f.Add(uint64(10_020))
	f.Add(uint64(10_084))
	// A history is full when a state is entered, and does not have its entry.
	f.Add(uint64(10_102))
	f.Add(uint64(withMapRuns + 6_313))
	// A branch fails in the moment in which the handler of another one ends.
	f.Add(uint64(70_691))
	// What was undone for a failure that nothing can catch is redriven, and another state fails then.
	f.Add(uint64(withMapRuns + 101_008_286))
	// An expression in JSONata fails: the output of a state whose children have ended, an item while
	// a handler is at work below, and what a Catcher makes.
	f.Add(uint64(widened + 837))
	f.Add(uint64(widened + 923))
	f.Add(uint64(widened + 2_295))
	f.Add(uint64(widened + 1_355))
	// A branch has ended when the history is full, and the variables that it had are gone.
	f.Add(uint64(widened + 1_001_473))
	// A stop comes together with the end of the time, with an answer for which the history has no
	// room, and after a redrive when the variables are near their limit.
	f.Add(uint64(widened + 1_012_292))
	f.Add(uint64(widened + 1_007_393))
	f.Add(uint64(widened + 1_013_365))
	f.Fuzz(func(t *testing.T, seed uint64) { runCompensation(t, seed) })
}

// runCompensation runs one execution and returns how many states were undone.
func runCompensation(t *testing.T, seed uint64) int {
	r := newRun(t, seed, true)
	var l *ledger
	r.atEnd = func() { l = r.audit() }
	r.run()
	if l == nil {
		return 0
	}
	return l.undone
}

// A completion is a state that was left by success and can be undone.
type completion struct {
	state         string
	exited        states.EventID
	input, output any
	undone        bool
}

// A ledger follows a history and knows nothing of how it came about.
type ledger struct {
	r           *run
	events      map[states.EventID]*states.Event
	completions []*completion
	handling    map[states.EventID]*completion    // by the entry into the handler
	latest      map[states.EventID]states.EventID // by CompensationStarted: what was undone last
	open        map[string]int                    // states that were entered, by type
	undone      int
}

// audit checks a whole history.
func (r *run) audit() *ledger {
	l := &ledger{r: r, events: map[states.EventID]*states.Event{}, handling: map[states.EventID]*completion{}, latest: map[states.EventID]states.EventID{}, open: map[string]int{}}
	for i := range r.history {
		e := &r.history[i]
		if e.Hidden() {
			continue
		}
		l.events[e.ID] = e
		l.follow(e)
	}
	left := 0
	for _, c := range l.completions {
		if !c.undone {
			left++
		}
	}
	end := r.it.Result()
	switch {
	case end.Failure.Error == "States.CompensationFailed":
		l.require(left > 0, "a compensation failed and nothing is left of it")
		l.require(left == len(l.remaining()), "%d are left, the history says %v", left, l.remaining())
	case r.execution.StopsWithoutCompensation && (end.Status == states.StatusAborted || end.Status == states.StatusTimedOut):
	case end.Status != states.StatusSucceeded:
		l.require(left == 0, "%d completed states were not undone", left)
	}
	return l
}

func (l *ledger) require(holds bool, format string, args ...any) {
	if !holds {
		l.r.print()
		require.Failf(l.r.t, "compensation", "seed %d: "+format+"\n%s", append(append([]any{l.r.seed}, args...), l.r.definition)...)
	}
}

func (l *ledger) follow(e *states.Event) {
	switch d := e.Details.(type) {
	case *states.ExitedDetails:
		s := l.r.machine.Find(d.Name)
		entered := l.entry(e)
		if asl.IsHandler(s) {
			c := l.handling[entered.ID]
			l.require(!c.undone, "%s after event %d was undone twice", c.state, c.exited)
			c.undone = true
			l.undone++
		} else if asl.Handler(s) != nil && l.succeeded(s, e) {
			l.completions = append(l.completions, &completion{state: d.Name, exited: e.ID,
				input: entered.Details.(*states.EnteredDetails).Input, output: d.Output})
		}
	case *states.EnteredDetails:
		if asl.IsHandler(l.r.machine.Find(d.Name)) {
			l.handles(e, d)
		}
	}
	l.count(e)
	if e.Type == states.ParallelStateFailed || e.Type == states.MapStateFailed {
		l.failedWhole(e)
	}
}

// count checks that no more states of a type are left or aborted than were entered.
func (l *ledger) count(e *states.Event) {
	kind, isEntry := strings.CutSuffix(string(e.Type), "StateEntered")
	kind, isExit := strings.CutSuffix(kind, "StateExited")
	kind, isAbort := strings.CutSuffix(kind, "StateAborted")
	switch {
	case isEntry:
		l.open[kind]++
	case isExit, isAbort:
		l.open[kind]--
		l.require(l.open[kind] >= 0, "event %d, %s, of a state that nothing entered", e.ID, e.Type)
	case e.Type == states.ExecutionRedriven: // enters aborted states again, and says nothing of it
		l.open = map[string]int{"Task": 1000, "Wait": 1000, "Parallel": 1000, "Map": 1000, "Pass": 1000, "Choice": 1000, "Succeed": 1000}
	}
}

// handles checks that a handler is given the completed state whose turn it is: of
// those with its name, input and output the newest that is left, and in one
// compensation one older than the one before.
func (l *ledger) handles(e *states.Event, d *states.EnteredDetails) {
	given := d.Input.(*value.Object)
	input, _ := given.Get("Input")
	output, _ := given.Get("Output")
	var found *completion
	for _, c := range slices.Backward(l.completions) {
		if !c.undone && asl.Handler(l.r.machine.Find(c.state)).Name() == d.Name && value.Equal(c.input, input) && value.Equal(c.output, output) && !l.isHandled(c) {
			found = c
			break
		}
	}
	l.require(found != nil, "event %d undoes what was not completed, or was undone", e.ID)
	start := e
	for start.Type != states.CompensationStarted {
		start = l.events[start.PreviousID]
	}
	last, ok := l.latest[start.ID]
	l.require(!ok || found.exited < last, "event %d undoes %s, completed at %d, after one completed at %d", e.ID, found.state, found.exited, last)
	l.latest[start.ID] = found.exited
	l.handling[e.ID] = found
}

// isHandled reports whether a handler is at work on it. One that was cut off because
// the history was full is not.
func (l *ledger) isHandled(c *completion) bool {
	for _, other := range l.handling {
		if other == c && !l.overflown() {
			return true
		}
	}
	return false
}

func (l *ledger) overflown() bool {
	for _, e := range l.events {
		if d, ok := e.Details.(*states.CompensationDetails); ok && d.Status == states.StatusFailed {
			return true
		}
	}
	return false
}

// failedWhole checks that a Parallel or Map state fails only when nothing is left of
// what its children did.
func (l *ledger) failedWhole(e *states.Event) {
	entered := l.entry(e)
	s := l.r.machine.Find(entered.Details.(*states.EnteredDetails).Name)
	for _, c := range l.completions {
		inside := strings.HasPrefix(l.r.machine.Find(c.state).Pointer(), s.Pointer()+"/")
		l.require(c.undone || !inside || !l.comesFrom(c.exited, entered.ID), "%s failed at event %d before %s was undone", s.Name(), e.ID, c.state)
	}
}

// comesFrom reports whether an event is in the chain that began with another.
func (l *ledger) comesFrom(id, origin states.EventID) bool {
	for id > origin {
		id = l.events[id].PreviousID
	}
	return id == origin
}

// entry returns the event that entered the state which an event leaves or fails.
func (l *ledger) entry(e *states.Event) *states.Event {
	depth := 0
	wanted := ""
	if d, ok := e.Details.(*states.ExitedDetails); ok {
		wanted = d.Name
	}
	kind := states.EventType(strings.TrimSuffix(string(e.Type), "Failed") + "Entered")
	for at := l.events[e.PreviousID]; ; at = l.events[at.PreviousID] {
		d, ok := at.Details.(*states.EnteredDetails)
		if !ok {
			continue
		}
		if wanted == d.Name || wanted == "" && at.Type == kind && l.owns(at, e) && depth >= 0 {
			return at
		}
	}
}

// owns reports whether the state entered at an event is still under way at a later
// one: nothing in between has left it.
func (l *ledger) owns(entered, e *states.Event) bool {
	name := entered.Details.(*states.EnteredDetails).Name
	for at := l.events[e.PreviousID]; at.ID > entered.ID; at = l.events[at.PreviousID] {
		if d, ok := at.Details.(*states.ExitedDetails); ok && d.Name == name {
			return false
		}
	}
	return true
}

// remaining returns what the last CompensationFailed says is left.
func (l *ledger) remaining() []string {
	for _, e := range slices.Backward(l.r.history) {
		if d, ok := e.Details.(*states.CompensationFailedDetails); ok {
			return d.Remaining
		}
	}
	return nil
}

// succeeded reports whether a state that was left had not failed.
func (l *ledger) succeeded(s asl.State, exited *states.Event) bool {
	before := l.events[exited.PreviousID]
	if s.Type() == "Task" {
		return strings.HasSuffix(string(before.Type), "Succeeded") && before.Type != states.CompensationSucceeded
	}
	// The event of a Parallel or Map that succeeded stands beside the chain.
	for id := exited.ID - 1; id > before.ID; id-- {
		if e := l.events[id]; e.Type == states.EventType(s.Type()+"StateSucceeded") && e.PreviousID == before.ID {
			return true
		}
	}
	return false
}
