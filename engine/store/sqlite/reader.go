package sqlite

import (
	"context"
	"runtime"
	"sync"
)

// readers are connections that only read. They see what was committed before they
// began and hinder no writer.
type readers struct {
	mu         sync.Mutex
	idle       []*reader
	generation int // of connections; older ones are closed when they come back
	closed     bool
	places     chan struct{} // bounds the readers at work
}

type reader struct {
	*conn
	generation int
}

// renew has every connection opened anew.
func (r *readers) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.places == nil {
		r.places = make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0)))
	}
	r.generation++
	r.drop()
}

func (r *readers) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.generation++
	r.drop()
}

func (r *readers) drop() {
	for _, idle := range r.idle {
		_ = idle.close() // nothing was written
	}
	r.idle = nil
}

// drain waits until every connection is closed but those that idle.
func (r *readers) drain() {
	r.mu.Lock()
	places := r.places
	r.mu.Unlock()
	for range cap(places) {
		places <- struct{}{}
	}
	for range cap(places) {
		<-places
	}
}

// take returns a connection; the caller puts it back.
func (r *readers) take(ctx context.Context, s *Store) (*reader, error) {
	select {
	case r.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	generation := r.generation
	if r.closed {
		r.mu.Unlock()
		<-r.places
		return nil, ErrClosed
	}
	if n := len(r.idle); n > 0 {
		c := r.idle[n-1]
		r.idle = r.idle[:n-1]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	c, err := s.dial(append(s.pragmas(), "query_only = 1")...)
	if err != nil {
		<-r.places
		return nil, err
	}
	return &reader{c, generation}, nil
}

// put gives a connection back. One that failed is not used again.
func (r *readers) put(c *reader, failed error) {
	r.mu.Lock()
	if failed == nil && c.generation == r.generation {
		r.idle = append(r.idle, c)
		c = nil
	}
	r.mu.Unlock()
	if c != nil {
		_ = c.close()
	}
	<-r.places
}

// read calls f with a connection that sees all that was acknowledged.
func (s *Store) read(ctx context.Context, op string, f func(c *conn) error) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.broken.Load() {
		// Nobody knows what became of the last change until the writer has looked.
		if err := s.do(ctx, op, func(*writer) (refused, failed error) { return nil, nil }); err != nil {
			return err
		}
	}
	c, err := s.readers.take(ctx, s)
	if err == nil {
		if err = s.follow(c.conn); err == nil {
			err = f(c.conn)
		}
		s.readers.put(c, err)
	}
	if err == nil {
		err = s.newest.wait()
	}
	return s.wrap(op, err)
}

// snapshot calls f in a read transaction, so that its queries see one state.
func (c *conn) snapshot(f func() error) error {
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err // the connection is closed
	}
	return c.exec("COMMIT")
}
