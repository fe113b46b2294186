package states

import (
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/jsonpath"
)

// longestWait is the farthest that a Wait state may reach into the future:
// measured on AWS as more than 24,855 and less than 24,856 days, which leaves
// 2^31-1 seconds.
const longestWait = math.MaxInt32 * time.Second

// waitState implements the chapter "Wait State".
func (t *thread) waitState(s *asl.Wait) {
	selected, f := t.selected(&s.Flow)
	var due time.Time
	if f == nil && t.phase == began {
		due, f = t.waitUntil(s, selected)
	}
	switch {
	case f != nil:
		t.fail(f)
	case due.After(t.x.now):
		t.sleep(due)
	default:
		t.conclude(selected, &s.Flow, s.Next)
	}
}

// sleep asks for the timer that ends a Wait state.
func (t *thread) sleep(due time.Time) {
	entered := func(e Event) bool { return e.ID == t.enteredID }
	if i := slices.IndexFunc(t.x.events, entered); i >= 0 {
		t.x.events[i].Due = due
	} else if !t.x.options.WithoutEvents {
		t.x.events = append(t.x.events, Event{PreviousID: t.tip, At: t.x.now, Type: WaitScheduled, Due: due})
	}
	t.due = due
	t.x.wait(t, t.enteredID)
	t.x.commands = append(t.x.commands, &StartTimer{ID: t.enteredID, Due: due})
}

// waitUntil evaluates the field that says how long to wait.
func (t *thread) waitUntil(s *asl.Wait, input any) (due time.Time, f *fault) {
	n, counts := s.Seconds.Literal, s.Seconds.IsSet()
	var expression *asl.Query // that the wait comes from
	switch {
	case s.Seconds.Path != nil:
		n, f = t.secondsAt(s.Seconds.Path, "SecondsPath", input)
	case s.Seconds.Query != nil:
		expression = s.Seconds.Query
		n, f = t.wholeQuery(expression, 0)
	case s.TimestampQuery != nil:
		expression = s.TimestampQuery
		due, f = t.timestampQuery(expression)
	case s.TimestampPath != nil:
		due, f = t.timestampAt(s.TimestampPath, input)
	case !counts:
		due = s.Timestamp
	}
	if counts {
		due = t.x.now.Add(seconds(min(n, 2*int64(longestWait/time.Second))))
	}
	switch {
	case f != nil || !due.After(t.x.now.Add(longestWait)):
		return due, f
	case expression != nil:
		return due, t.evaluationFault(expression.Field(), waitTooLong)
	}
	return due, t.runtime(waitTooLong)
}

const waitTooLong = "Wait state delay is too long."

// timestampAt reads a moment that a path finds.
func (t *thread) timestampAt(p *jsonpath.Path, input any) (time.Time, *fault) {
	v, err := p.Eval(input, t)
	if err != nil {
		return time.Time{}, t.missing(err, "The TimestampPath parameter does not reference an input value: %s", p)
	}
	text, _ := v.(string)
	at, ok := asl.ParseTimestamp(text)
	if !ok {
		return time.Time{}, t.runtime("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", p, plain(v))
	}
	return at, nil
}

// secondsAt reads a number of seconds that a path finds.
func (t *thread) secondsAt(p *jsonpath.Path, field string, input any) (int64, *fault) {
	v, err := p.Eval(input, t)
	if err != nil {
		return 0, t.missing(err, "The %s parameter does not reference an input value: %s", field, p)
	}
	n, ok := whole(v)
	if !ok {
		return 0, t.runtime("The %s parameter cannot be parsed as a long value: %s == %s", field, p, plain(v))
	}
	if n < 0 {
		// Read in another interpreter that is compared with AWS's recordings.
		return 0, t.runtime("The %s parameter references a negative value: %s == %d", field, p, n)
	}
	return n, nil
}

// timerFired readies the thread after a Wait state's time or a retry's delay.
func (t *thread) timerFired() {
	t.due = time.Time{}
	if t.retrier >= 0 {
		t.tryAgain()
		return
	}
	t.phase = returned
}
