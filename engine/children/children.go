// Package children makes of the items of a Map Run what its children are given, and of what the
// children came to the output of the run: each item passes the ItemSelector, the ItemBatcher puts
// items together, and the ResultWriter says how results look.
//
// It implements the chapters "ItemSelector", "ItemBatcher" and "ResultWriter" of the
// specification for Map states in the mode DISTRIBUTED, with what AWS documents and shows
// beyond it.
package children

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/states"
)

// An Input is what one child is given.
type Input struct {
	// Value is the child's input.
	Value any
	// Items is the number of items that the input has; 1 without an ItemBatcher.
	Items int64
	// Next is the place right behind the last of these items.
	Next items.Place
}

// A Failure is an error that fails the Map Run.
type Failure struct {
	states.Failure
	// Err is what led to the failure; it may be nil.
	Err error
}

func (f *Failure) Error() string { return f.Failure.Error + ": " + f.Cause }

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Inputs yields the inputs of the children whose items are behind a place, which is zero or
// the Next of an Input that an earlier call yielded: what follows is the same each time. An
// error ends it. A [*Failure] fails the run; after any other it may be tried again.
func Inputs(ctx context.Context, run *states.StartMapRun, source items.Source, from items.Place) iter.Seq2[Input, error] {
	if run.Batch != nil {
		return batches(selected(ctx, run, source, from), run)
	}
	return selected(ctx, run, source, from)
}

// selected yields the inputs of children that get one item each.
func selected(ctx context.Context, run *states.StartMapRun, source items.Source, from items.Place) iter.Seq2[Input, error] {
	return func(yield func(Input, error) bool) {
		for item, err := range source.Items(ctx, from) {
			if err != nil {
				yield(Input{}, readerFailure(err))
				return
			}
			v, failure := run.Item(item.Next.Index-1, item.Key, item.Value, item.Source)
			if failure != nil {
				yield(Input{}, &Failure{Failure: *failure})
				return
			}
			if !yield(Input{Value: v, Items: 1, Next: item.Next}, nil) {
				return
			}
		}
	}
}

// readerFailure returns the [*Failure] for an error of a source that blames the items, and
// every other error as it is.
func readerFailure(err error) error {
	if e, ok := errors.AsType[*items.Error](err); ok {
		return &Failure{Failure: states.Fail("States.ItemReaderFailed", e.Cause), Err: err}
	}
	return err
}

// maxBatch is how many bytes a batch may have (documented).
const maxBatch = 256 << 10

// batches yields the inputs of children that get several items. That one item which is too
// large fails the run, and how, is what another emulator does.
func batches(all iter.Seq2[Input, error], run *states.StartMapRun) iter.Seq2[Input, error] {
	b := run.Batch
	limit := int(cmp.Or(b.MaxBytes, maxBatch))
	return func(yield func(Input, error) bool) {
		var batch []any
		var next items.Place
		size := 0
		// give yields the batch, and begins another.
		give := func() bool {
			if len(batch) == 0 {
				return true
			}
			i := Input{Value: batchOf(b, batch), Items: int64(len(batch)), Next: next}
			batch = nil
			return yield(i, nil)
		}
		for one, err := range all {
			if err != nil {
				// What was read before it is given out, as it would be if the error came later.
				if give() {
					yield(Input{}, err)
				}
				return
			}
			more := len(",") + value.Size(one.Value)
			if len(batch) > 0 && (int64(len(batch)) == b.MaxItems || size+more > limit) && !give() {
				return
			}
			if len(batch) == 0 {
				if size = value.Size(batchOf(b, []any{one.Value})); size > limit {
					yield(Input{}, &Failure{Failure: run.TooLarge()})
					return
				}
			} else {
				size += more
			}
			batch, next = append(batch, one.Value), one.Next
			if int64(len(batch)) == b.MaxItems && !give() {
				return
			}
		}
		give()
	}
}

// batchOf returns the input of a child that gets these items.
func batchOf(b *states.MapBatch, batch []any) any {
	var o value.Builder
	if b.HasInput {
		o.Set("BatchInput", b.Input)
	}
	o.Set("Items", batch)
	return o.Object()
}
