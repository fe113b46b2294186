package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

// performer has tasks done by the handlers that a mux has for their functions, resources or
// states. It returns nil for an empty mux.
func performer(mux *engine.Mux) func(conformance.Request) func(context.Context) conformance.Task {
	if len(mux.Resources()) == 0 {
		return nil
	}
	return func(r conformance.Request) func(context.Context) conformance.Task {
		task := engine.Task{State: r.State, Resource: r.Resource, Input: r.Input, Credentials: r.Credentials, Attempt: r.Attempt, Token: r.Token}
		if function, payload, ok := r.Payload(); ok {
			if h := mux.Resolve(function); h != nil {
				task.Resource, task.Input = function, payload
				return func(ctx context.Context) conformance.Task {
					t := perform(ctx, h, task)
					if t.Outcome == conformance.Succeeds {
						t.Result = conformance.Invocation(t.Result)
					}
					return t
				}
			}
		}
		for _, name := range append(r.Names(), r.State) {
			if h := mux.Resolve(name); h != nil {
				return func(ctx context.Context) conformance.Task { return perform(ctx, h, task) }
			}
		}
		return nil
	}
}

// perform does a task.
func perform(ctx context.Context, h engine.Handler, task engine.Task) conformance.Task {
	result, err := h.Handle(ctx, task)
	if failed, ok := errors.AsType[*engine.TaskError](err); ok {
		return conformance.Task{Outcome: conformance.Fails, Error: failed.Name, HasError: true, Cause: failed.Cause, HasCause: failed.Cause != ""}
	}
	if err != nil {
		return conformance.Task{Outcome: conformance.Fails, Error: "States.TaskFailed", HasError: true, Cause: err.Error(), HasCause: true}
	}
	return conformance.Task{Outcome: conformance.Succeeds, Result: result}
}

// longWait is from when on a wait is told of though nothing else is.
const longWait = 10 * time.Second

// observer returns what prints the progress of an execution to standard error: all of it on
// a terminal, else only that a long wait has begun.
func (f *runFlags) observer(cmd *cobra.Command) func(*states.Event) {
	w := cmd.ErrOrStderr()
	show := isTerminal(w)
	if cmd.Flags().Changed("progress") {
		show = f.progress
	}
	var printer *transcript.Printer
	if show {
		o := tableOptions(w)
		o.Brief, o.Absolute = true, f.table.absolute
		printer = transcript.NewPrinter(w, o)
	}
	if printer == nil && f.fast {
		return nil
	}
	return func(e *states.Event) {
		if printer != nil {
			_ = printer.Print(e) // what can't be shown doesn't stop the execution
		}
		if left := time.Until(e.Due); !f.fast && left > longWait && !e.Due.IsZero() {
			fmt.Fprintf(w, "waiting until %s, which is in %s; --fast doesn't wait\n", e.Due.Local().Format(time.DateTime), transcript.Since(left.Round(time.Second)))
		}
	}
}

// saySkipped says what a virtual clock spared.
func (f *runFlags) saySkipped(cmd *cobra.Command, history []states.Event) {
	if len(history) == 0 {
		return
	}
	total := history[len(history)-1].At.Sub(history[0].At)
	if total <= 0 {
		return
	}
	var parts []string
	name := ""
	for i := range history {
		e := &history[i]
		switch d := e.Details.(type) {
		case *states.EnteredDetails:
			name = d.Name
			if e.Type == states.WaitStateEntered && e.Due.After(e.At) {
				parts = append(parts, fmt.Sprintf("%q waits %s", name, transcript.Since(e.Due.Sub(e.At))))
			}
		case *states.RetryDetails:
			parts = append(parts, fmt.Sprintf("%q is tried again after %s", d.Name, transcript.Since(e.Due.Sub(e.At))))
		}
	}
	const most = 10
	if more := len(parts) - most; more > 0 {
		parts = append(parts[:most], fmt.Sprintf("and %d times more", more))
	}
	text := "skipped " + transcript.Since(total)
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	fmt.Fprintln(cmd.ErrOrStderr(), paintFor(cmd.ErrOrStderr()).faint(text))
}

// printHistory prints a history in the form that was asked for.
func (f *runFlags) printHistory(w io.Writer, history []states.Event) error {
	switch f.history {
	case "table":
		return transcript.Write(w, history, f.table.options(w))
	case "json":
		return transcript.WriteJSON(w, history)
	}
	return nil
}

// A result is what became of an execution, as JSON.
type result struct {
	Status  states.Status   `json:"status"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   *string         `json:"error,omitempty"`
	Cause   *string         `json:"cause,omitempty"`
	State   string          `json:"state,omitempty"` // in which it failed
	Event   states.EventID  `json:"event,omitempty"` // by which it did
	Attempt int             `json:"attempt,omitempty"`
	Seconds float64         `json:"seconds"`
	History []states.Event  `json:"history,omitempty"`
}

func (f *runFlags) resultOf(x *conformance.Execution) result {
	r := result{Status: x.Status}
	if n := len(x.History); n > 0 {
		r.Seconds = x.History[n-1].At.Sub(x.History[0].At).Seconds()
	}
	if x.Status == states.StatusSucceeded {
		r.Output = value.Append(nil, x.Output)
	} else {
		place, _ := states.PlaceOfEnd(x.History)
		r.State, r.Event, r.Attempt = place.State, place.Event, place.Attempt
	}
	if x.Failure.HasError {
		r.Error = &x.Failure.Error
	}
	if x.Failure.HasCause {
		r.Cause = &x.Failure.Cause
	}
	if f.history != "" {
		for _, e := range x.History {
			if !e.Hidden() {
				r.History = append(r.History, e)
			}
		}
	}
	return r
}

// printSkeleton prints a file of answers for all tasks of a machine.
func printSkeleton(w io.Writer, machine *asl.StateMachine) error {
	if answers := skeleton(machine.Graph); answers.Len() > 0 {
		return printJSON(w, answers)
	}
	_, err := fmt.Fprintln(w, "{}")
	return err
}

// skeleton returns an answer for each state with a task, in the order of the states.
func skeleton(g *asl.Graph) *value.Object {
	var b value.Builder
	for s := range conformance.States(g) {
		task, ok := s.(*asl.Task)
		if !ok {
			continue
		}
		var answer value.Builder
		if task.Resource.Pattern != asl.RequestResponse {
			answer.Set("submitted", value.NewObject())
		}
		result := any(value.NewObject())
		if r := task.Resource; r.Service == "lambda" && strings.HasPrefix(r.Action, "invoke") && r.Pattern == asl.RequestResponse {
			result = conformance.Invocation(result)
		}
		answer.Set("result", result)
		b.Set(s.Name(), answer.Object())
	}
	return b.Object()
}
