package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A StatusChange says that the status of a Standard execution has changed. It is the
// event that AWS Step Functions sends to EventBridge then, "Step Functions Execution
// Status Change", and json.Marshal makes the same JSON of it.
type StatusChange struct {
	// Version is "0".
	Version string `json:"version"`
	// ID is a UUID. An event that is delivered again has the same.
	ID string `json:"id"`
	// DetailType is "Step Functions Execution Status Change".
	DetailType string `json:"detail-type"`
	// Source is "aws.states".
	Source string `json:"source"`
	// Account and Region are those in the execution's ARN.
	Account string `json:"account"`
	// Time is when the status changed, in UTC and to the second.
	Time   time.Time `json:"time"`
	Region string    `json:"region"`
	// Resources has the execution's ARN.
	Resources []string           `json:"resources"`
	Detail    StatusChangeDetail `json:"detail"`
}

// A StatusChangeDetail is how an execution stood when its status had changed. A field
// without a value is nil, and null in JSON.
type StatusChangeDetail struct {
	ExecutionARN    string `json:"executionArn"`
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	// Status is RUNNING for an execution that has started or was redriven; SUCCEEDED,
	// FAILED, TIMED_OUT or ABORTED for one that has ended.
	Status states.Status `json:"status"`
	// StartDate and StopDate are in milliseconds since 1970; StopDate is nil while the
	// execution runs.
	StartDate int64  `json:"startDate"`
	StopDate  *int64 `json:"stopDate"`
	// Input and Output are JSON texts. Output is nil unless the execution succeeded, and
	// either is when InputDetails or OutputDetails says so.
	Input  *string `json:"input"`
	Output *string `json:"output"`
	// StateMachineVersionARN and StateMachineAliasARN are what the execution was started
	// by, if that was a version or an alias.
	StateMachineVersionARN *string `json:"stateMachineVersionArn"`
	StateMachineAliasARN   *string `json:"stateMachineAliasArn"`
	// RedriveCount is how often the execution was redriven, RedriveDate when last, in
	// milliseconds since 1970. RedriveStatusReason says why it can't be, if it can't.
	RedriveCount        int           `json:"redriveCount"`
	RedriveDate         *int64        `json:"redriveDate"`
	RedriveStatus       RedriveStatus `json:"redriveStatus"`
	RedriveStatusReason *string       `json:"redriveStatusReason"`
	// InputDetails and OutputDetails say whether the payload is included: as on AWS an
	// output that takes more than 248 KiB of the event is left out, and an input that
	// does so together with the output. [Engine.DescribeExecution] has them whole. OutputDetails
	// is nil where there is no output.
	InputDetails  *DataDetails `json:"inputDetails"`
	OutputDetails *DataDetails `json:"outputDetails"`
	// Error and Cause are the execution's Error Output, as far as it has one.
	Error *string `json:"error"`
	Cause *string `json:"cause"`
}

// DataDetails say whether a payload is included in an event.
type DataDetails struct {
	Included bool `json:"included"`
}

// maxEventData bounds the payloads in a [StatusChange], in bytes of escaped text.
const maxEventData = 248 << 10

// announce notes the changes of status that new events bring about. sendChanges sends them
// when the events are recorded. x.mu is locked.
func (x *Execution) announce(events []states.Event) {
	if x.express || x.engine.config.Notify == nil {
		return
	}
	for i := range events {
		if status := events[i].Type.Status(); status != "" {
			x.changes = append(x.changes, x.change(status, events[:i+1]).text())
		}
	}
}

// change returns the StatusChange of new events, the last of which has changed the
// execution's status.
func (x *Execution) change(status states.Status, events []states.Event) *StatusChange {
	e, event := x.engine, &events[len(events)-1]
	arn := strings.SplitN(x.identity.ARN, ":", 6)
	c := &StatusChange{
		Version:    "0",
		ID:         changeID(x.identity.ARN, event),
		DetailType: "Step Functions Execution Status Change",
		Source:     "aws.states",
		Account:    arn[4],
		Time:       event.At.UTC().Truncate(time.Second),
		Region:     arn[3],
		Resources:  []string{x.identity.ARN},
		Detail: StatusChangeDetail{
			ExecutionARN:           x.identity.ARN,
			StateMachineARN:        x.identity.MachineARN,
			Name:                   x.identity.Name,
			Status:                 status,
			StartDate:              x.startDate.UnixMilli(),
			StateMachineVersionARN: nonEmpty(x.identity.VersionARN),
			StateMachineAliasARN:   nonEmpty(x.identity.AliasARN),
			RedriveCount:           x.redrives,
			RedriveStatus:          Redrivable,
		},
	}
	d := &c.Detail
	s := Summary{Status: status, StartDate: x.startDate}
	if status != states.StatusRunning {
		s.StopDate = event.At
		d.StopDate = milliseconds(event.At)
	}
	if x.redrives > 0 {
		_, at := redrivesOf(events)
		if at.IsZero() {
			_, at = redrivesOf(x.past())
		}
		d.RedriveDate = milliseconds(at)
	}
	if d.RedriveStatusReason = nonEmpty(e.notRedrivable(&s, events, x.archive.options(x))); d.RedriveStatusReason != nil {
		d.RedriveStatus = NotRedrivable
	}
	var output *string
	if end := event.Finish(); end != nil {
		if end.Status == states.StatusSucceeded {
			text := value.String(end.Output)
			output = &text
		}
		if end.Failure.HasError {
			d.Error = &end.Failure.Error
		}
		if end.Failure.HasCause {
			d.Cause = &end.Failure.Cause
		}
	}
	d.include(value.String(x.input), output)
	return c
}

// include puts the payloads in, as far as there is room for them.
func (d *StatusChangeDetail) include(input string, output *string) {
	size := 0
	if output != nil {
		size = escapedSize(*output)
		d.OutputDetails = &DataDetails{Included: size <= maxEventData}
		if d.OutputDetails.Included {
			d.Output = output
		}
	}
	d.InputDetails = &DataDetails{Included: size+escapedSize(input) <= maxEventData}
	if d.InputDetails.Included {
		d.Input = &input
	}
}

// escapedSize is how many bytes a text takes within a JSON string.
func escapedSize(text string) int { return value.Size(text) - len(`""`) }

// text returns the event as it is kept until it is delivered: as one line of JSON.
func (c *StatusChange) text() []byte {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	_ = to.Encode(c) // there is nothing in it that could fail
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}

// changeID makes the same UUID for the same change each time. The event's time tells
// executions apart that had one name after another.
func changeID(arn string, event *states.Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", arn, event.ID, event.At.UnixMilli()))
	return randomUUID(sum[:16])
}

func milliseconds(t time.Time) *int64 {
	ms := t.UnixMilli()
	return &ms
}

// nonEmpty returns nil for an empty text.
func nonEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
