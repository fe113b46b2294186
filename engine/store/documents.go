package store

import (
	"context"
	"errors"
)

// ErrDocumentChanged is returned by [DocumentStore] for a change whose Old is not the text
// that the document has: another writer changed the document first.
var ErrDocumentChanged = errors.New("engine: the document was changed meanwhile")

// A DocumentStore is what a [Store] can do besides: it keeps texts under keys. It is optional;
// an engine asks a Store for it by a type assertion, and package registry keeps machines in
// the documents.
//
// Several goroutines call it at a time. What Store promises of errors and durability
// holds here as well. Package storetest has the contract as tests.
type DocumentStore interface {
	// Document returns the text of a document, "" when there is none.
	Document(ctx context.Context, collection, key string) (string, error)
	// Documents returns up to limit documents of a collection whose keys come after
	// a key, in the order of the keys' bytes.
	Documents(ctx context.Context, collection, after string, limit int) ([]Document, error)
	// ChangeDocuments makes all of the changes. When the text of one of the documents
	// differs from the Old of its change, it makes none of them and returns
	// ErrDocumentChanged. No two of the changes are of the same document.
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
