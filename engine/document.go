package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// Documents returns the documents that are kept with the engine's executions: those of
// Config.Store, which outlive the engine, or without a Store some in memory, which are
// gone with it. Package registry keeps machines in them.
//
// The methods of what it returns may be called by any number of goroutines. They return
// [ErrClosed] when the engine is closed, ctx's error when it has ended before, an error
// that is [errors.ErrUnsupported] when the Store is no [store.DocumentStore], a
// [*StoreError] when the Store fails, and [store.ErrDocumentChanged] as it is.
func (e *Engine) Documents() store.DocumentStore { return documents{e} }

// documents are the documents of an engine while it is open.
type documents struct{ engine *Engine }

// Document implements [store.DocumentStore].
func (d documents) Document(ctx context.Context, collection, key string) (text string, err error) {
	err = d.use(ctx, func(s store.DocumentStore) error {
		text, err = s.Document(ctx, collection, key)
		return err
	})
	return text, err
}

// Documents implements [store.DocumentStore].
func (d documents) Documents(ctx context.Context, collection, after string, limit int) (found []store.Document, err error) {
	err = d.use(ctx, func(s store.DocumentStore) error {
		found, err = s.Documents(ctx, collection, after, limit)
		return err
	})
	return found, err
}

// ChangeDocuments implements [store.DocumentStore].
func (d documents) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	return d.use(ctx, func(s store.DocumentStore) error { return s.ChangeDocuments(ctx, changes) })
}

// use calls f with the documents of the store, or with those in memory.
func (d documents) use(ctx context.Context, f func(store.DocumentStore) error) error {
	e := d.engine
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	return e.archive.documents(f)
}

// documents implements [archive].
func (a *storeArchive) documents(f func(store.DocumentStore) error) error {
	var answer error // which is no failure of the store
	err := a.store.use(func(s store.Store) error {
		documents, ok := s.(store.DocumentStore)
		if !ok {
			answer = fmt.Errorf("engine: a %T keeps no documents, so that no machines can be registered: %w", s, errors.ErrUnsupported)
			return nil
		}
		err := f(documents)
		if errors.Is(err, store.ErrDocumentChanged) {
			answer, err = err, nil
		}
		return err
	})
	if err != nil {
		return a.storeError("", err)
	}
	return answer
}

// memoryDocuments are the documents of an engine without a store. The zero value has
// none.
type memoryDocuments struct {
	mu  sync.Mutex
	all map[string]map[string]string // by collection and key
}

// Document implements [store.DocumentStore].
func (m *memoryDocuments) Document(_ context.Context, collection, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[collection][key], nil
}

// Documents implements [store.DocumentStore].
func (m *memoryDocuments) Documents(_ context.Context, collection, after string, limit int) ([]store.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []store.Document
	for key, text := range m.all[collection] {
		if key > after {
			found = append(found, store.Document{Key: key, Text: text})
		}
	}
	slices.SortFunc(found, func(a, b store.Document) int { return strings.Compare(a.Key, b.Key) })
	return found[:min(len(found), limit)], nil
}

// ChangeDocuments implements [store.DocumentStore].
func (m *memoryDocuments) ChangeDocuments(_ context.Context, changes []store.DocumentChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if m.all[c.Collection][c.Key] != c.Old {
			return store.ErrDocumentChanged
		}
	}
	for _, c := range changes {
		if m.all == nil {
			m.all = make(map[string]map[string]string)
		}
		if m.all[c.Collection] == nil {
			m.all[c.Collection] = make(map[string]string)
		}
		if c.New == "" {
			delete(m.all[c.Collection], c.Key)
		} else {
			m.all[c.Collection][c.Key] = c.New
		}
	}
	return nil
}
