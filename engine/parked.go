package engine

import (
	"context"
	"slices"

	"github.com/gostates/gostates/engine/internal/virtual"
)

// On a virtual clock one handler runs at a time, and the clock stands still meanwhile. A handler
// that waits for an execution is parked, so that others run and time goes by. When the execution has
// ended, the handler goes on in its turn among the calls of the engine's queue.

// parker returns the call whose handler waits for the execution by its context; nil when no handler
// does, or the engine's clock is not virtual.
func (x *Execution) parker(ctx context.Context) *call {
	if x.engine.virtual == nil {
		return nil
	}
	c, _ := ctx.Value(virtual.Key{}).(*call)
	if c == nil || c.execution.engine.virtual == nil {
		return nil
	}
	return c
}

// waitParked waits for the end of the execution, with the handler of a call parked. The error is that
// of ctx when it ends first, or ErrClosed.
func (x *Execution) waitParked(ctx context.Context, c *call) error {
	turn := x.park(c)
	if turn == nil {
		return nil
	}
	if !c.Park() {
		x.leave(turn)
		return ctx.Err()
	}
	select {
	case <-turn.turn.resumed:
		return nil
	case <-ctx.Done():
		x.leave(turn)
		return ctx.Err()
	case <-c.execution.engine.closing:
		x.leave(turn)
		return ErrClosed
	}
}

// park notes that a handler waits, which is about to be parked, and returns what has it go on; nil
// when the execution has ended.
func (x *Execution) park(c *call) *call {
	x.lock()
	defer x.unlock()
	if x.end != nil || x.gone != nil {
		return nil
	}
	turn := &call{turn: &turn{resumes: c, resumed: make(chan struct{})}}
	x.parked = append(x.parked, turn)
	return turn
}

// unpark gives the handlers that wait their turns. x.mu is locked.
func (x *Execution) unpark() {
	for _, turn := range x.parked {
		e := turn.turn.resumes.execution.engine
		e.queue.push(e, turn)
	}
	x.parked = nil
}

// leave forgets a handler that no longer waits.
func (x *Execution) leave(turn *call) {
	turn.turn.resumes.Unpark()
	x.lock()
	defer x.unlock()
	x.parked = slices.DeleteFunc(x.parked, func(other *call) bool { return other == turn })
}

// resume has a handler go on, and waits until it returns or is parked again. The handler may have
// gone on by itself, because its context ended.
func (c *call) resume() {
	h := c.turn.resumes
	if !h.Unpark() {
		return
	}
	select {
	case <-h.yielded: // it was parked by nobody's turn, after it had slept
	default:
	}
	close(c.turn.resumed)
	<-h.yielded
}
