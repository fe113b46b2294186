package sqlite

import (
	"database/sql/driver"
	"fmt"
	"sync"
)

// optionsSchema keeps the options of executions once: most have the same. The row of an
// execution has their id; one of an earlier release has them themselves. They are few, and
// stay.
const optionsSchema = `CREATE TABLE options (id INTEGER PRIMARY KEY, options BLOB NOT NULL UNIQUE)`

// options are those of executions by their id, so that records share them.
type options struct {
	mu  sync.Mutex
	all map[int64][]byte
}

// maxOptions bounds what is remembered of them.
const maxOptions = 1000

// of returns the options that a row of the executions has.
func (o *options) of(c *conn, column driver.Value) ([]byte, error) {
	switch column := column.(type) {
	case []byte:
		return column, nil
	case string:
		return []byte(column), nil
	case int64:
		return o.get(c, column)
	}
	return nil, nil
}

func (o *options) get(c *conn, id int64) ([]byte, error) {
	o.mu.Lock()
	found, ok := o.all[id]
	o.mu.Unlock()
	if ok {
		return found, nil
	}
	row, err := c.values("SELECT options FROM options WHERE id = ?", id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("%w: options %d are missing", ErrCorrupt, id)
	}
	found, _ = row[0].([]byte)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil || len(o.all) >= maxOptions {
		o.all = map[int64][]byte{}
	}
	o.all[id] = found
	return found, nil
}

func (o *options) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = nil
}

// keepOptions returns what the row of an execution has for its options, which are added
// if the file doesn't have them.
func (w *writer) keepOptions(b []byte) (driver.Value, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if id := w.options[string(b)]; id != 0 {
		return id, nil
	}
	const find = "SELECT id FROM options WHERE options = ?"
	id, err := w.conn.integer(find, b)
	if id == 0 && err == nil {
		if err = w.conn.exec("INSERT INTO options (options) VALUES (?)", b); err == nil {
			id, err = w.conn.integer(find, b)
		}
	}
	if err != nil {
		return nil, err
	}
	if len(w.options) >= maxOptions {
		clear(w.options)
	}
	w.options[string(b)] = id
	return id, nil
}
