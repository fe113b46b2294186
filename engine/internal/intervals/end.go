package intervals

import (
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// answer ends an attempt. A nil one, and one that has ended, is left alone.
func (t *Tracker) answer(a *Attempt, end End, sink Sink) {
	if a == nil || t.attempts[a.Scheduled] != a {
		return
	}
	delete(t.attempts, a.Scheduled)
	if v := a.Visit; v != nil {
		v.open = slices.DeleteFunc(v.open, func(b *Attempt) bool { return b == a })
	}
	if sink != nil {
		sink.Answered(a, end)
	}
}

// closeIn ends all that is open in a Parallel or Map state, as far as the scope directly in the
// state is wanted.
func (t *Tracker) closeIn(fork *Visit, wanted func(*scope) bool, at time.Time, sink Sink) {
	for _, v := range slices.Backward(slices.Clone(t.open)) {
		if v.over || fork == nil || !v.within(fork, wanted) {
			continue
		}
		t.close(v, v.cutShort(at), sink)
	}
}

// cutShort returns how a visit ends that has no exit.
func (v *Visit) cutShort(at time.Time) End {
	if v.failed {
		return End{At: at, Outcome: Failed, Failure: v.failure}
	}
	return End{At: at, Outcome: Aborted}
}

// within reports whether a visit lies in that of a fork, in a scope that is wanted. A handler
// that undoes something does not: nothing cuts it off.
func (v *Visit) within(fork *Visit, wanted func(*scope) bool) bool {
	for s := v.scope; s.owner != nil && !s.undo; s = s.owner.scope {
		if s.owner.Entered == fork.Entered {
			return wanted(s)
		}
	}
	return false
}

// undoes reports whether a visit belongs to what undoes something.
func (v *Visit) undoes() bool {
	for s := v.scope; ; s = s.owner.scope {
		if s.undo || s.owner == nil {
			return s.undo
		}
	}
}

// close ends a visit, and the attempts in it. What the visit has failed with the one around it
// has failed with, too. A nil visit, and one that is over, is left alone.
func (t *Tracker) close(v *Visit, end End, sink Sink) {
	if v == nil || v.over {
		return
	}
	for _, a := range slices.Clone(v.open) {
		t.answer(a, End{At: end.At, Outcome: Aborted}, sink)
	}
	v.over, v.cut = true, end.Outcome != Succeeded
	if end.Outcome == Failed {
		v.In.fails(end.Failure)
	}
	t.open = slices.DeleteFunc(t.open, func(o *Visit) bool { return o == v })
	if sink != nil {
		sink.Left(v, end)
	}
}

// finish ends all that is open, because the execution has ended.
func (t *Tracker) finish(e *states.Event, sink Sink) {
	failure := states.Failure{}
	if d, ok := e.Details.(*states.FailureDetails); ok {
		failure = d.Failure
	}
	if v := t.live(t.spots[e.PreviousID].visit); v != nil && !v.failed && e.Type == states.ExecutionFailed {
		v.fails(failure) // without a task that had failed
	}
	for _, v := range slices.Backward(slices.Clone(t.open)) {
		end := v.cutShort(e.At)
		switch {
		case v.failed && v.Type == "Fail" && e.Type == states.ExecutionFailed:
			end.Failure = failure
		case v.failed:
		case e.Type == states.ExecutionTimedOut:
			end.Outcome = TimedOut
		}
		t.close(v, end, sink)
	}
}

// live returns a visit, or what goes on of it after a redrive.
func (t *Tracker) live(v *Visit) *Visit {
	for v != nil && v.again != nil {
		v = v.again
	}
	if v == nil || !v.cut || v.Redrive >= t.redrive {
		return v
	}
	again := *v
	again.Redrive, again.At, again.In = t.redrive, t.since, t.live(v.scope.owner)
	again.over, again.cut, again.failed, again.open, again.attempts = false, false, again.Type == "Fail", nil, 0
	v.again = &again
	t.open = append(t.open, &again)
	return &again
}

// aborted returns the visit that is aborted. Its event follows the failure that it is aborted
// for, and says nothing else: the state which failed comes first; the others are those of that
// type which are under way in the same fork, in the order in which they were entered.
func (t *Tracker) aborted(kind string, before spot) *Visit {
	if v := before.visit; v != nil && v.Type == kind && !v.over {
		return v
	}
	fork := before.scope.owner
	for _, v := range t.open {
		if v.Type == kind && v != fork && !v.undoes() && (fork == nil || v.within(fork, func(*scope) bool { return true })) {
			return v
		}
	}
	return nil
}
