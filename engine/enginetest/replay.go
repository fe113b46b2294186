package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/replay"
)

// Replay runs a recorded history again on a machine, which is given as to [New] and may have
// changed since. When the machine would record something else the test fails and names the first
// event that would differ: see [replay.Check]. The history is a []states.Event, such as
// [Run.History] returns, the JSON that AWS's GetExecutionHistory answers, or the path of a file
// with it. Of the options, [WithExtensions] counts.
func Replay(t testing.TB, machine, history any, opts ...Option) {
	t.Helper()
	e := &Env{t: t}
	for _, option := range opts {
		option(&e.options)
	}
	parsed, err := e.parse(machine)
	if err != nil {
		t.Fatalf("enginetest: Replay: the machine: %v", err)
	}
	events, err := historyOf(history)
	if err != nil {
		t.Fatalf("enginetest: Replay: the history: %v", err)
	}
	observe := func(states.Part) {}
	if profile := covers(); profile != nil {
		observe = func(p states.Part) { profile.Use(parsed, p) }
	}
	err = replay.Check(parsed, events, replay.Options{Observe: observe})
	if d, ok := errors.AsType[*replay.Difference](err); ok {
		t.Errorf("enginetest: Replay: %v", d)
	} else if err != nil {
		t.Fatalf("enginetest: Replay: %v", err)
	}
}

// historyOf reads what Replay and AnswersFrom are given.
func historyOf(history any) ([]states.Event, error) {
	var text []byte
	switch h := history.(type) {
	case []states.Event:
		return h, nil
	case json.RawMessage:
		text = h
	case []byte:
		text = h
	case string:
		text = []byte(h)
		if trimmed := strings.TrimSpace(h); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
			var err error
			if text, err = os.ReadFile(h); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("a %T is none: it must be a []states.Event, JSON, or the path of a file", history)
	}
	return states.ReadHistory(text)
}

// AnswersFrom expects the calls that a recorded history has, which is given as to [Replay]: of each
// state, and in a Map state of each index, the same calls in the same order, whatever their inputs,
// which Replay compares. Each is answered as there, after the same time; one that timed out or
// had no answer gets none.
func (e *Env) AnswersFrom(history any) {
	e.t.Helper()
	events, err := historyOf(history)
	if err != nil {
		e.t.Fatalf("enginetest: AnswersFrom: %v", err)
	}
	r := newRecord(e.main.machine)
	calls := make(map[states.EventID]*heard) // by every event of theirs
	var order []*heard
	for i := range events {
		event := &events[i]
		if event.Hidden() {
			continue
		}
		r.add(event)
		if d, ok := event.Details.(*states.EnteredDetails); ok && r.machine.Find(d.Name) == nil {
			e.t.Fatalf("enginetest: AnswersFrom: the history has a state %q, and the machine has none", d.Name)
		}
		if _, ok := event.Details.(*states.ScheduledDetails); ok {
			c := &heard{place: r.places[event.ID], at: event.At, answer: &answer{text: "the recorded answer", hangs: true, unsubmitted: true}}
			calls[event.ID] = c
			order = append(order, c)
		} else if c := calls[event.PreviousID]; c != nil && c.hear(event) {
			calls[event.ID] = c
		}
	}
	expected := make(map[string]*Expectation)
	for _, c := range order {
		index := r.index(c.place)
		key := fmt.Sprintf("%d %s", index, c.state.Name())
		x := expected[key]
		if x == nil {
			x = e.main.On(c.state.Name())
			x.raw = true
			if index >= 0 {
				x.Index(index)
			}
			expected[key] = x
		}
		x.add(c.answer)
	}
}

// A heard is a call in a history, and what became of it.
type heard struct {
	place
	at     time.Time
	answer *answer
}

// hear takes an event that follows the call's, and reports whether further ones may.
func (c *heard) hear(event *states.Event) bool {
	switch d := event.Details.(type) {
	case *states.OutputDetails:
		if event.Type == states.TaskSubmitted {
			c.answer.submitted, c.answer.unsubmitted = d.Output, false
			return true
		}
		c.answer.hangs, c.answer.output = false, d.Output
	case *states.FailureDetails:
		switch event.Type {
		case states.TaskTimedOut, states.LambdaFunctionTimedOut, states.ActivityTimedOut:
			return false // it hangs until then
		}
		c.answer.hangs, c.answer.err = false, &engine.TaskError{Name: d.Error, Cause: d.Cause, Stage: stageOf(event.Type)}
	case *states.WorkerDetails:
		c.answer.worker = d.Worker
		return true
	default:
		return event.Type == states.TaskStarted || event.Type == states.LambdaFunctionStarted
	}
	c.answer.after = event.At.Sub(c.at)
	return false
}

// stageOf returns how far a task had come, by the event of its failure.
func stageOf(t states.EventType) states.Stage {
	switch t {
	case states.LambdaFunctionScheduleFailed, states.ActivityScheduleFailed:
		return states.Scheduling
	case states.TaskStartFailed, states.LambdaFunctionStartFailed:
		return states.Starting
	case states.TaskSubmitFailed:
		return states.Submitting
	}
	return states.Running
}
