package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// ErrDocumentChanged is returned by a [DocumentStore] for a change of a document that
// does not have the text which the change is of: somebody else was quicker.
var ErrDocumentChanged = errors.New("engine: the document was changed meanwhile")

// A DocumentStore is a [Store] that keeps documents, too: texts under keys. It is
// optional; the engine asks for it by a type assertion. [Registry] keeps its machines
// in documents.
//
// Several goroutines call it at a time. What is said of errors and durability in Store
// holds here as well. Package storetest has the contract as tests.
type DocumentStore interface {
	// Document returns the text of a document, "" when there is none.
	Document(ctx context.Context, collection, key string) (string, error)
	// Documents returns up to limit documents of a collection whose keys come after
	// a key, in the order of the keys' bytes.
	Documents(ctx context.Context, collection, after string, limit int) ([]Document, error)
	// ChangeDocuments makes all of the changes, or none and returns
	// ErrDocumentChanged, when one of the documents is not as the change has it. No
	// two of the changes are of the same document.
	ChangeDocuments(ctx context.Context, changes []DocumentChange) error
}

// A Document is a text under a key. Keys are unique within their collection.
type Document struct{ Key, Text string }

// A DocumentChange replaces the text of a document.
type DocumentChange struct {
	Collection, Key string
	// Old is the text that the document must have; empty when there must be none.
	Old string
	// New is the text that it is to have; empty to remove it.
	New string
}

// memoryDocuments are the documents of an engine without a store. The zero value has
// none.
type memoryDocuments struct {
	mu  sync.Mutex
	all map[string]map[string]string // by collection and key
}

// Document implements [DocumentStore].
func (m *memoryDocuments) Document(_ context.Context, collection, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[collection][key], nil
}

// Documents implements [DocumentStore].
func (m *memoryDocuments) Documents(_ context.Context, collection, after string, limit int) ([]Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Document
	for key, text := range m.all[collection] {
		if key > after {
			found = append(found, Document{key, text})
		}
	}
	slices.SortFunc(found, func(a, b Document) int { return strings.Compare(a.Key, b.Key) })
	return found[:min(len(found), limit)], nil
}

// ChangeDocuments implements [DocumentStore].
func (m *memoryDocuments) ChangeDocuments(_ context.Context, changes []DocumentChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if m.all[c.Collection][c.Key] != c.Old {
			return ErrDocumentChanged
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
