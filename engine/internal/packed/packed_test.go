package packed_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/packed"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	at = time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	a  = value.NewObject(value.Member{Key: "a", Value: int64(1)})
	b  = value.NewObject(value.Member{Key: "a", Value: int64(1)})
)

// allDetails are details of every kind, and of those that have a form all that may differ.
var allDetails = []states.Details{
	nil,
	&states.StartedDetails{Input: a, RoleARN: "role", Execution: states.Execution{ARN: "arn"}, Seed: states.Seed{1}},
	&states.EnteredDetails{Name: "A", Input: a},
	&states.EnteredDetails{Name: "A"},
	&states.EnteredDetails{Name: "", Input: []any{a, b}},
	&states.EnteredDetails{Name: "B", Input: "text"},
	&states.ExitedDetails{Name: "B", Output: b},
	&states.ExitedDetails{Name: "B", Output: b, Assigned: a},
	&states.ExitedDetails{Name: "B", Output: b, Assigned: value.NewObject()},
	&states.ExitedDetails{Name: "B", Output: b, Caught: true},
	&states.ScheduledDetails{ResourceType: "sqs", Resource: "sendMessage", Region: "us-east-1", Parameters: a},
	&states.ScheduledDetails{ResourceType: "sqs", Resource: "sendMessage", Region: "eu-west-1", Parameters: a, TimeoutSeconds: 1 << 40, HeartbeatSeconds: 7},
	&states.ScheduledDetails{Resource: "f", Parameters: 1.5, Credentials: "c"},
	&states.ResourceDetails{ResourceType: "sqs", Resource: "sendMessage"},
	&states.ResourceDetails{},
	&states.OutputDetails{Output: a},
	&states.OutputDetails{ResourceType: "sqs", Resource: "sendMessage", Output: false},
	&states.FailureDetails{ResourceType: "sqs", Failure: states.Fail("E", "c")},
	&states.WorkerDetails{Worker: "w"},
	&states.LengthDetails{Length: 3},
	&states.IterationDetails{Name: "M", Index: 2, Failure: states.Fail("E", "")},
	&states.MapRunDetails{ARN: "arn", Redrives: 1},
	&states.EvaluationDetails{Failure: states.Fail("E", "c"), Location: "Output", State: "S"},
	&states.RedriveDetails{Count: 2},
	&states.RedriveDetails{Count: 3, Token: "t"},
	&states.CompensationDetails{State: "S", Steps: 1},
	&states.CompensationFailedDetails{State: "S", Remaining: []string{"x"}},
	&states.RetryDetails{Name: "S", Retrier: 1},
}

// allTypes are types with a form, one of the extension, a hidden one and one of another release.
var allTypes = []states.EventType{
	states.ExecutionStarted, states.TaskStateEntered, states.LambdaFunctionScheduled, states.MapIterationAborted,
	states.CompensationStarted, states.RetryScheduled, "Unheard",
}

// TestEventsAreThoseItWasMadeOf packs events of every type with every kind of details, one after
// the other in every way in which two events can differ.
func TestEventsAreThoseItWasMadeOf(t *testing.T) {
	zone := time.FixedZone("", 3600)
	var events []states.Event
	last := states.Event{At: at}
	for _, d := range allDetails {
		for i, kind := range allTypes {
			e := states.Event{ID: last.ID + 1, PreviousID: last.ID, At: last.At, Type: kind, Details: d}
			switch i {
			case 1:
				e.PreviousID, e.At = 3, last.At.Add(time.Nanosecond)
			case 2:
				e.ID = 0
			case 3:
				e.ID, e.At = -5, last.At.Add(-time.Hour)
			case 4:
				e.Due = at
			case 5:
				e.At = at.In(zone)
			case 6:
				e.At = time.Time{}
			}
			events = append(events, e)
			last = e
		}
	}
	h := packed.Of(events)
	require.Equal(t, len(events), h.Len())
	for range 2 {
		got := h.Events()
		for i := range events {
			require.Equal(t, events[i], got[i])
			require.True(t, events[i].At == got[i].At, "to the bit")
		}
	}
	for n := range events { // each as the first
		h := packed.Of(events[n : n+1])
		require.Equal(t, events[n:n+1], h.Events())
	}
}

func TestTheZeroHistoryIsEmpty(t *testing.T) {
	var h packed.History
	assert.Zero(t, h.Len())
	assert.Empty(t, h.Events())
	h = packed.Of(nil)
	assert.Zero(t, h.Len())
	assert.Empty(t, h.Events())
}

// TestPayloadsStayTheObjectsThatTheyAre: what refers to one object does so afterwards.
func TestPayloadsStayTheObjectsThatTheyAre(t *testing.T) {
	h := packed.Of([]states.Event{
		{ID: 1, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "A", Input: a}},
		{ID: 2, Type: states.PassStateExited, Details: &states.ExitedDetails{Name: "A", Output: b}},
		{ID: 3, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "B", Input: a}},
	})
	events := h.Events()
	assert.Same(t, a, events[0].Details.(*states.EnteredDetails).Input)
	assert.Same(t, b, events[1].Details.(*states.ExitedDetails).Output)
	assert.Same(t, a, events[2].Details.(*states.EnteredDetails).Input)
}

// chain is the history of n Pass states.
func chain(n int) (events []states.Event) {
	for i := range n {
		name := fmt.Sprint("State", i)
		events = append(events,
			states.Event{ID: states.EventID(2*i + 1), PreviousID: states.EventID(2 * i), At: at, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: name, Input: a}},
			states.Event{ID: states.EventID(2*i + 2), PreviousID: states.EventID(2*i + 1), At: at, Type: states.PassStateExited, Details: &states.ExitedDetails{Name: name, Output: a}},
		)
	}
	return events
}

func TestPackingAllocatesNoMoreThanItKeeps(t *testing.T) {
	events := chain(100)
	packed.Of(events) // has room made
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { packed.Of(events) }), 8.0, "2: the text and the values; with the race detector room is made again now and then")
}

func BenchmarkOf(b *testing.B) {
	events := chain(10)
	b.ReportAllocs()
	for b.Loop() {
		packed.Of(events)
	}
}

func BenchmarkEvents(b *testing.B) {
	h := packed.Of(chain(10))
	b.ReportAllocs()
	for b.Loop() {
		h.Events()
	}
}
