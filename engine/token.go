package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/states"
)

// The longest error name and cause that SendTaskFailure and StopExecution take,
// in characters.
const (
	maxErrorLength = 256
	maxCauseLength = 32_768
)

// SendTaskSuccess ends the task that waits for a Task Token with an output, which
// is anything that encoding/json can marshal, or a json.RawMessage. It returns as
// soon as the execution has taken it; what follows goes on elsewhere. A token may
// be used before the handler that it was given to has returned.
//
// Errors: [ErrInvalidOutput], [ErrInvalidToken] for a token that never was,
// [ErrTaskDoesNotExist] for one that was used, [ErrTaskTimedOut] for one that
// nobody waits for any more.
func (e *Engine) SendTaskSuccess(ctx context.Context, token string, output any) error {
	v, err := convert.Of(output)
	if err != nil {
		return fmt.Errorf("%w: Invalid Output: %w", ErrInvalidOutput, err)
	}
	if n := value.Size(v); e.config.Limits.Payload > 0 && n > e.config.Limits.Payload {
		return fmt.Errorf("%w: the output has %d bytes, at most %d are allowed", ErrInvalidOutput, n, e.config.Limits.Payload)
	}
	return e.sendTask(ctx, token, happening{kind: returned, output: v})
}

// SendTaskFailure ends the task that waits for a Task Token with an error. An
// empty name or cause counts as absent. Names have up to 256 characters, causes up
// to 32,768. Errors: as for [Engine.SendTaskSuccess].
func (e *Engine) SendTaskFailure(ctx context.Context, token, name, cause string) error {
	failure, err := newFailure(name, cause)
	if err != nil {
		return err
	}
	return e.sendTask(ctx, token, happening{kind: erred, failure: failure})
}

// SendTaskHeartbeat says that the task of a Task Token is still being worked on,
// and starts its HeartbeatSeconds anew. Errors: as for [Engine.SendTaskSuccess].
func (e *Engine) SendTaskHeartbeat(ctx context.Context, token string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	c, err := e.tokens.find(token)
	if err != nil {
		return err
	}
	return c.heartbeat()
}

func (e *Engine) sendTask(ctx context.Context, token string, h happening) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	c, err := e.tokens.find(token)
	if err != nil {
		return err
	}
	h.id = c.id
	next, err := c.execution.advance(h)
	if errors.Is(err, states.ErrStale) {
		_, err = e.tokens.find(token) // somebody was quicker: it says how the task ended
		if err == nil {
			err = ErrTaskTimedOut
		}
	}
	e.spawn(next)
	return err
}

// newFailure gives an error output with what is not empty.
func newFailure(name, cause string) (states.Failure, error) {
	if n := len([]rune(name)); n > maxErrorLength {
		return states.Failure{}, fmt.Errorf("engine: the error name has %d characters, at most %d are allowed", n, maxErrorLength)
	}
	if n := len([]rune(cause)); n > maxCauseLength {
		return states.Failure{}, fmt.Errorf("engine: the cause has %d characters, at most %d are allowed", n, maxCauseLength)
	}
	return states.Failure{Error: name, Cause: cause, HasError: name != "", HasCause: cause != ""}, nil
}

// tokens finds the task that waits for a Task Token, and remembers for a while
// how the others ended. The zero tokens has none.
type tokens struct {
	limit int // of ended tokens remembered

	mu    sync.Mutex
	calls map[string]*call
	ended map[string]error
	ring  []string // of the ended tokens, oldest at next
	next  int
}

func (t *tokens) open(token string, c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls, t.ended = make(map[string]*call), make(map[string]error)
	}
	t.calls[token] = c
}

// end closes a token.
func (t *tokens) end(token string, used bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.calls[token]; !ok {
		return
	}
	delete(t.calls, token)
	if t.limit == 0 {
		return
	}
	if len(t.ring) < t.limit {
		t.ring = append(t.ring, token)
	} else {
		delete(t.ended, t.ring[t.next])
		t.ring[t.next] = token
		t.next = (t.next + 1) % len(t.ring)
	}
	t.ended[token] = ErrTaskTimedOut
	if used {
		t.ended[token] = ErrTaskDoesNotExist
	}
}

// find returns the call of an open token, or how the token ended.
func (t *tokens) find(token string) (*call, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.calls[token]; c != nil {
		return c, nil
	}
	if err := t.ended[token]; err != nil {
		return nil, err
	}
	return nil, ErrInvalidToken
}
