package enginetest

import (
	"context"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// A Token is the Task Token of a task that waits for it.
type Token struct {
	env      *Env
	call     *call
	given    bool // by Env.Token
	expected bool // by an expectation
}

// Token returns the Task Token of the next task of a state that waits for it: one that
// answers by Hang or Do, that a real handler was called for, or that no expectation is for. It
// lets the time go on until there is one, and ends the test when there never is. Each token is
// returned once, in the order in which the tasks were scheduled.
func (e *Env) Token(state string) *Token { e.t.Helper(); return e.token(nil, state) }

// Token is [Env.Token] for this machine's executions alone.
func (m *Machine) Token(state string) *Token { m.env.t.Helper(); return m.env.token(m, state) }

func (e *Env) token(m *Machine, state string) *Token {
	e.t.Helper()
	var found *Token
	if !e.drive(e.clock.Now().AddDate(100, 0, 0), func() bool {
		found = e.take(m, state)
		return found != nil
	}) {
		e.t.Fatalf("enginetest: Token(%q): no task of that state waits for its Task Token", state)
	}
	return found
}

// take returns the next token of a state that waits, nil when there is none.
func (e *Env) take(m *Machine, state string) *Token {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, token := range e.tokens {
		if !token.given && token.call.task.State == state && (m == nil || token.call.machine == m) {
			token.given = true
			return token
		}
	}
	return nil
}

// keepToken keeps the token of a task that waits for it.
func (e *Env) keepToken(c *call, expected bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tokens = append(e.tokens, &Token{env: e, call: c, expected: expected})
}

// String returns the token itself.
func (t *Token) String() string { return t.call.task.Token }

// Task returns the task that waits.
func (t *Token) Task() engine.Task { return t.call.task }

// Succeed ends the task with an output, as [engine.Engine.SendTaskSuccess] does, and returns
// when nothing is left to do at the clock's time.
func (t *Token) Succeed(output any) {
	e := t.env
	e.t.Helper()
	v, err := valueOf(output)
	if err == nil {
		err = e.engine.SendTaskSuccess(context.Background(), t.String(), JSON(value.String(v)))
	}
	t.sent("Succeed", err)
}

// Fail ends the task with an error, as [engine.Engine.SendTaskFailure] does, and returns when
// nothing is left to do at the clock's time.
func (t *Token) Fail(name, cause string) {
	t.env.t.Helper()
	t.sent("Fail", t.env.engine.SendTaskFailure(context.Background(), t.String(), name, cause))
}

// Heartbeat says that the task is still being worked on.
func (t *Token) Heartbeat() {
	t.env.t.Helper()
	t.sent("Heartbeat", t.env.engine.SendTaskHeartbeat(context.Background(), t.String()))
}

// sent ends the test when the engine refuses the token.
func (t *Token) sent(method string, err error) {
	t.env.t.Helper()
	if err != nil {
		t.env.t.Fatalf("enginetest: %s of the Task Token of %s: %v", method, t.call.task.State, err)
	}
	t.env.settle()
}
