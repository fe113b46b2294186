package children

import (
	"errors"

	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/states"
)

// Elsewhere returns the output of a run that ended well and whose results are not its output, as
// its ResultWriter says: where the results are, or the failure of a ResultWriter that can't be. It
// reports false for any other run, whose output Output makes.
func Elsewhere(run *states.StartMapRun) (output any, failure *states.Failure, ok bool) {
	w := run.Writer
	switch {
	case w == nil || !w.Exports && w.Configured:
		return nil, nil, false
	case !w.Exports:
		// That an empty ResultWriter fails when it runs is reported; how is a guess.
		f := states.Fail("States.ResultWriterFailed", "The ResultWriter has neither a Resource nor a WriterConfig.")
		return nil, &f, true
	}
	target, err := results.TargetOf(w.Arguments)
	if err != nil {
		return nil, WriterFailure(err), true
	}
	return target.Output(run.ARN), nil, true
}

// WriterFailure returns the failure of a run for an error of its ResultWriter, nil for none.
func WriterFailure(err error) *states.Failure {
	if err == nil {
		return nil
	}
	cause := err.Error()
	if e, ok := errors.AsType[*results.Error](err); ok {
		cause = e.Cause
	}
	f := states.Fail("States.ResultWriterFailed", cause)
	return &f
}

// Result returns what a child adds to the output of its run.
func Result(run *states.StartMapRun, c *results.Child) any {
	if run.Writer != nil && run.Writer.Transformation == "NONE" {
		return c.Entry()
	}
	return c.Place()
}

// Output returns the output of a run that is made of the Results of its children, in the order of
// their items.
func Output(run *states.StartMapRun, all []any) []any {
	if run.Writer != nil && run.Writer.Transformation == "FLATTEN" {
		return results.Flatten(all)
	}
	return all
}
