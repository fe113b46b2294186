package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine"
)

// An order is the input of an execution.
type order struct {
	Order    string `json:"order"`
	Customer string `json:"customer"`
	Pages    []int  `json:"pages"`
}

// The errors of the card service, whose names in the definition newService registers.
var (
	errCardRefused     = errors.New("the card was refused")
	errCardServiceDown = errors.New("the card service does not answer")
)

// handlers are the tasks of the definition.
type handlers struct {
	approvals chan string // Task Tokens for somebody to look at
	charges   atomic.Int64
}

// charge is a service that somebody else runs: it is slow, and sometimes down.
func (h *handlers) charge(ctx context.Context, o order) (map[string]string, error) {
	switch n := h.charges.Add(1); {
	case n%20 == 7:
		return nil, errCardServiceDown
	case n%20 == 13:
		return nil, fmt.Errorf("order %s: %w", o.Order, errCardRefused)
	}
	return map[string]string{"id": "receipt of " + o.Order}, work(ctx, 20*time.Millisecond)
}

// render works for a while, on as many pages at a time as the Throttles allow.
func (h *handlers) render(ctx context.Context, page struct {
	Customer string `json:"customer"`
	Page     int    `json:"page"`
}) (string, error) {
	return fmt.Sprintf("%s-%d.png", page.Customer, page.Page), work(ctx, 30*time.Millisecond)
}

// ask hands a Task Token to a person, who answers later.
func (h *handlers) ask(ctx context.Context, task engine.Task) (any, error) {
	select {
	case h.approvals <- task.Token:
		return map[string]string{"MessageId": task.IdempotencyKey}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (h *handlers) send(ctx context.Context, o order) (map[string]string, error) {
	return map[string]string{"number": "parcel of " + o.Order}, work(ctx, 10*time.Millisecond)
}

// work takes some time, unless nobody wants it any more.
func work(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// slow is middleware that complains of handlers which take long.
func slow(next engine.Handler) engine.Handler {
	return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
		began := time.Now()
		output, err := next.Handle(ctx, task)
		if took := time.Since(began); took > time.Second {
			slog.Warn("a slow handler", "resource", task.Resource, "took", took, "execution", task.Execution.Name)
		}
		return output, err
	})
}

// approve is the person: it answers tokens until ctx ends.
func approve(ctx context.Context, eng *engine.Engine, tokens <-chan string) {
	for {
		select {
		case token := <-tokens:
			err := eng.SendTaskSuccess(ctx, token, map[string]bool{"approved": true})
			if err != nil && ctx.Err() == nil {
				slog.Error("an approval", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
