package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// event makes an expected event: its type, id and previousEventId, and its
// details as JSON under the name AWS gives them ("" for none).
func event(t *testing.T, id, previous int64, kind states.EventType, details string) *value.Object {
	t.Helper()
	text := fmt.Sprintf(`{"id":%d,"previousEventId":%d,"type":%q}`, id, previous, kind)
	if details != "" {
		name := strings.ToLower(string(kind[:1])) + string(kind[1:]) + "EventDetails"
		if strings.HasSuffix(string(kind), "StateEntered") {
			name = "stateEnteredEventDetails"
		}
		if strings.HasSuffix(string(kind), "StateExited") {
			name = "stateExitedEventDetails"
		}
		text = fmt.Sprintf(`{"id":%d,"previousEventId":%d,"type":%q,%q:%s}`, id, previous, kind, name, details)
	}
	return parse(t, text).(*value.Object)
}

// fork is a history of two branches, in the order in which the first ends first.
func fork(t *testing.T) []*value.Object {
	return []*value.Object{
		event(t, 1, 0, states.ExecutionStarted, ""),
		event(t, 2, 0, states.ParallelStateEntered, `{"name":"Both"}`),
		event(t, 3, 2, states.ParallelStateStarted, ""),
		event(t, 4, 3, states.PassStateEntered, `{"name":"A"}`),
		event(t, 5, 3, states.PassStateEntered, `{"name":"B"}`),
		event(t, 6, 4, states.PassStateExited, `{"name":"A"}`),
		event(t, 7, 5, states.PassStateExited, `{"name":"B"}`),
		event(t, 8, 7, states.ParallelStateSucceeded, ""),
		event(t, 9, 7, states.ParallelStateExited, `{"name":"Both"}`),
		event(t, 10, 9, states.ExecutionSucceeded, `{"output":[1,2]}`),
	}
}

// swapped is the same with the branches the other way round.
func swapped(t *testing.T) []*value.Object {
	return []*value.Object{
		event(t, 1, 0, states.ExecutionStarted, ""),
		event(t, 2, 0, states.ParallelStateEntered, `{"name":"Both"}`),
		event(t, 3, 2, states.ParallelStateStarted, ""),
		event(t, 4, 3, states.PassStateEntered, `{"name":"B"}`),
		event(t, 5, 4, states.PassStateExited, `{"name":"B"}`),
		event(t, 6, 3, states.PassStateEntered, `{"name":"A"}`),
		event(t, 7, 6, states.PassStateExited, `{"name":"A"}`),
		event(t, 8, 7, states.ParallelStateSucceeded, ""),
		event(t, 9, 7, states.ParallelStateExited, `{"name":"Both"}`),
		event(t, 10, 9, states.ExecutionSucceeded, `{"output":[1,2]}`),
	}
}

// What is undone is named by the event that entered it, whatever its id.
func TestUnorderedHistoriesCompareWhatIsUndone(t *testing.T) {
	undo := func(history []*value.Object, entered int64) []*value.Object {
		details := fmt.Sprintf(`{"state":"A","stateEnteredEventId":%d}`, entered)
		return append(history, event(t, 11, 9, states.CompensationStarted, details))
	}
	assert.Nil(t, matchChains(undo(fork(t), 4), undo(swapped(t), 6)))
	assert.NotNil(t, matchChains(undo(fork(t), 4), undo(swapped(t), 4)), "the entry into B")
	assert.NotNil(t, matchChains(undo(fork(t), 4), undo(swapped(t), 12)), "no event")
}

func TestUnorderedHistoriesCompareByWhatLedToEachEvent(t *testing.T) {
	assert.Nil(t, matchChains(fork(t), fork(t)))
	assert.Nil(t, matchChains(fork(t), swapped(t)))
	assert.Nil(t, matchChains(swapped(t), fork(t)))

	for name, alter := range map[string]func(h []*value.Object) []*value.Object{
		"an event of a branch is missing": func(h []*value.Object) []*value.Object {
			h = append(h[:5:5], h[6:]...)
			for i := 5; i < len(h); i++ {
				h[i] = h[i].With("id", int64(i+1))
			}
			h[5] = h[5].With("previousEventId", int64(4))
			h[6] = h[6].With("previousEventId", int64(6))
			h[7] = h[7].With("previousEventId", int64(6))
			h[8] = h[8].With("previousEventId", int64(8))
			return h
		},
		"a branch has another event": func(h []*value.Object) []*value.Object {
			h[4] = event(t, 5, 3, states.PassStateEntered, `{"name":"C"}`)
			return h
		},
		"an event follows the wrong branch": func(h []*value.Object) []*value.Object {
			h[6] = h[6].With("previousEventId", int64(4))
			return h
		},
		"an event of the whole state is another": func(h []*value.Object) []*value.Object {
			h[7] = event(t, 8, 7, states.ParallelStateFailed, "")
			return h
		},
		"the last event differs": func(h []*value.Object) []*value.Object {
			h[9] = event(t, 10, 9, states.ExecutionSucceeded, `{"output":[2,1]}`)
			return h
		},
		"the last event is missing": func(h []*value.Object) []*value.Object { return h[:9] },
		"there is one event more": func(h []*value.Object) []*value.Object {
			return append(h, event(t, 11, 10, states.ExecutionSucceeded, ""))
		},
		"an id is no number of its own": func(h []*value.Object) []*value.Object {
			h[9] = h[9].With("id", int64(9))
			return h
		},
		"a previousEventId is not of an earlier event": func(h []*value.Object) []*value.Object {
			h[9] = h[9].With("previousEventId", int64(30))
			return h
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.NotNil(t, matchChains(alter(fork(t)), swapped(t)), "as the expectation")
			assert.NotNil(t, matchChains(swapped(t), alter(fork(t))), "as what came")
		})
	}
}

// A retried Parallel state starts several times; nested ones end one in another.
func TestEventsOfAWholeStateHangOnTheEntryIntoIt(t *testing.T) {
	history := []*value.Object{
		event(t, 1, 0, states.ParallelStateEntered, `{"name":"Outer"}`),
		event(t, 2, 1, states.ParallelStateStarted, ""),
		event(t, 3, 2, states.MapStateEntered, `{"name":"Inner"}`),
		event(t, 4, 3, states.MapStateStarted, `{"length":0}`),
		event(t, 5, 4, states.MapStateSucceeded, ""),
		event(t, 6, 4, states.MapStateExited, `{"name":"Inner"}`),
		event(t, 7, 6, states.FailStateEntered, `{"name":"Fail"}`),
		event(t, 8, 7, states.ParallelStateStarted, ""),
		event(t, 9, 8, states.FailStateEntered, `{"name":"Fail"}`),
		event(t, 10, 9, states.ParallelStateFailed, ""),
	}
	root, d := treeOf(history)
	require.Nil(t, d)
	outer := root.next[0]
	require.Len(t, outer.joins, 3)
	assert.Equal(t, "ParallelStateStarted", eventType(outer.joins[0].event))
	assert.Equal(t, "ParallelStateStarted", eventType(outer.joins[1].event))
	assert.Equal(t, "ParallelStateFailed", eventType(outer.joins[2].event))
	inner := outer.joins[0].next[0]
	require.Len(t, inner.joins, 3)
	assert.Equal(t, "MapStateExited", eventType(inner.joins[2].event))
	require.Len(t, inner.joins[2].next, 1)
}

func TestNormalisedHistoriesCompareTheInsideOfAParallelByContent(t *testing.T) {
	expected := func() []*value.Object {
		return []*value.Object{
			event(t, 1, 0, states.ExecutionStarted, ""),
			event(t, 2, 0, states.ParallelStateEntered, `{"name":"Both"}`),
			event(t, 3, 2, states.ParallelStateStarted, ""),
			event(t, 0, 0, states.PassStateEntered, `{"name":"A"}`),
			event(t, 0, 0, states.PassStateEntered, `{"name":"B"}`),
			event(t, 0, 0, states.PassStateExited, `{"name":"A"}`),
			event(t, 0, 0, states.PassStateExited, `{"name":"<any>"}`),
			event(t, 9, 7, states.ParallelStateExited, `{"name":"Both"}`),
			event(t, 10, 9, states.ExecutionSucceeded, `{"output":[1,2]}`),
		}
	}
	assert.Nil(t, matchNormalised(expected(), fork(t)))
	assert.Nil(t, matchNormalised(expected(), swapped(t)))
	for name, alter := range map[string]func(h []*value.Object) []*value.Object{
		"an inner event is another": func(h []*value.Object) []*value.Object {
			h[4] = event(t, 0, 0, states.PassStateEntered, `{"name":"A"}`)
			return h
		},
		"an inner event is missing":  func(h []*value.Object) []*value.Object { return append(h[:4:4], h[5:]...) },
		"an inner event is too many": func(h []*value.Object) []*value.Object { return append(h, h[4]) },
		"an outer event is another": func(h []*value.Object) []*value.Object {
			h[7] = h[7].With("previousEventId", int64(6))
			return h
		},
		"an inner event has a previous one": func(h []*value.Object) []*value.Object {
			h[4] = h[4].With("previousEventId", int64(3))
			return h
		},
		"an outer event comes twice": func(h []*value.Object) []*value.Object { return append(h, h[8]) },
		"an outer event is missing":  func(h []*value.Object) []*value.Object { return h[:8] },
		"an outer event is too many": func(h []*value.Object) []*value.Object {
			return append(h, event(t, 11, 10, states.ExecutionSucceeded, ""))
		},
	} {
		assert.NotNil(t, matchNormalised(alter(expected()), fork(t)), name)
	}
}

func TestPairingMovesPartnersWhenItMust(t *testing.T) {
	// 0 fits both, 1 fits the first alone.
	partners, missing := pair(2, 2, func(left, right int) bool { return left == 0 || right == 0 })
	assert.Equal(t, -1, missing)
	assert.Equal(t, []int{1, 0}, partners)
	_, missing = pair(2, 2, func(_, right int) bool { return right == 0 })
	assert.Equal(t, 1, missing)
	_, missing = pair(0, 2, nil)
	assert.Equal(t, -1, missing)
}

func TestDetailsMayBeTextsThatAreNoJSON(t *testing.T) {
	for _, c := range []struct {
		expected, actual string
		same             bool
	}{
		{`{"output":"<any>","output_raw":true}`, `{"output":{"a":1}}`, true},
		{`{"output":"{\"a\":<any>}","output_raw":true}`, `{"output":{"a":1}}`, true},
		{`{"output":"{\"b\":<any>}","output_raw":true}`, `{"output":{"a":1}}`, false},
		{`{"output":"<any>","output_raw":true}`, `{}`, false},
		{`{"cause":{"a":1}}`, `{"cause":"{\"a\":1.0}"}`, true},
		{`{"cause":{"a":1}}`, `{"cause":"{\"a\":2}"}`, false},
		{`{"cause":"a<any>"}`, `{"cause":"abc"}`, true},
		{`{"cause":"abc"}`, `{}`, false},
		{`{}`, `{"cause":"abc"}`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
	} {
		d := matchDetails(parse(t, c.expected), parse(t, c.actual))
		assert.Equal(t, c.same, d == nil, "%s and %s: %v", c.expected, c.actual, d)
	}
}

func TestTheFirstDifferingEventIsNamed(t *testing.T) {
	expected := Expect{HasHistory: true, History: []*value.Object{
		event(t, 1, 0, states.ExecutionStarted, `{"input":{},"inputDetails":{"truncated":false},"roleArn":"<any>"}`),
		event(t, 2, 0, states.FailStateEntered, `{"name":"End","input":{"a":1},"inputDetails":{"truncated":false}}`),
		event(t, 3, 2, states.ExecutionFailed, `{}`),
	}}
	actual := []states.Event{
		{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{Input: value.NewObject(), RoleARN: "r"}},
		{Type: states.RetryScheduled, Details: &states.RetryDetails{}},
		{ID: 2, Type: states.FailStateEntered, Details: &states.EnteredDetails{Name: "End", Input: parse(t, `{"a":2}`)}},
		{ID: 3, PreviousID: 2, Type: states.ExecutionFailed, Details: &states.FailureDetails{}},
	}
	d := expected.matchHistory(describeAll(actual))
	require.NotNil(t, d)
	assert.Equal(t, "history event 2 (FailStateEntered): stateEnteredEventDetails.input.a: expected 1, actual 2", d.Error())

	actual[2].Details = &states.EnteredDetails{Name: "End", Input: parse(t, `{"a":1}`)}
	assert.Nil(t, expected.matchHistory(describeAll(actual)))
	d = expected.matchHistory(describeAll(actual[:3]))
	require.NotNil(t, d)
	assert.Contains(t, d.Error(), `history, after 2 events: expected {"id":3`)
}
