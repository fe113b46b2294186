package states

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl"
)

// run returns the thread whose Map Run has come to an event.
func (r restorer) run(tip EventID) *thread {
	return r.find(func(t *thread) bool { return t.fork != nil && t.fork.run != nil && t.tip == tip })
}

// runStarted applies the start of a Map Run. What it is given is evaluated when it is known
// that it still runs.
func (r restorer) runStarted(e *Event, d *MapRunDetails) error {
	t := r.find(func(t *thread) bool {
		s, ok := t.state.(*asl.Map)
		return ok && s.Distributed != nil && t.fork != nil && t.fork.run == nil && t.tip == e.PreviousID
	})
	if t == nil {
		return fmt.Errorf("no distributed Map state has come to event %d", e.PreviousID)
	}
	// ...:mapRun:MACHINE/LABEL:UUID
	label := d.ARN[strings.LastIndexByte(d.ARN, '/')+1:]
	label = label[:max(strings.LastIndexByte(label, ':'), 0)]
	t.fork.run = &mapRun{StartMapRun: &StartMapRun{ID: e.ID, ARN: d.ARN, Label: label}, at: e.At}
	t.tip = e.ID
	return nil
}

func (r restorer) runRedriven(e *Event, d *MapRunDetails) error {
	t := r.find(func(t *thread) bool {
		return t.fork != nil && t.fork.run != nil && t.fork.run.redriving && t.fork.run.ARN == d.ARN
	})
	if t == nil {
		return fmt.Errorf("no Map Run '%s' is to be redriven", d.ARN)
	}
	run := t.fork.run
	begun := *run.StartMapRun
	begun.ID, begun.Redrives = e.ID, d.Redrives
	*run = mapRun{StartMapRun: &begun, at: e.At}
	t.tip = e.ID
	return nil
}

func (r restorer) runSucceeded(e *Event) error {
	t := r.run(e.PreviousID)
	if t == nil {
		return fmt.Errorf("no Map Run has come to event %d", e.PreviousID)
	}
	t.fork.run.succeeded = e.ID
	return nil
}

func (r restorer) runFailed(e *Event, d *FailureDetails) error {
	t := r.run(e.PreviousID)
	if t == nil {
		return fmt.Errorf("no Map Run has come to event %d", e.PreviousID)
	}
	t.tip = e.ID
	t.fork.run.failed(d.Failure)
	t.fail(runFault(d.Failure))
	return nil
}

// resume opens the Map Run of a thread again. When that fails, it does so in the next Step.
func (r restorer) resume(t *thread) {
	x, run := r.x, t.fork.run
	now := x.now
	x.now = run.at
	defer func() { x.now = now }()
	s := t.state.(*asl.Map)
	last, queries := x.last, t.queries
	in, failure := t.runInput(s)
	if failure == nil {
		var o tolerance
		if o, failure = t.tolerance(s, in.selected); failure == nil {
			var c *StartMapRun
			if c, failure = t.evaluateRun(s, run, in, o); failure == nil {
				run.StartMapRun = c
				x.wait(t, c.ID)
				return
			}
		}
	}
	x.last, t.queries, t.tip, x.events = last, queries, run.ID, x.events[:0]
}
