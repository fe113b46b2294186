package temporal

import (
	"crypto/subtle"
	"errors"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The types of the errors with which an update is refused or answered.
var tokenErrors = map[string]error{
	"InvalidToken":     engine.ErrInvalidToken,
	"TaskDoesNotExist": engine.ErrTaskDoesNotExist,
	"TaskTimedOut":     engine.ErrTaskTimedOut,
	"Elsewhere":        errElsewhere,
}

// wireError gives an error of package engine as one that its receiver knows again.
func wireError(err error) error {
	for name, known := range tokenErrors {
		if errors.Is(err, known) {
			return sdk.NewNonRetryableApplicationError(known.Error(), name, nil)
		}
	}
	return err
}

// handle sets the handlers of what comes from outside.
func (x *execution) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandler(ctx, historyQuery, x.page)
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, tokenUpdate, func(_ workflow.Context, c tokenCall) error {
		return wireError(x.useToken(&c))
	}, workflow.UpdateHandlerOptions{Validator: func(c tokenCall) error {
		// What is refused here leaves no trace in the workflow's history.
		if x.taskOf(c.Token) == nil {
			return wireError(x.tokenEnded(c.Token))
		}
		return nil
	}})
	if err != nil {
		return err
	}
	x.selector.AddReceive(x.wake, func(c workflow.ReceiveChannel, _ bool) { c.Receive(x.ctx, nil) })
	x.selector.AddReceive(workflow.GetSignalChannel(x.ctx, stopSignal), func(c workflow.ReceiveChannel, _ bool) {
		var f states.Failure
		c.Receive(x.ctx, &f)
		x.inbox = append(x.inbox, states.Stopped{Failure: f})
	})
	x.selector.AddReceive(workflow.GetSignalChannel(x.ctx, progressSignal), func(c workflow.ReceiveChannel, _ bool) {
		var p progress
		c.Receive(x.ctx, &p)
		x.progressed(&p)
	})
	x.selector.AddReceive(workflow.GetSignalChannel(x.ctx, endedSignal), func(c workflow.ReceiveChannel, _ bool) {
		var e ended
		c.Receive(x.ctx, &e)
		x.childEnded(&e)
	})
	x.selector.AddReceive(workflow.GetSignalChannel(x.ctx, runEndedSignal), func(c workflow.ReceiveChannel, _ bool) {
		var e runEnd
		c.Receive(x.ctx, &e)
		x.runEnded(&e)
	})
	// Who cancels the workflow stops the execution, without an error and a cause.
	workflow.Go(ctx, func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		x.inbox = append(x.inbox, states.Stopped{})
		x.wakeUp()
	})
	return nil
}

// progressed takes what a handler that is at work has told.
func (x *execution) progressed(p *progress) {
	if p.Began {
		x.inbox = append(x.inbox, states.TaskBegan{Task: p.Task, Worker: p.Worker})
		return
	}
	output, err := parse(p.Output)
	t := x.tasks[p.Task]
	if err != nil || t == nil || t.acknowledged || t.later != nil {
		return
	}
	x.inbox = append(x.inbox, states.TaskAcknowledged{Task: p.Task, Output: output})
	if p.Later != nil {
		x.answerLater(t, &later{Due: x.time().Add(p.Later.After), Output: p.Later.Output})
	}
}

// mostPage bounds the log in the answer of a query, in bytes before it is compressed.
const mostPage = 8 << 20

// page answers a query for the history, from an event on.
func (x *execution) page(from int) (*page, error) {
	p := &page{From: max(from, x.dropped), Total: x.dropped + len(x.history), Earlier: x.earlier}
	size := 0
	var b []byte
	at := min(p.From-x.dropped, len(x.history))
	for first := at; at < len(x.history); at++ {
		b = x.history[at].AppendLog(b[:0])
		if size += len(b); size > mostPage && at > first {
			break
		}
	}
	p.Next = x.dropped + at
	p.Log = packLog(x.history[p.From-x.dropped : at])
	return p, nil
}

func sameToken(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
