package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// An answer is what one call is answered, or several in a row.
type answer struct {
	text   string // as the test wrote it
	times  int    // -1 for any number
	used   int    // guarded by Env.mu
	output any
	err    error
	do     engine.Handler // in place of output and err
	real   bool           // the Mux's handler does it
	hangs  bool           // it never ends by itself

	after, beat time.Duration
	submitted   any
	unsubmitted bool // it comes before the task is submitted
	worker      string
}

func (a *answer) String() string { return a.text }

// add adds an answer for the next call.
func (x *Expectation) add(a *answer) *Expectation {
	x.env.mu.Lock()
	defer x.env.mu.Unlock()
	a.times = 1
	x.answers = append(x.answers, a)
	return x
}

// Return answers the next call with an output: a Go value as encoding/json writes it, or
// [JSON]. It is the task's result, also of a task of the patterns .sync and .waitForTaskToken,
// which are submitted before ([Expectation.Submitted]).
func (x *Expectation) Return(output any) *Expectation {
	x.env.t.Helper()
	v, err := valueOf(output)
	if err != nil {
		x.fatal("Return: %v", err)
	}
	return x.add(&answer{text: fmt.Sprintf("Return(%s)", short(v)), output: v})
}

// Fail fails the next call with an error name and, optionally, a cause.
func (x *Expectation) Fail(name string, cause ...string) *Expectation {
	text := fmt.Sprintf("Fail(%q)", name)
	if len(cause) > 0 {
		text = fmt.Sprintf("Fail(%q, %q)", name, strings.Join(cause, " "))
	}
	return x.add(&answer{text: text, err: &engine.TaskError{Name: name, Cause: strings.Join(cause, " ")}})
}

// Hang leaves the next call without an answer, so that its TimeoutSeconds or HeartbeatSeconds
// end it, or its Task Token: [Env.Token] has the tokens of such calls.
func (x *Expectation) Hang() *Expectation { return x.add(&answer{text: "Hang()", hangs: true}) }

// Do has the next call done by an [engine.Handler], or a function of any shape that
// [engine.LambdaFunc] takes, such as func(ctx context.Context, in Order) (Receipt, error). It
// is called on another goroutine than the test's.
func (x *Expectation) Do(f any) *Expectation {
	x.env.t.Helper()
	h, ok := f.(engine.Handler)
	if !ok {
		if g, ok := f.(func(context.Context, engine.Task) (any, error)); ok {
			h = engine.HandlerFunc(g)
		} else {
			h = engine.LambdaFunc(f)
		}
	}
	if bad, ok := h.(interface{ Err() error }); ok {
		if err := bad.Err(); err != nil {
			x.fatal("Do: %v", err)
		}
	}
	return x.add(&answer{text: fmt.Sprintf("Do(%T)", f), do: h})
}

// Real has the next call done by the handler that the Mux of [WithMux] has for it.
func (x *Expectation) Real() *Expectation {
	x.env.t.Helper()
	if x.env.options.mux == nil {
		x.fatal("Real: the environment has no Mux: it comes from WithMux")
	}
	return x.add(&answer{text: "Real()", real: true})
}

// last returns the answer that a method says more about.
func (x *Expectation) last(method string) *answer {
	x.env.t.Helper()
	if len(x.answers) == 0 {
		x.fatal("%s says more about an answer, and must follow one, such as Return", method)
	}
	return x.answers[len(x.answers)-1]
}

// Times has the answer before it given to exactly n calls in a row.
func (x *Expectation) Times(n int) *Expectation {
	x.env.t.Helper()
	if n < 1 {
		x.fatal("Times(%d): the number must be 1 or more", n)
	}
	x.last("Times").times = n
	return x
}

// AnyTimes has the answer before it given to all further calls, of which there may be none.
func (x *Expectation) AnyTimes() *Expectation {
	x.env.t.Helper()
	x.last("AnyTimes").times = -1
	return x
}

// After has the answer before it come after a time of the clock.
func (x *Expectation) After(d time.Duration) *Expectation {
	x.env.t.Helper()
	x.last("After").after = d
	return x
}

// Heartbeat has a heartbeat sent every so often, of the clock's time, until the answer before it
// comes. After a Hang they go on until the task is over.
func (x *Expectation) Heartbeat(every time.Duration) *Expectation {
	x.env.t.Helper()
	if every <= 0 {
		x.fatal("Heartbeat(%s): the time must be positive", every)
	}
	x.last("Heartbeat").beat = every
	return x
}

// Submitted sets what a task of the patterns .sync and .waitForTaskToken is answered at first,
// which its TaskSubmitted event shows. Default: {}.
func (x *Expectation) Submitted(output any) *Expectation {
	x.env.t.Helper()
	v, err := valueOf(output)
	if err != nil {
		x.fatal("Submitted: %v", err)
	}
	x.last("Submitted").submitted = v
	return x
}

// Worker names the worker that takes up the task of an activity.
func (x *Expectation) Worker(name string) *Expectation {
	x.env.t.Helper()
	x.last("Worker").worker = name
	return x
}

// give answers a call.
func (a *answer) give(ctx context.Context, c *call) (any, error) {
	callsBack := c.state.Resource.Pattern == asl.WaitForTaskToken
	if a.do != nil || a.real {
		if err := a.wait(ctx, c); err != nil {
			return nil, err
		}
		if callsBack {
			c.env.keepToken(c, true)
		}
		if a.real {
			return c.real(ctx)
		}
		return a.do.Handle(ctx, c.task)
	}
	if c.state.Resource.Pattern != asl.RequestResponse && !c.task.Acknowledged && !a.unsubmitted {
		submitted := a.submitted
		if submitted == nil {
			submitted = value.NewObject()
		}
		if err := c.task.Acknowledge(submitted); err != nil {
			return nil, err
		}
	}
	if a.hangs && c.task.Token != "" {
		c.env.keepToken(c, true)
	}
	if err := a.wait(ctx, c); err != nil {
		return nil, err
	}
	if !callsBack {
		return a.output, a.err
	}
	e := c.env.engine
	if failed, ok := errors.AsType[*engine.TaskError](a.err); ok {
		if failed.Stage != states.Running {
			return nil, failed
		}
		return nil, e.SendTaskFailure(context.WithoutCancel(ctx), c.task.Token, failed.Name, failed.Cause)
	}
	return nil, e.SendTaskSuccess(context.WithoutCancel(ctx), c.task.Token, a.output)
}

// wait lets the answer's time go by, with its heartbeats.
func (a *answer) wait(ctx context.Context, c *call) error {
	left := a.after
	for a.beat > 0 && (a.hangs || left > a.beat) {
		if err := c.env.clock.Sleep(ctx, a.beat); err != nil {
			return err
		}
		left -= a.beat
		if err := c.task.Heartbeat(); err != nil {
			return err
		}
	}
	if a.hangs {
		return c.env.clock.Sleep(ctx, -1)
	}
	if left > 0 {
		return c.env.clock.Sleep(ctx, left)
	}
	return nil
}
