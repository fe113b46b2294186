package engine

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

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
