package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

	reasonRedriven = "Execution was redriven by this token" // which RedriveExecution tells nobody
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
	if asked.token != "" {
		done, err := e.redrivenBy(arn, asked.token)
		if err != nil {
			return nil, err
		}
		if done {
			return e.archive.find(arn)
		}
	}
	return e.redriveUnlessDone(ctx, arn, asked.token)
}

// redriveUnlessDone redrives an execution, unless a call at the same time has done so for the token.
func (e *Engine) redriveUnlessDone(ctx context.Context, arn, token string) (*Execution, error) {
	x, calls, err := e.archive.redrive(ctx, arn, token)
	if token != "" && errors.Is(err, ErrNotRedrivable) {
		switch done, failed := e.redrivenBy(arn, token); {
		case failed != nil:
			return nil, failed
		case done:
			return e.archive.find(arn)
		}
	}
	if err != nil {
		return nil, err
	}
	e.spawn(calls)
	return x, nil
}

// A RedriveOption adjusts one redrive.
type RedriveOption func(*redriveRequest)

type redriveRequest struct{ token string }

// RedriveToken names a redrive, so that a second call for it redrives nothing, also one at the same
// time. It is kept with the redrive and known for 15 minutes (documented by AWS). An empty token names none.
func RedriveToken(token string) RedriveOption {
	return func(r *redriveRequest) { r.token = token }
}

// redriveTokenLife is how long a token is known.
const redriveTokenLife = 15 * time.Minute

// redrivenBy reports whether a token was given for an execution that was redriven not long ago. Its
// history tells.
func (e *Engine) redrivenBy(arn, token string) (bool, error) {
	history, err := e.archive.events(arn)
	if err != nil {
		return false, err
	}
	return redrivenIn(history, token, e.now()), nil
}

// redrivenIn is redrivenBy for a history. An empty token was never given.
func redrivenIn(history []states.Event, token string, now time.Time) bool {
	for _, event := range slices.Backward(history) {
		if d, ok := event.Details.(*states.RedriveDetails); ok && token != "" && d.Token == token {
			return now.Sub(event.At) < redriveTokenLife
		}
	}
	return false
}

// takeHistory gives a restored execution its history, and what follows from it. What is the same
// each time, and read without a lock once it is known, is written once: the start, the parent and
// the test case.
func (x *Execution) takeHistory(history []states.Event) {
	x.history = history
	if at := history[0].At; x.startDate != at {
		x.startDate = at
	}
	x.now = history[len(history)-1].At
	if d, ok := history[0].Details.(*states.StartedDetails); ok {
		x.input, x.text, x.trace = d.Input, d.Execution.InputText, d.Execution.TraceHeader
		if test := d.Execution.TestCase; x.testCase != test {
			x.testCase = test
		}
		if parent := d.Execution.Parent; x.parent != parent {
			x.parent = parent
		}
	}
	x.redrives, _ = redrivesOf(history)
}

// redrive takes the step. x.mu is locked.
func (x *Execution) redrive(ctx context.Context, token string) (*call, error) {
	defer x.afterInput()
	x.causedBy(ctx)
	x.tick()
	x.redrives++
	return x.step(nil, false, states.Redriven{At: x.now, Token: token})
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
	return notRedrivable(s, history, o, &e.config.Limits, e.now())
}

func notRedrivable(s *Summary, history []states.Event, o states.Options, limits *Limits, now time.Time) string {
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
