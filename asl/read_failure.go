package asl

import (
	"slices"
	"strings"
)

// catchAll is the error name that matches every error.
const catchAll = "States.ALL"

// reserved begins the error names that the specification and AWS define.
const reserved = "States."

// reservedErrors are those names, without their beginning.
var reservedErrors = []string{
	"ALL", "HeartbeatTimeout", "Timeout", "TaskFailed", "Permissions", "ResultPathMatchFailure", "ReferencePathConflict",
	"ParameterPathFailure", "QueryEvaluationError", "BranchFailed", "NoChoiceMatched", "IntrinsicFailure",
	"ExceedToleratedFailureThreshold", "ItemReaderFailed", "ResultWriterFailed", "Runtime",
	"DataLimitExceeded", "Http.Socket",
}

func (r *stateReader) readRetry() []Retrier {
	list := r.get("Retry")
	if list == nil {
		return nil
	}
	retriers := make([]Retrier, 0, len(list.items))
	for i := range list.items {
		f := r.check(list.item(i), inRetrier, r.language)
		if f == nil {
			continue
		}
		retriers = append(retriers, Retrier{
			ErrorEquals:     r.errorEquals(f, i == len(list.items)-1),
			IntervalSeconds: f.whole(r.reader, "IntervalSeconds", 1),
			MaxAttempts:     f.whole(r.reader, "MaxAttempts", 3),
			BackoffRate:     2,
			MaxDelaySeconds: f.whole(r.reader, "MaxDelaySeconds", 0),
			FullJitter:      f.text("JitterStrategy") == "FULL",
			Comment:         f.text("Comment"),
		})
		if rate := f.get("BackoffRate"); rate != nil && rate.kind == numberKind {
			retriers[len(retriers)-1].BackoffRate = r.number(rate.element)
		}
	}
	return retriers
}

func (r *stateReader) readCatch() []Catcher {
	list := r.get("Catch")
	if list == nil {
		return nil
	}
	// Links point into the slice, so it must not move.
	catchers := make([]Catcher, 0, len(list.items))
	for i := range list.items {
		f := r.check(list.item(i), inCatcher, r.language)
		if f == nil {
			continue
		}
		catchers = append(catchers, Catcher{
			ErrorEquals: r.errorEquals(f, i == len(list.items)-1),
			Flow:        r.outputs(Flow{ResultPath: r.reference(f, "ResultPath")}, f, errorSeen),
			Comment:     f.text("Comment"),
		})
		r.scope.link(r.vertex, f.get("Next"), &catchers[len(catchers)-1].Next, r.assignedBy(f))
	}
	return catchers
}

// errorEquals reads the error names of a Retrier or Catcher; last says that it
// is the last of its array.
func (r *stateReader) errorEquals(f *fields, last bool) []string {
	list := f.get("ErrorEquals")
	if list == nil {
		return nil
	}
	names := make([]string, 0, len(list.items))
	for i := range list.items {
		at := list.item(i)
		if !r.expect(at, stringKind, "String") {
			continue
		}
		names = append(names, at.text)
		r.checkErrorName(at)
	}
	if len(names) > 1 || !last {
		for i := range list.items {
			if at := list.item(i); at.kind == stringKind && at.text == catchAll {
				r.fail(at, "States.ALL must appear alone and at end of list")
				break
			}
		}
	}
	return names
}

// checkErrorName warns of a reserved name that is misspelt, and of one that never matches. Other names that
// begin with "States." are let through: AWS takes them, and Fail states in
// published definitions raise such.
func (r *reader) checkErrorName(at *place) {
	name, ok := strings.CutPrefix(at.text, reserved)
	if name == "BranchFailed" {
		// Recorded on AWS; the documentation says that a Parallel state fails with it.
		r.warn(UnknownErrorName, at, "No failure is called %q: that of a branch keeps its own error name", at.text)
		return
	}
	if !ok || slices.Contains(reservedErrors, name) || strings.HasPrefix(name, "Http.StatusCode.") {
		return
	}
	if meant := r.spell.nearest(name, reservedErrors); meant != "" {
		r.warn(UnknownErrorName, at, "No reserved error is called %q", at.text).Suggestion = reserved + meant
	}
}
