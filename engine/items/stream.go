package items

import (
	"bufio"
	"io"
)

// maxItem is the largest text of one item that is read, in bytes. An item above 256 KiB
// can be no iteration's input, but an ItemSelector may take a small part of a larger one.
const maxItem = 16 << 20

// An opener opens an object's content at a byte.
type opener func(from int64) (io.ReadCloser, error)

// A stream reads an object's content and knows how far it has come.
type stream struct {
	buffer *bufio.Reader
	close  io.Closer
	at     int64 // how many bytes of the content are before the next one
}

func openStream(open opener, from int64) (*stream, error) {
	content, err := open(from)
	if err != nil {
		return nil, err
	}
	return &stream{buffer: bufio.NewReaderSize(content, 64<<10), close: content, at: from}, nil
}

// next returns the next byte, and false at the end.
func (s *stream) next() (byte, bool, error) {
	c, err := s.buffer.ReadByte()
	if err == io.EOF { // and nothing that only wraps it, as errors of connections do
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	s.at++
	return c, true, nil
}

// peek returns the next byte without passing it, and false at the end.
func (s *stream) peek() (byte, bool, error) {
	c, ok, err := s.next()
	if ok {
		s.back()
	}
	return c, ok, err
}

// back takes the last byte back. It follows a next.
func (s *stream) back() {
	_ = s.buffer.UnreadByte() // which can't fail right after ReadByte
	s.at--
}

// skipMark passes over a byte order mark at the beginning of the content.
func (s *stream) skipMark() error {
	if s.at > 0 {
		return nil
	}
	mark, err := s.buffer.Peek(3)
	if err != nil && err != io.EOF {
		return err
	}
	if string(mark) == "\ufeff" {
		_, err = s.buffer.Discard(3)
		s.at += 3
		return err
	}
	return nil
}

// line reads up to a line feed, which it passes, and returns the line without its ending.
// ok is false at the end of the content.
func (s *stream) line(into []byte) (line []byte, ok bool, err error) {
	line = into[:0]
	for {
		part, err := s.buffer.ReadSlice('\n')
		s.at += int64(len(part))
		line = append(line, part...)
		switch {
		case len(line) > maxItem:
			return nil, false, failed("A line is longer than %d bytes.", maxItem)
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && err != io.EOF:
			return nil, false, err
		case len(line) == 0:
			return nil, false, nil
		}
		for n := len(line); n > 0 && (line[n-1] == '\n' || line[n-1] == '\r'); n-- {
			line = line[:n-1]
		}
		return line, true, nil
	}
}
