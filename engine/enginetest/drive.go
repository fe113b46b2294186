package enginetest

import (
	"context"
	"slices"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// Run starts an execution of the machine and lets the time go on until it ends. Input is a Go
// value as encoding/json writes it, or [JSON]; nil is {}. The test ends when the execution
// waits for something that does not happen by itself, such as a Task Token, or when a handler
// stalls. An execution that fails is no failure of the test: the [Run] tells.
func (e *Env) Run(input any, options ...engine.StartOption) *Run {
	e.t.Helper()
	return e.Start(input, options...).Wait()
}

// Start starts an execution of the machine, as [engine.Engine.StartExecution] does, and
// returns when nothing is left to do at the clock's time.
func (e *Env) Start(input any, options ...engine.StartOption) *Run {
	e.t.Helper()
	return e.main.Start(input, options...)
}

// Run is [Env.Run] with this machine.
func (m *Machine) Run(input any, options ...engine.StartOption) *Run {
	m.env.t.Helper()
	return m.Start(input, options...).Wait()
}

// Start is [Env.Start] with this machine.
func (m *Machine) Start(input any, options ...engine.StartOption) *Run {
	e := m.env
	e.t.Helper()
	e.checkNames()
	if input != nil {
		v, err := valueOf(input)
		if err != nil {
			e.t.Fatalf("enginetest: the input of %s: %v", m.name, err)
		}
		input = JSON(value.String(v))
	}
	first := []engine.StartOption{engine.Machine(m.name)}
	if mocks := e.mocks.Load(); mocks != nil && m == e.main {
		first = append(first, engine.TestCase(mocks.testCase))
	}
	options = append(first, options...)
	x, err := e.engine.StartExecution(context.Background(), m.machine, input, options...)
	if err != nil {
		e.t.Fatalf("enginetest: no execution of %s was started: %v", m.name, err)
	}
	e.mu.Lock()
	e.records[x.ARN()].execution = x
	e.mu.Unlock()
	e.settle()
	return &Run{env: e, arn: x.ARN(), execution: x}
}

// Wait lets the time go on until the execution ends, as [Env.Run] does, and returns the Run.
func (r *Run) Wait() *Run {
	e := r.env
	e.t.Helper()
	if !e.drive(e.clock.Now().AddDate(100, 0, 0), func() bool { return e.record(r.arn).end() != nil }) {
		e.t.Fatalf("enginetest: the execution waits for what does not happen: %s", e.record(r.arn).standing())
	}
	return r
}

// Advance lets a time go by, with all that is due in it.
func (e *Env) Advance(d time.Duration) {
	e.t.Helper()
	until := e.clock.Now().Add(d)
	e.drive(until, func() bool { return false })
	e.clock.moveTo(until)
}

// An event is what At calls.
type event struct {
	at     time.Time
	do     func()
	done   bool
	caller string
}

// At has a function called when some time has gone by since the environment was made, on the
// test's goroutine, while Run, Wait, Advance or Token let the time go on. It is called before
// anything else that is due at the same moment. One that is never called fails the test.
func (e *Env) At(after time.Duration, do func()) {
	e.t.Helper()
	at := e.start.Add(after)
	if at.Before(e.clock.Now()) {
		e.t.Fatalf("enginetest: At(%s) has passed: it is %s after the start", after, e.clock.Now().Sub(e.start))
	}
	e.events = append(e.events, &event{at: at, do: do, caller: caller()})
	slices.SortStableFunc(e.events, func(a, b *event) int { return a.at.Compare(b.at) })
}

// drive lets the time go on until done returns true, which drive then returns, too; false
// when nothing is due any more until a time.
func (e *Env) drive(until time.Time, done func() bool) bool {
	e.t.Helper()
	for {
		e.settle()
		event := e.nextEvent()
		if event != nil && !event.at.After(e.clock.Now()) {
			event.done = true
			event.do()
			continue
		}
		if done() {
			return true
		}
		limit := until
		if event != nil && !event.at.After(until) {
			limit = event.at.Add(-1)
		}
		switch {
		case e.clock.next(limit):
		case limit != until:
			e.clock.moveTo(event.at)
		default:
			return false
		}
	}
}

// nextEvent returns the next function of At that is to be called, nil when there is none.
func (e *Env) nextEvent() *event {
	for _, event := range e.events {
		if !event.done {
			return event
		}
	}
	return nil
}

// settle waits until nothing is left to do at the clock's time. It ends the test when handlers
// stall.
func (e *Env) settle() {
	e.t.Helper()
	if e.stalled {
		e.t.FailNow()
	}
	progress := func() int64 { return e.moves.Load() + e.clock.slept.Load() }
	if !e.clock.settleWithin(e.options.stallAfter, progress) {
		e.stalled = true
		e.t.Fatal(e.stall())
	}
}
