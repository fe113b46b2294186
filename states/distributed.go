package states

import (
	"cmp"
	"math"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// This file is the chapter "Map State" in its distributed mode. The order of its evaluations
// and events is recorded on AWS, save where it says otherwise.

// A mapRun is the Map Run of a distributed Map state under way. Its state's thread has it in
// a fork without children.
type mapRun struct {
	*StartMapRun
	at        time.Time // of the event that began it
	succeeded EventID   // the MapRunSucceeded event
	// redriving says that the run is to be redriven; ended, that it has failed; over, that a
	// redrive begins a new one.
	redriving, ended, over bool
}

// distributedMap goes on with a distributed Map state from wherever a history was cut off.
func (t *thread) distributedMap(s *asl.Map) {
	if t.phase == returned {
		t.complete(t.value, &s.Flow, s.Next)
		return
	}
	x := t.x
	in, failure := t.runInput(s)
	if failure != nil {
		t.fail(failure)
		return
	}
	if t.fork == nil {
		var details Details
		if !x.options.WithoutEvents {
			details = &LengthDetails{Length: in.length()}
		}
		t.tip = x.record(t.tip, MapStateStarted, details)
		t.fork = &fork{started: t.tip}
	}
	tolerance, failure := t.tolerance(s, in.selected)
	if failure != nil {
		t.fail(failure)
		return
	}
	t.beginRun(s)
	if x.full {
		return
	}
	run := t.fork.run
	run.StartMapRun, failure = t.evaluateRun(s, run, in, tolerance)
	if failure != nil {
		t.runFailed(failure)
		return
	}
	x.wait(t, run.ID)
	x.commands = append(x.commands, run.StartMapRun)
}

// beginRun records that the run begins, or that it is redriven, unless that is recorded.
func (t *thread) beginRun(s *asl.Map) {
	x, run := t.x, t.fork.run
	switch {
	case run == nil:
		id := x.last + 1
		arn, label := x.mapRunARN(s, id)
		run = &mapRun{StartMapRun: &StartMapRun{ID: id, ARN: arn, Label: label}, at: x.now}
		t.fork.run = run
		t.tip = x.record(t.tip, MapRunStarted, x.runDetails(arn, 0))
	case run.redriving:
		// What this event follows, and that MapRunSucceeded and MapStateExited follow it,
		// is guessed after the redrive of other states.
		begun := *run.StartMapRun
		begun.Redrives++
		t.tip = x.record(t.tip, MapRunRedriven, x.runDetails(begun.ARN, begun.Redrives))
		begun.ID = t.tip
		*run = mapRun{StartMapRun: &begun, at: x.now}
	}
}

func (x *Interpreter) runDetails(arn string, redrives int) Details {
	if x.options.WithoutEvents {
		return nil
	}
	return &MapRunDetails{ARN: arn, Redrives: redrives}
}

// A runInput is what a distributed Map state evaluates before it has started.
type runInput struct {
	selected    any // what the other fields see
	items       any // nil with an ItemReader
	concurrency int64
}

// length is the number of items from the input: measured on AWS, those of an ItemReader do
// not count.
func (in *runInput) length() int {
	switch items := in.items.(type) {
	case []any:
		return len(items)
	case *value.Object:
		return items.Len()
	}
	return 0
}

// runInput evaluates it. With an ItemReader ItemsPath has no say, whatever it is.
func (t *thread) runInput(s *asl.Map) (in runInput, failure *fault) {
	t.draw(drawInput)
	t.seeing("", nil)
	if in.selected, failure = t.selected(&s.Flow); failure != nil {
		return in, failure
	}
	if in.concurrency, failure = t.count(s.MaxConcurrency, "MaxConcurrency", in.selected); failure != nil {
		return in, failure
	}
	if tr := t.x.trial; tr != nil {
		tr.note(t, MaxConcurrency, in.concurrency)
	}
	if tr := t.x.trial; tr != nil && tr.ItemsFromInput && s.Distributed.Reader != nil && s.QueryLanguage() == asl.JSONPath {
		if v, err := s.Items.Eval(in.selected, t); err == nil {
			in.items = v
			t.saw(AfterItemsPath, v)
		}
	}
	if s.Distributed.Reader == nil {
		if in.items, failure = t.evaluate(s.Items, in.selected, nil); failure == nil {
			t.saw(AfterItemsPath, in.items)
		}
	}
	return in, failure
}

// evaluateRun evaluates what the run is given. That a field which can't be evaluated fails
// the run, and not the state before it, is read in another interpreter for an ItemReader and
// an ItemBatcher, and guessed of a ResultWriter.
func (t *thread) evaluateRun(s *asl.Map, begun *mapRun, in runInput, o tolerance) (*StartMapRun, *fault) {
	d := s.Distributed
	c := *begun.StartMapRun
	c.State, c.EnteredID, c.owner, c.seed = s, t.enteredID, t.x.execution, t.x.seed
	t.x.unshared = nil // the command has it, and outlives the execution
	c.Items, c.MaxConcurrency = in.items, in.concurrency
	c.Tolerance = Tolerance{Count: o.count, Percentage: o.percentage}
	var failure *fault
	if d.Reader != nil {
		if c.Reader, failure = t.mapReader(d.Reader, in.selected); failure != nil {
			return &c, failure
		}
	}
	if d.Batcher != nil {
		if c.Batch, failure = t.mapBatch(d.Batcher, in.selected); failure != nil {
			return &c, failure
		}
	}
	if d.Writer != nil {
		if c.Writer, failure = t.mapWriter(d.Writer, in.selected); failure != nil {
			return &c, failure
		}
	}
	if s.ItemSelector != nil {
		c.scope = t.newItemScope(in.selected)
	}
	return &c, nil
}

func (t *thread) mapReader(r *asl.ItemReader, input any) (*MapReader, *fault) {
	arguments, failure := t.evaluate(r.Arguments, input, nil)
	if failure != nil {
		return nil, failure
	}
	// Measured on AWS: one below 0 is the reader's to refuse.
	most, failure := t.whole(r.Config.MaxItems, "MaxItems", input, math.MinInt64)
	return &MapReader{List: r.List, Arguments: arguments, Config: ReaderConfig{
		InputType: r.Config.InputType, CSVHeaderLocation: r.Config.CSVHeaderLocation, CSVHeaders: r.Config.CSVHeaders,
		CSVDelimiter: r.Config.CSVDelimiter, ItemsPointer: r.Config.ItemsPointer, ManifestType: r.Config.ManifestType,
		Transformation: r.Config.Transformation, MaxItems: most,
	}}, failure
}

// mostBatchBytes bounds a batch, whatever it is given as its bound (documented).
const mostBatchBytes = 256 << 10

func (t *thread) mapBatch(b *asl.ItemBatcher, input any) (_ *MapBatch, failure *fault) {
	batch := &MapBatch{HasInput: b.BatchInput != nil}
	if batch.MaxItems, failure = t.batchBound(b.MaxItemsPerBatch, "MaxItemsPerBatch", input); failure != nil {
		return nil, failure
	}
	if batch.MaxBytes, failure = t.batchBound(b.MaxInputBytesPerBatch, "MaxInputBytesPerBatch", input); failure != nil {
		return nil, failure
	}
	batch.MaxBytes = min(batch.MaxBytes, mostBatchBytes)
	batch.Input, failure = t.evaluate(b.BatchInput, input, nil)
	return batch, failure
}

// batchBound evaluates a bound of a batch, 0 for an absent one. The words about one that is
// too small are guessed.
func (t *thread) batchBound(c asl.Count, field string, input any) (int64, *fault) {
	n, failure := t.whole(c, field, input, 1)
	if failure == nil && c.IsSet() && n < 1 {
		return 0, t.runtime("%s must be positive.", field)
	}
	return n, failure
}

// mapWriter fills in what a WriterConfig leaves out, as it is documented.
func (t *thread) mapWriter(w *asl.ResultWriter, input any) (*MapWriter, *fault) {
	arguments, failure := t.evaluate(w.Arguments, input, nil)
	exports, transformation := w.Resource != "", "COMPACT"
	if exports {
		transformation = "NONE"
	}
	return &MapWriter{
		Exports: exports, Arguments: arguments, Configured: w.HasConfig,
		OutputType: cmp.Or(w.OutputType, "JSON"), Transformation: cmp.Or(w.Transformation, transformation),
	}, failure
}

// runReturned ends the run well. Reported from AWS: an output that is too large fails it,
// even when nobody reads it. That the event is MapRunFailed is a guess.
func (t *thread) runReturned(output any) {
	x, run := t.x, t.fork.run
	if run.succeeded == 0 && x.tooLarge(output) {
		t.runFailed(t.dataLimit())
		return
	}
	// A history that was cut off in between has the run answered once more.
	if run.succeeded == 0 {
		run.succeeded = x.record(t.tip, MapRunSucceeded, nil)
	}
	if t.joined == 0 {
		t.joined = x.record(run.succeeded, MapStateSucceeded, nil)
	}
	t.value, t.fork, t.phase = output, nil, returned
}

// runErred ends the run with an error. Recorded on AWS: a reader's has no frame, and leaves
// MapStateFailed. That States.Runtime ends the execution right after MapRunFailed is a guess
// after what it does elsewhere.
func (t *thread) runErred(failure Failure) {
	t.runFailed(runFault(failure))
}

func runFault(f Failure) *fault {
	return &fault{Failure: f, final: f.Error == errRuntime, limit: f.Error == errDataLimitExceeded}
}

// runFailed records that the run has failed.
func (t *thread) runFailed(f *fault) {
	var details Details
	if !t.x.options.WithoutEvents {
		details = &FailureDetails{Failure: f.Failure}
	}
	t.tip = t.x.record(t.tip, MapRunFailed, details)
	t.fork.run.failed(f.Failure)
	t.fail(f)
}

// failed notes what a redrive will do. It is documented that only a run whose children have
// failed is redriven, and that one which failed in its ItemReader or ResultWriter begins
// anew; that so does one whose fields or output were at fault is a guess.
func (r *mapRun) failed(f Failure) { r.ended, r.over = true, f.Error != errExceedTolerated }

// revive readies the run, if there is one, for a redrive, and reports whether it is redriven.
func (r *mapRun) revive() bool {
	if r == nil || r.over {
		return false
	}
	r.redriving = true
	return true
}

// commanded reports whether the thread waits for the answer to a command.
func (t *thread) commanded() bool {
	return t.phase == waiting && (t.fork == nil || t.fork.run != nil)
}
