package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/gostates/gostates/engine/objects"
)

// attempts is how often in a row reading an object's content may break off without a byte in
// between, before the error is told.
const attempts = 3

// errBehind is the error of a part that begins behind the object's end. An io.EOF would not do:
// there is one in the errors of connections that break off.
var errBehind = errors.New("s3store: the object has no byte there")

// get asks for a part of an object.
func (s *Store) get(ctx context.Context, r objects.Reference, part, etag string) (*s3.GetObjectOutput, error) {
	output, err := s.Client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &r.Bucket, Key: &r.Key, VersionId: optional(r.VersionID),
		Range: optional(part), IfMatch: optional(etag), ExpectedBucketOwner: s.owner(r),
	})
	if code(err) == "InvalidRange" {
		return nil, errBehind
	}
	return output, explained(err)
}

// from returns the range from a byte on.
func from(at int64) string {
	if at <= 0 {
		return ""
	}
	return fmt.Sprintf("bytes=%d-", at)
}

// Open implements [objects.Reader]. A content that breaks off, as connections do that are
// read slowly, is asked for again from there on. When the object is another one by then, S3
// answers PreconditionFailed.
func (s *Store) Open(ctx context.Context, r objects.Reference, at int64) (io.ReadCloser, error) {
	output, err := s.get(ctx, r, from(at), "")
	if err == errBehind {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, err
	}
	return &content{ctx: ctx, store: s, of: r, etag: aws.ToString(output.ETag), at: max(at, 0), body: output.Body}, nil
}

// content is the content of an object from a byte on.
type content struct {
	ctx    context.Context
	store  *Store
	of     objects.Reference
	etag   string
	at     int64 // of the next byte
	body   io.ReadCloser
	broken error // what broke the body off
	failed int   // how often in a row that happened
}

// Read implements [io.Reader].
func (c *content) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if c.broken == nil {
			n, err := c.body.Read(p)
			c.at += int64(n)
			if n > 0 {
				c.failed = 0
			}
			if err == nil || err == io.EOF {
				return n, err
			}
			c.broken = err
			c.failed++
			if n > 0 {
				return n, nil
			}
		}
		if c.failed >= attempts || c.ctx.Err() != nil {
			return 0, c.broken
		}
		output, err := c.store.get(c.ctx, c.of, from(c.at), c.etag)
		if err != nil {
			c.failed = attempts // the client has tried again itself
			if err != errBehind {
				c.broken = err
			}
			return 0, c.broken // an end where all is read already, but is wrong
		}
		_ = c.body.Close() // which has failed
		c.body, c.broken = output.Body, nil
	}
}

// Close implements [io.Closer].
func (c *content) Close() error { return c.body.Close() }

// tail is how many bytes at the end of a File are read by one call and kept: formats that are
// read so have their index there.
const tail = 64 << 10

// OpenFile implements [objects.RandomReader]. Each read is a call of S3, but for those in the
// last 64 KiB of the object, which are read once. When the object is another one meanwhile, S3
// answers PreconditionFailed.
func (s *Store) OpenFile(ctx context.Context, r objects.Reference) (objects.File, error) {
	f := &file{ctx: ctx, store: s, of: r}
	// Unlike the answer to a HeadObject, this one says what is wrong.
	output, err := s.get(ctx, r, "bytes=0-0", "")
	if err == errBehind {
		return f, nil // an empty object
	}
	if err != nil {
		return nil, err
	}
	_ = output.Body.Close() // it isn't read
	f.etag = aws.ToString(output.ETag)
	// The Content-Range is like "bytes 0-0/20".
	_, size, _ := strings.Cut(aws.ToString(output.ContentRange), "/")
	if f.size, err = strconv.ParseInt(size, 10, 64); err != nil {
		return nil, fmt.Errorf("s3store: the Content-Range of %s is %q", r, aws.ToString(output.ContentRange))
	}
	return f, nil
}

// file is an [objects.File] in S3.
type file struct {
	ctx   context.Context
	store *Store
	of    objects.Reference
	etag  string
	size  int64

	mu  sync.Mutex
	end []byte // the last bytes, once they have been read
}

func (f *file) Size() int64  { return f.size }
func (f *file) Close() error { return nil }

// ReadAt implements [io.ReaderAt].
func (f *file) ReadAt(p []byte, at int64) (n int, err error) {
	switch {
	case at < 0:
		return 0, errors.New("s3store: a read before the beginning of an object")
	case at >= f.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if n = int(min(int64(len(p)), f.size-at)); n < len(p) {
		err = io.EOF
	}
	if before := max(0, f.size-tail); at >= before {
		end, failed := f.last(before)
		if failed != nil {
			return 0, failed
		}
		return copy(p, end[at-before:]), err
	}
	if failed := f.read(p[:n], at); failed != nil {
		return 0, failed
	}
	return n, err
}

// last returns the bytes of the object from one on, which it keeps.
func (f *file) last(from int64) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.end == nil {
		end := make([]byte, f.size-from)
		if err := f.read(end, from); err != nil {
			return nil, err
		}
		f.end = end
	}
	return f.end, nil
}

// read fills p with the bytes of the object from one on.
func (f *file) read(p []byte, at int64) error {
	output, err := f.store.get(f.ctx, f.of, fmt.Sprintf("bytes=%d-%d", at, at+int64(len(p))-1), f.etag)
	if err != nil {
		return err
	}
	part := &content{ctx: f.ctx, store: f.store, of: f.of, etag: f.etag, at: at, body: output.Body}
	defer func() { _ = part.Close() }() // what was read is there
	_, err = io.ReadFull(part, p)
	return err
}
