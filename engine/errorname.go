package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// ErrorNames returns a middleware ([Mux.Use]) that gives the errors of handlers the names by which
// Retry and Catch match them, so that handlers return the errors that they have:
//
//	tasks.Use(engine.ErrorNames(
//		engine.ErrorIs(sql.ErrNoRows, "Orders.NotFound"),
//		engine.ErrorAs(func(e *pgconn.PgError) string { return "Postgres." + e.Code }),
//		engine.ErrorAs(func(net.Error) string { return "Network" }),
//	))
//
// The first rule that knows an error names it. Rules look at the error, at what it wraps and at
// what was joined with it, as errors.Is and errors.As do. A rule goes before the error's own
// method ErrorName and before the name of its type. A [*TaskError] in the error goes before all
// rules: it has a name already. The cause is that of any error without a TaskError.
//
// An error that no rule knows stays as it is. Rules see errors that handlers return, and no
// panics. A rule that can name nothing makes the handlers that it is around unusable, which
// [Mux.Err] tells, and New returns.
func ErrorNames(rules ...ErrorName) func(Handler) Handler {
	for i, r := range rules {
		if r.name == nil && r.err == nil {
			r.err = errors.New("it is zero: it must come from ErrorIs or ErrorAs")
		}
		if r.err != nil {
			err := fmt.Errorf("engine: rule %d of %d of ErrorNames: %w", i+1, len(rules), r.err)
			return func(Handler) Handler { return badHandler{err} }
		}
	}
	return func(next Handler) Handler { return namingHandler{next, rules} }
}

// An ErrorName is a rule of [ErrorNames].
type ErrorName struct {
	name func(error) string // empty for an error that the rule doesn't know
	err  error              // what is wrong with the rule itself
}

// ErrorIs returns the rule that gives a name to errors which are a target by errors.Is. The name
// has 1 to 256 characters.
func ErrorIs(target error, name string) ErrorName {
	switch {
	case isNil(target):
		return ErrorName{err: errors.New("the target of ErrorIs is nil")}
	case name == "" || utf8.RuneCountInString(name) > maxErrorLength:
		return ErrorName{err: fmt.Errorf("the name of ErrorIs for %q has not 1 to %d characters", target, maxErrorLength)}
	}
	return ErrorName{name: func(err error) string {
		if errors.Is(err, target) {
			return name
		}
		return ""
	}}
}

// ErrorAs returns the rule that names errors which are of a type by errors.As. The function is
// given the error of that type and returns the name, empty for an error that it leaves to the
// rules that follow. A longer name than 256 characters is cut. The type is one that implements
// error, or an interface.
func ErrorAs[T any](name func(T) string) ErrorName {
	t := reflect.TypeFor[T]()
	switch {
	case name == nil:
		return ErrorName{err: errors.New("the function of ErrorAs is nil")}
	case t.Kind() != reflect.Interface && !t.Implements(errorType):
		return ErrorName{err: fmt.Errorf("the type of ErrorAs is %v, which is no error", t)}
	}
	return ErrorName{name: func(err error) string {
		var e T
		if errors.As(err, &e) {
			return name(e)
		}
		return ""
	}}
}

// A namingHandler names the errors of another handler.
type namingHandler struct {
	Handler
	rules []ErrorName
}

// Handle implements [Handler].
func (h namingHandler) Handle(ctx context.Context, task Task) (any, error) {
	output, err := h.Handler.Handle(ctx, task)
	if err == nil {
		return output, nil
	}
	if _, named := errors.AsType[*TaskError](err); named {
		return output, err
	}
	for _, r := range h.rules {
		if name := r.name(err); name != "" {
			return output, &ruledError{name, err}
		}
	}
	return output, err
}

// Unwrap returns the handler whose errors are named.
func (h namingHandler) Unwrap() Handler { return h.Handler }

// A ruledError is an error with a name by a rule. Its text is that of the error.
type ruledError struct {
	name string
	error
}

// ErrorName returns the name.
func (e *ruledError) ErrorName() string { return e.name }

// Unwrap returns the error as the handler returned it.
func (e *ruledError) Unwrap() error { return e.error }
