// Package items reads what a Distributed Map runs over: the rows of a CSV file, the
// elements of a JSON array, the objects under a prefix, or whatever a Go program has.
//
// A [Source] yields items one by one, so that a Map Run over many of them needs memory
// only for those that are at work, and says with each how far it has come, so that
// reading can go on there after a crash. [Reader] is the Source that an ItemReader field
// describes, [Values] and [Seq] make one of values in Go.
//
// It implements the chapter "ItemReader" of the specification, and what AWS documents
// and shows beyond it.
package items

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/gostates/gostates/asl/value"
)

// An Item is what one iteration of a Map state is for.
type Item struct {
	// Value is the item, a value as package value describes it.
	Value any
	// Key is the item's name where the items are the members of an object.
	Key string
	// Source says where the item comes from: s3://BUCKET/KEY for one out of an object,
	// [StateData] for one out of the state's input.
	Source string
	// Next is the place right behind the item.
	Next Place
}

// StateData is the Source of items that come from a state's input.
const StateData = "STATE_DATA"

// A Place says how far a source has been read. The zero value is its beginning.
type Place struct {
	// Index is the number of items before the place.
	Index int64 `json:"index"`
	// Mark is the source's own word for the place. A source that was given no Mark
	// passes over as many items as Index says.
	Mark string `json:"mark,omitempty"`
}

// A Source yields items.
type Source interface {
	// Items yields the items behind a place that the source itself gave, in an order
	// that is the same each time. An error ends it: an [*Error] when the items are to
	// blame, that of ctx when ctx is done before the last item, so that an end without an
	// error is the end of the items; and any other error when it may be tried again.
	Items(ctx context.Context, from Place) iter.Seq2[Item, error]
}

// An Error says why items can't be read. A Map Run fails with it as
// States.ItemReaderFailed.
type Error struct {
	// Cause is the cause that the failure gets.
	Cause string
	// Err is what was reported to the reader; it may be nil.
	Err error
}

func (e *Error) Error() string { return e.Cause }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

func failed(format string, args ...any) *Error { return &Error{Cause: fmt.Sprintf(format, args...)} }

// Values returns a [Source] of values: an []any, or an *value.Object whose members become
// items with a Key. Anything else is an [*Error] when items are asked for.
func Values(v any) Source { return values{v} }

type values struct{ all any }

// Items implements [Source].
func (s values) Items(_ context.Context, from Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var n int
		var at func(i int) (key string, v any)
		switch all := s.all.(type) {
		case []any:
			n, at = len(all), func(i int) (string, any) { return "", all[i] }
		case *value.Object:
			n, at = all.Len(), func(i int) (string, any) {
				m := all.At(i)
				return m.Key, keyed(m.Key, m.Value)
			}
		default:
			yield(Item{}, failed(notIterable))
			return
		}
		for i := int(from.Index); i < n; i++ {
			key, v := at(i)
			if !yield(Item{Value: v, Key: key, Source: StateData, Next: Place{Index: int64(i) + 1}}, nil) {
				return
			}
		}
	}
}

// Limited returns a [Source] of the first items of another: as many as MaxItems of a [Config]
// says.
func Limited(s Source, maxItems int64) Source { return limited{s, maxItems} }

type limited struct {
	Source
	most int64
}

// Items implements [Source].
func (l limited) Items(ctx context.Context, from Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		limit, err := mostOf(l.most)
		if err != nil {
			yield(Item{}, err)
			return
		}
		if from.Index >= limit {
			return
		}
		for i, err := range l.Source.Items(ctx, from) {
			if !yield(i, err) || err != nil || i.Next.Index >= limit {
				return
			}
		}
	}
}

// Failing returns a [Source] that yields an error and no item.
func Failing(err error) Source { return failing{err} }

type failing struct{ err error }

// Items implements [Source].
func (f failing) Items(context.Context, Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) { yield(Item{}, f.err) }
}

// keyed returns the item that a member of an object becomes.
func keyed(key string, v any) any {
	return value.NewObject(value.Member{Key: "Key", Value: key}, value.Member{Key: "Value", Value: v})
}

// notIterable was measured.
const notIterable = "Attempting to map over non-iterable node."

// Seq returns a [Source] of whatever a Go iterator yields: the rows of a query, the values
// of a channel. The values are converted as value.Of does it; one that can't be converted
// is an [*Error], and an error of the iterator stays what it is.
//
// After a crash, and whenever else a Map Run reads on, open is called again and the items
// before the place are passed over, without being converted: what it returns must yield the
// same items in the same order each time. A query does so with an ORDER BY over a unique
// column, as long as nobody adds rows before the place. [SeqFrom] is for what can go on in the
// middle. An iterator should end when ctx is done; the Source then reports ctx's error. name
// is the items' Source.
func Seq[T any](name string, open func(ctx context.Context) iter.Seq2[T, error]) Source {
	return sequence[T]{name, func(ctx context.Context, from int64) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			for t, err := range open(ctx) {
				if err == nil && from > 0 {
					from--
				} else if !yield(t, err) {
					return
				}
			}
		}
	}}
}

// SeqFrom is [Seq] for what can go on in the middle: open is told how many items have been
// read before, and yields those behind them. A query goes on by an OFFSET, or faster by the
// key that the item before has, when keys can be told from the number. A channel goes on by
// itself, and need not look at the number; its values are gone with the process, so that a run
// over them can't be resumed by another one.
func SeqFrom[T any](name string, open func(ctx context.Context, from int64) iter.Seq2[T, error]) Source {
	return sequence[T]{name, open}
}

type sequence[T any] struct {
	name string
	open func(ctx context.Context, from int64) iter.Seq2[T, error]
}

// Items implements [Source].
func (s sequence[T]) Items(ctx context.Context, from Place) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		index := from.Index
		for t, err := range s.open(ctx, index) {
			if err != nil {
				yield(Item{}, err)
				return
			}
			v, err := value.Of(t)
			if err != nil {
				yield(Item{}, &Error{Cause: "item " + strconv.FormatInt(index, 10) + " is no JSON: " + err.Error(), Err: err})
				return
			}
			index++
			if !yield(Item{Value: v, Source: s.name, Next: Place{Index: index}}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Item{}, err) // the iterator may have ended for that
		}
	}
}
