package postgres

import (
	"context"
	"errors"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

var _ store.DocumentStore = (*Store)(nil)

func documentSum(k documentKey, text []byte) sum {
	return sum(0).text(k.collection).text(k.key).bytes(text)
}

// Document implements [store.DocumentStore].
func (s *Store) Document(ctx context.Context, collection, key string) (string, error) {
	var text []byte
	err := s.read(ctx, "read a document", func(c queryer) error {
		var sum int64
		err := c.QueryRow(ctx, "SELECT document, sum FROM documents WHERE collection = $1 AND key = $2", collection, key).Scan(&text, &sum)
		if errors.Is(err, pgx.ErrNoRows) {
			text = nil
			return nil
		}
		if err != nil {
			return err
		}
		return check("the document", key, sum, documentSum(documentKey{collection, key}, text))
	})
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// Documents implements [store.DocumentStore].
func (s *Store) Documents(ctx context.Context, collection, after string, limit int) (found []store.Document, err error) {
	err = s.read(ctx, "list documents", func(c queryer) error {
		found = nil
		rows, err := c.Query(ctx, "SELECT key, document, sum FROM documents WHERE collection = $1 AND key > $2 ORDER BY key LIMIT $3", collection, after, limit)
		if err != nil {
			return err
		}
		var key string
		var text []byte
		var sum int64
		_, err = pgx.ForEachRow(rows, []any{&key, &text, &sum}, func() error {
			found = append(found, store.Document{Key: key, Text: string(text)})
			return check("the document", key, sum, documentSum(documentKey{collection, key}, text))
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ChangeDocuments implements [store.DocumentStore].
func (s *Store) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	c := change{}
	for i := range changes {
		d := &changes[i]
		c.needs.documents = append(c.needs.documents, documentKey{d.Collection, d.Key})
		c.size += len(d.New)
	}
	c.apply = func(w *writer) error {
		for i, k := range c.needs.documents {
			d := w.known.documents[k]
			if d.damaged != nil {
				return d.damaged
			}
			if d.text != changes[i].Old {
				return store.ErrDocumentChanged
			}
		}
		if w.next.documents == nil {
			w.next.documents = map[documentKey]string{}
		}
		for i, k := range c.needs.documents {
			w.known.documents[k], w.next.documents[k] = document{text: changes[i].New}, changes[i].New
		}
		return nil
	}
	return s.do(ctx, "change documents", c)
}
