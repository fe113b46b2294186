package states

import (
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

// Queries returns what an expression in JSONata can reach. With Variable, Context and
// Random it makes the thread the [asl.Scope] that the fields of its state see.
func (t *thread) Queries(context bool) jsonata.Environment {
	if context && !t.queries.context {
		t.queries.context, t.queries.states = true, nil
	}
	t.queries.t = t
	return jsonata.Environment{Variables: &t.queries, Now: t.x.now, Random: t.Random, Budget: budget}
}

// query evaluates a field that is one expression, whose value must be of a type.
func (t *thread) query(q *asl.Query, want string) (any, *fault) {
	v, err := q.Eval(t.Queries(q.UsesContext()))
	if err != nil {
		return nil, t.evaluationFailed(err)
	}
	if value.TypeName(v) != want {
		return nil, t.evaluationFailed(q.Unexpected(want, v))
	}
	return v, nil
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
