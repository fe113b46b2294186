package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/jsonpath"
	"github.com/gostates/gostates/states"
)

// conclude ends the run: all of its children have ended.
func (r *mapRun) conclude() error {
	status, failure := MapRunSucceeded, r.winding
	switch {
	case failure == nil:
	case r.winding.HasError:
		status = MapRunFailed
	default:
		status = MapRunAborted
	}
	if status != MapRunAborted {
		f, err := r.exportAll(status)
		if err != nil {
			return err
		}
		if f != nil && failure == nil {
			status, failure = MapRunFailed, f
		}
	} else {
		failure = nil
	}
	r.stopReading()
	r.mu.Lock()
	r.state.Status, r.state.Failure, r.state.Stop = status, failure, r.engine.now()
	r.mu.Unlock()
	if err := r.write(); err != nil {
		r.mu.Lock()
		r.state.Status = MapRunRunning // it concludes once more
		r.mu.Unlock()
		return err
	}
	return r.answer()
}

// answer tells the execution that waits for the run what became of it.
func (r *mapRun) answer() error {
	r.mu.Lock()
	asked, parent := r.asked, r.parent
	r.mu.Unlock()
	if asked.command.Redrives > r.state.Redrives {
		r.reset() // it was redriven while it wound up
		return nil
	}
	if parent == nil {
		if r.leave(nil) {
			r.suspend()
		}
		return nil
	}
	h := arrival{kind: ranWell, id: asked.command.ID, kept: true}
	failure := r.state.Failure
	var err error
	switch {
	case failure != nil:
	case r.state.Status != MapRunSucceeded:
		f := r.state.tolerance().Failure()
		failure = &f
	default:
		h.output, failure, err = r.output()
	}
	if err != nil {
		return err
	}
	if failure != nil {
		h.kind, h.failure = ranBadly, *failure
	}
	if !r.leave(parent) {
		return nil
	}
	r.suspend()
	r.engine.goOn(parent, h)
	return nil
}

// reset has the run taken up anew.
func (r *mapRun) reset() {
	r.starting.Wait()
	r.mu.Lock()
	r.again = true
	r.mu.Unlock()
	r.loaded, r.winding, r.stopped, r.writer, r.exported = false, nil, false, nil, nil
	r.given = nil
}

// output returns the output of a run that ended well. Results that are too many are a failure.
func (r *mapRun) output() (any, *states.Failure, error) {
	if output, failure, ok := children.Elsewhere(r.command); ok {
		return output, failure, nil
	}
	limit := r.engine.config.Limits.Payload
	all, size := []any{}, 0
	err := r.each(false, func(c *childResult) error {
		v := children.Result(r.command, c.child(r))
		if size += value.Size(v) + len(","); limit > 0 && size > limit+len("[]") {
			return errTooMuch
		}
		all = append(all, v)
		return nil
	})
	switch {
	case errors.Is(err, errTooMuch) && r.engine.config.MapRuns.DropUnread && r.unread():
		return nil, nil, nil
	case errors.Is(err, errTooMuch):
		f := r.command.TooLarge()
		return nil, &f, nil
	case err != nil:
		return nil, nil, err
	}
	return children.Output(r.command, all), nil, nil
}

var errTooMuch = errors.New("the results are too large")

// unread reports whether nothing of the machine reads the output of the run.
func (r *mapRun) unread() bool {
	f := &r.command.State.Flow
	return f.ResultPath == jsonpath.Discard && f.ResultSelector == nil && f.Assign == nil
}

// each calls a function with the results of the children, in order, or of those that did not
// succeed.
func (r *mapRun) each(bad bool, f func(*childResult) error) error {
	var p portions
	for {
		kept, ok, err := p.next(r, bad)
		if !ok || err != nil {
			return err
		}
		c, err := readResult(kept)
		if err == nil {
			err = f(c)
		}
		if err != nil {
			return err
		}
	}
}

// keepsInputs reports whether the results of all children are to tell their inputs.
func (r *mapRun) keepsInputs() bool {
	w := r.command.Writer
	return w != nil && w.Transformation == "NONE"
}

// streams reports whether results are written at once, because nothing keeps them.
func (r *mapRun) streams() bool {
	return r.command.Writer != nil && r.command.Writer.Exports && !r.engine.archive.outlives()
}

// openWriter returns what writes the result files.
func (r *mapRun) openWriter() (*results.Writer, *states.Failure) {
	return writerOf(r.command, r.arn, &r.engine.config.MapRuns)
}

func writerOf(command *states.StartMapRun, arn string, config *MapRuns) (*results.Writer, *states.Failure) {
	w := command.Writer
	target, err := results.TargetOf(w.Arguments)
	if err != nil {
		return nil, children.WriterFailure(err)
	}
	into, ok := config.Objects.(objects.Writer)
	if !ok {
		f := states.Fail("States.ResultWriterFailed", fmt.Sprintf("There is nothing to write results to the bucket '%s' with.", target.Bucket))
		return nil, &f
	}
	return &results.Writer{Objects: into, Target: target, MapRunARN: arn, OutputType: w.OutputType, Transformation: w.Transformation}, nil
}

// export writes the result of a child. What goes wrong is told at the end.
func (r *mapRun) export(c *childResult) {
	if r.exported == nil && r.writer == nil {
		r.writer, r.exported = r.openWriter()
	}
	if r.exported == nil {
		r.exported = children.WriterFailure(r.writer.Add(context.Background(), c.child(r)))
	}
}

// exportAll writes the result files, if the run has any. Those of a run that failed have what
// was left to do, too.
func (r *mapRun) exportAll(status MapRunStatus) (*states.Failure, error) {
	if w := r.command.Writer; w == nil || !w.Exports {
		return nil, nil
	}
	if !r.streams() {
		if r.writer, r.exported = r.openWriter(); r.exported != nil {
			return r.exported, nil
		}
		err := r.each(false, func(c *childResult) error {
			r.export(c)
			return nil
		})
		if err != nil {
			r.writer.Abort()
			return nil, err
		}
	}
	if r.exported == nil && r.writer == nil {
		r.writer, r.exported = r.openWriter() // of no children
	}
	if r.exported != nil {
		return r.exported, nil
	}
	if status == MapRunFailed && r.winding.Error != "States.ItemReaderFailed" {
		if err := r.exportPending(); err != nil {
			return nil, err
		}
	}
	return children.WriterFailure(r.writer.Close(context.Background())), nil
}

// exportPending writes the children that were never started. They stay to be started by a
// redrive.
func (r *mapRun) exportPending() error {
	index, place, read := r.index, r.place, r.state.Read
	defer func() {
		r.stopReading()
		r.mu.Lock()
		r.index, r.place, r.state.Read = index, place, read
		r.mu.Unlock()
	}()
	for {
		input, ok, err := r.nextInput()
		if err != nil && errors.Is(err, ErrClosed) {
			return err
		}
		if !ok || err != nil {
			return nil // the run has failed anyway
		}
		index := r.index
		r.index++
		r.place = input.Next
		r.mu.Lock()
		r.state.Given, r.state.TotalItems = max(r.state.Given, r.index), max(r.state.TotalItems, r.place.Index)
		r.mu.Unlock()
		id := r.identity(index, 0)
		err = r.writer.Add(context.Background(), &results.Child{Name: id.Name, StateMachineARN: id.MachineARN, Status: results.Pending, Input: input.Value})
		if err != nil {
			r.exported = children.WriterFailure(err)
			return nil
		}
	}
}
