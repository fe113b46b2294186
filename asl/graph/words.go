package graph

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// Condition returns what a ChoiceRule asks, in a line of words such as
//
//	$.stock is present and $.stock ≥ $.quantity
//
// An expression of JSONata is returned as it is written.
func Condition(c asl.Condition) string { return condition(c, false) }

// condition puts what And and Or hold into parentheses when it stands inside another
// condition.
func condition(c asl.Condition, inside bool) string {
	list := func(conditions []asl.Condition, word string) string {
		words := make([]string, len(conditions))
		for i, c := range conditions {
			words[i] = condition(c, len(conditions) > 1)
		}
		text := strings.Join(words, word)
		if inside && len(words) > 1 {
			text = "(" + text + ")"
		}
		return text
	}
	switch c := c.(type) {
	case *asl.And:
		return list(c.Conditions, " and ")
	case *asl.Or:
		return list(c.Conditions, " or ")
	case *asl.Not:
		return "not " + condition(c.Condition, true)
	case *asl.Test:
		return oneLine(c.Query.String())
	case *asl.Comparison:
		return comparison(c)
	}
	return ""
}

// comparison gives a Data-test Expression with signs for its operators.
func comparison(c *asl.Comparison) string {
	name := c.Operator.String()
	if test, ok := strings.CutPrefix(name, "Is"); ok {
		article := map[string]string{"Null": "null", "Present": "present", "Numeric": "a number", "String": "a text", "Boolean": "a boolean", "Timestamp": "a timestamp"}[test]
		if c.Operand == false {
			article = "not " + article
		}
		return c.Variable.String() + " is " + article
	}
	sign := "="
	switch {
	case strings.HasSuffix(name, "LessThanEquals"):
		sign = "≤"
	case strings.HasSuffix(name, "GreaterThanEquals"):
		sign = "≥"
	case strings.HasSuffix(name, "LessThan"):
		sign = "<"
	case strings.HasSuffix(name, "GreaterThan"):
		sign = ">"
	case name == "StringMatches":
		sign = "matches"
	}
	operand := ""
	if c.Path != nil {
		operand = c.Path.String()
	} else {
		operand = value.String(c.Operand)
	}
	return c.Variable.String() + " " + sign + " " + operand
}

// errorNames lists the errors of a Retrier or a Catcher. The wildcard for all of them is
// "any error".
func errorNames(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		if shown[i] = name; name == "States.ALL" {
			shown[i] = "any error"
		}
	}
	return strings.Join(shown, ", ")
}

// retries gives a line for each Retrier of a state.
func retries(s asl.State) []string {
	var retry []asl.Retrier
	switch s := s.(type) {
	case *asl.Task:
		retry = s.Retry
	case *asl.Parallel:
		retry = s.Retry
	case *asl.Map:
		retry = s.Retry
	}
	lines := make([]string, len(retry))
	for i, r := range retry {
		lines[i] = fmt.Sprintf("%s: %s, first after %s, then ×%s", errorNames(r.ErrorEquals), times(r.MaxAttempts), seconds(r.IntervalSeconds), strconv.FormatFloat(r.BackoffRate, 'g', -1, 64))
		if r.MaxDelaySeconds > 0 {
			lines[i] += ", at most " + seconds(r.MaxDelaySeconds)
		}
		if r.FullJitter {
			lines[i] += ", with jitter"
		}
	}
	return lines
}

func times(n int64) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return strconv.FormatInt(n, 10) + " times"
}

// seconds gives a number of seconds in the largest units that leave no rest.
func seconds(n int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{86_400, "d"}, {3600, "h"}, {60, "min"}} {
		if n >= unit.seconds && n%unit.seconds == 0 {
			return strconv.FormatInt(n/unit.seconds, 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + " s"
}

// detail says what a state does.
func detail(s asl.State) string {
	switch s := s.(type) {
	case *asl.Task:
		return resource(s)
	case *asl.Wait:
		return wait(s)
	case *asl.Fail:
		return text(s.Error)
	case *asl.Map:
		words := "for each item"
		if s.Distributed != nil {
			words = "distributed, for each item"
			if s.Distributed.Batcher != nil {
				words = "distributed, for each batch"
			}
		}
		if c := s.MaxConcurrency; c.IsSet() && (c.Path != nil || c.Query != nil || c.Literal > 0) {
			words += ", at most " + count(c) + " at a time"
		}
		return words
	}
	return ""
}

// resource names what a task calls: the function's name, the service and its action, or
// the Resource as it is.
func resource(t *asl.Task) string {
	r := t.Resource
	name := r.Text
	switch {
	case r.Kind == asl.LambdaFunction:
		_, name, _ = strings.Cut(r.Text, ":function:")
	case r.Kind == asl.Activity:
		_, name, _ = strings.Cut(r.Text, ":activity:")
		name = "activity " + name
	case t.Function != "":
		name = functionName(t.Function)
		if _, pattern, ok := strings.Cut(r.Action, "."); ok {
			name += "." + pattern
		}
	case r.Service != "":
		name = r.Service + ":" + r.Action
	}
	return oneLine(name)
}

// functionName takes a function's name out of its ARN; other texts stay as they are.
func functionName(text string) string {
	if strings.HasPrefix(text, "arn:") {
		if _, name, ok := strings.Cut(text, ":function:"); ok {
			return name
		}
	}
	return text
}

func wait(s *asl.Wait) string {
	switch {
	case s.TimestampPath != nil:
		return "until " + s.TimestampPath.String()
	case s.TimestampQuery != nil:
		return "until " + oneLine(s.TimestampQuery.String())
	case !s.Timestamp.IsZero():
		return "until " + s.Timestamp.Format(time.RFC3339)
	case s.Seconds.Path != nil || s.Seconds.Query != nil:
		return count(s.Seconds) + " s"
	}
	return seconds(s.Seconds.Literal)
}

// count gives a number, or what finds it.
func count(c asl.Count) string {
	switch {
	case c.Path != nil:
		return c.Path.String()
	case c.Query != nil:
		return oneLine(c.Query.String())
	}
	return strconv.FormatInt(c.Literal, 10)
}

// text gives a text, or what finds it.
func text(t asl.Text) string {
	switch {
	case t.Expression != nil:
		return t.Expression.String()
	case t.Query != nil:
		return oneLine(t.Query.String())
	}
	return oneLine(t.Literal)
}

// oneLine puts a text on one line, with single spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
