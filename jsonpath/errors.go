package jsonpath

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A SyntaxError says why a text is no valid path or Intrinsic Function, and where.
type SyntaxError struct {
	Expression string // the whole text
	Message    string
	Offset     int // in bytes from the text's beginning, where the trouble starts

	// Reference is what AWS says of a text that is no Reference Path, where its words
	// are known; "" everywhere else.
	Reference string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at offset %d of %q)", e.Message, e.Offset, e.Expression)
}

// ErrNullInput says that a path was applied to an input that is null. Every path fails
// so, be it just "$" (reported twice with executions' own texts, one confirmed by AWS as
// intended); a field that has no path takes the null as it is. Of variables that are null
// nothing is known, and a path into one goes on.
//
//lint:ignore ST1005 AWS's words
var ErrNullInput = errors.New("Unable to apply Path transformation to null or empty input.")

// A NotFoundError says that a path that must lead to one value leads to none.
type NotFoundError struct {
	Path   string // as written
	Reason string // Jayway's text: "No results for path: $['a']", "Missing property in path $['a']"

	// Unfit says that the path asks for what the kind of value it meets cannot have,
	// such as an element of a number.
	Unfit bool

	// pastEnd says that the path's last step is an index that the array has not,
	// which a Payload Template forgives.
	pastEnd bool
}

// argument says in AWS's words that an argument of an Intrinsic Function leads
// nowhere. All is reported as measured there: a path into the Context Object is
// named as if the state's input were meant, and Jayway's own text shows through
// where the path does not fit.
func (e *NotFoundError) argument(input any) string {
	if e.Unfit {
		return e.Reason
	}
	path := e.Path
	if strings.HasPrefix(path, "$$") {
		path = path[1:]
	}
	return fmt.Sprintf("The JsonPath argument for the field '%s' could not be found in the input '%s'", path, value.String(input))
}

// Error is the text that AWS records for InputPath, OutputPath and
// TimeoutSecondsPath (measured).
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("Invalid path '%s' : %s", e.Path, e.Reason)
}

// An IntrinsicError says why an Intrinsic Function failed. It becomes the error
// States.IntrinsicFailure.
type IntrinsicError struct {
	Function string // "States.Format"
	Message  string
}

func (e *IntrinsicError) Error() string { return e.Function + ": " + e.Message }

// A MatchError says that a Reference Path cannot be applied to an input. It becomes the
// error States.ReferencePathConflict.
type MatchError struct {
	Path   string // as written
	Input  any    // what it was applied to, the whole of it
	Step   string // the key or index that can't be applied, "" when the path as a whole can't
	Reason string // why not
}

// Error is the text that AWS records; several people have quoted it. That the input is
// the whole one for a step further down is reported by one of them.
func (e *MatchError) Error() string {
	switch e.Input.(type) {
	case *value.Object, []any:
		if e.Step != "" {
			return fmt.Sprintf("Unable to apply step %q to input %s", e.Step, value.String(e.Input))
		}
	}
	return fmt.Sprintf("Unable to apply ReferencePath %s to input %s", e.Path, value.String(e.Input))
}

// A FieldError says which field of a Payload Template, or of a state, could not be
// evaluated. It unwraps to a *[NotFoundError], an *[IntrinsicError] or [ErrNullInput].
type FieldError struct {
	Field      string // with its suffix: "x.$"
	Expression string // the field's value, as written
	// Input is what was searched: the template's input, or the Context Object where
	// the whole expression is a path into it (reported of AWS).
	Input any
	Err   error
}

// Error is the text that AWS records when the field's own path leads nowhere
// (measured), or when a function fails (not measured).
func (e *FieldError) Error() string {
	if missing, ok := errors.AsType[*NotFoundError](e.Err); ok {
		if missing.Path == e.Expression {
			return fmt.Sprintf("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
				e.Expression, e.Field, value.String(e.Input))
		}
		return fmt.Sprintf("The function '%s' had the following error: %s", e.Expression, missing.argument(e.Input))
	}
	if failed, ok := errors.AsType[*IntrinsicError](e.Err); ok {
		return fmt.Sprintf("The function '%s' had the following error: %s", e.Expression, failed.Message)
	}
	return e.Err.Error()
}

func (e *FieldError) Unwrap() error { return e.Err }
