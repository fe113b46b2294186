package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// A conn is one connection to the file with its prepared statements. It is the
// driver's own, without package database/sql between: each has one user at a time
// here, so that its pool and its locks would only cost time, a third of each append.
type conn struct {
	raw        driver.Conn
	statements map[string]driver.Stmt
	args       []driver.NamedValue
	unsummed   *unsummed
}

// dial opens a connection to the file, which must be there, and runs pragmas in their order.
func (s *Store) dial(pragmas ...string) (*conn, error) {
	mode := "mode=rw"
	if s.readOnly {
		mode = "mode=ro"
	}
	name := (&url.URL{Scheme: "file", Path: filepath.ToSlash(s.path), RawQuery: mode}).String()
	raw, err := new(sqlite.Driver).Open(name)
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw, statements: map[string]driver.Stmt{}, unsummed: &s.unsummed}
	if err := c.set(pragmas...); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// set runs pragmas in their order.
func (c *conn) set(pragmas ...string) error {
	for _, p := range pragmas {
		if _, err := c.values("PRAGMA " + p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// keepWAL has the WAL left where it is when the last connection is closed.
func (c *conn) keepWAL() error {
	_, err := c.raw.(sqlite.FileControl).FileControlPersistWAL("main", 1)
	return err
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// readOnly reports whether SQLite opened the file for reading only, which it does
// without a word when it may not write it.
func (c *conn) readOnly() (bool, error) {
	return c.raw.(interface {
		IsReadOnly(schema string) (bool, error)
	}).IsReadOnly("main")
}

// script runs several statements that give no rows.
func (c *conn) script(text string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

// prepared returns a statement, which is parsed once a connection.
func (c *conn) prepared(text string) (driver.Stmt, error) {
	if s := c.statements[text]; s != nil {
		return s, nil
	}
	s, err := c.raw.Prepare(text)
	if err == nil {
		c.statements[text] = s
	}
	return s, err
}

// bind keeps the arguments in a slice that is used again.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs a statement that gives no rows. Arguments are int64, string, []byte or nil.
func (c *conn) exec(text string, args ...any) error {
	s, err := c.prepared(text)
	if err != nil {
		return err
	}
	_, err = s.(driver.StmtExecContext).ExecContext(context.Background(), c.bind(args))
	clear(c.args) // they hold on to texts
	return err
}

// query calls each with the rows of a statement until it returns an error. The
// values are the callee's until it returns; texts in them may be kept.
func (c *conn) query(each func(row []driver.Value) error, text string, args ...any) error {
	s, err := c.prepared(text)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), c.bind(args))
	clear(c.args)
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err = rows.Next(row); err != nil {
			break
		}
		if err = each(row); err != nil {
			break
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// values returns the first row of a query, nil if there is none.
func (c *conn) values(text string, args ...any) ([]driver.Value, error) {
	var first []driver.Value
	err := c.query(func(row []driver.Value) error {
		if first == nil {
			first = append(first, row...)
		}
		return nil
	}, text, args...)
	return first, err
}

// integer returns the whole number that a query gives, 0 if it gives none.
func (c *conn) integer(text string, args ...any) (int64, error) {
	row, err := c.values(text, args...)
	if len(row) == 0 || err != nil {
		return 0, err
	}
	n, _ := row[0].(int64)
	return n, nil
}

// within runs f in a transaction, which is undone when f fails.
func (c *conn) within(f func() error) error {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = c.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(err, c.rollback())
	}
	return nil
}

// rollback ends a transaction that failed. SQLite has ended it already after some
// errors, which is as well.
func (c *conn) rollback() error {
	err := c.exec("ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}
