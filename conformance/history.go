package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// describeAll describes the events of a history. Hidden ones take no part.
func describeAll(events []states.Event) []*value.Object {
	described := make([]*value.Object, 0, len(events))
	for i := range events {
		if !events[i].Hidden() {
			described = append(described, Describe(&events[i]))
		}
	}
	return described
}

// matchHistory compares a history with the expected one and returns the first
// difference, or nil.
func (e *Expect) matchHistory(actual []*value.Object) *Difference {
	switch {
	case e.Normalised:
		return matchNormalised(e.History, actual)
	case e.Unordered:
		return matchChains(e.History, actual)
	}
	for i := range min(len(e.History), len(actual)) {
		if d := matchEvent(e.History[i], actual[i]); d != nil {
			return d.of(place(e.History[i]))
		}
	}
	return matchLength(e.History, actual)
}

// place names an event in a message.
func place(event *value.Object) string {
	return fmt.Sprintf("history event %d (%s)", number(event, "id"), eventType(event))
}

// matchLength says which event one history has more than the other.
func matchLength(expected, actual []*value.Object) *Difference {
	switch n := min(len(expected), len(actual)); {
	case len(expected) > n:
		return &Difference{At: fmt.Sprintf("history, after %d events", n), Expected: value.String(expected[n]), Actual: nothing}
	case len(actual) > n:
		return &Difference{At: fmt.Sprintf("history, after %d events", n), Expected: nothing, Actual: value.String(actual[n])}
	}
	return nil
}

// matchEvent compares all there is to an event.
func matchEvent(expected, actual *value.Object) *Difference {
	for _, key := range []string{"type", "id", "previousEventId"} {
		e, _ := expected.Get(key)
		a, _ := actual.Get(key)
		if d := match(e, a); d != nil {
			return d.Within(key)
		}
	}
	return matchContent(expected, actual)
}

// matchContent compares an event's type and details.
func matchContent(expected, actual *value.Object) *Difference {
	if e, a := eventType(expected), eventType(actual); e != a {
		return differ(e, a).Within("type")
	}
	for key, e := range expected.All() {
		if !strings.HasSuffix(key, "EventDetails") {
			continue
		}
		a, ok := actual.Get(key)
		if !ok {
			return (&Difference{Expected: value.String(e), Actual: nothing}).Within(key)
		}
		if d := matchDetails(e, a); d != nil {
			return d.Within(key)
		}
	}
	for key, a := range actual.All() {
		if _, ok := expected.Get(key); !ok && strings.HasSuffix(key, "EventDetails") {
			return (&Difference{Expected: nothing, Actual: value.String(a)}).Within(key)
		}
	}
	return nil
}

// matchDetails compares an event's details: as values, save for texts that
// expectations may hold parsed.
func matchDetails(expected, actual any) *Difference {
	e, ok := expected.(*value.Object)
	a, ok2 := actual.(*value.Object)
	if !ok || !ok2 {
		return match(expected, actual)
	}
	var rest value.Builder
	seen := a
	for key, v := range e.All() {
		if field, found := strings.CutSuffix(key, "_raw"); found && v == true {
			if _, ok := e.Get(field); ok {
				continue
			}
		}
		got, present := a.Get(key)
		raw, _ := e.Get(key + "_raw")
		switch text, isText := got.(string); {
		case present && raw == true:
			if d := matchRaw(v, got); d != nil {
				return d.Within(key)
			}
			seen = seen.Without(key)
		case present && isText && key == "cause":
			if d := matchTextOrJSON(v, text); d != nil {
				return d.Within(key)
			}
			seen = seen.Without(key)
		default:
			rest.Set(key, v)
		}
	}
	return match(rest.Object(), seen)
}

// matchRaw compares a value's JSON text with an expected text that is no JSON
// itself, such as one with a placeholder where a value should be.
func matchRaw(expected, actual any) *Difference {
	if text, ok := expected.(string); ok && matchText(text, value.String(actual)) {
		return nil
	}
	return differ(expected, actual)
}

// matchNormalised compares a history whose expectation has ids of 0 inside
// Parallel states. Those events compare by type and details, in any order; the
// others by all there is to them, in order.
func matchNormalised(expected, actual []*value.Object) *Difference {
	var loose []*value.Object
	fixed := make(map[int64]*value.Object)
	for _, e := range expected {
		id := number(e, "id")
		if _, taken := fixed[id]; taken || id == 0 && number(e, "previousEventId") != 0 {
			return &Difference{
				At: place(e), Expected: "an id of its own, or id 0 and previousEventId 0",
				Actual: fmt.Sprintf("id %d, previousEventId %d", id, number(e, "previousEventId")),
			}
		}
		if id == 0 {
			loose = append(loose, e)
		} else {
			fixed[id] = e
		}
	}
	var free []*value.Object
	for _, a := range actual {
		e, ok := fixed[number(a, "id")]
		if !ok {
			free = append(free, a)
			continue
		}
		if d := matchEvent(e, a); d != nil {
			return d.of(place(e))
		}
		delete(fixed, number(a, "id"))
	}
	for _, e := range expected {
		if _, missing := fixed[number(e, "id")]; missing {
			return (&Difference{Expected: value.String(e), Actual: nothing}).of(place(e))
		}
	}
	pairs, missing := pair(len(loose), len(free), func(i, j int) bool { return matchContent(loose[i], free[j]) == nil })
	if missing >= 0 {
		e := loose[missing]
		return (&Difference{Expected: value.String(e), Actual: nearest(e, free)}).of("history, an event inside a Parallel state (" + eventType(e) + ")")
	}
	for j, a := range free {
		unrecorded := eventType(a) == "ParallelStateSucceeded" || eventType(a) == "ParallelStateFailed"
		if !slices.Contains(pairs, j) && !unrecorded {
			return (&Difference{Expected: nothing, Actual: value.String(a)}).of(place(a))
		}
	}
	return nil
}

// nearest gives an event of the same type, for a message.
func nearest(expected *value.Object, events []*value.Object) string {
	for _, a := range events {
		if eventType(a) == eventType(expected) {
			return value.String(a)
		}
	}
	return nothing
}

// pair finds a partner of its own among the m on the right for each of the n on
// the left. It returns the partners, and the first on the left that can't have
// one, or -1.
func pair(n, m int, fits func(left, right int) bool) (partners []int, missing int) {
	partners = slices.Repeat([]int{-1}, n)
	owner := slices.Repeat([]int{-1}, m)
	// place gives left a partner, moving others to another one if need be.
	var place func(left int, tried []bool) bool
	place = func(left int, tried []bool) bool {
		for right := range m {
			if tried[right] || !fits(left, right) {
				continue
			}
			tried[right] = true
			if owner[right] < 0 || place(owner[right], tried) {
				owner[right], partners[left] = left, right
				return true
			}
		}
		return false
	}
	for left := range n {
		if !place(left, make([]bool, m)) {
			return partners, left
		}
	}
	return partners, -1
}
