package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/gostates/gostates/states"
)

// A RedriveStatus says whether an execution can be redriven, by the name AWS gives
// it.
type RedriveStatus string

// The redrive statuses of an execution.
const (
	Redrivable    RedriveStatus = "REDRIVABLE"
	NotRedrivable RedriveStatus = "NOT_REDRIVABLE"
)

// Why an execution can't be redriven, in AWS's words: that of one which SUCCEEDED was
// measured, the others are documented.
const (
	reasonRunning   = "Execution is RUNNING and cannot be redriven"
	reasonSucceeded = "Execution is SUCCEEDED and cannot be redriven"
	reasonEvents    = "Execution history event limit exceeded"
	reasonDuration  = "Execution has exceeded the max execution time"
	reasonPeriod    = "Execution redrivable period exceeded"
)

// defaultEvents bounds a history where [states.Options] say nothing of it.
const defaultEvents = 25_000

// RedriveExecution goes on with a Standard execution that failed, timed out or was
// stopped, from the states that did not end well, and returns as soon as it waits for
// a handler or for time. It has the same definition, input, ARN and history, where
// ExecutionRedriven comes next. Parallel and Map states run only those branches and
// iterations again that did not end well. Counters of retries, and timeouts, begin
// anew, and a task that runs again has another IdempotencyKey.
//
// What was undone by compensation begins anew: the whole execution, or the branch or
// iteration. A compensation that failed goes on with the handler that did.
//
// With a [RedriveToken] that was given for the same execution within 15 minutes before, it
// returns the execution and redrives nothing.
//
// An *Execution got before tells how the execution ended then; the one returned tells
// how it ends now.
//
// [ErrNotRedrivable] says why the execution can't be redriven, as
// [Description.RedriveStatusReason] does: it runs, it succeeded, it ended longer than
// [Limits.Redrivable] ago, it started longer than [Limits.Standard] ago, or its
// history has no room for two more events. Other errors: [ErrExecutionDoesNotExist],
// [ErrInvalidARN], [ErrTypeNotSupported] for an Express execution, [*ResourceError]
// when the Resolver doesn't know all resources of its definition any more, and a
// [*StoreError], after which it may have been redriven all the same.
func (e *Engine) RedriveExecution(ctx context.Context, arn string, options ...RedriveOption) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	var asked redriveRequest
	for i, option := range options {
		if option == nil {
			return nil, fmt.Errorf("engine: option %d of %d is a RedriveOption that is nil", i+1, len(options))
		}
		option(&asked)
	}
	if asked.token != "" && e.redriven.seen(arn, asked.token, e.now()) {
		return e.archive.find(arn)
	}
	x, calls, err := e.archive.redrive(arn)
	if err != nil {
		return nil, err
	}
	if asked.token != "" {
		e.redriven.note(arn, asked.token, e.now())
	}
	e.spawn(calls)
	return x, nil
}

// A RedriveOption adjusts one redrive.
type RedriveOption func(*redriveRequest)

type redriveRequest struct{ token string }

// RedriveToken names a redrive, so that a second call for it redrives nothing. The engine
// knows it for 15 minutes (documented by AWS), and no longer than it is open. An empty token
// names none.
func RedriveToken(token string) RedriveOption {
	return func(r *redriveRequest) { r.token = token }
}

// redriveTokens has the tokens of redrives, and when each was given. The zero one has none.
type redriveTokens struct {
	mu    sync.Mutex
	given map[[2]string]time.Time // by ARN and token
}

// A token is known for so long, and so many are.
const (
	redriveTokenLife = 15 * time.Minute
	maxRedriveTokens = 10_000
)

// seen reports whether a token was given for an execution.
func (r *redriveTokens) seen(arn, token string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.given[[2]string{arn, token}]
	return ok && now.Sub(at) < redriveTokenLife
}

// note remembers a token. Those whose time is over make room for it, and all when that is
// not enough.
func (r *redriveTokens) note(arn, token string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.given) >= maxRedriveTokens {
		maps.DeleteFunc(r.given, func(_ [2]string, at time.Time) bool { return now.Sub(at) >= redriveTokenLife })
	}
	if r.given == nil || len(r.given) >= maxRedriveTokens {
		r.given = make(map[[2]string]time.Time)
	}
	r.given[[2]string{arn, token}] = now
}

// takeHistory gives a restored execution its history, and what follows from it. What is the same
// each time, and read without a lock once it is known, is written once: the start and the parent.
func (x *Execution) takeHistory(history []states.Event) {
	x.history = history
	if at := history[0].At; x.startDate != at {
		x.startDate = at
	}
	x.now = history[len(history)-1].At
	if d, ok := history[0].Details.(*states.StartedDetails); ok {
		x.input, x.testCase = d.Input, d.Execution.TestCase
		x.text, x.trace = d.Execution.InputText, d.Execution.TraceHeader
		if parent := d.Execution.Parent; x.parent != parent {
			x.parent = parent
		}
	}
	x.redrives, _ = redrivesOf(history)
}

// redrive takes the step. x.mu is locked.
func (x *Execution) redrive() (*call, error) {
	defer x.afterInput()
	x.tick()
	x.redrives++
	return x.step(nil, false, states.Redriven{At: x.now})
}

// redrivesOf returns how often an execution was redriven, and when last.
func redrivesOf(history []states.Event) (int, time.Time) {
	for i := len(history) - 1; i >= 0; i-- {
		if d, ok := history[i].Details.(*states.RedriveDetails); ok {
			return d.Count, history[i].At
		}
	}
	return 0, time.Time{}
}

// notRedrivable says why an execution can't be redriven, "" when it can be. The
// history is looked at when all else allows it.
func (e *Engine) notRedrivable(s *Summary, history []states.Event, o states.Options) string {
	now, limits := e.now(), &e.config.Limits
	switch s.Status {
	case states.StatusRunning:
		return reasonRunning
	case states.StatusSucceeded:
		return reasonSucceeded
	}
	events := cmp.Or(o.MaxEvents, defaultEvents)
	switch {
	// ExecutionRedriven and one other event must find room.
	case events > 0 && history[len(history)-1].ID+2 > states.EventID(events):
		return reasonEvents
	case limits.Standard > 0 && now.Sub(s.StartDate) >= limits.Standard:
		return reasonDuration
	case now.Sub(s.StopDate) > limits.Redrivable:
		return reasonPeriod
	}
	return ""
}

func errNotRedrivable(arn, reason string) error {
	return fmt.Errorf("%w: %s: '%s'", ErrNotRedrivable, reason, arn)
}

// describeRedrives adds what there is to say of an execution's redrives.
func (e *Engine) describeRedrives(d *Description, history []states.Event, o states.Options) *Description {
	d.RedriveCount, d.RedriveDate = redrivesOf(history)
	d.RedriveStatus = Redrivable
	if started, ok := history[0].Details.(*states.StartedDetails); ok {
		d.TraceHeader = started.Execution.TraceHeader
		if text := started.Execution.InputText; text != "" {
			d.Input = json.RawMessage(text)
		}
	}
	if d.RedriveStatusReason = e.notRedrivable(&d.Summary, history, o); d.RedriveStatusReason != "" {
		d.RedriveStatus = NotRedrivable
	}
	return d
}
