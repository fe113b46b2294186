package prometheus

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/states"
	client "github.com/prometheus/client_golang/prometheus"
)

// A follower measures one execution.
type follower struct {
	*Metrics
	labels []string // of the execution

	mu      sync.Mutex
	tracker intervals.Tracker
	start   time.Time
}

// Lookback implements [engine.Brief]: nothing is counted that ended before.
func (*Metrics) Lookback() time.Duration { return 0 }

// Follow implements [engine.Observer].
func (m *Metrics) Follow(x engine.Observed) engine.Follower {
	kind, parent, machine := "STANDARD", "", x.Machine
	if x.Express {
		kind = "EXPRESS"
	}
	switch {
	case strings.Contains(x.Parent.ARN, ":mapRun:"):
		parent = "map_run"
		machine, _, _ = strings.Cut(machine, "/") // the rest may be a UUID
	case x.Parent.ARN != "":
		parent = "task"
	}
	f := &follower{Metrics: m, labels: []string{m.machines.of(machine), kind, parent}, tracker: intervals.Tracker{Definition: x.Definition}}
	for i := range x.History {
		f.begun(&x.History[i])
		f.tracker.Next(&x.History[i], nil)
	}
	return f
}

// begun notes when the execution started.
func (f *follower) begun(e *states.Event) {
	if f.start.IsZero() && e.Type == states.ExecutionStarted {
		f.start = e.At
	}
}

// Recorded implements [engine.Follower].
func (f *follower) Recorded(_ context.Context, events []states.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range events {
		e := &events[i]
		f.begun(e)
		f.tracker.Next(e, f)
		f.count(e)
	}
}

// count counts what an event says.
func (f *follower) count(e *states.Event) {
	var ended *client.CounterVec
	switch e.Type {
	case states.ExecutionStarted:
		f.started.WithLabelValues(f.labels...).Inc()
	case states.ExecutionRedriven:
		f.redriven.WithLabelValues(f.labels...).Inc()
	case states.ExecutionSucceeded:
		ended = f.succeeded
	case states.ExecutionFailed:
		ended = f.failed
	case states.ExecutionTimedOut:
		ended = f.timedOut
	case states.ExecutionAborted:
		ended = f.aborted
	case states.TaskScheduled, states.LambdaFunctionScheduled, states.ActivityScheduled:
		if a := f.tracker.Of(e.ID); a != nil {
			t, name := f.of(a)
			t.scheduled.WithLabelValues(name).Inc()
		}
	case states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted:
		if a := f.tracker.Of(e.ID); a != nil {
			t, name := f.of(a)
			t.started.WithLabelValues(name).Inc()
			t.scheduleTime.WithLabelValues(name).Observe(seconds(a.At, e.At))
		}
	}
	if ended != nil {
		ended.WithLabelValues(f.labels...).Inc()
		f.lasted.WithLabelValues(f.labels...).Observe(seconds(f.start, e.At))
	}
}

// of returns the metrics of a task, and the value of their label.
func (f *follower) of(a *intervals.Attempt) (*tasks, string) {
	switch a.Kind {
	case intervals.Activity:
		return &f.activities, f.activities.names.of(lastOf(a.Resource, ":activity:"))
	case intervals.Function:
		return &f.functions, f.functions.names.of(lastOf(a.Resource, ":function:"))
	}
	resource := a.Resource
	if a.ResourceType != "" {
		resource = a.ResourceType + ":" + resource
	}
	return &f.services, f.services.names.of(resource)
}

// lastOf returns what follows the last of a separator in an ARN, and another text as it is.
func lastOf(arn, separator string) string {
	if i := strings.LastIndex(arn, separator); i >= 0 {
		return arn[i+len(separator):]
	}
	return arn
}

// Left implements [intervals.Sink].
func (f *follower) Left(*intervals.Visit, intervals.End) {}

// Answered implements [intervals.Sink].
func (f *follower) Answered(a *intervals.Attempt, end intervals.End) {
	t, name := f.of(a)
	switch end.Outcome {
	case intervals.Succeeded:
		t.succeeded.WithLabelValues(name).Inc()
	case intervals.Failed:
		t.failed.WithLabelValues(name).Inc()
	case intervals.TimedOut:
		t.timedOut.WithLabelValues(name).Inc()
	default:
		return // nobody wanted its answer any more
	}
	t.time.WithLabelValues(name).Observe(seconds(a.At, end.At))
	if !a.Started.IsZero() {
		t.runTime.WithLabelValues(name).Observe(seconds(a.Started, end.At))
	}
}

// Begin implements [engine.Follower].
func (f *follower) Begin(ctx context.Context, work engine.Work) (context.Context, func(error)) {
	gauge := f.handlers
	if work.MapRunARN != "" {
		gauge = f.mapRuns.WithLabelValues(f.labels[0])
	}
	gauge.Inc()
	return ctx, func(error) { gauge.Dec() }
}
