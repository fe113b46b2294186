package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states/transcript"
)

// An activeState is an [engine.ActiveState] as JSON. Task Tokens are not shown: whoever has one
// can end the task.
type activeState struct {
	State        string        `json:"state"`
	Type         string        `json:"type"`
	Index        *int          `json:"index,omitempty"`
	Undoes       string        `json:"undoes,omitempty"`
	Event        int64         `json:"eventId"`
	Since        string        `json:"since"`
	Attempt      int           `json:"attempt"`
	Restarts     int           `json:"restarts,omitempty"`
	WaitsFor     string        `json:"waitsFor,omitempty"`
	Due          string        `json:"due,omitempty"`
	DueTo        string        `json:"dueTo,omitempty"`
	Resource     string        `json:"resource,omitempty"`
	Worker       string        `json:"worker,omitempty"`
	ExecutionARN string        `json:"executionArn,omitempty"`
	MapRunARN    string        `json:"mapRunArn,omitempty"`
	Total        int           `json:"total,omitempty"`
	Ended        int           `json:"ended,omitempty"`
	Within       []activeState `json:"within,omitempty"`
	Left         int           `json:"left,omitempty"`
}

func activeStates(all []engine.ActiveState) []activeState {
	var shown []activeState
	for i := range all {
		a := &all[i]
		s := activeState{
			State: a.State, Type: a.Type, Undoes: a.Undoes, Event: int64(a.Event), Since: dateOf(a.Since), Attempt: a.Attempt,
			Restarts: a.Restarts, WaitsFor: string(a.WaitsFor), Due: dateOf(a.Due), DueTo: string(a.DueTo), Resource: a.Resource,
			Worker: a.Worker, ExecutionARN: a.ExecutionARN, MapRunARN: a.MapRunARN, Total: a.Total, Ended: a.Ended,
			Within: activeStates(a.Within), Left: a.Left,
		}
		if a.Index >= 0 {
			s.Index = &a.Index
		}
		shown = append(shown, s)
	}
	return shown
}

// printActive prints where an execution is: a line for each state, those within another one
// indented.
func printActive(w io.Writer, all []engine.ActiveState, now time.Time, indent string) {
	for i := range all {
		a := &all[i]
		fmt.Fprintf(w, "%s%s\n", indent, activeText(a, now))
		printActive(w, a.Within, now, indent+"  ")
		if a.Left > 0 {
			fmt.Fprintf(w, "%s  and %d more\n", indent, a.Left)
		}
	}
}

// activeText says what a state does.
func activeText(a *engine.ActiveState, now time.Time) string {
	var b strings.Builder
	if a.Index >= 0 {
		fmt.Fprintf(&b, "[%d] ", a.Index)
	}
	fmt.Fprintf(&b, "%s (%s", a.State, a.Type)
	if a.Undoes != "" {
		b.WriteString(", undoes " + a.Undoes)
	}
	fmt.Fprintf(&b, ") for %s", lasting(now.Sub(a.Since)))
	if a.Attempt > 0 {
		fmt.Fprintf(&b, ", attempt %d", a.Attempt)
	}
	if a.Restarts > 0 {
		fmt.Fprintf(&b, ", restarted %d times", a.Restarts)
	}
	if what := waitText(a); what != "" {
		b.WriteString(": " + what)
	}
	if !a.Due.IsZero() {
		fmt.Fprintf(&b, ", %s %s", dueTexts[a.DueTo], inText(a.Due.Sub(now)))
	}
	return b.String()
}

var dueTexts = map[engine.DueTo]string{
	engine.DueToEnd: "ends", engine.DueToRetry: "is tried again", engine.DueToTimeout: "times out", engine.DueToHeartbeat: "misses its heartbeat",
}

// lasting returns a duration, to the second when it is long.
func lasting(d time.Duration) string {
	if d = max(d, 0); d > 10*time.Second {
		d = d.Round(time.Second)
	}
	return transcript.Since(d)
}

// inText says how far away a moment is.
func inText(d time.Duration) string {
	if d <= 0 {
		return "now"
	}
	return "in " + lasting(d)
}

// waitText says what a state waits for.
func waitText(a *engine.ActiveState) string {
	switch a.WaitsFor {
	case engine.WaitsForTime:
		return "waits"
	case engine.WaitsForPlace:
		return "waits for its turn to call " + a.Resource
	case engine.WaitsForHandler:
		return "waits for " + a.Resource
	case engine.WaitsForResolver:
		return "waits until there is a handler for " + a.Resource
	case engine.WaitsForToken:
		return "waits for its Task Token, " + a.Resource
	case engine.WaitsForWorker:
		return "waits for a worker to take it, " + a.Resource
	case engine.WaitsForActivity:
		return strings.TrimSpace("a worker has it: "+a.Worker) + ", " + a.Resource
	case engine.WaitsForExecution:
		if a.ExecutionARN == "" {
			return "starts an execution"
		}
		return "waits for " + a.ExecutionARN
	case engine.WaitsForMapRun:
		return "waits for " + a.MapRunARN
	case engine.WaitsForStates:
		if a.Total == 0 {
			return "undoes"
		}
		return fmt.Sprintf("%d of %d have ended", a.Ended, a.Total)
	}
	return ""
}
