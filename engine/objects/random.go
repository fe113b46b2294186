package objects

import (
	"cmp"
	"context"
	"errors"
	"io"
)

// A File is the content of one object, of which any part can be read. Several goroutines
// may call ReadAt at a time. The caller closes the File.
type File interface {
	io.ReaderAt
	io.Closer
	// Size returns the number of bytes that the object has.
	Size() int64
}

// A RandomReader is a [Reader] that opens objects as a [File]: formats such as Parquet,
// whose index is at the end of the object, are read so. All stores of this package are
// RandomReaders.
type RandomReader interface {
	Reader
	// OpenFile returns the content of an object. ctx holds for all reads of the File.
	OpenFile(ctx context.Context, r Reference) (File, error)
}

// OpenFile returns the content of an object of any Reader: what the Reader's own OpenFile
// returns when it is a [RandomReader]. Of another Reader the object is opened anew for each
// part that is read, and its size is that of the list, or, for a version of the object, is
// found by reading the whole.
func OpenFile(ctx context.Context, s Reader, r Reference) (File, error) {
	if random, ok := s.(RandomReader); ok {
		return random.OpenFile(ctx, r)
	}
	f := opened{ctx: ctx, reader: s, of: r}
	if r.VersionID == "" {
		for o, err := range s.List(ctx, r, "") {
			switch {
			case err != nil:
				return nil, err
			case o.Key == r.Key:
				f.size = o.Size
				return f, nil
			}
			return nil, ErrNoSuchKey // the key itself comes first of all that begin with it
		}
		return nil, ErrNoSuchKey
	}
	content, err := s.Open(ctx, r, 0)
	if err != nil {
		return nil, err
	}
	f.size, err = io.Copy(io.Discard, content)
	if err = cmp.Or(err, content.Close()); err != nil {
		return nil, err
	}
	return f, nil
}

// opened is a [File] that opens its object for each read.
type opened struct {
	ctx    context.Context
	reader Reader
	of     Reference
	size   int64
}

func (f opened) Size() int64  { return f.size }
func (f opened) Close() error { return nil }

// ReadAt implements [io.ReaderAt].
func (f opened) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("objects: a read before the beginning of an object")
	}
	if at >= f.size {
		return 0, io.EOF
	}
	content, err := f.reader.Open(f.ctx, f.of, at)
	if err != nil {
		return 0, err
	}
	defer content.Close()
	want := p[:min(int64(len(p)), f.size-at)]
	n, err := io.ReadFull(content, want)
	switch {
	case err == io.EOF:
		err = io.ErrUnexpectedEOF // the object is shorter than it was
	case err == nil && len(want) < len(p):
		err = io.EOF
	}
	return n, err
}
