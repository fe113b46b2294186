package items

import (
	"bytes"
	"io"
	"sync"
)

// maxItem is the largest text of one item that is read, in bytes. An item above 256 KiB
// can be no iteration's input, but an ItemSelector may take a small part of a larger one.
const maxItem = 16 << 20

// An opener opens an object's content at a byte.
type opener func(from int64) (io.ReadCloser, error)

// A stream reads an object's content. It has a part of it in memory, its window, which
// grows up to the length of an item, and knows which byte of the content it has come to.
type stream struct {
	content io.ReadCloser
	buffer  []byte
	// start and end bound what is in the buffer and has not been passed.
	start, end int
	before     int64 // how many bytes of the content are before the buffer
	failed     error // of reading the content, io.EOF at its end
}

// firstWindow is how many bytes a stream has in memory at first, and asks for at a time.
const firstWindow = 64 << 10

// windows are buffers of firstWindow bytes that no stream has, for those that read many
// small objects one after the other.
var windows = sync.Pool{New: func() any { return new([firstWindow]byte) }}

func openStream(open opener, from int64) (*stream, error) {
	content, err := open(from)
	if err != nil {
		return nil, err
	}
	return &stream{content: content, buffer: windows.Get().(*[firstWindow]byte)[:], before: from}, nil
}

// close gives the content and the window up.
func (s *stream) close() {
	_ = s.content.Close() // what was read is read
	if len(s.buffer) == firstWindow {
		windows.Put((*[firstWindow]byte)(s.buffer))
	}
	s.buffer = nil
}

// at returns how many bytes of the content have been passed.
func (s *stream) at() int64 { return s.before + int64(s.start) }

// window returns what is in memory and has not been passed. It is good until the next call
// of a method that reads on.
func (s *stream) window() []byte { return s.buffer[s.start:s.end] }

// pass passes n bytes of the window.
func (s *stream) pass(n int) { s.start += n }

// errTooLong is the error of a stream whose window would be larger than an item may be.
var errTooLong = failed("An item is longer than %d bytes.", maxItem)

// has reports whether the window has more than n bytes, after reading on for them.
func (s *stream) has(n int) (bool, error) {
	for s.end-s.start <= n {
		if err := s.fill(); err != nil {
			if err == io.EOF { // and nothing that only wraps it, as errors of connections do
				return false, nil
			}
			return false, err
		}
	}
	return true, nil
}

// fill reads on. It adds to the window, or returns an error.
func (s *stream) fill() error {
	if s.failed != nil {
		return s.failed
	}
	if s.end == len(s.buffer) {
		if s.start == 0 && len(s.buffer) >= maxItem {
			return errTooLong
		}
		to := s.buffer
		if s.end-s.start > len(s.buffer)/2 {
			to = make([]byte, 2*len(s.buffer))
		}
		n := copy(to, s.window())
		if len(to) > len(s.buffer) && len(s.buffer) == firstWindow {
			windows.Put((*[firstWindow]byte)(s.buffer))
		}
		s.before += int64(s.start)
		s.buffer, s.start, s.end = to, 0, n
	}
	for range 100 {
		n, err := s.content.Read(s.buffer[s.end:])
		s.end += n
		s.failed = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.failed = io.ErrNoProgress
	return s.failed
}

// skipMark passes over a byte order mark at the beginning of the content.
func (s *stream) skipMark() error {
	if s.at() > 0 {
		return nil
	}
	if _, err := s.has(2); err != nil {
		return err
	}
	if bytes.HasPrefix(s.window(), []byte("\ufeff")) {
		s.pass(len("\ufeff"))
	}
	return nil
}

// line returns the window up to its first line feed, with it, behind the first n bytes, of
// which the caller knows that none is one; or up to the end of the content. It is empty at
// the end, and is not passed.
func (s *stream) line(n int) ([]byte, error) {
	for {
		window := s.window()
		if i := bytes.IndexByte(window[n:], '\n'); i >= 0 {
			return window[:n+i+1], nil
		}
		n = len(window)
		if more, err := s.has(n); !more {
			return s.window(), err
		}
	}
}
