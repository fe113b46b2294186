package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// A failure is an error with a name.
type failure string

func (f failure) Error() string     { return "it failed" }
func (f failure) ErrorName() string { return string(f) }

// history runs a machine and returns its history. The resource "fail" fails with the error
// that its input names, "busy" fails twice, all others answer with their input.
func history(t *testing.T, definition, input string) []states.Event {
	t.Helper()
	tasks := engine.NewMux()
	tries := 0
	tasks.Handle("ok", engine.Func(func(_ context.Context, in any) (any, error) { return in, nil }))
	tasks.Handle("fail", engine.Func(func(_ context.Context, in struct{ Error string }) (any, error) {
		if in.Error == "" {
			return "fine", nil
		}
		return nil, failure(in.Error)
	}))
	tasks.Handle("busy", engine.Func(func(_ context.Context, in any) (any, error) {
		if tries++; tries < 3 {
			return nil, failure("Busy")
		}
		return in, nil
	}))
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	require.NoError(t, err)
	defer eng.Close()
	run, err := eng.StartExecution(t.Context(), read(t, definition), json.RawMessage(input))
	require.NoError(t, err)
	_, err = run.Wait(t.Context())
	if failed := (*engine.ExecutionError)(nil); err != nil {
		require.True(t, errors.As(err, &failed), "%v", err)
	}
	page, err := eng.GetExecutionHistory(t.Context(), run.ARN(), engine.HistoryOptions{MaxResults: 1000})
	require.NoError(t, err)
	return page.Events
}

func TestFollow(t *testing.T) {
	const guarded = `"Catch": [{"ErrorEquals": ["A"], "Next": "Saved"}, {"ErrorEquals": ["B"], "Next": "Saved"}, {"ErrorEquals": ["States.ALL"], "Next": "Other"}]`
	single := `{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "fail", ` + guarded + `, "End": true}, "Saved": {"Type": "Pass", "End": true}, "Other": {"Type": "Succeed"}}}`
	for name, c := range map[string]struct {
		definition, input string
		states            map[string]string // status and, where they matter, visits and retries
		taken             []string
	}{
		"a task succeeds": {single, `{"Error": ""}`,
			map[string]string{"Work": "succeeded"}, []string{"edge-Work-end", "edge-machine-start"}},
		"the Catcher that names the error counts": {single, `{"Error": "B"}`,
			map[string]string{"Work": "caught", "Saved": "succeeded"}, []string{"edge-Saved-end", "edge-Work-catch-1", "edge-machine-start"}},
		"the Catcher of all others counts": {single, `{"Error": "C"}`,
			map[string]string{"Work": "caught", "Other": "succeeded"}, []string{"edge-Work-catch-2", "edge-machine-start"}},
		"a failure without an event is caught": {`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "ok", "ResultPath": "$.a.b", ` + guarded + `, "Next": "End"},
			"End": {"Type": "Pass", "End": true}, "Saved": {"Type": "Pass", "End": true}, "Other": {"Type": "Succeed"}}}`, `{"a": 1}`,
			map[string]string{"Work": "caught", "Other": "succeeded"}, []string{"edge-Work-catch-2", "edge-machine-start"}},
		"nobody catches": {`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "fail", "Next": "Then"}, "Then": {"Type": "Succeed"}}}`, `{"Error": "A"}`,
			map[string]string{"Work": "failed"}, []string{"edge-machine-start"}},
		"a Fail state fails": {`{"StartAt": "No", "States": {"No": {"Type": "Fail"}}}`, `{}`,
			map[string]string{"No": "failed"}, []string{"edge-machine-start"}},
		"retries are no visits": {`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "busy", "Retry": [{"ErrorEquals": ["Busy"]}], "End": true}}}`, `{}`,
			map[string]string{"Work": "succeeded 1 visits 2 retries"}, []string{"edge-Work-end", "edge-machine-start"}},
		"a ring is passed three times": {`{"StartAt": "Count", "States": {"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More?"},
			"More?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "Count"}], "Default": "Done"}, "Done": {"Type": "Succeed"}}}`, `{"n": 0}`,
			map[string]string{"Count": "succeeded 3 visits 0 retries", "More?": "succeeded 3 visits 0 retries", "Done": "succeeded"},
			[]string{"edge-Count-next", "edge-More_3f-default", "edge-More_3f-rule-0", "edge-machine-start"}},
		"rules to one state all count": {`{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "D"}, {"Variable": "$.n", "NumericEquals": 2, "Next": "D"}], "Default": "E"},
			"D": {"Type": "Succeed"}, "E": {"Type": "Succeed"}}}`, `{"n": 2}`,
			map[string]string{"C": "succeeded", "D": "succeeded"}, []string{"edge-C-rule-0", "edge-C-rule-1", "edge-machine-start"}},
		"a branch fails and the other is aborted": {`{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [
			{"StartAt": "Bad", "States": {"Bad": {"Type": "Task", "Resource": "fail", "End": true}}},
			{"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 100, "End": true}}}], "Catch": [{"ErrorEquals": ["A"], "Next": "Saved"}], "End": true}, "Saved": {"Type": "Succeed"}}}`, `{"Error": "A"}`,
			map[string]string{"Both": "caught", "Bad": "failed", "Long": "aborted", "Saved": "succeeded"},
			[]string{"edge-Both-catch-0", "edge-branch-Both-0-start", "edge-branch-Both-1-start", "edge-machine-start"}},
		"a Parallel state that is tried again counts for what it comes to": {`{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Retry": [{"ErrorEquals": ["Busy"]}], "Branches": [
			{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "busy", "End": true}}}], "End": true}}}`, `{}`,
			map[string]string{"Both": "succeeded 1 visits 2 retries", "Work": "succeeded 3 visits 0 retries"},
			[]string{"edge-Both-end", "edge-Work-end", "edge-branch-Both-0-start", "edge-machine-start"}},
		"an iteration fails": {`{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "fail", "End": true}}}, "End": true}}}`,
			`[{"Error": ""}, {"Error": ""}, {"Error": "A"}]`,
			map[string]string{"Each": "failed", "Work": "failed 3 visits 0 retries"}, []string{"edge-Work-end", "edge-items-Each-start", "edge-machine-start"}},
		"what was done is undone": {`{"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "ok", "Compensate": "Undo", "Next": "Break"}, "Undo": {"Type": "Task", "Resource": "ok"},
			"Break": {"Type": "Task", "Resource": "fail", "End": true}}}`, `{"Error": "A"}`,
			map[string]string{"Do": "succeeded", "Undo": "succeeded", "Break": "failed"}, []string{"edge-Do-compensate", "edge-Do-next", "edge-machine-start"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := graph.New(read(t, c.definition))
			events := history(t, c.definition, c.input)
			path := p.Follow(events)
			require.Len(t, path.States, len(c.states))
			for name, want := range c.states {
				got := path.States[name]
				require.NotNil(t, got, name)
				text := got.Status()
				if len(want) > len(text) {
					text = fmt.Sprintf("%s %d visits %d retries", text, got.Visits, got.Retries)
				}
				require.Equal(t, want, text, "%s: %+v", name, *got)
			}
			require.Equal(t, c.taken, slices.Sorted(maps.Keys(path.Taken)))
			known := make(map[string]bool)
			for _, e := range p.Edges() {
				known[e.ID] = true
			}
			for id := range path.Taken {
				require.True(t, known[id], id)
			}
		})
	}
}

// TestFollowBegun cuts a history after each of its events: a state is running as long as it
// has not been left, and a part of a history never breaks anything.
func TestFollowBegun(t *testing.T) {
	definition := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "busy", "Retry": [{"ErrorEquals": ["Busy"]}], "End": true}}}, "Next": "Done"}, "Done": {"Type": "Succeed"}}}`
	events := history(t, definition, `[1, 2]`)
	p := graph.New(read(t, definition))
	for i, e := range events[:len(events)-1] {
		path := p.Follow(events[:i+1])
		require.Equal(t, states.StatusRunning, path.Status)
		running := 0
		for _, s := range path.States {
			running += s.Running
			require.Zero(t, s.Failed+s.Aborted, "after %d %s", e.ID, e.Type)
		}
		d, entered := e.Details.(*states.EnteredDetails)
		require.Equal(t, entered && path.States[d.Name].Running == 1, entered)
		if _, done := e.Details.(*states.ExitedDetails); !done && e.Type != states.ExecutionStarted && path.States["Done"] == nil {
			require.Positive(t, running, "after %d %s", e.ID, e.Type)
		}
	}
	require.Equal(t, states.StatusSucceeded, p.Follow(events).Status)
	require.Empty(t, p.Follow(nil).Status)
}

// TestFollowStranger follows the history of another machine: what both have is shown.
func TestFollowStranger(t *testing.T) {
	events := history(t, `{"StartAt": "Old", "States": {"Old": {"Type": "Pass", "Next": "Same"}, "Same": {"Type": "Pass", "End": true}}}`, `{}`)
	path := graph.New(read(t, `{"StartAt": "New", "States": {"New": {"Type": "Pass", "Next": "Same"}, "Same": {"Type": "Pass", "End": true}}}`)).Follow(events)
	require.Len(t, path.States, 1)
	require.Equal(t, graph.Succeeded, path.States["Same"].Status())
}

func TestPathMarks(t *testing.T) {
	definition := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Work", "States": {"Work": {"Type": "Pass", "End": true}}}, "Next": "Done"}, "Done": {"Type": "Succeed"}, "Never": {"Type": "Pass", "Next": "Never"}}}`
	p := graph.New(read(t, definition))
	marks := p.Follow(history(t, definition, `[1, 2]`)).Marks()
	require.Equal(t, graph.Mark{Class: graph.Succeeded, Badge: "2×", Note: "entered 2 times: 2 succeeded"}, marks.Node(p.Find("Work")))
	require.Equal(t, graph.Mark{Class: graph.Succeeded, Note: "succeeded"}, marks.Node(p.Find("Done")))
	require.Equal(t, graph.Mark{Class: graph.Unreached, Note: "not reached"}, marks.Node(p.Find("Never")))
	for _, e := range p.Edges() {
		switch {
		case e.From == p.Find("Never"):
			require.Equal(t, graph.Mark{Class: graph.Unreached, Note: "not taken"}, marks.Edge(e))
		case e.From == p.Find("Work"):
			require.Equal(t, graph.Mark{Class: graph.Taken, Badge: "2×", Note: "taken 2 times"}, marks.Edge(e))
		}
	}
}

// TestFollowMapRun: what the children of a Map Run do is not in the history of the execution
// that started the run, and is in a child's own.
func TestFollowMapRun(t *testing.T) {
	p := graph.New(read(t, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
		"StartAt": "Work", "States": {"Work": {"Type": "Pass", "Next": "Done"}, "Done": {"Type": "Succeed"}}}, "End": true}}}`))
	entered := func(id states.EventID, t states.EventType, name string) states.Event {
		return states.Event{ID: id, PreviousID: id - 1, Type: t, Details: &states.EnteredDetails{Name: name}}
	}
	exited := func(id states.EventID, t states.EventType, name string) states.Event {
		return states.Event{ID: id, PreviousID: id - 1, Type: t, Details: &states.ExitedDetails{Name: name}}
	}
	around := p.Follow([]states.Event{
		{ID: 1, Type: states.ExecutionStarted}, entered(2, states.MapStateEntered, "Each"), {ID: 3, PreviousID: 2, Type: states.MapStateStarted},
		{ID: 4, PreviousID: 3, Type: states.MapRunStarted}, {ID: 5, PreviousID: 4, Type: states.MapRunSucceeded}, {ID: 6, PreviousID: 5, Type: states.MapStateSucceeded},
		exited(7, states.MapStateExited, "Each"), {ID: 8, PreviousID: 7, Type: states.ExecutionSucceeded},
	})
	require.Equal(t, graph.Succeeded, around.States["Each"].Status())
	require.Empty(t, around.Marks().Node(p.Find("Work")).Class)
	for _, e := range p.Find("Each").Groups[0].Edges {
		require.Zero(t, around.Marks().Edge(e))
	}

	child := p.Follow([]states.Event{{ID: 1, Type: states.ExecutionStarted}, entered(2, states.PassStateEntered, "Work"), exited(3, states.PassStateExited, "Work"), entered(4, states.SucceedStateEntered, "Done")})
	require.Equal(t, graph.Unreached, child.Marks().Node(p.Find("Each")).Class)
	require.Equal(t, graph.Succeeded, child.Marks().Node(p.Find("Work")).Class)
	require.Equal(t, graph.Running, child.Marks().Node(p.Find("Done")).Class)
	require.Equal(t, map[string]int{"edge-items-Each-start": 1, "edge-Work-next": 1}, child.Taken)
}

// TestFollowRedriven: what had failed and was aborted goes on within the same visits.
func TestFollowRedriven(t *testing.T) {
	definition := `{"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [
		{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "busy", "End": true}}}, {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 5, "End": true}}}], "End": true}}}`
	tasks := engine.NewMux()
	tries := 0
	tasks.Handle("busy", engine.Func(func(_ context.Context, in any) (any, error) {
		if tries++; tries == 1 {
			return nil, failure("Busy")
		}
		return in, nil
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	defer eng.Close()
	run, err := eng.StartExecution(t.Context(), read(t, definition), nil)
	require.NoError(t, err)
	follow := func() *graph.Path {
		page, err := eng.GetExecutionHistory(t.Context(), run.ARN(), engine.HistoryOptions{MaxResults: 1000})
		require.NoError(t, err)
		return graph.New(read(t, definition)).Follow(page.Events)
	}
	_, err = run.Wait(t.Context())
	require.Error(t, err)
	before := follow()
	require.Equal(t, []string{graph.Failed, graph.Failed, graph.Aborted}, []string{before.States["Both"].Status(), before.States["Work"].Status(), before.States["Nap"].Status()})

	again, err := eng.RedriveExecution(t.Context(), run.ARN())
	require.NoError(t, err)
	_, err = again.Wait(t.Context())
	require.NoError(t, err)
	after := follow()
	for name, s := range after.States {
		require.Equal(t, graph.Succeeded, s.Status(), "%s: %+v", name, *s)
		require.Equal(t, 1, s.Visits, name)
	}
}

// TestVisits: every stay in a state is told from the others, with the events that are its own.
func TestVisits(t *testing.T) {
	definition := `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "Both", "States": {
		"Both": {"Type": "Parallel", "Branches": [{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "busy", "Retry": [{"ErrorEquals": ["Busy"]}], "End": true}}}], "Next": "After"},
		"After": {"Type": "Pass", "End": true}}}, "Next": "Done"}, "Done": {"Type": "Task", "Resource": "fail", "End": true}}}`
	events := history(t, definition, `[{"Error": "A"}, {"Error": "B"}]`)
	path := graph.New(read(t, definition)).Follow(events)
	var got []string
	seen := make(map[states.EventID]string)
	for _, v := range path.Visits {
		around := "-"
		if v.Around != nil {
			around = v.Around.Node.Name()
		}
		got = append(got, fmt.Sprintf("%s in %s, iteration %d: %s %s", v.Node.Name(), around, v.Iteration, v.Status, v.Error))
		for _, id := range v.Events {
			require.Empty(t, seen[id], "event %d is of two visits", id)
			seen[id] = v.Node.Name()
		}
	}
	require.Equal(t, []string{
		"Each in -, iteration -1: succeeded ", "Both in Each, iteration 0: succeeded ", "Work in Both, iteration -1: succeeded Busy", "After in Each, iteration 0: succeeded ",
		"Both in Each, iteration 1: succeeded ", "Work in Both, iteration -1: succeeded ", "After in Each, iteration 1: succeeded ", "Done in -, iteration -1: failed UnmarshalTypeError",
	}, got)
	for i := range events {
		e := &events[i]
		switch d := e.Details.(type) {
		case *states.EnteredDetails:
			require.Equal(t, d.Name, seen[e.ID])
		case *states.ExitedDetails:
			require.Equal(t, d.Name, seen[e.ID])
		}
		if e.Type.Status() == "" {
			require.NotEmpty(t, seen[e.ID], "%d %s", e.ID, e.Type)
		}
	}
}
