package intervals_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told notes all that a sink is told, as texts.
type told struct {
	since time.Time // what ended before is left out
	texts []string
}

func (s *told) Left(v *intervals.Visit, end intervals.End) {
	if !end.At.Before(s.since) {
		s.texts = append(s.texts, fmt.Sprintf("left %s with %v", visit(v), end))
	}
}

func (s *told) Answered(a *intervals.Attempt, end intervals.End) {
	if !end.At.Before(s.since) {
		s.texts = append(s.texts, fmt.Sprintf("answered %d %v %v %v %s %s %s %s %d of %s with %v",
			a.Scheduled, a.At, a.Started, a.Submitted, a.Kind, a.ResourceType, a.Resource, a.Function, a.Number, visit(a.Visit), end))
	}
}

func visit(v *intervals.Visit) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s %s %d %d %v %d %q in %s", v.Name, v.Type, v.Entered, v.Redrive, v.At, v.Index, v.MapRun, visit(v.In))
}

// TestAPartOfAHistoryDoes: wherever a history is cut, who is told the start and what follows the event
// that Since names is told the same of the rest as who is told all, and of what ended shortly before
// the cut; it need be told less, the further the history goes, and each Since may begin at the last one.
func TestAPartOfAHistoryDoes(t *testing.T) {
	t.Parallel()
	cases, err := conformance.Load("../../../conformance/cases")
	require.NoError(t, err)
	saved, cuts := 0, 0
	for _, c := range cases {
		x, err := c.Execute(conformance.Simulator{})
		require.NoError(t, err, c.Name)
		history := x.History
		if len(history) > 500 || slices.ContainsFunc(history, func(e states.Event) bool { return e.Type == states.ExecutionRedriven }) {
			continue
		}
		for _, lookback := range []time.Duration{-1, 0, 3 * time.Second} {
			before := 1
			for cut := 2; cut < len(history); cut += 1 + cut/6 {
				whole := intervals.Since(lookback, history[:cut])
				id := intervals.Since(lookback, history[before:cut-1], history[max(before, cut-4):cut])
				require.Equal(t, whole, id, "%s: up to event %d, %v back, from %d", c.Name, cut, lookback, before)
				if id == 0 {
					continue // no state was entered
				}
				first := slices.IndexFunc(history, func(e states.Event) bool { return e.ID == id })
				before = first
				since := history[cut-1].At.Add(-lookback)
				if lookback <= 0 {
					since = history[cut-1].At.Add(1)
				}
				tell := func(from int) []string {
					var tracker intervals.Tracker
					sink := &told{since: since}
					tracker.Next(&history[0], sink)
					for i := from; i < len(history); i++ {
						if i == cut {
							if sink.since = (time.Time{}); lookback <= 0 {
								sink.texts = nil
							}
						}
						tracker.Next(&history[i], sink)
					}
					return sink.texts
				}
				require.Equal(t, tell(1), tell(first), "%s: up to event %d, %v back", c.Name, cut, lookback)
				saved += first - 1
				cuts++
			}
		}
	}
	assert.Greater(t, cuts, 5_000)
	assert.Greater(t, saved, 1000, "events that need not be told")
}
