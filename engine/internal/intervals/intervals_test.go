package intervals_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sink notes what it is told.
type sink struct {
	left     map[states.EventID][]*intervals.Visit
	ends     map[*intervals.Visit]intervals.End
	answered map[states.EventID]int
	well     int // visits that ended well
}

func newSink() *sink {
	return &sink{left: map[states.EventID][]*intervals.Visit{}, ends: map[*intervals.Visit]intervals.End{}, answered: map[states.EventID]int{}}
}

func (s *sink) Left(v *intervals.Visit, end intervals.End) {
	s.left[v.Entered] = append(s.left[v.Entered], v)
	s.ends[v] = end
	if end.Outcome == intervals.Succeeded {
		s.well++
	}
}

func (s *sink) Answered(a *intervals.Attempt, _ intervals.End) { s.answered[a.Scheduled]++ }

// TestEverythingEnds: in the histories of all cases of the project, every visit of a state ends
// once, inside of the visit that it lies in, and so does every attempt; what has an exit ends
// there, and well.
func TestEverythingEnds(t *testing.T) {
	t.Parallel()
	cases, err := conformance.Load("../../../conformance/cases")
	require.NoError(t, err)
	nested := 0
	for _, c := range cases {
		x, err := c.Execute(conformance.Simulator{})
		require.NoError(t, err, c.Name)
		var tracker intervals.Tracker
		told, redrives := newSink(), false
		entered, exited, scheduled := map[states.EventID]string{}, 0, map[states.EventID]bool{}
		for i := range x.History {
			e := &x.History[i]
			require.Equal(t, exited, told.well, "%s: before event %d", c.Name, e.ID)
			tracker.Next(e, told)
			switch d := e.Details.(type) {
			case *states.EnteredDetails:
				entered[e.ID] = d.Name
				require.Equal(t, d.Name, tracker.Visit(e.ID).Name, "%s: event %d", c.Name, e.ID)
			case *states.ExitedDetails:
				exited++
			case *states.ScheduledDetails:
				scheduled[e.ID] = true
				require.NotNil(t, tracker.Attempt(e.ID).Visit, "%s: event %d", c.Name, e.ID)
			case *states.RedriveDetails:
				redrives = true
			}
		}
		if last := x.History[len(x.History)-1]; last.Finish() == nil {
			continue
		}
		for id, name := range entered {
			require.NotEmpty(t, told.left[id], "%s: %s of event %d is never left", c.Name, name, id)
			require.True(t, redrives || len(told.left[id]) == 1, "%s: %s of event %d is left twice", c.Name, name, id)
		}
		for v, end := range told.ends {
			require.False(t, end.At.Before(v.At), "%s: %s", c.Name, v.Name)
			if v.In != nil {
				nested++
				around, ok := told.ends[v.In]
				require.True(t, ok, "%s: what %s lies in has no end", c.Name, v.Name)
				require.True(t, around.At.Compare(end.At) >= 0 || around.Outcome != intervals.Succeeded, "%s: %s ends after %s", c.Name, v.Name, v.In.Name)
			}
		}
		require.Len(t, told.answered, len(scheduled), c.Name)
		for id, n := range told.answered {
			require.Equal(t, 1, n, "%s: the task of event %d", c.Name, id)
		}
	}
	require.Greater(t, nested, 100, "the cases nest states")
}

// TestWhatARedriveGoesOnWith: visits that the end of the execution has cut short go on after a
// redrive, and end once more.
func TestWhatARedriveGoesOnWith(t *testing.T) {
	t.Parallel()
	m, err := asl.Parse([]byte(`{"StartAt":"Both","States":{"Both":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}},
		{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}}}]}}}`))
	require.NoError(t, err)
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	x := states.New(m, states.Options{})
	var history []states.Event
	step := func(input states.Input) {
		effects, err := x.Step(input)
		require.NoError(t, err)
		history = append(history, effects.Events...)
	}
	step(states.Started{At: start, Execution: states.Execution{ARN: "arn:aws:states:us-east-1:123456789012:execution:m:x"}})
	task := func() states.EventID {
		for i := len(history) - 1; i >= 0; i-- {
			if history[i].Type == states.LambdaFunctionScheduled {
				return history[i].ID
			}
		}
		return 0
	}
	step(states.TaskErred{At: start.Add(time.Second), Task: task(), Failure: states.Fail("Broken", "")})
	x, err = states.Restore(m, history, states.Options{})
	require.NoError(t, err)
	step(states.Redriven{At: start.Add(time.Hour)})
	step(states.TaskReturned{At: start.Add(2 * time.Hour), Task: task(), Output: "done"})

	var tracker intervals.Tracker
	told := newSink()
	for i := range history {
		tracker.Next(&history[i], told)
	}
	redrive, since := tracker.Redrive()
	assert.NotZero(t, redrive)
	assert.Equal(t, start.Add(time.Hour), since)
	visits := map[string][]intervals.End{}
	for _, all := range told.left {
		for i, v := range all {
			visits[v.Name] = append(visits[v.Name], told.ends[v])
			assert.Equal(t, []states.EventID{0, redrive}[i], v.Redrive, v.Name)
			if v.Name != "Both" {
				require.NotNil(t, v.In)
				assert.Equal(t, v.Redrive, v.In.Redrive, "%s lies in what goes on", v.Name)
			}
		}
	}
	failed := intervals.End{At: start.Add(time.Second), Outcome: intervals.Failed, Failure: states.Fail("Broken", "")}
	well := intervals.End{At: start.Add(2 * time.Hour), Outcome: intervals.Succeeded}
	assert.Equal(t, map[string][]intervals.End{
		"Done": {{At: start, Outcome: intervals.Succeeded}}, "Work": {failed, well}, "Both": {failed, well},
	}, visits)
}
