package results

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/objects"
)

// maxFile is how many bytes a result file may have (documented).
const maxFile = 5 << 30

// A Writer writes the result files of one Map Run, and last its manifest. Set the fields, Add
// the children, and Close or Abort it. One goroutine at a time may call its methods.
//
// The files are SUCCEEDED_n.json, FAILED_n.json, which holds those that timed out or were
// stopped, too, and PENDING_n.json, from n = 0 on; only files with something in them are there.
// They are named .json in either OutputType.
type Writer struct {
	Objects   objects.Writer
	Target    Target
	MapRunARN string
	// OutputType is JSON, also when it is empty, which makes each file an array; or JSONL,
	// which makes each entry a line.
	OutputType string
	// Transformation is NONE, also when it is empty, COMPACT or FLATTEN. It is that of the
	// children that succeeded: others are always written as NONE has it.
	Transformation string
	// MaxFile bounds a file in bytes. 0 is 5 GiB, AWS's bound. An entry that is larger has
	// a file of its own.
	MaxFile int64

	groups [3]group
	entry  []byte // the text of the last one
	failed error
}

// A group is the files of one status.
type group struct {
	open    *file
	written []any // {"Key", "Size"}
}

// A file is one that is being written.
type file struct {
	pipe   *io.PipeWriter
	size   int64
	buffer []byte     // the last bytes of it, which the pipe doesn't have yet
	done   chan error // receives once
}

// chunk is how many bytes of a file are handed to the objects at a time.
const chunk = 64 << 10

// flush hands the buffer to the objects.
func (f *file) flush() error {
	_, err := f.pipe.Write(f.buffer)
	f.buffer = f.buffer[:0]
	return err
}

// statuses are those of the groups, in the order of the manifest.
var statuses = [3]string{Failed, Pending, Succeeded}

// Add takes a child, and hands what it has taken to the objects whenever that is 64 KiB of a
// file. When Add has returned an error it writes nothing any more, and returns the same error, as
// Close does. An error of the objects is an [*Error], save that of ctx when ctx is done: the
// results can be written by another Writer later. A file that Add begins is written with the
// values of ctx, and fails when ctx ends before the file does: give all calls the context of the
// Map Run.
func (w *Writer) Add(ctx context.Context, c *Child) error {
	if w.failed != nil {
		return w.failed
	}
	i := 0
	switch c.Status {
	case Pending:
		i = 1
	case Succeeded:
		i = 2
	case Failed, TimedOut, Aborted:
	default:
		return fmt.Errorf("results: a child has the status %q", c.Status)
	}
	entries := []any{c.Output}
	if c.Status != Succeeded || w.Transformation == "" || w.Transformation == "NONE" {
		entries[0] = c.Entry()
	} else if w.Transformation == "FLATTEN" {
		entries = Flatten(entries)
	}
	for _, e := range entries {
		w.entry = value.Append(w.entry[:0], e)
		if err := w.write(ctx, i, w.entry); err != nil {
			return w.fail(ctx, err)
		}
	}
	return nil
}

// write adds one entry to a group.
func (w *Writer) write(ctx context.Context, i int, text []byte) error {
	g := &w.groups[i]
	limit := w.MaxFile
	if limit <= 0 {
		limit = maxFile
	}
	// An entry comes with what stands before it, and one byte ends the file or the line.
	if g.open != nil && g.open.size+int64(len(text))+2 > limit {
		if err := w.end(i); err != nil {
			return err
		}
	}
	if g.open == nil {
		g.open = w.begin(ctx, w.key(i))
	}
	f := g.open
	before := len(f.buffer)
	switch {
	case w.OutputType == "JSONL":
	case f.size == 0:
		f.buffer = append(f.buffer, '[')
	default:
		f.buffer = append(f.buffer, ',')
	}
	f.buffer = append(f.buffer, text...)
	if w.OutputType == "JSONL" {
		f.buffer = append(f.buffer, '\n')
	}
	f.size += int64(len(f.buffer) - before)
	if len(f.buffer) >= chunk {
		return f.flush()
	}
	return nil
}

// key returns the key of the file that a group has open or begins next.
func (w *Writer) key(i int) string {
	return w.Target.Key(w.MapRunARN, fmt.Sprintf("%s_%d.json", statuses[i], len(w.groups[i].written)))
}

// begin begins a file, which a goroutine hands to the objects until the pipe is closed.
func (w *Writer) begin(ctx context.Context, key string) *file {
	r, pipe := io.Pipe()
	f := &file{pipe: pipe, done: make(chan error, 1)}
	go func() {
		_, err := w.Objects.Write(ctx, w.Target.Bucket, key, r)
		if err == nil {
			err = io.ErrClosedPipe // what the objects did not read is not written
			_, rest := r.Read(make([]byte, 1))
			if rest == io.EOF {
				err = nil
			}
		}
		r.CloseWithError(err)
		f.done <- err
	}()
	return f
}

// end ends the open file of a group.
func (w *Writer) end(i int) error {
	g := &w.groups[i]
	f := g.open
	if f == nil {
		return nil
	}
	if w.OutputType != "JSONL" {
		f.buffer = append(f.buffer, ']')
		f.size++
	}
	if err := f.flush(); err != nil {
		return err
	}
	f.pipe.Close()
	if err := <-f.done; err != nil {
		g.open = nil
		return err
	}
	g.written = append(g.written, object("Key", w.key(i), "Size", f.size))
	g.open = nil
	return nil
}

// Close ends the files and writes the manifest, when all of them are written.
func (w *Writer) Close(ctx context.Context) error {
	if w.failed != nil {
		return w.failed
	}
	var files value.Builder
	for i, status := range statuses {
		if err := w.end(i); err != nil {
			return w.fail(ctx, err)
		}
		written := w.groups[i].written
		if written == nil {
			written = []any{}
		}
		files.Set(status, written)
	}
	manifest := value.String(object("DestinationBucket", w.Target.Bucket, "MapRunArn", w.MapRunARN, "ResultFiles", files.Object()))
	key := w.Target.Key(w.MapRunARN, manifestName)
	if _, err := w.Objects.Write(ctx, w.Target.Bucket, key, strings.NewReader(manifest)); err != nil {
		return w.fail(ctx, err)
	}
	w.failed = errClosed
	return nil
}

var errClosed = errors.New("results: the Writer is closed")

// Abort gives up the files that are open: none of them will be there. It does nothing after
// Close, or after an error. Files that were full before stay.
func (w *Writer) Abort() {
	if w.failed == nil {
		_ = w.fail(context.Background(), errClosed)
	}
}

// fail gives up the open files because of an error. That ctx is done is nobody's fault.
func (w *Writer) fail(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err != errClosed:
		cause := err.Error()
		if refused, ok := errors.AsType[*objects.Error](err); ok {
			cause = refused.Error()
		}
		err = &Error{Cause: cause, Err: err}
	}
	w.failed = err
	for i := range w.groups {
		if f := w.groups[i].open; f != nil {
			f.pipe.CloseWithError(err)
			<-f.done
			w.groups[i].open = nil
		}
	}
	return err
}
