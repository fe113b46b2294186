// Package results writes what the children of a Distributed Map came to: the files and the
// manifest of a ResultWriter, laid out as AWS does, into an [objects.Writer].
//
// A [Writer] takes the children one by one as they end, and writes them on at once: its memory
// doesn't grow with their number.
package results

import (
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// An Error says what is wrong with a ResultWriter or with what it writes to. The Map Run fails
// with States.ResultWriterFailed and the Cause.
type Error struct {
	// Cause is the text for the Map Run. Its words are guessed.
	Cause string
	// Err is what the objects reported; it may be nil.
	Err error
}

func (e *Error) Error() string { return e.Cause }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// A Target is where results go.
type Target struct {
	Bucket string
	// Prefix begins the keys of all files. It may be empty, and end in a slash or not.
	Prefix string
}

// TargetOf returns the Target that the Arguments or Parameters of a ResultWriter name: Bucket,
// and Prefix, which may be absent. What is wrong with them is an [*Error].
func TargetOf(arguments any) (Target, error) {
	var t Target
	o, ok := arguments.(*value.Object)
	if !ok {
		return t, &Error{Cause: "The arguments of the ResultWriter are no object but: " + value.String(arguments)}
	}
	for _, f := range []struct {
		name string
		into *string
	}{{"Bucket", &t.Bucket}, {"Prefix", &t.Prefix}} {
		v, there := o.Get(f.name)
		if !there {
			continue
		}
		if *f.into, ok = v.(string); !ok {
			return Target{}, &Error{Cause: fmt.Sprintf("The value of the field '%s' is no string but: %s", f.name, value.String(v))}
		}
	}
	if t.Bucket == "" {
		return Target{}, &Error{Cause: "The ResultWriter names no bucket."}
	}
	return t, nil
}

// Key returns the key of a file of a Map Run: PREFIX/UUID/NAME, with the UUID that ends the ARN
// of the run.
func (t Target) Key(mapRunARN, name string) string {
	key := mapRunARN[strings.LastIndexByte(mapRunARN, ':')+1:] + "/" + name
	if t.Prefix != "" {
		key = strings.TrimSuffix(t.Prefix, "/") + "/" + key
	}
	return key
}

// Output returns the output of a Map Run whose results go to the Target: where its manifest is.
func (t Target) Output(mapRunARN string) *value.Object {
	return object("MapRunArn", mapRunARN, "ResultWriterDetails",
		object("Bucket", t.Bucket, "Key", t.Key(mapRunARN, manifestName)))
}

const manifestName = "manifest.json"

// The statuses of a [Child].
const (
	Pending   = "PENDING"
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	TimedOut  = "TIMED_OUT"
	Aborted   = "ABORTED"
)

// A Child is one child of a Map Run, and what it came to.
type Child struct {
	ARN, Name, StateMachineARN string
	Input                      any
	// Status is one of [Pending], [Succeeded], [Failed], [TimedOut] and [Aborted].
	Status string
	// Output is the output of a child that succeeded.
	Output any
	// Error and Cause are those of a child that ended otherwise; nil are absent.
	Error, Cause *string
	// RedriveCount, RedriveStatus and RedriveStatusReason are those that DescribeExecution
	// tells. An empty reason is absent.
	RedriveCount                       int
	RedriveStatus, RedriveStatusReason string
	// Start and Stop are written in milliseconds, and are absent when they are zero.
	Start, Stop time.Time
}

// Place returns what the child's place in the output of a Map Run without a ResultWriter holds.
// Reported from AWS as measured: a child that failed, and is tolerated, keeps its place. What one
// that timed out or was stopped has there is a guess.
func (c *Child) Place() any {
	if c.Status == Succeeded {
		return c.Output
	}
	var o value.Builder
	o.Set("Status", c.Status)
	set(&o, "Error", c.Error)
	set(&o, "Cause", c.Cause)
	return o.Object()
}

// Entry returns all that a result file says of the child when nothing transforms it. The
// members and their order are documented by examples; those of a pending child are guessed.
func (c *Child) Entry() *value.Object {
	var o value.Builder
	if c.Status == Pending {
		o.Set("Input", value.String(c.Input))
		o.Set("InputDetails", included())
		o.Set("Name", c.Name)
		o.Set("StateMachineArn", c.StateMachineARN)
		o.Set("Status", c.Status)
		return o.Object()
	}
	set(&o, "Cause", c.Cause)
	set(&o, "Error", c.Error)
	o.Set("ExecutionArn", c.ARN)
	o.Set("Input", value.String(c.Input))
	o.Set("InputDetails", included())
	o.Set("Name", c.Name)
	if c.Status == Succeeded {
		o.Set("Output", value.String(c.Output))
		o.Set("OutputDetails", included())
	}
	o.Set("RedriveCount", int64(c.RedriveCount))
	o.Set("RedriveStatus", c.RedriveStatus)
	if c.RedriveStatusReason != "" {
		o.Set("RedriveStatusReason", c.RedriveStatusReason)
	}
	date(&o, "StartDate", c.Start)
	o.Set("StateMachineArn", c.StateMachineARN)
	o.Set("Status", c.Status)
	date(&o, "StopDate", c.Stop)
	return o.Object()
}

// Flatten returns results with the elements of those that are arrays in the place of these,
// one level deep, as the Transformation FLATTEN does.
func Flatten(results []any) []any {
	flat := make([]any, 0, len(results))
	for _, r := range results {
		if inner, ok := r.([]any); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, r)
		}
	}
	return flat
}

func included() *value.Object { return object("Included", true) }

func set(o *value.Builder, key string, text *string) {
	if text != nil {
		o.Set(key, *text)
	}
}

func date(o *value.Builder, key string, at time.Time) {
	if !at.IsZero() {
		o.Set(key, at.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
}

// object makes an object of keys and values in turn.
func object(members ...any) *value.Object {
	var o value.Builder
	for i := 0; i < len(members); i += 2 {
		o.Set(members[i].(string), members[i+1])
	}
	return o.Object()
}
