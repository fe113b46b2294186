package temporal

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"go.temporal.io/sdk/workflow"
)

// A workflow's history has bounds, so that an execution goes on in a new run of its workflow when
// Temporal suggests it (continue-as-new). The new run gets how the interpreter stands, and as much
// of the AWS history as its argument has room for; what came before stays in the earlier run, which
// is asked for it.

// lastLength is the number of events from which on an execution fails that can't go on in a new
// run.
const lastLength = 50_000

// hardLength is the number of events of a workflow's history from which on no new task is begun,
// so that those at work come to an end and another run begins. Temporal ends workflows at 51,200.
const hardLength = 40_000

// renews reports whether the execution goes on in a new run now. It may only while nothing is under
// way that a new run would not hear of: activities, starts of children, signals and updates.
func (x *execution) renews() bool {
	if x.start.Express {
		return false // it is short, and has no history to restore it from
	}
	info := workflow.GetInfo(x.ctx)
	if after := x.start.RenewAfter; after > 0 && info.GetCurrentHistoryLength() < after || after == 0 && !info.GetContinueAsNewSuggested() {
		return false
	}
	if x.tells > 0 || len(x.inbox) > 0 || x.selector.HasPending() || !workflow.AllHandlersFinished(x.ctx) {
		return false
	}
	for _, r := range x.runs {
		if r.starting {
			return false
		}
	}
	for _, t := range x.tasks {
		if t.working || t.starting {
			return false
		}
	}
	return true
}

// renewed returns the error by which the execution goes on in a new run, if it does so now.
func (x *execution) renewed() error {
	length := workflow.GetInfo(x.ctx).GetCurrentHistoryLength()
	if x.tooLarge && length > lastLength {
		x.broken = errors.New("temporal: the workflow's history has reached its bound, and what is open in the execution is too large for another run")
		return nil
	}
	if !x.renews() || x.tooLarge && length < x.triedAt+1000 {
		return nil
	}
	err := x.renew()
	x.tooLarge, x.triedAt = err == nil, length
	return err
}

// holds reports whether a new task must wait for the next run.
func (x *execution) holds() bool {
	if x.tooLarge {
		return false
	}
	most := hardLength
	if after := x.start.RenewAfter; after > 0 {
		most = 4 * after
	}
	return workflow.GetInfo(x.ctx).GetCurrentHistoryLength() > most
}

// renew returns the error by which the execution goes on in a new run, nil if that can't be: what is
// open in it has more bytes than an argument may have, and Temporal would try again for ever.
func (x *execution) renew() error {
	s := *x.start
	s.Started, s.Semantics = x.startedAt(), states.Semantics
	r := &resumed{Snapshot: pack(x.it.Snapshot()), More: x.more, Dropped: x.dropped, Earlier: x.earlier,
		Heard: make(map[states.EventID]time.Time), Children: make(map[states.EventID]string), Later: make(map[states.EventID]*later)}
	for id, t := range x.tasks {
		if !t.heardUntil.IsZero() {
			r.Heard[id] = t.heardUntil
		}
		if t.later != nil {
			r.Later[id] = t.later
		}
		if t.child != "" {
			r.Children[id] = t.child
		}
	}
	for id := range x.sortedRuns() {
		r.Runs = append(r.Runs, id)
	}
	s.Resumed = r
	if s.size() > mostArgument {
		return nil
	}
	if !s.Lean {
		r.Log = packLog(x.history)
	}
	if s.Lean || s.size() > mostArgument {
		// The new run begins without a log, and says where it is.
		total := x.dropped + len(x.history)
		r.Log, r.Dropped = nil, total
		r.Earlier = append(slices.Clone(x.earlier), earlierRun{RunID: workflow.GetInfo(x.ctx).WorkflowExecution.RunID, Until: total})
	}
	return workflow.NewContinueAsNewError(x.ctx, executionWorkflow, &s)
}

// resume takes up an execution that an earlier run has left.
func (x *execution) resume(r *resumed, options states.Options) error {
	log, err := unpackLog(r.Log)
	if err != nil {
		return err
	}
	x.history, x.dropped, x.earlier = log, r.Dropped, r.Earlier
	if len(log) > 0 && log[len(log)-1].At.After(x.now) {
		x.now = log[len(log)-1].At
	}
	if r.Redriven {
		if x.it, err = states.Restore(x.machine, log, options); err != nil {
			return fmt.Errorf("temporal: the history can't be restored: %w", err)
		}
		return x.step(states.Redriven{At: x.now})
	}
	snapshot, err := unpack(r.Snapshot)
	if err != nil {
		return err
	}
	if x.it, err = states.Resume(x.machine, snapshot, nil, options); err != nil {
		return fmt.Errorf("temporal: the snapshot can't be resumed: %w", err)
	}
	x.more = r.More
	var begun []states.Input
	for _, command := range x.it.Open() {
		if invoked, ok := command.(*states.InvokeTask); ok && x.takesUp(invoked, r) {
			continue
		}
		if run, ok := command.(*states.StartMapRun); ok && slices.Contains(r.Runs, run.ID) {
			x.runs[run.ID] = &mapRun{command: run}
			continue
		}
		begun = x.perform([]states.Command{command}, begun)
	}
	if len(begun) > 0 {
		return x.step(begun...)
	}
	return nil
}

// takesUp has the execution wait for a task as the earlier run did, and reports false for one that
// is still to be begun.
func (x *execution) takesUp(command *states.InvokeTask, r *resumed) bool {
	id := command.ID
	child := r.Children[id]
	if child == "" && !command.Acknowledged {
		return false
	}
	t := &task{command: command, token: command.Token, acknowledged: command.Acknowledged, child: child, waits: child != ""}
	x.tasks[id] = t
	heard := r.Heard[id]
	if heard.IsZero() {
		heard = x.now.Add(command.Heartbeat)
	}
	x.keepTime(t, heard)
	if l := r.Later[id]; l != nil {
		x.answerLater(t, l)
	}
	return true
}

// redriven returns the argument of the run in which an execution goes on that had ended.
func redriven(s *start, began time.Time, history []states.Event, now time.Time) (*start, error) {
	again := *s
	again.Started, again.RedriveDate = began, now
	again.Redrives++
	again.Resumed = &resumed{Log: packLog(history), Redriven: true}
	if n := again.size(); n > mostArgument {
		return nil, fmt.Errorf("%w: its history has %d bytes, compressed, and at most %d are allowed", engine.ErrNotRedrivable, n, mostArgument)
	}
	return &again, nil
}
