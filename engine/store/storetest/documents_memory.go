package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/gostates/gostates/engine/store"
)

var _ store.DocumentStore = (*Memory)(nil)

type documentKey struct{ collection, key string }

// Document implements [store.DocumentStore].
func (m *Memory) Document(ctx context.Context, collection, key string) (string, error) {
	if err := m.enter(ctx); err != nil {
		return "", err
	}
	defer m.mu.Unlock()
	return m.documents[documentKey{collection, key}], nil
}

// Documents implements [store.DocumentStore].
func (m *Memory) Documents(ctx context.Context, collection, after string, limit int) ([]store.Document, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var found []store.Document
	for k, text := range m.documents {
		if k.collection == collection && k.key > after {
			found = append(found, store.Document{Key: k.key, Text: text})
		}
	}
	slices.SortFunc(found, func(a, b store.Document) int { return strings.Compare(a.Key, b.Key) })
	return found[:min(len(found), limit)], nil
}

// ChangeDocuments implements [store.DocumentStore].
func (m *Memory) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, c := range changes {
		if m.documents[documentKey{c.Collection, c.Key}] != c.Old {
			return store.ErrDocumentChanged
		}
	}
	for _, c := range changes {
		if c.New == "" {
			delete(m.documents, documentKey{c.Collection, c.Key})
		} else {
			m.documents[documentKey{c.Collection, c.Key}] = c.New
		}
	}
	return nil
}
