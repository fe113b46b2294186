package states

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// The error names of the specification's Appendix A that this package raises or
// gives a meaning to.
const (
	errAll                   = "States.ALL"
	errTaskFailed            = "States.TaskFailed"
	errTimeout               = "States.Timeout"
	errHeartbeatTimeout      = "States.HeartbeatTimeout"
	errRuntime               = "States.Runtime"
	errIntrinsicFailure      = "States.IntrinsicFailure"
	errReferencePathConflict = "States.ReferencePathConflict"
	errDataLimitExceeded     = "States.DataLimitExceeded"
	errQueryEvaluation       = "States.QueryEvaluationError"
	errExceedTolerated       = "States.ExceedToleratedFailureThreshold"
)

// A fault is a failure on its way to a Retrier, a Catcher or the end.
type fault struct {
	Failure
	// final faults can't be retried or caught, by whatever name, by any state.
	final bool
	// spent faults are those of a Catcher: the state has no other to turn to, but one
	// around it may have.
	spent bool
	// limit faults are no match for the wildcards.
	limit bool
	// heartbeat faults answer to States.HeartbeatTimeout as well.
	heartbeat bool
}

// framed returns a fault whose cause says, as AWS does, where it came up. Only the
// innermost state adds this frame.
func (t *thread) framed(name, format string, args ...any) *fault {
	return &fault{
		Failure: Fail(name, fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s",
			t.state.Name(), t.enteredID, fmt.Sprintf(format, args...))),
		final: name == errRuntime,
	}
}

// runtime returns a fault that nothing can catch.
func (t *thread) runtime(format string, args ...any) *fault {
	return t.framed(errRuntime, format, args...)
}

// dataLimit is the fault of an input or output that is too large. Documented, not
// measured: unlike a task's result it is no match for States.ALL.
func (t *thread) dataLimit() *fault {
	return &fault{Failure: Fail(errDataLimitExceeded, tooLargeCause(t.state.Name())), limit: true}
}

func tooLargeCause(what string) string {
	return fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what)
}

// evaluationFailed is the fault of a field that could not be evaluated.
//
// A Reference Path that can't be applied, which is a ResultPath or an ItemsPath that finds
// nothing, is quoted from AWS by several people: the error has another name than the
// specification's States.ResultPathMatchFailure, and its cause has no frame. That Retriers
// and Catchers get it is what the specification says; nobody has reported it of AWS.
func (t *thread) evaluationFailed(err error) *fault {
	switch e := err.(type) {
	case *asl.QueryError:
		return t.evaluationFault(e.Field(), "%s", err)
	case *asl.NoArrayError:
		// Measured on AWS with a single state that is tested: there is no frame.
		return &fault{Failure: Fail(errRuntime, err.Error()), final: true}
	case *jsonpath.MatchError:
		return &fault{Failure: Fail(errReferencePathConflict, err.Error())}
	}
	if _, ok := errors.AsType[*jsonpath.IntrinsicError](err); ok {
		return t.framed(errIntrinsicFailure, "%s", err)
	}
	return t.runtime("%s", err)
}

// output returns the Error Output, as Catchers and handlers are given it. Measured on
// AWS: a timeout, which has no cause, gives an empty one, and a failure that was sent
// with neither an error nor a cause gives null for both. That every error without a
// cause is like the timeout is taken to be so; that a cause without an error has a null
// error is a guess.
func (f Failure) output() *value.Object {
	var name, cause any
	if f.HasError {
		name, cause = f.Error, ""
	}
	if f.HasCause {
		cause = f.Cause
	}
	return value.NewObject(value.Member{Key: "Error", Value: name}, value.Member{Key: "Cause", Value: cause})
}

// handle decides what comes of the state's fault: the first Retrier that matches
// tries again while it may, then the first Catcher that matches takes over, else
// the fault goes outward.
// Implements the chapter "Errors".
func (t *thread) handle() {
	f := t.fault
	t.task = nil
	if t.x.endsAtOnce(t.tip, f) {
		t.phase = dead
		return
	}
	if s := t.saga; s != nil {
		if s.undone {
			t.x.threadFailed(t, f)
			return
		}
		if len(s.inner)+len(s.handlers) > 0 {
			t.undo(UndoChildren)
			return
		}
	}
	retriers, catchers := handlers(t.state)
	ours := !f.final && !f.spent
	if ours && t.retry(retriers, f) {
		return
	}
	t.before = t.tip
	hadChildren := t.hadChildren()
	t.forgetChildren()
	if hadChildren || f.Error == errQueryEvaluation && (isParallel(t.state) || isMap(t.state)) {
		// Measured on AWS for the Items of a Map: an expression that fails gets this
		// event even before the state has started its children, other faults don't.
		t.tip = t.x.record(t.tip, forkFailedType(t.state), nil)
		t.fork = nil
	}
	if ours {
		for i := range catchers {
			if f.matches(catchers[i].ErrorEquals) {
				t.used(PartCatcher, i)
				if t.x.trial != nil {
					t.x.trial.outcome.Catcher = i
				}
				t.catch(&catchers[i], f)
				return
			}
		}
	}
	t.x.threadFailed(t, f)
}

// endsAtOnce ends the execution if a fault is one that nothing can catch, and nothing
// has to be undone before. Read off histories of AWS: whatever states are around the
// one that failed, and whatever goes on beside it, leave no further event.
func (x *Interpreter) endsAtOnce(tip EventID, f *fault) bool {
	if !f.final || x.trial != nil || x.compensates && x.canCompensate() {
		return false
	}
	x.finish(tip, Finish{Status: StatusFailed, Failure: f.Failure}, ExecutionFailed)
	return true
}

// hadChildren reports whether the state that failed had started its branches or iterations.
// A fork that compensation has dropped counts, until forgetChildren is called.
func (t *thread) hadChildren() bool { return t.fork != nil || t.saga != nil && t.saga.forked }

// forgetChildren says that what follows from the end of the branches or iterations of a
// failed state is recorded.
func (t *thread) forgetChildren() {
	if t.saga != nil {
		t.saga.forked = false
	}
}

func handlers(s asl.State) ([]asl.Retrier, []asl.Catcher) {
	switch s := s.(type) {
	case *asl.Task:
		return s.Retry, s.Catch
	case *asl.Parallel:
		return s.Retry, s.Catch
	case *asl.Map:
		return s.Retry, s.Catch
	}
	return nil, nil
}

// matches reports whether a Retrier or Catcher with these ErrorEquals is meant.
func (f *fault) matches(names []string) bool {
	for _, name := range names {
		switch name {
		case errAll:
			if !f.limit {
				return true
			}
		case errTaskFailed:
			if !f.limit && f.Error != errTimeout && f.Error != errHeartbeatTimeout {
				return true
			}
		case errHeartbeatTimeout:
			if f.heartbeat || f.HasError && f.Error == name {
				return true
			}
		default:
			if f.HasError && f.Error == name {
				return true
			}
		}
	}
	return false
}

// retry waits for another try, if a Retrier wants one. Only the first that
// matches is asked, and exhausted it does not pass the error to a later one.
func (t *thread) retry(retriers []asl.Retrier, f *fault) bool {
	i := slices.IndexFunc(retriers, func(r asl.Retrier) bool { return f.matches(r.ErrorEquals) })
	if i < 0 {
		return false
	}
	if t.retries == nil {
		t.retries = make([]int, len(retriers))
	}
	again := int64(t.retries[i]) < retriers[i].MaxAttempts
	if tr := t.x.trial; tr != nil {
		tr.tries(t, i, again, t.delay(&retriers[i], t.retries[i]))
		return again
	}
	if !again {
		return false
	}
	t.fork = nil
	if t.saga != nil {
		t.saga.forked = false
	}
	t.used(PartRetrier, i)
	t.pause(i, t.x.now.Add(t.delay(&retriers[i], t.retries[i])))
	if !t.x.options.WithoutEvents {
		t.x.events = append(t.x.events, Event{PreviousID: t.tip, At: t.x.now, Type: RetryScheduled, Details: &RetryDetails{Name: t.state.Name(), Retrier: i}, Due: t.due})
	}
	t.x.commands = append(t.x.commands, &StartTimer{ID: t.tip, Due: t.due})
	return true
}

// pause leaves the thread waiting for a Retrier's delay.
func (t *thread) pause(retrier int, due time.Time) {
	t.retrier, t.due = retrier, due
	t.x.wait(t, t.tip)
}

// delay computes the time before the next try, after so many earlier ones.
// Jitter is drawn after the cap, evenly from all of the delay.
func (t *thread) delay(r *asl.Retrier, earlier int) time.Duration {
	s := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(earlier))
	if r.MaxDelaySeconds > 0 {
		s = min(s, float64(r.MaxDelaySeconds))
	}
	if r.FullJitter {
		t.draw(drawJitter)
		s *= chance.Fraction(t.Random())
	}
	// A year is the longest that an execution lives on AWS; beyond a century the
	// conversion to a Duration would overflow.
	const century = 100 * 365 * 24 * 3600
	return time.Duration(min(s, century) * float64(time.Second))
}

// tryAgain goes back to the beginning of the state. It is not entered anew, so no
// event says so.
func (t *thread) tryAgain() {
	if t.retries == nil {
		retriers, _ := handlers(t.state)
		t.retries = make([]int, len(retriers))
	}
	t.retries[t.retrier]++
	t.retryCount++
	t.retrier = -1
	t.value, t.fault, t.phase = nil, nil, began
	t.queries = queryScope{} // the Context Object tells one try from another
}

// catch goes on at a Catcher's Next. ResultSelector, OutputPath and the state's
// own Assign have no part in this.
func (t *thread) catch(c *asl.Catcher, f *fault) {
	output, assigned, failure := t.caught(c, f.output())
	if failure == nil && t.x.tooLarge(output) {
		failure = t.dataLimit()
	}
	if failure == nil && assigned != nil {
		if t.x.compensates && t.x.noRoom(t.tip) {
			return
		}
		failure = t.assign(assigned)
	}
	if failure != nil {
		failure.spent = true
		t.fail(failure)
		return
	}
	t.exit(output, assigned, c.Next, true)
}

// caught evaluates the fields of a Catcher. Reported as measured on AWS: the event of an
// expression that fails here follows the same one as the state's own Failed event.
func (t *thread) caught(c *asl.Catcher, errorOutput *value.Object) (output any, assigned *value.Object, failure *fault) {
	t.draw(drawCatch)
	t.seeing("errorOutput", errorOutput)
	tip := t.tip
	t.tip = t.before
	output, assigned, failure = t.outcome(errorOutput, &c.Flow)
	if t.tip == t.before {
		t.tip = tip
	}
	return output, assigned, failure
}

func forkFailedType(s asl.State) EventType {
	if _, ok := s.(*asl.Parallel); ok {
		return ParallelStateFailed
	}
	return MapStateFailed
}
