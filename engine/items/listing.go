package items

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/objects"
)

// readList makes an item of each object under the prefix. A mark is a key.
func (r *Reader) readList(ctx context.Context, mark string, take func(Item) bool) error {
	source := r.Object.String()
	for o, err := range r.Objects.List(ctx, r.Object, mark) {
		if err != nil {
			return err
		}
		if !take(Item{Value: listed(o), Source: source, Next: Place{Mark: o.Key}}) {
			return nil
		}
	}
	return nil
}

// listed returns the item of an object. LastModified is a number of seconds since 1970
// (reported from AWS in 2026 by one person; a recording of 2023 has a text).
func listed(o objects.Object) any {
	seconds := math.Floor(float64(o.LastModified.UnixNano()) / float64(time.Second))
	return value.NewObject(
		value.Member{Key: "Etag", Value: o.ETag},
		value.Member{Key: "Key", Value: o.Key},
		value.Member{Key: "LastModified", Value: seconds},
		value.Member{Key: "Size", Value: o.Size},
		value.Member{Key: "StorageClass", Value: o.StorageClass},
	)
}

// A fileMark is the mark of a place in one of several files.
type fileMark struct {
	// File is the number of the file, from 0, and Key its key.
	File int    `json:"file"`
	Key  string `json:"key"`
	// Inner is the mark in the file; empty means its beginning.
	Inner string `json:"inner,omitempty"`
}

// listed yields the files under the prefix behind a mark.
func (r *Reader) listed(ctx context.Context) func(fileMark) iter.Seq2[file, error] {
	return func(from fileMark) iter.Seq2[file, error] {
		return func(yield func(file, error) bool) {
			named := func(key string) file {
				return r.file(r.Object.Bucket, key)
			}
			if from.Key != "" && !yield(named(from.Key), nil) {
				return
			}
			for o, err := range r.Objects.List(ctx, r.Object, from.Key) {
				if err != nil {
					yield(file{}, err)
					return
				}
				// An object that stands for a folder has no records.
				if o.Size > 0 && !yield(named(o.Key), nil) {
					return
				}
			}
		}
	}
}

// readFiles reads the items of files one after the other, from a mark on.
func (r *Reader) readFiles(ctx context.Context, files func(fileMark) iter.Seq2[file, error], kind, mark string, take func(Item) bool) error {
	var at fileMark
	if mark != "" {
		if err := json.Unmarshal([]byte(mark), &at); err != nil {
			return failed("The place %q is none in a list of files.", mark)
		}
	}
	number, inner := at.File, at.Inner
	for f, err := range files(at) {
		if err != nil {
			return err
		}
		stopped := false
		err := r.readFile(ctx, f, kind, inner, func(i Item) bool {
			text, _ := json.Marshal(fileMark{number, f.Key, i.Next.Mark}) // numbers and texts
			i.Next.Mark = string(text)
			stopped = !take(i)
			return !stopped
		})
		if err != nil || stopped {
			return err
		}
		number, inner = number+1, ""
	}
	return nil
}
