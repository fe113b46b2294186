package sqlite

import (
	"database/sql/driver"
	"fmt"
)

// optionsSchema keeps the options of executions once: most have the same. The row of an
// execution has their id; one of an earlier release has them themselves. They are few, and
// stay.
const optionsSchema = `CREATE TABLE options (id INTEGER PRIMARY KEY, options BLOB NOT NULL UNIQUE)`

// readOptions returns the options that a row of the executions has.
func (s *Store) readOptions(c *conn, column driver.Value) ([]byte, error) {
	switch column := column.(type) {
	case []byte:
		return column, nil
	case string:
		return []byte(column), nil
	case int64:
		return s.options.get(column, func() ([]byte, error) {
			row, err := c.values("SELECT options, sum FROM options WHERE id = ?", column)
			if row == nil && err == nil {
				err = fmt.Errorf("%w: options %d are missing", ErrCorrupt, column)
			}
			if err != nil {
				return nil, err
			}
			options, _ := row[0].([]byte)
			return options, check("options", column, row[1], sumOf(column, options), false)
		})
	}
	return nil, nil
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
		if err == nil {
			err = w.conn.exec("UPDATE options SET sum = ? WHERE id = ?", sumOf(id, b), id)
		}
	}
	if err != nil {
		return nil, err
	}
	if len(w.options) >= maxCached {
		clear(w.options)
	}
	w.options[string(b)] = id
	return id, nil
}
