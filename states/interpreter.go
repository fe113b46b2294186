package states

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// ErrStale is returned for an input that answers a command which is no longer
// open: its task was cancelled, timed out, or answered already. It is normal;
// drop the input.
var ErrStale = errors.New("states: the input answers no open command")

// ErrNotStarted is returned when the first input is not [Started].
var ErrNotStarted = errors.New("states: the execution has not started")

// ErrStarted is returned for a second [Started].
var ErrStarted = errors.New("states: the execution has started already")

var errNoInput = errors.New("states: the input is nil")

// Options adjust an interpreter. The zero value has AWS's limits. An execution
// must be restored with the options it ran with.
type Options struct {
	// WithoutEvents leaves Effects.Events empty, for executions whose history
	// nobody wants. They can't be restored.
	WithoutEvents bool
	// MaxEvents bounds the history; the last event of a full one is
	// ExecutionFailed. What the machine has completed and can undo is undone beyond
	// the bound. Default 25,000; negative means no bound.
	MaxEvents int
	// MaxPayload bounds each input, result and output, in bytes of UTF-8 JSON.
	// Default 262,144; negative means no bound.
	MaxPayload int
	// MaxVariables bounds all of an execution's variables together, in bytes.
	// One variable, and one Assign, are bounded by MaxPayload. Default
	// 10,485,760; negative means no bound.
	MaxVariables int
	// MapConcurrency is how many iterations of one Map state run at a time when
	// its MaxConcurrency is absent or 0. Default 40.
	MapConcurrency int
	// MaxDuration bounds the whole execution, besides the machine's own
	// TimeoutSeconds. 0 means no bound.
	MaxDuration time.Duration
	// HasActivity reports whether there is an activity of an ARN. A task of one that there is
	// not fails the execution, as on AWS, before it is scheduled. Step calls HasActivity for
	// each task of an activity; the history has the answer, and Restore does not ask. nil
	// stands for every activity.
	HasActivity func(arn string) bool `json:"-"`
}

// AWS's limits, which the zero Options stand for.
const (
	defaultMaxEvents      = 25_000
	defaultMaxPayload     = 262_144
	defaultMaxVariables   = 10 << 20
	defaultMapConcurrency = 40
)

func (o Options) withDefaults() Options {
	o.MaxEvents = cmp.Or(o.MaxEvents, defaultMaxEvents)
	o.MaxPayload = cmp.Or(o.MaxPayload, defaultMaxPayload)
	o.MaxVariables = cmp.Or(o.MaxVariables, defaultMaxVariables)
	o.MapConcurrency = cmp.Or(o.MapConcurrency, defaultMapConcurrency)
	return o
}

// An Interpreter is one execution of a state machine. It must not be used by two
// goroutines at a time.
type Interpreter struct {
	machine *asl.StateMachine
	options Options

	execution *Execution // nil before the start; that of the event, which never changes
	unshared  *Execution // memory for one that no event and no command has
	seed      Seed
	input     any
	startedAt time.Time
	now       time.Time

	countedFrom time.Time // the start, or the last redrive: timeouts count from here
	result      *Finish

	// main walks the machine's own graph; the threads of branches and iterations
	// hang below it.
	main thread
	// ready are the threads that can go on, in the order they became so.
	ready []*thread
	// open are the threads that wait for a command's answer.
	open openThreads

	last   EventID // of the event recorded last
	fullAt EventID // what the event followed that found no room

	// The small ones stand together: with one more word an interpreter takes up an
	// eighth more memory.
	restored    bool  // from its history
	full        bool  // the history has no room but for its end
	compensates bool  // the machine has states that can be undone
	ending      bool  // all that is left is to undo them
	again       bool  // handlers that were at work when the end began are called once more
	redrives    int32 // how many there were
	credit      int32 // states that the Step may still enter

	// about holds the parts of the Context Object that never change, once they were asked for.
	about     *[2]value.Member
	variables int // bytes that all variables take together

	trial *Trial // that the interpreter belongs to, nil for none

	events   []Event
	commands []Command

	observer func(Part) // nil for nobody
}

// New returns an execution that has not started: give it a [Started].
func New(machine *asl.StateMachine, options Options) *Interpreter {
	x := new(Interpreter)
	x.Reset(machine, options)
	return x
}

// Reset makes an execution that has not started of any other, as New does, in its memory. What
// steps have returned stays as it is.
func (x *Interpreter) Reset(machine *asl.StateMachine, options Options) {
	clear(x.ready[:cap(x.ready)])
	*x = Interpreter{
		machine: machine, options: options.withDefaults(), compensates: machine.Compensates(),
		ready: x.ready[:0], unshared: x.unshared,
	}
	x.main.x = x
}

// Status returns how the execution stands. It is empty before [Started].
func (x *Interpreter) Status() Status {
	switch {
	case x.result != nil:
		return x.result.Status
	case x.main.graph == nil:
		return ""
	}
	return StatusRunning
}

// StartEvent returns the event that the execution began with, with all of its details, also when the
// history before a snapshot is not at hand; the zero Event before [Started].
func (x *Interpreter) StartEvent() Event {
	if x.execution == nil {
		return Event{}
	}
	e := x.execution
	return Event{ID: 1, At: x.startedAt, Type: ExecutionStarted, Details: &StartedDetails{
		Input: x.input, RoleARN: e.RoleARN, Execution: *e, Seed: x.seed,
		StateMachineVersionARN: e.StateMachineVersionARN, StateMachineAliasARN: e.StateMachineAliasARN,
	}}
}

// Result returns how the execution ended, nil while it runs.
func (x *Interpreter) Result() *Finish { return x.result }

// Step takes inputs that happened together and returns what they cause. Most
// steps take one; timers that are due at the same moment belong into one step.
//
// A workflow that fails is no error: it is a Finish command. An error means that
// no input was usable and that the execution is as it was: [ErrStale] when every
// input was stale (a stale one among others is dropped), [ErrNotStarted] or
// [ErrStarted] when it is not the turn of a [Started].
func (x *Interpreter) Step(inputs ...Input) (Effects, error) {
	effects, err := x.StepInto(Effects{Events: x.events, Commands: x.commands}, inputs...)
	x.events, x.commands = effects.Events, effects.Commands
	return effects, err
}

// StepInto is Step with memory of the caller's: it returns its Effects in the slices of
// others, whose contents are lost. The interpreter keeps neither, so few slices serve many
// interpreters. After an error the Effects are empty, in the same slices.
func (x *Interpreter) StepInto(room Effects, inputs ...Input) (Effects, error) {
	x.events, x.commands = room.Events[:0], room.Commands[:0]
	more, err := x.step(inputs)
	effects := Effects{Events: x.events, Commands: x.commands, More: more}
	x.events, x.commands = nil, nil
	return effects, err
}

// step takes the inputs, and reports whether the execution can go on by itself.
func (x *Interpreter) step(inputs []Input) (more bool, err error) {
	if len(inputs) > 0 || len(x.ready) == 0 {
		err = ErrStale
	}
	for _, in := range inputs {
		if e := x.take(in); e == nil {
			err = nil
		} else if err != nil {
			err = e
		}
	}
	if err != nil {
		return false, err
	}
	x.settle()
	return x.result == nil && len(x.ready) > 0, nil
}

// take records what an input says happened, and readies the thread it concerns.
// Nothing is decided yet, so inputs of one step don't see each other's effects.
func (x *Interpreter) take(in Input) error {
	switch in := in.(type) {
	case Started:
		return x.start(in)
	case Redriven:
		return x.redrive(in)
	case Stopped:
		if err := x.running(); err != nil {
			return err
		}
		if m := &x.main; m.phase == undoing && m.saga.status == StatusAborted && m.fault.Failure == in.Failure {
			return ErrStale // the same stop again, by somebody who did not hear of its success
		}
		if x.endsAnyway() {
			return ErrStale
		}
		x.now = in.At
		if h := x.lastHandler(); h != nil {
			x.compensationFailed(h, in.Failure)
		} else {
			x.endFromOutside(StatusAborted, in.Failure)
		}
		return nil
	case TimerFired:
		return x.timerFired(in)
	case *TaskBegan:
		return x.answer(in.Task, in.At, *in)
	case *TaskReturned:
		return x.answer(in.Task, in.At, *in)
	case TaskBegan:
		return x.answer(in.Task, in.At, in)
	case TaskAcknowledged:
		return x.answer(in.Task, in.At, in)
	case TaskReturned:
		return x.answer(in.Task, in.At, in)
	case TaskErred:
		return x.answer(in.Task, in.At, in)
	case TaskExpired:
		return x.answer(in.Task, in.At, in)
	case MapRunReturned:
		return x.answerRun(in.Run, in.At, func(t *thread) { t.runReturned(in.Output) })
	case MapRunErred:
		return x.answerRun(in.Run, in.At, func(t *thread) { t.runErred(in.Failure) })
	}
	return errNoInput
}

// running reports why the execution can take no answer, if it can't.
func (x *Interpreter) running() error {
	switch x.Status() {
	case StatusRunning:
		return nil
	case "":
		return ErrNotStarted
	}
	return ErrStale
}

// endsAnyway reports whether an earlier input of the same Step ends the execution, when all is undone
// that was completed: it was stopped, has run out of time or has filled its history.
func (x *Interpreter) endsAnyway() bool {
	m := &x.main
	return x.full || m.phase == undoing && m.saga.extent == UndoExecution && len(m.saga.handlers) == 0
}

func (x *Interpreter) start(in Started) error {
	if x.Status() != "" {
		return ErrStarted
	}
	x.now, x.startedAt, x.countedFrom = in.At, in.At, in.At
	x.input, x.seed = in.Input, in.Seed
	x.last = 1
	if x.options.WithoutEvents {
		if x.unshared == nil {
			x.unshared = new(Execution)
		}
		*x.unshared = in.Execution
		x.execution = x.unshared
	} else {
		details := &StartedDetails{
			Input: in.Input, RoleARN: in.Execution.RoleARN, Execution: in.Execution, Seed: in.Seed,
			StateMachineVersionARN: in.Execution.StateMachineVersionARN, StateMachineAliasARN: in.Execution.StateMachineAliasARN,
		}
		x.execution = &details.Execution
		x.events = append(slices.Grow(x.events, 16), Event{ID: 1, At: x.now, Type: ExecutionStarted, Details: details})
	}
	if due := x.timeout(); !due.IsZero() {
		x.commands = append(x.commands, &StartTimer{ID: 1, Due: due})
	}
	x.main.graph = x.machine.Graph
	x.main.enter(x.machine.Start(), in.Input)
	x.ready = append(x.ready, &x.main)
	return nil
}

// timeout returns when the whole execution's time runs out, zero for never.
func (x *Interpreter) timeout() time.Time {
	var due time.Time
	if n := x.machine.TimeoutSeconds; n > 0 {
		due = x.countedFrom.Add(seconds(n))
	}
	if d := x.options.MaxDuration; d > 0 {
		if limit := x.countedFrom.Add(d); due.IsZero() || limit.Before(due) {
			due = limit
		}
	}
	return due
}

// timedOutByItself reports whether it is the machine's own TimeoutSeconds that is over.
func (x *Interpreter) timedOutByItself() bool {
	n := x.machine.TimeoutSeconds
	return n > 0 && !x.countedFrom.Add(seconds(n)).After(x.timeout())
}

func (x *Interpreter) timerFired(in TimerFired) error {
	if err := x.running(); err != nil {
		return err
	}
	if in.Timer == 1 && !x.timeout().IsZero() {
		if x.ending || x.full {
			return ErrStale // it is about to end
		}
		x.now = in.At
		if x.observer != nil && x.timedOutByItself() {
			x.observer(Part{Kind: PartMachineTimeout})
		}
		x.endFromOutside(StatusTimedOut, Failure{})
		return nil
	}
	t := x.open.of(in.Timer)
	if t == nil || t.task != nil || t.fork != nil {
		return ErrStale
	}
	x.now = in.At
	x.open.remove(t)
	t.timerFired()
	x.ready = append(x.ready, t)
	return nil
}

// answer hands an input to the thread that waits for a task.
func (x *Interpreter) answer(task EventID, at time.Time, in Input) error {
	if err := x.running(); err != nil {
		return err
	}
	t := x.open.of(task)
	if t == nil || t.task == nil {
		return ErrStale
	}
	x.now = at
	switch in := in.(type) {
	case TaskBegan:
		t.taskBegan(in.Worker)
	case TaskAcknowledged:
		t.taskAcknowledged(in.Output)
	case TaskReturned:
		t.taskReturned(in.Output)
	case TaskErred:
		t.taskErred(in.Failure, in.Stage, in.Final)
	case TaskExpired:
		t.taskExpired(in.Heartbeat)
	}
	if t.phase != waiting || x.full {
		x.open.remove(t)
		x.ready = append(x.ready, t)
	}
	return nil
}

// answerRun hands an answer to the thread that waits for a Map Run.
func (x *Interpreter) answerRun(run EventID, at time.Time, answer func(*thread)) error {
	if err := x.running(); err != nil {
		return err
	}
	t := x.open.of(run)
	if t == nil || t.fork == nil {
		return ErrStale
	}
	x.now = at
	answer(t)
	x.open.remove(t)
	x.ready = append(x.ready, t)
	return nil
}

// stride is how many states one Step enters before it gives the driver a chance
// to look at the clock. A history with AWS's limit never comes to it.
const stride = 50_000

// settle lets every thread that can go on do so, until all wait, the execution has
// ended or the Step has gone on for long enough.
func (x *Interpreter) settle() {
	x.credit = stride
	x.runReady()
	if !x.full {
		return
	}
	failure := Fail(errRuntime, fmt.Sprintf("The execution reached the maximum number of history events (%d).", x.options.MaxEvents))
	if x.unwind(StatusFailed, failure) {
		x.runReady()
		return
	}
	// Reported as measured on AWS: the failure takes the last place that the limit
	// allows.
	x.finishFromOutside(x.fullAt, StatusFailed, failure)
}

func (x *Interpreter) runReady() {
	rest := 0
	for i := 0; i < len(x.ready) && x.result == nil && !x.full; i++ {
		t := x.ready[i]
		if t.phase == dead {
			continue
		}
		if t.state == nil {
			t.enter(t.graph.Start(), t.input)
		}
		if t.run(); t.phase < waiting && x.result == nil {
			x.ready[rest] = t
			rest++
		}
	}
	clear(x.ready[rest:])
	x.ready = x.ready[:rest]
}

// wait opens a command for a thread.
func (x *Interpreter) wait(t *thread, id EventID) {
	t.command = id
	t.phase = waiting
	x.open.add(t)
}

// record adds an event to the history and returns its id. The last place in a
// full history belongs to the execution's failure, so there record does nothing.
func (x *Interpreter) record(previous EventID, kind EventType, details Details) EventID {
	if x.noRoom(previous) {
		return x.last
	}
	x.last++
	if !x.options.WithoutEvents {
		x.events = append(x.events, Event{ID: x.last, PreviousID: previous, At: x.now, Type: kind, Details: details})
	}
	return x.last
}

// noRoom reports whether the history is full for an event that would follow another.
func (x *Interpreter) noRoom(previous EventID) bool {
	if x.last+1 < EventID(x.options.MaxEvents) || x.options.MaxEvents <= 0 || x.ending {
		return false
	}
	x.full, x.fullAt = true, previous
	return true
}

// finish ends the execution.
func (x *Interpreter) finish(previous EventID, end Finish, kind EventType) {
	if x.result != nil {
		return
	}
	x.result = &end
	x.open = openThreads{}
	x.last++
	if !x.options.WithoutEvents {
		var details Details = &FailureDetails{Failure: end.Failure}
		switch end.Status {
		case StatusSucceeded:
			details = &OutputDetails{Output: end.Output}
		case StatusTimedOut:
			details = &FailureDetails{Failure: timedOut}
		}
		x.events = append(x.events, Event{ID: x.last, PreviousID: previous, At: x.now, Type: kind, Details: details})
	}
	x.commands = append(x.commands, x.result)
}

// seconds converts a number of seconds; one beyond what a Duration holds, some 292
// years, becomes the longest.
func seconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Second))) * time.Second
}
