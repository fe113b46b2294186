package temporal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// An execution is the workflow of one execution: it gives the interpreter its inputs and does
// what it wants done. All of it runs on the workflow's own coroutines, of which one runs at a
// time, and no method but run blocks.
type execution struct {
	*driver
	ctx     workflow.Context // which is not canceled with the workflow
	start   *start
	machine *asl.StateMachine
	it      *states.Interpreter
	now     time.Time

	history []states.Event // of this run, and of earlier ones from number dropped on
	dropped int
	earlier []earlierRun

	tasks    map[states.EventID]*task
	timers   map[states.EventID]*timer
	runs     map[states.EventID]*mapRun
	selector workflow.Selector
	inbox    []states.Input // of what has become ready
	wake     workflow.Channel
	more     bool
	finish   *states.Finish
	endedAt  time.Time
	broken   error // the interpreter refuses to go on
	tooLarge bool  // what is open is, for another run; triedAt is the length of the history then
	triedAt  int
	tells    int // signals to other workflows that are under way
}

// A timer is a timer of the interpreter, or of a task's heartbeats.
type timer struct {
	due    time.Time
	cancel workflow.CancelFunc
}

// executionWorkflow runs an execution.
func (d *driver) executionWorkflow(ctx workflow.Context, s start) (*end, error) {
	x := &execution{driver: d, start: &s,
		tasks: make(map[states.EventID]*task), timers: make(map[states.EventID]*timer), runs: make(map[states.EventID]*mapRun)}
	x.ctx, _ = workflow.NewDisconnectedContext(ctx)
	x.selector = workflow.NewSelector(x.ctx)
	x.wake = workflow.NewBufferedChannel(x.ctx, 1)
	if err := x.open(ctx); err != nil {
		return nil, sdk.NewNonRetryableApplicationError(err.Error(), brokenType, err)
	}
	return x.run()
}

// brokenType is the type of the error of a workflow that can't go on, which is a fault of the
// program or of its setup: a definition that is no longer accepted, for one.
const brokenType = "gostates.Broken"

// open makes the interpreter and takes the first step, or takes up an execution that goes on.
func (x *execution) open(ctx workflow.Context) (err error) {
	s := x.start
	if s.Semantics > states.Semantics {
		return fmt.Errorf("temporal: the execution was started by a program whose semantics are of version %d, and this one's are of %d", s.Semantics, states.Semantics)
	}
	if x.machine, err = programs.machine(s.Definition, s.Within); err != nil {
		return err
	}
	options := s.Options
	options.HasActivity = x.hasActivity
	x.now = x.time()
	if err := x.handle(ctx); err != nil {
		return err
	}
	if r := s.Resumed; r != nil {
		return x.resume(r, options)
	}
	x.it = states.New(x.machine, options)
	input, err := parse(s.Input)
	if err != nil {
		return err
	}
	// It started when Temporal had it, whenever a worker took it up.
	return x.step(states.Started{At: x.startedAt(), Input: input, Execution: s.Execution, Seed: s.Seed})
}

// time returns the time of the workflow, as the engine's clock shows it: in UTC and to the
// millisecond.
func (x *execution) time() time.Time {
	now := workflow.Now(x.ctx).UTC().Truncate(time.Millisecond)
	if now.Before(x.now) {
		return x.now
	}
	return now
}

// hasActivity asks the Resolver of the worker whether there is an activity. Its answer stands in
// the workflow's history.
func (x *execution) hasActivity(arn string) bool {
	var has bool
	equal := func(a, b any) bool { return a == b }
	asked := workflow.MutableSideEffect(x.ctx, arn, func(workflow.Context) any {
		return x.config.Resolver.Resolve(arn) != nil
	}, equal)
	_ = asked.Get(&has)
	return has
}

// run takes steps until the execution ends, or goes on as another run of the workflow.
func (x *execution) run() (*end, error) {
	for x.finish == nil && x.broken == nil {
		if x.more {
			// A loop of states that never wait gives the rest of the world a turn.
			_ = workflow.Sleep(x.ctx, time.Millisecond)
		} else {
			x.selector.Select(x.ctx)
		}
		for x.selector.HasPending() {
			x.selector.Select(x.ctx)
		}
		x.turn()
		if x.finish != nil || x.broken != nil {
			break
		}
		if again := x.renewed(); again != nil {
			return nil, again
		}
	}
	if x.broken != nil {
		return nil, sdk.NewNonRetryableApplicationError(x.broken.Error(), brokenType, x.broken)
	}
	return x.close()
}

// turn gives the interpreter what has become ready.
func (x *execution) turn() {
	inbox := x.inbox
	x.inbox = nil
	inbox = x.withDue(inbox)
	if len(inbox) == 0 && !x.more {
		return
	}
	if err := x.step(inbox...); err != nil && !errors.Is(err, states.ErrStale) {
		x.broken = err
	}
}

// withDue adds to an inbox in which a time has come whatever else is due by now, timers and tasks
// that run out of time: what is due at one moment belongs into one step, in the order of the ids.
func (x *execution) withDue(inbox []states.Input) []states.Input {
	due := make(map[states.EventID]states.Input)
	rest := inbox[:0:0]
	for _, in := range inbox {
		switch timed := in.(type) {
		case states.TimerFired:
			due[timed.Timer] = in
		case states.TaskExpired:
			due[timed.Task] = in
		default:
			rest = append(rest, in)
		}
	}
	if len(due) == 0 {
		return inbox
	}
	now := x.time()
	for _, command := range x.it.Open() {
		switch c := command.(type) {
		case *states.StartTimer:
			if t := x.timers[c.ID]; t != nil && !c.Due.After(now) {
				t.cancel()
				delete(x.timers, c.ID)
				due[c.ID] = states.TimerFired{Timer: c.ID}
			}
		case *states.InvokeTask:
			if due[c.ID] == nil && !c.Deadline.IsZero() && !c.Deadline.After(now) {
				due[c.ID] = states.TaskExpired{Task: c.ID}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(due)) {
		rest = append(rest, due[id])
	}
	return rest
}

// step gives the interpreter inputs, keeps the events, and does what the interpreter wants done.
// The error is [states.ErrStale] when nobody waits for any of the inputs.
func (x *execution) step(inputs ...states.Input) error {
	if x.finish != nil {
		return states.ErrStale
	}
	x.now = x.time()
	for i := range inputs {
		inputs[i] = timed(inputs[i], x.now)
	}
	effects, err := x.it.Step(inputs...)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		x.took(in)
	}
	var begun []states.Input
	for {
		x.history = append(x.history, effects.Events...)
		x.more = effects.More
		begun = x.perform(effects.Commands, begun[:0])
		if len(begun) == 0 || x.finish != nil {
			break
		}
		// As in an Engine, a task begins when it is asked for.
		if effects, err = x.it.Step(begun...); err != nil {
			break
		}
	}
	return nil
}

// wakeUp has run look again: the handler of an update has taken a step, and a selector that is
// waited for doesn't see what is added to it.
func (x *execution) wakeUp() { x.wake.SendAsync(true) }

// timed gives an input its time.
func timed(in states.Input, now time.Time) states.Input {
	switch in := in.(type) {
	case states.Redriven:
		in.At = now
		return in
	case states.TaskBegan:
		in.At = now
		return in
	case states.TaskAcknowledged:
		in.At = now
		return in
	case states.TaskReturned:
		in.At = now
		return in
	case states.TaskErred:
		in.At = now
		return in
	case states.TaskExpired:
		in.At = now
		return in
	case states.MapRunReturned:
		in.At = now
		return in
	case states.MapRunErred:
		in.At = now
		return in
	case states.TimerFired:
		in.At = now
		return in
	case states.Stopped:
		in.At = now
		return in
	}
	return in
}

// took notes what an input means for the tasks that it answers.
func (x *execution) took(in states.Input) {
	switch in := in.(type) {
	case states.TaskAcknowledged:
		if t := x.tasks[in.Task]; t != nil {
			t.acknowledged = true
		}
	case states.TaskReturned:
		x.endTask(in.Task, true)
	case states.TaskErred:
		x.endTask(in.Task, true)
	case states.TaskExpired:
		x.endTask(in.Task, false)
	case states.MapRunReturned:
		delete(x.runs, in.Run)
	case states.MapRunErred:
		delete(x.runs, in.Run)
	}
}

// perform does commands. It returns begun with an input for each task that has begun.
func (x *execution) perform(commands []states.Command, begun []states.Input) []states.Input {
	for _, command := range commands {
		switch command := command.(type) {
		case *states.InvokeTask:
			x.beginTask(command)
			if command.State.Resource.Kind != asl.Activity {
				begun = append(begun, states.TaskBegan{At: x.now, Task: command.ID})
			}
		case *states.StartMapRun:
			x.beginRun(command)
		case *states.StartTimer:
			x.startTimer(command)
		case *states.Cancel:
			x.cancel(command.ID)
		case *states.Finish:
			x.finish, x.endedAt = command, x.now
		}
	}
	return begun
}

// startTimer starts a timer of the interpreter.
func (x *execution) startTimer(command *states.StartTimer) {
	x.timers[command.ID] = x.after(command.Due, func() {
		delete(x.timers, command.ID)
		x.inbox = append(x.inbox, states.TimerFired{Timer: command.ID})
	})
}

// after has f called by run when a time has come, unless the timer is canceled before.
func (x *execution) after(due time.Time, f func()) *timer {
	ctx, cancel := workflow.WithCancel(x.ctx)
	future := workflow.NewTimer(ctx, max(due.Sub(workflow.Now(x.ctx)), 0))
	x.selector.AddFuture(future, func(future workflow.Future) {
		if future.Get(x.ctx, nil) == nil {
			f()
		}
	})
	return &timer{due: due, cancel: cancel}
}

// cancel withdraws a task, a Map Run or a timer.
func (x *execution) cancel(id states.EventID) {
	if t := x.timers[id]; t != nil {
		t.cancel()
		delete(x.timers, id)
	}
	x.endTask(id, false)
	if r := x.runs[id]; r != nil {
		delete(x.runs, id)
		x.abortRun(r)
	}
}

// close tells whom it concerns that the execution has ended, and returns the workflow's result.
func (x *execution) close() (*end, error) {
	for id := range x.sortedTasks() {
		x.forsake(x.tasks[id])
	}
	for id := range x.sortedRuns() {
		x.abortRun(x.runs[id])
	}
	e := x.end()
	if x.start.Attributes && x.finish.Status != states.StatusSucceeded {
		_ = workflow.UpsertTypedSearchAttributes(x.ctx, statusAttribute.ValueSet(string(x.finish.Status)))
	}
	x.tellParent()
	// Updates have their answers, and signals are sent, before the workflow is closed.
	_ = workflow.Await(x.ctx, func() bool { return x.tells == 0 && workflow.AllHandlersFinished(x.ctx) })
	return resultOf(e)
}

// resultOf returns what the workflow of an execution returns that ended so.
func resultOf(e *end) (*end, error) {
	switch e.Status {
	case states.StatusSucceeded:
		return e, nil
	case states.StatusAborted:
		return nil, sdk.NewCanceledError(*e)
	}
	name := e.Failure.Error
	if name == "" && e.Status == states.StatusTimedOut {
		name = "States.Timeout"
	}
	return nil, sdk.NewApplicationErrorWithOptions(e.Failure.Cause, name, sdk.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{*e},
	})
}

// end describes how the execution ended.
func (x *execution) end() *end {
	e := &end{Status: x.finish.Status, At: x.endedAt, Failure: &x.finish.Failure, Last: x.last()}
	if e.Status == states.StatusSucceeded {
		e.Output, e.Failure = encode(x.finish.Output), nil
	}
	return e
}

// last returns the id of the latest event.
func (x *execution) last() states.EventID {
	for i := len(x.history) - 1; i >= 0; i-- {
		if id := x.history[i].ID; id != 0 {
			return id
		}
	}
	return 0
}

// describe describes the execution, which has ended, to the task that waits for it.
func (x *execution) describe() *engine.Description {
	d := x.start.describe(x.startedAt())
	d.Status, d.StopDate, d.Failure = x.finish.Status, x.endedAt, x.finish.Failure
	if d.Status == states.StatusSucceeded {
		d.Output = encode(x.finish.Output)
	}
	x.start.redrivable(d, x.last(), x.endedAt)
	return d
}

// startedAt returns when the execution started.
func (x *execution) startedAt() time.Time {
	if at := x.start.Started; !at.IsZero() {
		return at
	}
	return workflow.GetInfo(x.ctx).WorkflowStartTime.UTC().Truncate(time.Millisecond)
}

// identityOf returns what an execution is called.
func identityOf(x *states.Execution) engine.Identity {
	return engine.Identity{ARN: x.ARN, Name: x.Name, MachineARN: x.StateMachineARN, Machine: x.StateMachineName,
		VersionARN: x.StateMachineVersionARN, AliasARN: x.StateMachineAliasARN}
}
