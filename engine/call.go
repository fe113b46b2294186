package engine

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/engine/internal/places"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A call is a task that is not over, and the call of its handler. It is also the
// context that the handler is given: see context.go.
type call struct {
	execution *Execution
	id        states.EventID
	command   *states.InvokeTask
	handler   Handler        // once it is called
	ticket    *places.Ticket // for its places under Config.Throttles; nil for a call that never asked

	deadline, silence *timers.Timer // nil for none
	later             *laterAnswer  // nil for none
	period            time.Duration // of the heartbeat
	timeout           time.Duration // from the beginning to the deadline; 0 without one

	// What the handler is given, as far as the command does not say it.
	resource string // of an arn:aws:states:::lambda:invoke task that of its function
	input    any
	token    string

	// The small ones stand together: there is a call for every task, and a few words make it
	// a size larger.
	restarts     int32
	goesOn       bool        // the task was accepted before the call was made
	wrapped      bool        // the answer is to be wrapped as lambda:invoke does
	fresh        bool        // the call is still to be made
	running      bool        // the handler was called, and its answer is not recorded
	queued       bool        // it waits for its places, or is about to begin with them
	asksAgain    bool        // it could not begin while the store failed
	repeated     bool        // the process was killed in which the handler was called before
	lacks        bool        // the handler was to be called, and there is none
	waits        bool        // until there is one
	refused      atomic.Bool // by an engine that drains
	beats        bool        // a heartbeat by its Task Token is recorded
	acknowledged bool        // it is recorded that the task was accepted
	starts       bool        // its child is being started
	awaits       bool        // it is told when the child has ended, or a worker answers
	begun        bool        // somebody has taken up the task of an activity
	parked       bool        // on a virtual clock; guarded by mu

	child  string // the ARN of the execution that it waits for, once that is known
	worker string // who has begun the task of an activity, by its own word
	next   *call  // to be made as well

	// What follows belongs to the context, and is guarded by mu.
	mu      sync.Mutex
	cause   error         // why the context has ended; nil until then
	inner   *cancellable  // nil until somebody asks for it
	yielded chan struct{} // of a virtual clock's engine: the handler returned or parked

	turn *turn // of a call that calls no handler; nil for others
}

// A turn is what is done in place of a call.
type turn struct {
	// A turn that resumes a call has its handler go on, by closing resumed: see parked.go.
	resumes *call
	resumed chan struct{}
	// A turn that wakes a call has its execution restored: see queue_sleep.go.
	wakes *queuedCall
}

// newCall makes the call of a task that is still to be admitted. x.mu is locked.
func (x *Execution) newCall(command *states.InvokeTask) *call {
	c := &call{
		execution:    x,
		fresh:        true,
		id:           command.ID,
		command:      command,
		resource:     command.State.Resource.Text,
		input:        command.Input,
		token:        command.Token,
		goesOn:       command.Acknowledged,
		acknowledged: command.Acknowledged,
		period:       command.Heartbeat,
	}
	if !command.Deadline.IsZero() {
		c.timeout = command.Deadline.Sub(x.now)
		c.deadline = new(x.timer(command.Deadline, expired, c.id))
	}
	if c.isActivity() && !x.express {
		c.token = x.interpreter.TaskToken(c.id)
	} else if c.period > 0 {
		c.silence = new(x.timer(x.now.Add(c.period), silent, c.id))
	}
	return c
}

// admit starts the timers of a call, unless it has to wait for its places, and lets its Task
// Token lead to it. x.mu is locked.
func (c *call) admit() {
	e := c.execution.engine
	if !c.fresh || !c.queued && c.asks() {
		for _, t := range c.timers() {
			if t != nil {
				e.timers.Start(t)
			}
		}
	}
	if c.token != "" {
		e.tokens.open(c.token, c)
	}
}

// timers returns the timers of the call; nil stands for one that it hasn't.
func (c *call) timers() []*timers.Timer {
	all := append(make([]*timers.Timer, 0, 3), c.deadline, c.silence)
	if c.later != nil {
		all = append(all, &c.later.timer)
	}
	return all
}

// rests reports whether nothing is to be done for a task but to wait for its Task
// Token, which leads back to the execution, or for the end of a child, which tells it.
func (c *call) rests() bool {
	_, leads := keyIn(c.token)
	switch {
	case c.isActivity():
		return leads && c.awaits && !c.running
	case c.waitsForToken():
		return leads && c.acknowledged
	}
	return leads && c.acknowledged && c.awaits && !c.running
}

// state is the state whose task it is.
func (c *call) state() *asl.Task { return c.command.State }

// task is what the handler is given.
func (c *call) task() Task {
	t := Task{
		Resource:       c.resource,
		State:          c.state().Name(),
		Input:          c.input,
		Credentials:    c.command.Credentials,
		Token:          c.token,
		Attempt:        c.command.Attempt,
		IdempotencyKey: c.idempotencyKey(),
		Acknowledged:   c.goesOn,
		Restarts:       int(c.restarts),
		TestCase:       c.execution.testCase,
		Execution:      c.execution.identity,
		call:           c,
	}
	t.Deadline, _ = c.Deadline()
	return t
}

// idempotencyKey names the try of the task: by the execution, and the event that
// scheduled it. A redrive schedules it anew.
func (c *call) idempotencyKey() string { return idempotencyKey(c.execution.identity.ARN, c.id) }

func idempotencyKey(arn string, scheduled states.EventID) string {
	var room [24]byte
	return arn + string(strconv.AppendInt(append(room[:0], '/'), int64(scheduled), 10))
}

// last returns the last of the calls that begin with c.
func (c *call) last() *call {
	for c.next != nil {
		c = c.next
	}
	return c
}

// and adds other calls to those that begin with c, if there are any.
func (c *call) and(others *call) *call {
	if c == nil {
		return others
	}
	c.last().next = others
	return c
}

// waitsForToken reports whether it is a Task Token that ends the task.
func (c *call) waitsForToken() bool { return c.state().Resource.Pattern == asl.WaitForTaskToken }

// over ends the call: its timers, its token and its handler's context, whose cause is
// why, unless the task is out of time just now. c.execution.mu is locked.
func (c *call) over(why error) {
	e, now := c.execution.engine, c.execution.now
	e.timers.CancelAll(c.timers()...)
	if c.queued {
		c.leavePlaces()
	}
	if why != ErrTaskAnswered {
		switch {
		case c.deadline != nil && !now.Before(c.deadline.Due):
			why = ErrTaskExpired
		case c.silence != nil && !now.Before(e.timers.DueOf(c.silence)):
			why = ErrHeartbeatMissed
		}
	}
	if c.token != "" {
		e.tokens.end(c.token)
	}
	if c.state().Resource.Pattern == asl.RunJob && forsakes(why) {
		why = &JobAbortedError{ExecutionARN: c.execution.identity.ARN, Err: why}
	}
	c.stop(why)
}

// make calls the handler and moves the execution on with its answer. It returns
// the calls that are to be made then.
func (c *call) make() *call {
	if c.turn != nil {
		return c.turn.wakes.wake()
	}
	if !c.takesPlaces() {
		return nil
	}
	h, fails := c.repeats()
	if !fails {
		h = c.answer()
	}
	if h.kind == resting || c.unanswered(&h) || c.lacks && c.execution.await(c) {
		return nil
	}
	h.kept, h.over = true, true
	next, err := c.execution.advance(h)
	if _, later := errors.AsType[*StoreError](err); err != nil && !later && !errors.Is(err, states.ErrStale) && !errors.Is(err, ErrClosed) {
		c.execution.engine.config.Logger.Error("gostates: a task's answer was refused",
			zap.String("execution_arn", c.execution.ARN()), zap.String("state", c.state().Name()), zap.Error(err))
	}
	return next
}

// unanswered reports whether what the handler returned is no answer: it is an error of a
// handler that the engine has refused something because it drains. The task is left to the
// next engine.
func (c *call) unanswered(h *arrival) bool {
	return c.refused.Load() && (h.kind == erred || h.kind == expired) && c.execution.archive.outlives()
}

// answer calls the handler and says what came of it.
func (c *call) answer() (h arrival) {
	defer c.leavePlaces()
	ended := false
	defer func() {
		if ended {
			return
		}
		// The handler panicked, or ended its goroutine by runtime.Goexit as a
		// failing test does. After the latter this goroutine is lost, and another
		// one goes on with the answer.
		reason := recover()
		h = c.failed(c.panicked(reason))
		if reason == nil && !c.unanswered(&h) {
			h.kept, h.over = true, true
			c.execution.engine.goOn(c.execution, h)
		}
	}()
	if missing := c.execution.engine.assign(c); missing != nil {
		ended = true
		return *missing
	}
	if _, own := c.handler.(activityHandler); c.isActivity() && !own {
		_, _ = c.execution.began(c.id, workerOf(c.handler, c.task())) // whatever it answers says that it began, too
	}
	output, err := c.handle()
	if err == errRests || err != nil && c.execution.callsAgain(c, err) {
		ended = true
		return arrival{kind: resting}
	}
	if err == nil {
		if output, err = convert.Of(output); err != nil {
			err = badOutput(err)
		}
	}
	if err != nil {
		h = c.failed(err)
	} else {
		h = c.succeeded(output)
	}
	ended = true // methods of the output or the error could have panicked, too
	return h
}

// succeeded says that the handler returned an output.
func (c *call) succeeded(output any) arrival {
	if c.wrapped {
		output = invocation(output)
	}
	if c.waitsForToken() {
		return arrival{kind: acknowledged, id: c.id, output: output}
	}
	return arrival{kind: returned, id: c.id, output: output}
}

// failed says that the handler returned an error.
func (c *call) failed(err error) arrival {
	if deadline, bounded := c.Deadline(); bounded && errors.Is(err, context.DeadlineExceeded) && !c.execution.engine.now().Before(deadline) {
		return arrival{kind: expired, id: c.id}
	}
	if errors.Is(err, ErrClosed) && c.execution.engine.left.Load() {
		c.refused.Store(true)
	}
	failure, stage := failureOf(err)
	if stage == states.Running && c.waitsForToken() {
		stage = states.Submitting // the handler only asks for the work
	}
	return arrival{kind: erred, id: c.id, failure: failure, stage: stage}
}

// panicked logs a panic and gives it as an error.
func (c *call) panicked(reason any) error {
	err := &panicError{reason}
	c.execution.engine.config.Logger.Error("gostates: a handler panicked",
		zap.String("execution_arn", c.execution.ARN()), zap.String("state", c.state().Name()),
		zap.String("resource", c.resource), zap.Error(err), zap.StackSkip("stack", 1))
	return err
}

// heartbeat starts the task's HeartbeatSeconds anew.
func (c *call) heartbeat() error {
	if (c.waitsForToken() || c.awaits) && c.period > 0 {
		return c.execution.archive.heartbeat(c)
	}
	return c.beat()
}

// beat notes in memory that the task was heard of.
func (c *call) beat() error {
	if c.Err() != nil {
		return ErrTaskTimedOut
	}
	e := c.execution.engine
	if c.silence != nil && !e.timers.Move(c.silence, e.now().Add(c.period)) {
		return ErrTaskTimedOut
	}
	return nil
}

// acknowledge records that the task was accepted.
func (c *call) acknowledge(output any) error {
	return c.arrive(arrival{kind: acknowledged, id: c.id, output: output, kept: true})
}

// arrive moves the execution on by what the handler says of its task.
func (c *call) arrive(arrivals ...arrival) error {
	next, err := c.execution.advance(arrivals...)
	if errors.Is(err, states.ErrStale) {
		return ErrTaskTimedOut
	}
	if _, ok := errors.AsType[*StoreError](err); ok {
		return nil // it is recorded when the store works again
	}
	c.execution.engine.spawn(next)
	return err
}
