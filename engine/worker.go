package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/internal/convert"
	"go.uber.org/zap"
)

// WorkOptions say how [Engine.Work] works. The zero value is useful.
type WorkOptions struct {
	// Worker is the name that histories show; up to 80 characters, default none.
	Worker string
	// Concurrency is how many tasks are worked on at a time; default 1.
	Concurrency int
	// Heartbeat is how often, in real time, a heartbeat is sent for each task while its
	// handler runs; default never.
	Heartbeat time.Duration
}

// Work asks for tasks of an activity, calls a handler with each and sends what it answers,
// until ctx ends. Then it asks for no more, waits for the handlers that run, and returns
// ctx's error. The handler is called and answers as for a task without an activity; of the
// Task it gets Resource, Input, Token, Execution, State, Attempt, Deadline and
// IdempotencyKey, and it may call [Engine.SendTaskHeartbeat] itself. Its context ends when a
// heartbeat finds that the task is over, and does not end with ctx.
//
// Errors: those of [Engine.GetActivityTask].
func (e *Engine) Work(ctx context.Context, arn string, handler Handler, options WorkOptions) error {
	if isNil(handler) {
		return errors.New("engine: the Handler of Work is nil")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for range max(options.Concurrency, 1) {
		all.Go(func() {
			for {
				task, err := e.GetActivityTask(ctx, arn, options.Worker)
				if err != nil {
					cancel(err)
					return
				}
				e.workOn(context.WithoutCancel(ctx), task, handler, options.Heartbeat)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// workOn calls the handler for a task and sends the answer.
func (e *Engine) workOn(ctx context.Context, t *ActivityTask, handler Handler, heartbeat time.Duration) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if heartbeat > 0 {
		go e.keepAlive(ctx, cancel, t.Token, heartbeat)
	}
	output, err := e.callFor(ctx, t, handler)
	if err == nil {
		err = e.SendTaskSuccess(context.Background(), t.Token, output)
	} else {
		f, _ := failureOf(err)
		f = bounded(f)
		err = e.SendTaskFailure(context.Background(), t.Token, f.Error, f.Cause)
	}
	if err != nil && !errors.Is(err, ErrTaskTimedOut) && !errors.Is(err, ErrTaskDoesNotExist) {
		e.config.Logger.Error("gostates: a worker's answer was refused", zap.String("activity_arn", t.task.Resource), zap.Error(err))
	}
}

// callFor calls the handler. A panic is its error.
func (e *Engine) callFor(ctx context.Context, t *ActivityTask, handler Handler) (output any, err error) {
	ended := false
	defer func() {
		if reason := recover(); reason != nil && !ended {
			e.config.Logger.Error("gostates: a handler panicked", zap.String("activity_arn", t.task.Resource), zap.Any("reason", reason), zap.StackSkip("stack", 1))
			err = &panicError{reason}
		}
	}()
	task := t.task
	task.call = nil
	if c := t.task.call; c != nil && len(e.config.Observers) > 0 {
		output, err = c.watched(ctx, handler, task)
	} else {
		output, err = handler.Handle(ctx, task)
	}
	if err == nil {
		if output, err = convert.Of(output); err != nil {
			err = badOutput(err)
		}
	}
	ended = true
	return output, err
}

// keepAlive sends heartbeats until ctx ends.
func (e *Engine) keepAlive(ctx context.Context, cancel context.CancelCauseFunc, token string, period time.Duration) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := e.SendTaskHeartbeat(ctx, token)
		if errors.Is(err, ErrTaskTimedOut) || errors.Is(err, ErrTaskDoesNotExist) || errors.Is(err, ErrClosed) {
			cancel(err)
			return
		}
	}
}
