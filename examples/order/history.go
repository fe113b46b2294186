package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// printHistory prints an execution's history: the time of day, the state, what
// happened, and what came of it. It leaves out the events that say little, and the
// end, which the caller knows.
func printHistory(ctx context.Context, eng *engine.Engine, arn string) {
	// A longer history comes in more pages, by NextToken.
	page, err := eng.GetExecutionHistory(ctx, arn, engine.HistoryOptions{MaxResults: 1000})
	if err != nil {
		log.Fatal(err)
	}
	// Only some events name their state, but each names the event that led to it.
	state := make(map[states.EventID]string)
	for _, e := range page.Events {
		state[e.ID] = state[e.PreviousID]
		if e.Type == states.ExecutionSucceeded || e.Type == states.ExecutionFailed {
			break
		}
		what := ""
		switch d := e.Details.(type) {
		case *states.StartedDetails:
			what = text(d.Input)
		case *states.EnteredDetails:
			state[e.ID] = d.Name
		case *states.OutputDetails:
			what = text(d.Output)
		case *states.FailureDetails:
			what = d.Error + ": " + d.Cause
		default:
			continue
		}
		line := fmt.Sprintf("  %s  %-20s  %-23s  %s", e.At.Format(time.TimeOnly), state[e.ID], e.Type, what)
		fmt.Println(strings.TrimRight(line, " "))
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		log.Fatal(err)
	}
	return string(b)
}
