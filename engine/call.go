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
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A call is a task that is not over, and the call of its handler. It is also the
// context that the handler is given: see context.go.
type call struct {
	execution *Execution
	id        states.EventID
	task      Task
	handler   Handler // once it is called
	state     *asl.Task
	wrapped   bool            // the answer is to be wrapped as lambda:invoke does
	values    context.Context // which never ends

	deadline, silence *timers.Timer // nil for none
	period            time.Duration

	fresh        bool        // the call is still to be made
	running      bool        // the handler was called, and its answer is not recorded
	lacks        bool        // the handler was to be called, and there is none
	waits        bool        // until there is one
	refused      atomic.Bool // by an engine that drains
	beats        bool        // a heartbeat by its Task Token is recorded
	acknowledged bool        // it is recorded that the task was accepted
	starts       bool        // its child is being started
	child        string      // the ARN of the execution that it waits for, once that is known
	awaits       bool        // it is told when the child has ended, or a worker answers
	begun        bool        // somebody has taken up the task of an activity
	next         *call       // to be made as well

	// What follows belongs to the context, and is guarded by mu.
	mu      sync.Mutex
	cause   error // why the context has ended; nil until then
	inner   context.Context
	cancel  context.CancelCauseFunc
	parked  bool
	yielded chan struct{} // of a virtual clock's engine: the handler returned or parked

	// A call that resumes another has its handler go on, by closing resumed: see parked.go.
	resumes *call
	resumed chan struct{}
}

// newCall makes the call of a task that is still to be admitted. x.mu is locked.
func (x *Execution) newCall(command *states.InvokeTask) *call {
	c := &call{
		execution:    x,
		fresh:        true,
		id:           command.ID,
		acknowledged: command.Acknowledged,
		period:       command.Heartbeat,
		values:       x.ctx,
		task: Task{
			Resource:       command.State.Resource.Text,
			State:          command.State.Name(),
			Input:          command.Input,
			Credentials:    command.Credentials,
			Token:          command.Token,
			Attempt:        command.Attempt,
			IdempotencyKey: idempotencyKey(x.identity.ARN, command.ID),
			Deadline:       command.Deadline,
			Acknowledged:   command.Acknowledged,
			Execution:      x.identity,
			TestCase:       x.testCase,
		},
	}
	c.task.call = c
	c.state = command.State
	if !command.Deadline.IsZero() {
		c.deadline = new(x.timer(command.Deadline, expired, c.id))
	}
	if c.isActivity() && !x.express {
		c.task.Token = x.interpreter.TaskToken(c.id)
	} else if c.period > 0 {
		c.silence = new(x.timer(x.now.Add(c.period), silent, c.id))
	}
	return c
}

// admit starts the timers of a call, and lets its Task Token lead to it.
func (c *call) admit() {
	e := c.execution.engine
	for _, t := range [...]*timers.Timer{c.deadline, c.silence} {
		if t != nil {
			e.timers.Start(t)
		}
	}
	if c.task.Token != "" {
		e.tokens.open(c.task.Token, c)
	}
}

// rests reports whether nothing is to be done for a task but to wait for its Task
// Token, which leads back to the execution, or for the end of a child, which tells it.
func (c *call) rests() bool {
	_, leads := keyIn(c.task.Token)
	switch {
	case c.isActivity():
		return leads && c.awaits && !c.running
	case c.waitsForToken():
		return leads && c.acknowledged
	}
	return leads && c.acknowledged && c.awaits && !c.running
}

// idempotencyKey names a try of a task: by the execution, and the event that
// scheduled it. A redrive schedules it anew.
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
func (c *call) waitsForToken() bool { return c.state.Resource.Pattern == asl.WaitForTaskToken }

// over ends the call: its timers, its token and its handler's context, whose cause is
// why, unless the task is out of time just now. c.execution.mu is locked.
func (c *call) over(why error) {
	e, now := c.execution.engine, c.execution.now
	e.timers.CancelAll(c.deadline, c.silence)
	if why != ErrTaskAnswered {
		switch {
		case c.deadline != nil && !now.Before(c.deadline.Due):
			why = ErrTaskExpired
		case c.silence != nil && !now.Before(e.timers.DueOf(c.silence)):
			why = ErrHeartbeatMissed
		}
	}
	if c.task.Token != "" {
		e.tokens.end(c.task.Token)
	}
	if c.state.Resource.Pattern == asl.RunJob && forsakes(why) {
		why = &JobAbortedError{ExecutionARN: c.execution.identity.ARN, Err: why}
	}
	c.stop(why)
}

// make calls the handler and moves the execution on with its answer. It returns
// the calls that are to be made then.
func (c *call) make() *call {
	h := c.answer()
	if h.kind == resting || c.unanswered(&h) || c.lacks && c.execution.await(c) {
		return nil
	}
	h.kept, h.over = true, true
	next, err := c.execution.advance(h)
	if _, later := errors.AsType[*StoreError](err); err != nil && !later && !errors.Is(err, states.ErrStale) && !errors.Is(err, ErrClosed) {
		c.execution.engine.config.Logger.Error("gostates: a task's answer was refused",
			zap.String("execution_arn", c.execution.ARN()), zap.String("state", c.task.State), zap.Error(err))
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
		worker := ""
		if h, ok := c.handler.(interface{ Worker(Task) string }); ok {
			worker = h.Worker(c.task)
		}
		_, _ = c.execution.began(c.id, worker) // whatever it answers says that it began, too
	}
	output, err := c.handler.Handle(c, c.task)
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
	if errors.Is(err, context.DeadlineExceeded) && !c.task.Deadline.IsZero() && !c.execution.engine.now().Before(c.task.Deadline) {
		return arrival{kind: expired, id: c.id}
	}
	if errors.Is(err, ErrClosed) && c.execution.engine.draining.Load() {
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
		zap.String("execution_arn", c.execution.ARN()), zap.String("state", c.task.State),
		zap.String("resource", c.task.Resource), zap.Error(err), zap.StackSkip("stack", 1))
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
	next, err := c.execution.advance(arrival{kind: acknowledged, id: c.id, output: output, kept: true})
	if errors.Is(err, states.ErrStale) {
		return ErrTaskTimedOut
	}
	if _, ok := errors.AsType[*StoreError](err); ok {
		return nil // it is recorded when the store works again
	}
	c.execution.engine.spawn(next)
	return err
}
