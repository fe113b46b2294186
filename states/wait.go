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
	if t.phase == began {
		due, f := t.waitUntil(s)
		if f != nil {
			t.fail(f)
			return
		}
		if due.After(t.x.now) {
			t.sleep(due)
			return
		}
	}
	if s.JSONata != nil {
		t.draw(drawResult)
		t.completeQueries(s.JSONata, t.input, s.Next)
		return
	}
	output, f := t.through(s.InputPath, s.OutputPath)
	if f != nil {
		t.fail(f)
		return
	}
	assigned, f := t.evaluateAssign(s.Assign, t.input)
	if f != nil {
		t.fail(f)
		return
	}
	t.leave(output, assigned, s.Next)
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
func (t *thread) waitUntil(s *asl.Wait) (time.Time, *fault) {
	effective, f := t.path(s.InputPath, t.input)
	if f != nil {
		return time.Time{}, f
	}
	due := s.Timestamp
	switch {
	case s.Seconds.Path != nil:
		n, f := t.secondsAt(s.Seconds.Path, "SecondsPath", effective)
		if f != nil {
			return time.Time{}, f
		}
		if n > int64(longestWait/time.Second) {
			return time.Time{}, t.runtime("Wait state delay is too long.")
		}
		due = t.x.now.Add(seconds(n))
	case s.Seconds.Query != nil:
		n, f := t.wholeQuery(s.Seconds.Query, 0)
		if f != nil {
			return time.Time{}, f
		}
		if n > int64(longestWait/time.Second) {
			return time.Time{}, t.runtime("Wait state delay is too long.")
		}
		due = t.x.now.Add(seconds(n))
	case s.TimestampQuery != nil:
		at, f := t.timestampQuery(s.TimestampQuery)
		if f != nil {
			return time.Time{}, f
		}
		due = at
	case s.Seconds.IsSet():
		if s.Seconds.Literal > int64(longestWait/time.Second) {
			return time.Time{}, t.runtime("Wait state delay is too long.")
		}
		due = t.x.now.Add(seconds(s.Seconds.Literal))
	case s.TimestampPath != nil:
		v, err := s.TimestampPath.Eval(effective, t)
		if err != nil {
			return time.Time{}, t.missing(err, "The TimestampPath parameter does not reference an input value: %s", s.TimestampPath)
		}
		text, isText := v.(string)
		at, ok := asl.ParseTimestamp(text)
		if !isText || !ok {
			return time.Time{}, t.runtime("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s",
				s.TimestampPath, plain(v))
		}
		due = at
	}
	if due.After(t.x.now.Add(longestWait)) {
		return time.Time{}, t.runtime("Wait state delay is too long.")
	}
	if due.Before(t.x.now) {
		return t.x.now, nil // a year may be too long ago for what is kept in nanoseconds
	}
	return due, nil
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
