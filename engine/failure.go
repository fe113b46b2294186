package engine

import (
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// failureOf gives a handler's error as an Error Output, by the rules that
// [TaskError] documents.
func failureOf(err error) (states.Failure, states.Stage) {
	if e, ok := errors.AsType[*TaskError](err); ok {
		return states.Failure{Error: e.Name, Cause: e.Cause, HasError: e.Name != "", HasCause: e.Cause != ""}, e.Stage
	}
	name := cut(errorName(err), maxErrorLength)
	return states.Fail(name, lambdaCause(cut(err.Error(), maxCauseLength), name)), states.Running
}

// lambdaCause returns the JSON text that Lambda answers when a function fails. The message is
// cut so that the text is not longer than a cause may be, and is JSON still.
func lambdaCause(message, name string) string {
	for {
		cause := value.String(value.NewObject(
			value.Member{Key: "errorMessage", Value: message},
			value.Member{Key: "errorType", Value: name},
		))
		n := utf8.RuneCountInString(cause)
		if n <= maxCauseLength {
			return cause
		}
		message = cut(message, utf8.RuneCountInString(message)*maxCauseLength/n)
	}
}

// The longest error name and cause of an Error Output that comes from outside, in characters
// (documented for SendTaskFailure and StopExecution, which refuse longer ones).
const (
	maxErrorLength = 256
	maxCauseLength = 32_768
)

// bounded returns an Error Output as it is kept: longer texts are cut, which is guessed of
// AWS, and U+FFFD stands for bytes that are no UTF-8, as it would after a restart.
func bounded(f states.Failure) states.Failure {
	f.Error, f.Cause = cut(f.Error, maxErrorLength), cut(f.Cause, maxCauseLength)
	return f
}

// cut returns the first characters of a text, and U+FFFD for each byte that is no UTF-8.
func cut(text string, characters int) string {
	n := 0
	for at := range text {
		if n++; n > characters {
			text = text[:at]
			break
		}
	}
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	return text
}

// errorName names an error by its ErrorName method or its Go type.
func errorName(err error) string {
	if named, ok := errors.AsType[interface {
		error
		ErrorName() string
	}](err); ok {
		if name := named.ErrorName(); name != "" {
			return name
		}
	}
	if name := typeName(err); name != "" {
		return name
	}
	return "errorString"
}

// typeName returns the first name of a Go type in the chain of an error that says
// something; empty when none does.
func typeName(err error) string {
	for err != nil {
		t := reflect.TypeOf(err)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Name() != "" && !wraps(t) {
			return t.Name()
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				if name := typeName(one); name != "" {
					return name
				}
			}
			return ""
		}
		err = errors.Unwrap(err)
	}
	return ""
}

// wraps reports whether a type is one that the standard library makes of errors
// without a type.
func wraps(t reflect.Type) bool {
	switch t.PkgPath() {
	case "errors", "fmt":
		return true
	}
	return false
}

// A panicError is what a handler's panic is to its task. The reason is nil when
// the handler ended its goroutine instead.
type panicError struct{ reason any }

func (e *panicError) Error() string {
	if e.reason == nil {
		return "the handler ended its goroutine with runtime.Goexit"
	}
	return fmt.Sprintf("the handler panicked: %v", e.reason)
}

// ErrorName names every panic alike.
func (*panicError) ErrorName() string { return "Panic" }
