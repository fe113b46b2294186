package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// A where says where an execution ended without success, and what the state did when the
// execution was stopped or timed out.
type where struct {
	states.Place
	doing string
}

// whereEnded returns where the execution of a history ended.
func whereEnded(history []states.Event) (w where) {
	var at *states.Event
	w.Place, at = states.PlaceOfEnd(history)
	if at != nil && w.State != "" && history[len(history)-1].Type != states.ExecutionFailed {
		w.doing = doing(at)
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
