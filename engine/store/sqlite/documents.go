package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"

	"github.com/gostates/gostates/engine/store"
)

var _ store.DocumentStore = (*Store)(nil)

// documentSchema adds documents, and to what executions are pinned the version and the
// alias that they were started by.
const documentSchema = `
	CREATE TABLE documents (
		id         INTEGER PRIMARY KEY,
		collection TEXT NOT NULL,
		key        TEXT NOT NULL,
		document   TEXT NOT NULL,
		UNIQUE (collection, key)
	);

	CREATE TABLE machines_2 (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		arn        TEXT NOT NULL,
		name       TEXT NOT NULL,
		version    TEXT NOT NULL,
		alias      TEXT NOT NULL,
		definition TEXT NOT NULL,
		UNIQUE (arn, name, version, alias, definition)
	);
	INSERT INTO machines_2 (id, arn, name, version, alias, definition)
		SELECT id, arn, name, '', '', definition FROM machines;
	DROP TABLE machines;
	ALTER TABLE machines_2 RENAME TO machines;
	CREATE INDEX machines_by_definition ON machines (definition);
	CREATE INDEX machines_by_version ON machines (version);
	CREATE INDEX machines_by_alias ON machines (alias);
`

// Document implements [store.DocumentStore]. Every start by the name of a machine reads one, so
// that those that were read lately are in memory.
func (s *Store) Document(ctx context.Context, collection, key string) (text string, err error) {
	if err := cmp.Or(s.Err(), ctx.Err()); err != nil {
		return "", err
	}
	k := documentKey{collection, key}
	text, known, changed := s.documents.get(k)
	if known && !s.broken.Load() {
		return text, nil
	}
	err = s.read(ctx, "read a document", func(c *conn) error {
		text, err = c.document(collection, key)
		return err
	})
	if err == nil && !s.readOnly { // whose documents others change
		s.documents.keep(k, text, changed)
	}
	return text, err
}

// document returns a document's text, "" if there is none.
func (c *conn) document(collection, key string) (string, error) {
	row, err := c.values("SELECT document, sum FROM documents WHERE collection = ? AND key = ?", collection, key)
	if row == nil || err != nil {
		return "", err
	}
	return row[0].(string), check("the document", key, row[1], sumOf(collection, key, row[0]), false)
}

// Documents implements [store.DocumentStore].
func (s *Store) Documents(ctx context.Context, collection, after string, limit int) (found []store.Document, err error) {
	err = s.read(ctx, "list documents", func(c *conn) error {
		return c.query(func(row []driver.Value) error {
			found = append(found, store.Document{Key: row[0].(string), Text: row[1].(string)})
			return check("the document", row[0], row[2], sumOf(collection, row[0], row[1]), false)
		}, "SELECT key, document, sum FROM documents WHERE collection = ? AND key > ? ORDER BY key LIMIT ?", collection, after, int64(limit))
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ChangeDocuments implements [store.DocumentStore].
func (s *Store) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	return s.do(ctx, "change documents", func(w *writer) (refused, failed error) {
		for _, change := range changes {
			text, err := w.conn.document(change.Collection, change.Key)
			if err != nil {
				return nil, err
			}
			if text != change.Old {
				return store.ErrDocumentChanged, nil
			}
		}
		for _, change := range changes {
			if err := w.change(change); err != nil {
				return nil, err
			}
			w.changed = append(w.changed, documentKey{change.Collection, change.Key})
		}
		return nil, nil
	})
}

// change makes the change of a document that is as it must be.
func (w *writer) change(c store.DocumentChange) error {
	added := sumOf(c.Collection, c.Key, c.New)
	switch {
	case c.New == "":
		return w.conn.exec("DELETE FROM documents WHERE collection = ? AND key = ?", c.Collection, c.Key)
	case c.Old == "":
		return w.conn.exec("INSERT INTO documents (collection, key, document, sum) VALUES (?, ?, ?, ?)", c.Collection, c.Key, c.New, added)
	}
	return w.conn.exec("UPDATE documents SET document = ?, sum = ? WHERE collection = ? AND key = ?", c.New, added, c.Collection, c.Key)
}
