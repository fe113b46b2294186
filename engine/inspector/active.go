package inspector

import (
	"fmt"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// An activeRow is a state that an execution is in, as its page shows it.
type activeRow struct {
	Depth     int
	State     string
	Type      string
	Step      int // the number of the step, 0 when the page does not know it
	Where     string
	Since     string
	Says      string // what it does
	Due       string // what happens to it, and when; "" for nothing
	Child     string // the address of the execution or the Map Run that it waits for, relative to the root
	ChildName string
	Undoes    string
	Restarts  int
	Answer    states.EventID // the entry of a task that has a Task Token, 0 for other states
}

// mostActive bounds the states that a page shows.
const mostActive = 50

// activeRows returns the states that an execution is in, those within others after them, and how
// many are left out.
func (s *story) activeRows(q *request, all []engine.ActiveState, now time.Time) (rows []activeRow, left int) {
	var add func(all []engine.ActiveState, around string, depth int)
	add = func(all []engine.ActiveState, around string, depth int) {
		for n := range all {
			a := &all[n]
			left += a.Left
			if len(rows) == mostActive {
				left++
			} else {
				rows = append(rows, s.activeRow(q, a, around, depth, now))
			}
			add(a.Within, a.Type, depth+1)
		}
	}
	add(all, "", 0)
	return rows, left
}

func (s *story) activeRow(q *request, a *engine.ActiveState, around string, depth int, now time.Time) activeRow {
	r := activeRow{
		Depth: depth, State: a.State, Type: a.Type, Step: s.visitOf(a.Event), Since: lasted(now.Sub(a.Since)),
		Says: says(a), Due: due(a), Undoes: a.Undoes, Restarts: a.Restarts,
	}
	switch {
	case a.Index < 0:
	case around == "Map":
		r.Where = fmt.Sprintf("iteration %d", a.Index)
	case around == "Parallel":
		r.Where = fmt.Sprintf("branch %d", a.Index)
	}
	switch {
	case a.ExecutionARN != "":
		r.Child, r.ChildName = placeOf(a.ExecutionARN), "the execution"
	case a.MapRunARN != "":
		r.Child, r.ChildName = placeOf(a.MapRunARN), "the Map Run"
	}
	if a.TaskToken != "" && q.access.Operate {
		r.Answer = a.Event
	}
	return r
}

// says tells what a state does, in a few words.
func says(a *engine.ActiveState) string {
	switch a.WaitsFor {
	case engine.WaitsForTime:
		if a.DueTo == engine.DueToRetry {
			return fmt.Sprintf("waits to be tried again, attempt %d", a.Attempt+2)
		}
		return "waits"
	case engine.WaitsForPlace:
		return "queues for a handler"
	case engine.WaitsForHandler:
		if a.Attempt > 0 {
			return fmt.Sprintf("its handler is at work, attempt %d", a.Attempt+1)
		}
		return "its handler is at work"
	case engine.WaitsForResolver:
		return "there is no handler for " + a.Resource
	case engine.WaitsForToken:
		return "waits for its Task Token"
	case engine.WaitsForWorker:
		return "waits for a worker of the activity"
	case engine.WaitsForActivity:
		if a.Worker != "" {
			return "the worker " + a.Worker + " is at work"
		}
		return "a worker is at work"
	case engine.WaitsForExecution:
		return "waits for an execution"
	case engine.WaitsForMapRun:
		return "waits for its Map Run"
	case engine.WaitsForStates:
		if a.Total > 0 {
			return fmt.Sprintf("%d of %d have ended", a.Ended, a.Total)
		}
		return "goes on inside"
	}
	return "goes on"
}

// due tells what happens to a state in time.
func due(a *engine.ActiveState) string {
	if a.Due.IsZero() {
		return ""
	}
	what := map[engine.DueTo]string{engine.DueToEnd: "until", engine.DueToRetry: "at", engine.DueToTimeout: "times out at", engine.DueToHeartbeat: "needs a heartbeat before"}[a.DueTo]
	return what + " " + date(a.Due)
}

// tokenAt returns the Task Token of the state that an event has entered, "" when none is active.
func tokenAt(all []engine.ActiveState, entered states.EventID) string {
	for n := range all {
		if all[n].Event == entered {
			return all[n].TaskToken
		}
		if token := tokenAt(all[n].Within, entered); token != "" {
			return token
		}
	}
	return ""
}
