package conformance

import (
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// A trace is what a recorded history tells of one task: when things happened to
// it, and who polled for it. That is the run's input, not its outcome, and a
// recorded task does not repeat it.
type trace struct {
	begun     bool
	worker    string
	hasWorker bool
	ended     int64 // the id of the event that ended it, 0 for none
}

// traces gives the trace of each task by the id of the event that scheduled it.
func (e *Expect) traces() map[int64]trace {
	scheduled := make(map[int64]int64) // by the last event of the task so far
	traces := make(map[int64]trace)
	for _, event := range e.History {
		id, previous, kind := number(event, "id"), number(event, "previousEventId"), eventType(event)
		step, ok := taskEvent(kind)
		if !ok || id == 0 {
			continue
		}
		if step == "Scheduled" {
			scheduled[id], traces[id] = id, trace{}
			continue
		}
		task, ok := scheduled[previous]
		if !ok {
			continue
		}
		delete(scheduled, previous)
		t := traces[task]
		switch step {
		case "Started":
			t.begun = true
			if kind == "ActivityStarted" {
				t.worker, t.hasWorker = workerName(event), true
			}
			scheduled[id] = task
		case "Submitted":
			scheduled[id] = task
		default:
			t.ended = id
		}
		traces[task] = t
	}
	return traces
}

// mapChainChanged is from when on AWS has the exit from a Map state follow MapRunStarted. In
// every recording until June 2024 it followed MapRunSucceeded, and in none since November.
var mapChainChanged = time.Date(2024, time.November, 1, 0, 0, 0, 0, time.UTC)

// update brings a recording of a time to AWS's present form.
func (e *Expect) update(recorded time.Time) {
	if recorded.IsZero() || !recorded.Before(mapChainChanged) {
		return
	}
	runs := make(map[int64]int64) // what MapRunSucceeded events follow
	for i, event := range e.History {
		switch eventType(event) {
		case "MapRunSucceeded":
			runs[number(event, "id")] = number(event, "previousEventId")
		case "MapStateExited":
			if started, ok := runs[number(event, "previousEventId")]; ok {
				e.History[i] = event.With("previousEventId", started)
			}
		}
	}
}

// taskEvent tells whether an event is one of a task, and which.
func taskEvent(kind string) (step string, ok bool) {
	for _, family := range []string{"Task", "LambdaFunction", "Activity"} {
		if step, ok := strings.CutPrefix(kind, family); ok {
			return step, !strings.HasPrefix(step, "State")
		}
	}
	return "", false
}

func workerName(event *value.Object) string {
	details, _ := event.Get("activityStartedEventDetails")
	object, _ := details.(*value.Object)
	name, _ := object.Get("workerName")
	worker, _ := name.(string)
	return worker
}
