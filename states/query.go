package states

import (
	"errors"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
)

// budget bounds each evaluation of an expression. AWS bounds the memory of one;
// reported as measured there: [1..873782] is evaluated and [1..873783] is not, a
// string of 2^22 characters can be made and one of 2^23 can't, and a sum of 100 terms
// is evaluated and one of 101 is not. The steps stand for AWS's second of time. That a
// result has as many bytes as a string at most is a guess; it keeps what is small in
// memory and large as a text from anybody who would look at all of it.
var budget = jsonata.Budget{Steps: 10_000_000, Depth: 100, Elements: 873_782, Bytes: 1<<23 - 1, Result: 1<<23 - 1}

// A queryScope is what a JSONata expression sees: the variables, and $states.
type queryScope struct {
	t *thread
	// context says that $states.context is wanted; it costs some work.
	context bool
	// name is the member that $states has besides input and context: "result" or
	// "errorOutput", or none; value is what it holds.
	name  string
	value any

	states *value.Object // once it was asked for
}

// Variable finds $states, or a variable of the execution.
func (q *queryScope) Variable(name string) (any, bool) {
	if name != "states" {
		return q.t.Variable(name)
	}
	if q.states == nil {
		members := make([]value.Member, 1, 3)
		members[0] = value.Member{Key: "input", Value: q.t.input}
		if q.name != "" {
			members = append(members, value.Member{Key: q.name, Value: q.value})
		}
		if q.context {
			members = append(members, value.Member{Key: "context", Value: q.t.Context()})
		}
		q.states = value.NewObject(members...)
	}
	return q.states, true
}

// seeing says what $states has besides input and context from here on.
func (t *thread) seeing(name string, v any) {
	t.queries = queryScope{t: t, name: name, value: v}
}

// environment returns what an evaluation can reach.
func (t *thread) environment(context bool) jsonata.Environment {
	if context && !t.queries.context {
		t.queries.context, t.queries.states = true, nil
	}
	t.queries.t = t
	return jsonata.Environment{Variables: &t.queries, Now: t.x.now, Random: t.Random, Budget: budget}
}

// payload evaluates a field that is JSON with expressions in it; without the field
// it gives otherwise.
func (t *thread) payload(p *asl.Payload, otherwise any) (any, *fault) {
	if p == nil {
		return otherwise, nil
	}
	v, err := p.Eval(t.environment(p.UsesContext()))
	if err != nil {
		return nil, t.queryFault(err)
	}
	return v, nil
}

// query evaluates a field that is one expression, whose value must be of a type.
func (t *thread) query(q *asl.Query, want string) (any, *fault) {
	v, err := q.Eval(t.environment(q.UsesContext()))
	if err != nil {
		return nil, t.queryFault(err)
	}
	if value.TypeName(v) != want {
		return nil, t.unexpected(q, want, v)
	}
	return v, nil
}

// unexpected is the fault of a result that has another type than the field wants.
func (t *thread) unexpected(q *asl.Query, want string, v any) *fault {
	return t.evaluationFault(q.Field(), "The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		q, q.Field(), want, value.TypeName(v), text(v))
}

// wholeQuery evaluates a field that is an expression for a whole number, which must
// not be less than least.
func (t *thread) wholeQuery(q *asl.Query, least int64) (int64, *fault) {
	v, f := t.query(q, "number")
	if f != nil {
		return 0, f
	}
	n, ok := whole(v)
	if !ok {
		return 0, t.evaluationFault(q.Field(), "The %s field cannot be parsed as a long value: %s", q.Field(), text(v))
	}
	if n < least {
		return 0, t.evaluationFault(q.Field(), "The %s field must not be less than %d but was: %d", q.Field(), least, n)
	}
	return n, nil
}

// timestampQuery evaluates the Timestamp of a Wait state.
func (t *thread) timestampQuery(q *asl.Query) (time.Time, *fault) {
	v, f := t.query(q, "string")
	if f != nil {
		return time.Time{}, f
	}
	at, ok := asl.ParseTimestamp(v.(string))
	if !ok {
		return time.Time{}, t.evaluationFault(q.Field(), "The %s field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", q.Field(), v)
	}
	return at, nil
}

// queryFault is the fault of an expression that has no value.
func (t *thread) queryFault(err error) *fault {
	location := ""
	if q, ok := errors.AsType[*asl.QueryError](err); ok {
		location = q.Query.Field()
	}
	return t.evaluationFault(location, "%s", err)
}

// evaluationFault records that the evaluation of a field failed and returns the
// fault. Measured on AWS: until late in 2024 the event followed the one before the
// entry into the state, if nothing had happened since; histories of that time and of
// older releases still have it so.
func (t *thread) evaluationFault(location, format string, args ...any) *fault {
	f := t.framed(errQueryEvaluation, format, args...)
	t.afterJoin()
	var details Details
	if !t.x.options.WithoutEvents {
		details = &EvaluationDetails{Failure: f.Failure, Location: location, State: t.state.Name()}
	}
	t.tip = t.x.record(t.tip, EvaluationFailed, details)
	return f
}

// completeQueries is what complete does in a state that is written in JSONata. Both
// fields see the variables as they were before.
func (t *thread) completeQueries(e *asl.Expressions, result any, next asl.State) {
	output, f := t.payload(e.Output, result)
	if f != nil {
		t.fail(f)
		return
	}
	assigned, f := t.assignment(e)
	if f != nil {
		t.fail(f)
		return
	}
	t.leave(output, assigned, next)
}

// assignment evaluates the Assign of a state, rule or Catcher; nil without one.
func (t *thread) assignment(e *asl.Expressions) (*value.Object, *fault) {
	v, f := t.payload(e.Assign, nil)
	assigned, _ := v.(*value.Object)
	return assigned, f
}
