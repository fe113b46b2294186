package engine

import (
	"cmp"
	"context"
	"encoding/base64"
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
// nobody waits for any more. After a [*StoreError] the token may have been used: send
// it again.
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
	c, err := e.taskOf(token)
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
	c, err := e.taskOf(token)
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

// tokens finds the task that waits for a Task Token, if its execution is in memory, and
// remembers for a while how the others ended. The zero tokens has none.
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

// leave forgets an open token whose execution leaves memory.
func (t *tokens) leave(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, token)
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

// tokenSuffix returns the end of a Standard execution's Task Tokens: by it the execution
// is found when it is not in memory.
func (x *Execution) tokenSuffix() string {
	if x.express {
		return ""
	}
	key := KeyOf(x.identity.ARN)
	return base64.RawURLEncoding.EncodeToString(key[:])
}

// A Task Token has 256 bits by which it can't be guessed, and the key of the execution's
// ARN, both in base64.
const secretLength, keyLength = 43, 11

// keyIn returns the key in a Task Token.
func keyIn(token string) (key ARNKey, ok bool) {
	if len(token) != secretLength+keyLength {
		return key, false
	}
	_, err := base64.RawURLEncoding.Decode(key[:], []byte(token[secretLength:]))
	return key, err == nil
}

// taskOf returns the call that waits for a token, and its execution in memory.
func (e *Engine) taskOf(token string) (*call, error) {
	c, err := e.tokens.find(token)
	key, leads := keyIn(token)
	if !errors.Is(err, ErrInvalidToken) || !leads || e.config.Store == nil {
		return c, err
	}
	var arns []string
	err = e.store.use(func(s Store) (err error) {
		arns, err = s.Find(context.Background(), key)
		return err
	})
	if err != nil {
		return nil, e.storeError("", err)
	}
	for _, arn := range arns {
		if c, err := e.taskIn(arn, token); !errors.Is(err, ErrInvalidToken) {
			return c, err
		}
	}
	return nil, ErrInvalidToken
}

// taskIn returns the call of an execution that waits for a token.
func (e *Engine) taskIn(arn, token string) (*call, error) {
	x := e.rouse(arn)
	if x == nil {
		r, err := e.readRecord(arn)
		switch {
		case errors.Is(err, ErrExecutionDoesNotExist) || err == nil && r.Status != states.StatusRunning:
			return nil, ErrInvalidToken
		case err != nil:
			return nil, err
		}
		if x, err = e.known(&r); err != nil {
			return nil, err
		} else if x == nil {
			return nil, cmp.Or(e.whyStranded(arn), ErrInvalidToken)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.awake()
	if err != nil && !errors.Is(err, states.ErrStale) {
		return nil, err
	}
	c, err := e.tokens.find(token)
	if err != nil {
		x.settled()
	}
	return c, err
}
