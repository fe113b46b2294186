package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// A where says where an execution ended without success.
type where struct {
	state   string
	event   states.EventID
	attempt int
	doing   string // what the state did, for executions that were stopped or timed out
}

// whereEnded returns where the execution of a history ended. Its last event leads back to
// the one that failed; the end of an execution that was stopped or timed out leads to
// nothing, and the event before it counts.
func whereEnded(history []states.Event) (w where) {
	events := make(map[states.EventID]*states.Event, len(history))
	var last, before states.EventID
	for i := range history {
		if e := &history[i]; !e.Hidden() {
			events[e.ID] = e
			last, before = e.ID, last
		}
	}
	end := events[last]
	if end == nil || end.Finish() == nil {
		return w
	}
	w.event = before
	if end.Type == states.ExecutionFailed && end.PreviousID != 0 {
		w.event = end.PreviousID
	}
	tries := 0
	for e := events[w.event]; e != nil; e = events[e.PreviousID] {
		switch d := e.Details.(type) {
		case *states.ScheduledDetails:
			tries++
		case *states.EnteredDetails:
			w.state, w.attempt = d.Name, max(tries-1, 0)
			if end.Type != states.ExecutionFailed {
				w.doing = doing(events[w.event])
			}
			return w
		}
	}
	return w
}

// doing says what a state does whose latest event is e.
func doing(e *states.Event) string {
	switch {
	case e.Type == states.TaskSubmitted:
		return "waited for its Task Token"
	case slices.Contains([]states.EventType{states.TaskScheduled, states.TaskStarted, states.LambdaFunctionScheduled,
		states.LambdaFunctionStarted, states.ActivityScheduled, states.ActivityStarted}, e.Type):
		return "waited for its task"
	case e.Type == states.WaitStateEntered:
		return "waited"
	}
	return "ran"
}

// lasted returns a duration as people say it: "365 days", "5m0s".
func lasted(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 1 && d%(24*time.Hour) < time.Minute {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Millisecond).String()
}

// Message returns what the Cause says to people: the errorMessage of a cause that is JSON
// as AWS Lambda's are, else the Cause itself.
func (e *ExecutionError) Message() string {
	var lambda struct{ ErrorMessage *string }
	if json.Unmarshal([]byte(e.Cause), &lambda) == nil && lambda.ErrorMessage != nil {
		return *lambda.ErrorMessage
	}
	return e.Cause
}
