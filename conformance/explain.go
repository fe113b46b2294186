package conformance

import (
	"encoding/json"
	"fmt"

	"github.com/gostates/gostates/states"
)

// failed reports whether the execution has ended, and not succeeded.
func (x *Execution) failed() bool {
	return x.Status == states.StatusFailed || x.Status == states.StatusTimedOut || x.Status == states.StatusAborted
}

// Explain says how the execution ended, and where as far as the history tells: `FAILED in
// state "Reserve" (event 7, attempt 2): Busy: try again`. Of a cause that is JSON as AWS
// Lambda's are, it gives the errorMessage.
func (x *Execution) Explain() string {
	text := string(x.Status)
	switch p, _ := states.PlaceOfEnd(x.History); {
	case p.State == "":
	case p.Attempt > 0:
		text += fmt.Sprintf(" in state %q (event %d, attempt %d)", p.State, p.Event, p.Attempt)
	default:
		text += fmt.Sprintf(" in state %q (event %d)", p.State, p.Event)
	}
	if x.Failure.HasError {
		text += ": " + x.Failure.Error
	}
	if x.Failure.HasCause {
		text += ": " + message(x.Failure.Cause)
	}
	return text
}

// message returns what a cause says to people.
func message(cause string) string {
	var lambda struct{ ErrorMessage *string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != nil {
		return *lambda.ErrorMessage
	}
	return cause
}
