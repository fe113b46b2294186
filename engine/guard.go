package engine

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// A guard keeps a store from being closed while it is used, and from being used
// afterwards.
type guard struct {
	mu     sync.RWMutex // held for reading by every use
	store  store.Store
	closed bool
}

// use calls f with the store, or returns ErrClosed.
func (g *guard) use(f func(store.Store) error) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return ErrClosed
	}
	return f(g.store)
}

// close waits for all uses and closes the store, once.
func (g *guard) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.store == nil || g.closed {
		return nil
	}
	g.closed = true
	return g.store.Close()
}

func (g *guard) log(arn string) (lines [][]byte, err error) {
	err = g.use(func(s store.Store) error {
		lines, err = s.Log(context.Background(), arn)
		return err
	})
	return lines, err
}

// tail returns what Tailer.Tail does.
func (g *guard) tail(arn string, first func([]byte) bool) (lines [][]byte, before int, err error) {
	err = g.use(func(s store.Store) error {
		lines, before, err = s.(store.Tailer).Tail(context.Background(), arn, first)
		return err
	})
	return lines, before, err
}

func (g *guard) record(arn string) (r store.Record, err error) {
	err = g.use(func(s store.Store) error {
		r, err = s.Record(context.Background(), arn)
		return err
	})
	return r, err
}

func (g *guard) definition(hash string) (text string, err error) {
	err = g.use(func(s store.Store) error {
		text, err = s.Definition(context.Background(), hash)
		return err
	})
	return text, err
}

// running returns what Store.Running yields, and ErrClosed when the store is closed
// meanwhile.
func (g *guard) running(from time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		// Whoever looks at a record may use the store for it, so the store is in use
		// only while the next one is looked for.
		next, stop := iter.Pull2(g.store.Running(context.Background(), from))
		defer stop()
		for {
			var r store.Record
			var failed error
			var more bool
			err := g.use(func(store.Store) error {
				r, failed, more = next()
				return nil
			})
			if err != nil {
				failed, more = err, true
			}
			if !more || !yield(r, failed) || err != nil {
				return
			}
		}
	}
}
