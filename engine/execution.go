package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/engine/internal/packed"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// An Execution is one run of a state machine. It is safe for use by any number
// of goroutines.
type Execution struct {
	engine   *Engine
	archive  archive
	identity Identity
	parent   states.Parent
	testCase string // of Config.Mocks; empty for none
	machine  *asl.StateMachine
	facts    *machineFacts
	express  bool
	logging  LogOptions
	terms    string // Target.Terms
	text     string // of the input, where it is another one than the value's own
	trace    string
	// events is set when somebody wants the events: the history or a log.
	events bool
	// unanswered is why the store could not tell, in the step under way, whether there is
	// an activity.
	unanswered error
	input      any
	startDate  time.Time
	key        store.Key // of the ARN, once keyOfARN was called
	number     uint64    // among the engine's Standard executions, in the order they started
	// ctx gives handlers the values of the context that they run in; nil stands for one
	// without any. It never ends and never changes.
	ctx context.Context

	mu          sync.Mutex          // by lock and unlock
	notes       []func()            // to be done when it is unlocked
	noting      bool                // a goroutine does them
	interpreter *states.Interpreter // nil when the execution no longer runs
	now         time.Time           // of the last step
	calls       []*call             // tasks that are not over
	limit       timers.Timer        // of the whole execution
	timers      []*timers.Timer     // the others
	runs        []openRun           // Map Runs that are not over
	history     []states.Event      // hidden ones, too; see past
	writing     *packed.Writer      // has the history in place of that while the execution runs, if it is packed
	packed      *packed.History     // has it when the execution has ended
	changes     [][]byte            // StatusChanges as JSON, for sendChanges
	watch       *watch              // nil until Config.Observers are told something, and when it leaves memory
	end         *states.Finish
	where       where // it ended, if it has no history here
	stopDate    time.Time
	redrives    int           // so far
	more        bool          // the interpreter can go on without an input
	continuing  bool          // a goroutine sees to it
	gone        error         // why it does not go on here, though it has not ended
	done        chan struct{} // closed at the end; nil until somebody waits
	waiters     int
	parked      []*call // have handlers go on that wait on a virtual clock, and count as no waiters

	first struct { // room for the first of calls and timers
		call  [1]*call
		timer [1]*timers.Timer
	}

	*durable // nil for an execution that is in memory alone

	links [listKinds]links
}

// A durable is what an execution has besides when a store keeps it.
type durable struct {
	in       *storeArchive
	program  *program
	starting bool           // it is new, and nobody knows yet whether its ARN is
	length   int            // lines of its log in the store
	snapshot int            // lines up to its last snapshot there
	partial  bool           // the history has the start and its end alone, from a snapshot on or from before
	needed   states.EventID // from which on Observers that are Brief need the history; 0 for all
	due      time.Time      // as the store was told last; zero when that is not known, too
	slept    bool           // at least once
	unsaved  []states.Event // that go to the store with the next that must
	pending  []arrival      // answers that the store did not take
	reopens  bool           // the next lines take up an execution again that had ended
	ailing   bool           // waits for the store to work again; guarded by repairs.mu
	ailment  error          // of the store, when it last left the execution to be restored
}

// ARN returns the execution's ARN.
func (x *Execution) ARN() string { return x.identity.ARN }

// Name returns the execution's name.
func (x *Execution) Name() string { return x.identity.Name }

// StartDate returns when the execution started, in the time of the engine's clock.
func (x *Execution) StartDate() time.Time {
	x.lock()
	defer x.unlock()
	return x.startDate
}

// Identity returns all that the execution is called.
func (x *Execution) Identity() Identity { return x.identity }

// Wait returns the result of the execution, as soon as it has ended. When the
// execution did not succeed the error is an [*ExecutionError]; when ctx ends first
// it is ctx's, and the execution goes on; when the engine closes first it is
// [ErrClosed]. With a store it may also be a [*StoreError] of [ErrConflict], when the
// execution is another owner's now.
func (x *Execution) Wait(ctx context.Context) (*Result, error) {
	if c := x.parker(ctx); c != nil {
		if err := x.waitParked(ctx, c); err != nil {
			return nil, err
		}
	} else if done := x.ended(); done != nil {
		x.engine.waiting(1)
		select {
		case <-done:
		case <-x.engine.drain:
			if err := x.waitWhileDraining(ctx, done); err != nil {
				x.unwait() // a sleeping execution has nobody else to say so
				return nil, err
			}
		case <-ctx.Done():
			x.unwait()
			return nil, ctx.Err()
		}
	}
	x.lock()
	defer x.unlock()
	switch {
	case x.end == nil:
		return nil, cmp.Or(x.gone, ErrClosed)
	case x.end.Status != states.StatusSucceeded:
		return nil, x.failure(x.end)
	}
	return &Result{output: x.end.Output}, nil
}

// whyGone returns why an execution that has not ended goes on no longer; ErrClosed unless something
// else is known.
func (x *Execution) whyGone() error {
	x.lock()
	defer x.unlock()
	return cmp.Or(x.gone, ErrClosed)
}

// waitWhileDraining waits for what is closed when the execution ends, as far as it still
// makes sense.
func (x *Execution) waitWhileDraining(ctx context.Context, done <-chan struct{}) error {
	e := x.engine
	if e.refuses(ctx) {
		return ErrClosed
	}
	select {
	case <-done:
		return nil
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failure returns the error for an end without success.
func (x *Execution) failure(end *states.Finish) error {
	w := x.where
	if w == (where{}) {
		if w = whereEnded(x.past()); w.State == "" {
			if history, err := x.wholeHistory(); err == nil {
				w = whereEnded(history)
			}
		}
	}
	return &ExecutionError{
		ARN: x.identity.ARN, Status: end.Status, Name: end.Failure.Error, Cause: end.Failure.Cause,
		State: w.State, Event: w.Event, Attempt: w.Attempt, Duration: x.stopDate.Sub(x.startDate), doing: w.doing,
	}
}

// ended returns what is closed when the execution ends; nil when it has. It counts
// the caller as one who waits.
func (x *Execution) ended() <-chan struct{} {
	x.lock()
	defer x.unlock()
	if x.end != nil || x.gone != nil {
		return nil
	}
	if x.done == nil {
		x.done = make(chan struct{})
	}
	x.waiters++
	return x.done
}

// unwait is for one who gives up waiting.
func (x *Execution) unwait() {
	x.lock()
	defer x.unlock()
	if x.waiters > 0 {
		x.waiters--
		x.engine.waiting(-1)
	}
}

// A Result is what a successful execution came to. It is safe for use by any
// number of goroutines.
type Result struct {
	output any
}

// Output returns the output as JSON text, which is the caller's to change.
func (r *Result) Output() json.RawMessage { return value.Append(nil, r.output) }

// Decode stores the output in the Go variable that into points to, as
// json.Unmarshal stores its text.
func (r *Result) Decode(into any) error { return convert.Into(r.output, into) }

// Execution returns the execution of an ARN, to wait for it: one that was started
// before the engine was, too. It returns [ErrExecutionDoesNotExist] for one that
// the engine doesn't know, [ErrInvalidARN], [ErrTypeNotSupported] for an Express
// execution, and a [*StoreError].
func (e *Engine) Execution(ctx context.Context, arn string) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	return e.find(arn)
}

// find returns a kept Standard execution by its ARN.
func (e *Engine) find(arn string) (*Execution, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	return e.archive.find(arn)
}

func errDoesNotExist(arn string) error {
	return fmt.Errorf("%w: Execution Does Not Exist: '%s'", ErrExecutionDoesNotExist, arn)
}
