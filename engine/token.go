package engine

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
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
// nobody waits for any more. The latter two can be told for as long as the token's
// execution is kept: see [Limits.Retained] and [Limits.Retention]. After a [*StoreError]
// the token may have been used: send it again.
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
		err = e.tokenEnded(token) // somebody was quicker
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

// tokens finds the task that waits for a Task Token. The zero tokens has none.
type tokens struct {
	mu    sync.Mutex
	calls map[string]*call
	// asleep finds the executions that are not in memory by the beginnings of
	// their tokens; the token itself is compared when they are.
	asleep map[tokenKey]*sleeper
}

// A tokenKey is the beginning of a Task Token: 96 bits of it.
type tokenKey [16]byte

func keyOf(token string) (key tokenKey) {
	copy(key[:], token)
	return key
}

func (t *tokens) open(token string, c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = make(map[string]*call)
	}
	t.calls[token] = c
	if len(t.asleep) > 0 {
		delete(t.asleep, keyOf(token))
	}
}

// doze has an open token lead to an execution that leaves memory.
func (t *tokens) doze(token string, s *sleeper) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, token)
	if t.asleep == nil {
		t.asleep = make(map[tokenKey]*sleeper)
	}
	t.asleep[keyOf(token)] = s
}

// forget removes a token that a restored execution doesn't have.
func (t *tokens) forget(token string, s *sleeper) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key := keyOf(token); t.asleep[key] == s {
		delete(t.asleep, key)
	}
}

// end closes a token.
func (t *tokens) end(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, token)
}

// find returns the call of an open token, or the sleeping execution that may have
// it.
func (t *tokens) find(token string) (*call, *sleeper) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.calls[token]; c != nil {
		return c, nil
	}
	if len(t.asleep) > 0 {
		return nil, t.asleep[keyOf(token)]
	}
	return nil, nil
}

// taskOf returns the call that waits for a token, and its execution in memory.
func (e *Engine) taskOf(token string) (*call, error) {
	for {
		c, s := e.tokens.find(token)
		if c != nil {
			return c, nil
		}
		if s == nil {
			return nil, e.tokenEnded(token)
		}
		x := e.rouse(e.arn(s))
		if x == nil {
			e.tokens.forget(token, s)
			continue
		}
		x.mu.Lock()
		err := x.awake()
		if err == nil || errors.Is(err, states.ErrStale) {
			err = nil
			if c, s = e.tokens.find(token); s != nil {
				e.tokens.forget(token, s) // only its beginning was one
			}
			if c == nil {
				x.settled()
			}
		}
		x.mu.Unlock()
		if c == nil && err == nil {
			err = e.tokenEnded(token)
		}
		return c, err
	}
}

// tokenEnded says what became of a token that nobody waits for: its execution's history
// tells.
func (e *Engine) tokenEnded(token string) error {
	arn, task, ok := states.ParseTaskToken(token)
	if !ok {
		return ErrInvalidToken
	}
	history, err := e.events(arn)
	if errors.Is(err, ErrExecutionDoesNotExist) || errors.Is(err, ErrInvalidARN) || errors.Is(err, ErrTypeNotSupported) {
		return ErrInvalidToken
	} else if err != nil {
		return err
	}
	if len(history) == 0 {
		return ErrInvalidToken
	}
	started, ok := history[0].Details.(*states.StartedDetails)
	if !ok || subtle.ConstantTimeCompare([]byte(started.Seed.TaskToken(arn, task)), []byte(token)) == 0 {
		return ErrInvalidToken
	}
	if err = taskEnded(history, task); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err = e.stranded[arn]; err != nil {
		return err // the task waits, and its execution can't go on here
	}
	return ErrTaskTimedOut // the execution was over before it
}

// taskEnded says by a history how the task ended that an event scheduled, nil when the
// history doesn't know of an end.
func taskEnded(history []states.Event, task states.EventID) error {
	i := slices.IndexFunc(history, func(e states.Event) bool { return e.ID == task })
	if i < 0 {
		return ErrInvalidToken
	}
	for tip := task; i < len(history); i++ {
		e := &history[i]
		if e.Hidden() || e.PreviousID != tip {
			continue
		}
		switch e.Type {
		case states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted, states.TaskSubmitted:
			tip = e.ID
			continue
		case states.TaskTimedOut, states.LambdaFunctionTimedOut, states.ActivityTimedOut:
			return ErrTaskTimedOut
		}
		switch e.Details.(type) {
		case *states.OutputDetails, *states.FailureDetails:
			return ErrTaskDoesNotExist
		}
		return ErrTaskTimedOut
	}
	return nil
}
