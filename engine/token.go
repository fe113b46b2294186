package engine

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// SendTaskSuccess ends the task that waits for a Task Token with an output, which
// is anything that encoding/json can marshal, or a json.RawMessage. JSON text must be
// given as a json.RawMessage: a Go string is one JSON string, whatever is in it, unlike
// the output of AWS's SendTaskSuccess, and a []byte is [ErrInvalidOutput]. It returns as
// soon as the execution has taken it; what follows goes on elsewhere. A token may
// be used before the handler that it was given to has returned.
//
// Errors: [ErrInvalidOutput], [ErrInvalidToken] for a token that never was,
// [ErrTaskDoesNotExist] for one that was used, [ErrTaskTimedOut] for one that
// nobody waits for any more. The latter two can be told for as long as the token's
// execution is kept: see [Limits.Retained] and [Limits.Retention]. Further the reason
// why its execution is stranded ([Health.Stranded]), and a [*StoreError], after which the
// token may have been used: send it again.
func (e *Engine) SendTaskSuccess(ctx context.Context, token string, output any) error {
	v, err := e.output(output)
	if err != nil {
		if refused := e.checkToken(ctx, token); refused != nil {
			return refused // which AWS tells before an output that is no JSON
		}
		return err
	}
	return e.sendTask(ctx, token, arrival{kind: returned, output: v})
}

// SendTaskFailure ends the task that waits for a Task Token with an error. An
// empty name or cause counts as absent. Names have up to 256 characters, causes up
// to 32,768. Errors: as for [Engine.SendTaskSuccess].
func (e *Engine) SendTaskFailure(ctx context.Context, token, name, cause string) error {
	failure, err := newFailure(name, cause)
	if err != nil {
		return err
	}
	return e.sendTask(ctx, token, arrival{kind: erred, failure: failure})
}

// SendTaskHeartbeat says that the task of a Task Token is still being worked on,
// and starts its HeartbeatSeconds anew. It costs the same however long the execution and
// however many heartbeats came before, and only the first of a task is written down: when
// an engine is opened again, the time of tasks that sent some begins anew. Errors: as for
// [Engine.SendTaskSuccess].
func (e *Engine) SendTaskHeartbeat(ctx context.Context, token string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	if e.archive.hear(token) {
		return nil
	}
	c, err := e.taskOf(token)
	if err != nil {
		return err
	}
	return c.heartbeat()
}

// output gives a task's output that did not come from its handler's return as a value.
func (e *Engine) output(output any) (any, error) { return outputOf(output, e.config.Limits.Payload) }

// outputOf gives an output as a value, which may have so many bytes; most below 1 sets no bound.
func outputOf(output any, most int) (any, error) {
	v, err := convert.Of(output)
	if err != nil {
		return nil, fmt.Errorf("%w: Invalid Output: %w", ErrInvalidOutput, err)
	}
	if n := value.Size(v); most > 0 && n > most {
		return nil, fmt.Errorf("%w: the output has %d bytes, at most %d are allowed", ErrInvalidOutput, n, most)
	}
	return v, nil
}

// checkToken returns the error of a Task Token that no task waits for.
func (e *Engine) checkToken(ctx context.Context, token string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	_, err := e.taskOf(token)
	return err
}

func (e *Engine) sendTask(ctx context.Context, token string, h arrival) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	c, err := e.taskOf(token)
	if err != nil {
		return err
	}
	h.id, h.from = c.id, ctx
	next, err := c.execution.advance(h)
	if errors.Is(err, states.ErrStale) {
		err = e.tokenEnded(c.execution.identity.ARN, token) // somebody was quicker
	}
	e.spawn(next)
	return err
}

// newFailure gives an error output with what is not empty.
func newFailure(name, cause string) (states.Failure, error) {
	if n := utf8.RuneCountInString(name); n > maxErrorLength {
		return states.Failure{}, fmt.Errorf("engine: the error name has %d characters, at most %d are allowed", n, maxErrorLength)
	}
	if n := utf8.RuneCountInString(cause); n > maxCauseLength {
		return states.Failure{}, fmt.Errorf("engine: the cause has %d characters, at most %d are allowed", n, maxCauseLength)
	}
	return states.Failure{Error: name, Cause: cause, HasError: name != "", HasCause: cause != ""}, nil
}

// tokens finds the task that waits for a Task Token, if its execution is in memory. The
// zero tokens has none.
type tokens struct {
	mu    sync.Mutex
	calls map[string]*call
}

func (t *tokens) open(token string, c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = make(map[string]*call)
	}
	t.calls[token] = c
}

// end closes a token, or forgets one whose execution leaves memory.
func (t *tokens) end(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, token)
}

// find returns the call of an open token, nil if there is none in memory.
func (t *tokens) find(token string) *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[token]
}

// tokenSuffix returns the end of a Standard execution's Task Tokens: by it the execution
// is found when it is not in memory.
func (x *Execution) tokenSuffix() string {
	if x.express {
		return ""
	}
	key := x.keyOfARN()
	return base64.RawURLEncoding.EncodeToString(key[:])
}

// keyOfARN returns the key of the execution's ARN. The engine's mu is locked, or the
// execution is about to start.
func (x *Execution) keyOfARN() store.Key {
	if x.key == (store.Key{}) {
		x.key = store.KeyOf(x.identity.ARN)
	}
	return x.key
}

// A Task Token has 256 bits, and the key of the execution's ARN, both in base64. Of the 256
// bits the first half can't be guessed and the second is the seal of the first, which
// [states.TokenKey] checks. Those of executions that an earlier release started have no
// seal, and can be checked by the history alone.
const secretLength, keyLength = 43, 11

// keyIn returns the key in a Task Token.
func keyIn(token string) (key store.Key, ok bool) {
	if len(token) != secretLength+keyLength {
		return key, false
	}
	_, err := base64.RawURLEncoding.Decode(key[:], []byte(token[secretLength:]))
	return key, err == nil
}

// taskOf returns the call that waits for a token, and its execution in memory.
func (e *Engine) taskOf(token string) (*call, error) {
	if c := e.tokens.find(token); c != nil {
		return c, nil
	}
	key, ok := keyIn(token)
	if !ok {
		return nil, ErrInvalidToken
	}
	arns, err := e.archive.arnsOf(key)
	if err != nil {
		return nil, err
	}
	for _, arn := range arns {
		c, err := e.taskIn(arn, token)
		if !errors.Is(err, ErrInvalidToken) {
			return c, err
		}
	}
	return nil, ErrInvalidToken
}

// taskIn returns the call of an execution that waits for a token, or what became of the
// token. A text that is no token of the execution costs no history.
func (e *Engine) taskIn(arn, token string) (*call, error) {
	key, err := e.archive.tokenKey(arn)
	switch {
	case errors.Is(err, ErrExecutionDoesNotExist):
		return nil, ErrInvalidToken
	case err != nil:
		return nil, err
	case key != nil && !key.Sealed(token):
		return nil, ErrInvalidToken
	}
	x, err := e.archive.findTask(arn)
	if err != nil {
		return nil, err
	}
	if x != nil {
		c := e.tokens.find(token)
		if c == nil {
			x.afterInput()
		}
		x.unlock()
		if c != nil {
			return c, nil
		}
	}
	return nil, e.tokenEnded(arn, token)
}

// tokenKeyOf returns the key of the execution that begins with some events, nil when its
// Task Tokens have no seal.
func tokenKeyOf(events []states.Event) *states.TokenKey {
	if len(events) == 0 {
		return nil
	}
	if d, ok := events[0].Details.(*states.StartedDetails); ok && d.Execution.SealedTokens {
		return new(d.Seed.TokenKey())
	}
	return nil
}

// tokenEnded says what became of a token for which an execution does not wait: its
// history tells.
func (e *Engine) tokenEnded(arn, token string) error {
	history, err := e.archive.events(arn)
	if errors.Is(err, ErrExecutionDoesNotExist) || err == nil && len(history) == 0 {
		return ErrInvalidToken
	} else if err != nil {
		return err
	}
	return tokenEndedIn(token, history, func() error { return e.archive.whyStranded(arn) })
}

// tokenEndedIn says it by a history. Of a task that has not ended stranded says why its execution
// can't go on, nil if it can; a stranded that is nil says nothing.
func tokenEndedIn(token string, history []states.Event, stranded func() error) error {
	if len(history) == 0 {
		return ErrInvalidToken
	}
	started, ok := history[0].Details.(*states.StartedDetails)
	if !ok {
		return ErrInvalidToken
	}
	for i := range history {
		if _, ok := history[i].Details.(*states.ScheduledDetails); !ok {
			continue
		}
		own := started.TaskToken(history[i].ID)
		if subtle.ConstantTimeCompare([]byte(own), []byte(token)) != 1 {
			continue
		}
		if err := taskEnded(history[i:]); err != nil {
			return err
		}
		// The task waits in vain: its execution has ended, or can't go on here.
		if stranded != nil {
			return cmp.Or(stranded(), ErrTaskTimedOut)
		}
		return ErrTaskTimedOut
	}
	return ErrInvalidToken
}

// taskEnded says how the task ended that the first event of a history scheduled, nil if
// there is nothing of it.
func taskEnded(history []states.Event) error {
	tip := history[0].ID
	for i := range history {
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
