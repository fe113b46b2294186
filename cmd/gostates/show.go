package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

func showCommand() *cobra.Command {
	var store string
	cmd := &cobra.Command{
		Use:   "show --store FILE EXECUTION",
		Short: "say how an execution of a store stands",
		Long: `
show prints what there is to say of an execution: its status, when it started and ended,
its input, its output or failure, where it failed or what it did last, its Map Runs, and
whether it can be redriven. Of one that runs it says which states it is in, since when,
and what they wait for. With --json it prints what AWS's DescribeExecution does, with
dates as ISO 8601 texts, and the states as "active".

` + executionHelp,
		Args:              anExecution,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				arn, err := find(cmd.Context(), eng, args[0])
				if err != nil {
					return err
				}
				d, err := eng.DescribeExecution(cmd.Context(), arn)
				if err != nil {
					return err
				}
				if wantsJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), descriptionOf(d))
				}
				events, err := eventsOf(cmd.Context(), eng, arn)
				if err != nil {
					return err
				}
				runs, err := eng.ListMapRuns(cmd.Context(), arn, 0, "")
				if err != nil {
					return err
				}
				printDescription(cmd.OutOrStdout(), d, events, runs.MapRuns)
				return nil
			})
		},
	}
	storeFlag(cmd, &store)
	return cmd
}

// A description is an execution as AWS's DescribeExecution has it.
type description struct {
	summary
	Input               string  `json:"input"`
	Output              *string `json:"output,omitempty"`
	Error               *string `json:"error,omitempty"`
	Cause               *string `json:"cause,omitempty"`
	RedriveCount        int     `json:"redriveCount"`
	RedriveDate         string  `json:"redriveDate,omitempty"`
	RedriveStatus       string  `json:"redriveStatus"`
	RedriveStatusReason string  `json:"redriveStatusReason,omitempty"`

	Active []activeState `json:"active,omitempty"`
}

func descriptionOf(d *engine.Description) description {
	all := description{
		summary: summaryOf(&d.Summary), Input: string(d.Input),
		RedriveCount: d.RedriveCount, RedriveDate: dateOf(d.RedriveDate),
		RedriveStatus: string(d.RedriveStatus), RedriveStatusReason: d.RedriveStatusReason,
		Active: activeStates(d.Active),
	}
	if d.Output != nil {
		all.Output = new(string(d.Output))
	}
	if d.Failure.HasError {
		all.Error = &d.Failure.Error
	}
	if d.Failure.HasCause {
		all.Cause = &d.Failure.Cause
	}
	return all
}

func printDescription(w io.Writer, d *engine.Description, events []engine.Event, runs []engine.MapRunDescription) {
	p := paintFor(w)
	say := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s %s\n", p.faint(fmt.Sprintf("%-10s", name)), text)
		}
	}
	say("execution", d.ARN)
	say("status", p.status(d.Status, string(d.Status)))
	say("started", d.StartDate.Local().Format("2006-01-02 15:04:05.000"))
	if !d.StopDate.IsZero() {
		say("ended", fmt.Sprintf("%s, after %s", d.StopDate.Local().Format("2006-01-02 15:04:05.000"), transcript.Since(d.StopDate.Sub(d.StartDate))))
	}
	say("version", d.VersionARN)
	say("alias", d.AliasARN)
	say("input", pretty(d.Input))
	say("output", pretty(d.Output))
	say("failure", transcript.Failure(d.Failure))
	if place, _ := states.PlaceOfEnd(events); place.State != "" && d.Status != states.StatusSucceeded {
		say("in state", fmt.Sprintf("%s (event %d, attempt %d)", place.State, place.Event, place.Attempt))
	}
	if d.RedriveCount > 0 {
		say("redriven", fmt.Sprintf("%d times, last at %s", d.RedriveCount, d.RedriveDate.Local().Format(time.DateTime)))
	}
	say("redrive", strings.TrimSuffix(fmt.Sprintf("%s: %s", d.RedriveStatus, d.RedriveStatusReason), ": "))
	for i := range runs {
		say("map run", mapRunText(&runs[i]))
	}
	say("events", fmt.Sprint(len(events)))
	const last = 6 // events
	if len(d.Active) > 0 {
		fmt.Fprintf(w, "\n%s\n", p.faint("it is in:"))
		printActive(w, d.Active, time.Now(), "  ")
		if len(events) <= last {
			fmt.Fprintln(w)
		}
	}
	if d.Status == states.StatusRunning {
		if len(events) > last {
			fmt.Fprintf(w, "\n%s\n", p.faint(fmt.Sprintf("the last %d of them:", last)))
		}
		_ = transcript.WriteLast(w, events, last, tableOptions(w)) // the writer's errors are nobody's here
	}
}

// mapRunText says how a Map Run stands.
func mapRunText(r *engine.MapRunDescription) string {
	text := fmt.Sprintf("%s: %s, %d of %d items succeeded", r.State, r.Status, r.Items.Succeeded, r.Items.Total)
	for _, c := range []struct {
		n    int64
		what string
	}{{r.Items.Running, "running"}, {r.Items.Failed, "failed"}, {r.Items.TimedOut, "timed out"}, {r.Items.Aborted, "aborted"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	if why := transcript.Failure(r.Failure); why != "" {
		text += ": " + why
	}
	return text
}

// pretty returns JSON in a line if it is short, else indented.
func pretty(text json.RawMessage) string {
	const short = 100
	if len(text) <= short {
		return string(text)
	}
	b, err := json.MarshalIndent(text, strings.Repeat(" ", 11), "  ")
	if err != nil {
		return string(text)
	}
	return string(b)
}
