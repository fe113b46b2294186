package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// Log implements [store.Store].
func (s *Store) Log(ctx context.Context, arn string) ([][]byte, error) {
	lines, _, err := s.Tail(ctx, arn, func([]byte) bool { return false })
	return lines, err
}

// Tail implements [store.Tailer].
func (s *Store) Tail(ctx context.Context, arn string, first func([]byte) bool) (lines [][]byte, before int, err error) {
	err = s.read(ctx, "read a log", func(c *conn) error {
		for {
			h, ok := s.heads.get(arn)
			if !ok {
				found, err := c.head(arn)
				if found == nil || err != nil {
					return err
				}
				h = *found
			}
			if lines, before, err = c.log(h, first); !errors.Is(err, ErrCorrupt) {
				return err
			}
			// Lines are missing as well when the execution was removed meanwhile.
			now, headErr := c.head(arn)
			if headErr != nil || now != nil && now.execution == h.execution {
				return err
			}
			s.heads.drop(arn, h)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	return lines, before, nil
}

// log returns the lines of a log from the last one on of which first is true, going from its last row
// towards the first, and how many stand before it.
func (c *conn) log(h head, first func([]byte) bool) (lines [][]byte, before int, err error) {
	var rows [][][]byte // the last one first
	free := h.length    // lines from here on are in them
	err = c.query(func(row []driver.Value) error {
		number := func(i int) int64 {
			n, _ := row[i].(int64)
			return n
		}
		id := number(0)
		text, _ := row[6].(string)
		want := rowSum(id, number(1), number(2), number(3), number(4), number(5), []byte(text))
		if err := check("row", id, row[7], want, id <= c.unsummed.rows.Load()); err != nil {
			return err
		}
		if number(1) != h.execution {
			return fmt.Errorf("%w: row %d of the log is of another execution", ErrCorrupt, id)
		}
		texts := bytes.Split([]byte(text), []byte{'\n'})
		if position := int(number(3)); position+len(texts) != free {
			return fmt.Errorf("%w: a row of the log has lines %d to %d, line %d was looked for", ErrCorrupt, position, position+len(texts)-1, free-1)
		}
		free -= len(texts)
		for i, line := range slices.Backward(texts) {
			if first(line) {
				before = free + i
				rows = append(rows, texts[i:])
				return errEnough
			}
		}
		rows = append(rows, texts)
		return nil
	}, `WITH RECURSIVE chain (id, execution, previous, position, count, due, lines, sum) AS (
			SELECT id, execution, previous, position, count, due, lines, sum FROM log WHERE id = ?
			UNION ALL
			SELECT log.id, log.execution, log.previous, log.position, log.count, log.due, log.lines, log.sum
				FROM chain JOIN log ON log.id = chain.previous
		) SELECT * FROM chain`, h.row)
	if errors.Is(err, errEnough) {
		err, free = nil, 0
	}
	if err == nil && free != 0 {
		err = fmt.Errorf("%w: the first %d lines of a log are missing", ErrCorrupt, free)
	}
	if err != nil {
		return nil, 0, err
	}
	lines = make([][]byte, 0, h.length-before)
	for _, texts := range slices.Backward(rows) {
		lines = append(lines, texts...)
	}
	return lines, before, nil
}

// columns are those of a record, as scan takes them.
const columns = "id, arn, name, machine, status, start_date, stop_date, options, due, last_row, length, key, sum, state_sum, token_key"

// checkRow checks a row of [columns].
func (c *conn) checkRow(row []driver.Value) error {
	number := func(i int) int64 {
		n, _ := row[i].(int64)
		return n
	}
	text := func(i int) string {
		s, _ := row[i].(string)
		return s
	}
	id := number(0)
	old := id <= c.unsummed.executions.Load()
	want := executionSum(id, text(1), text(2), number(3), text(5), row[7], number(11), row[14])
	if err := check("the record", id, row[12], want, old); err != nil {
		return err
	}
	return check("the state of the record", id, row[13], stateSum(id, text(4), row[6], number(9), number(10), row[8]), old)
}

// Record implements [store.Store].
func (s *Store) Record(ctx context.Context, arn string) (store.Record, error) {
	var r store.Record
	found := false
	err := s.read(ctx, "read a record", func(c *conn) error {
		return s.heads.steadily(func() error {
			found = false
			return c.query(func(row []driver.Value) (err error) {
				if row[1] == arn {
					found = true
					r, err = s.record(c, row)
				} else {
					err = c.checkRow(row) // it may be this one's
				}
				return err
			}, "SELECT "+columns+" FROM executions WHERE key = ?", key(store.KeyOf(arn)))
		})
	})
	if err == nil && !found {
		err = store.ErrExecutionDoesNotExist
	}
	return r, err
}

// Definition implements [store.Store].
func (s *Store) Definition(ctx context.Context, hash string) (string, error) {
	var row []driver.Value
	err := s.read(ctx, "read a definition", func(c *conn) (err error) {
		row, err = c.values("SELECT definition, sum FROM definitions WHERE hash = ?", hash)
		if row != nil && err == nil {
			err = check("the definition", hash, row[1], sumOf(hash, row[0]), false)
		}
		if row == nil && err == nil {
			var used int64
			if used, err = c.integer("SELECT EXISTS (SELECT 1 FROM machines WHERE definition = ?)", hash); used != 0 {
				err = fmt.Errorf("%w: the definition %s is missing", ErrCorrupt, hash)
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if row == nil {
		return "", s.wrap("read a definition", fmt.Errorf("there is none with the hash %q", hash))
	}
	return row[0].(string), nil
}

// readMachine returns a pinned machine by its id.
func (s *Store) readMachine(c *conn, id int64) (machine, error) {
	return s.machines.get(id, func() (machine, error) {
		row, err := c.values("SELECT arn, name, version, alias, definition, sum FROM machines WHERE id = ?", id)
		if row == nil && err == nil {
			err = fmt.Errorf("%w: machine %d is missing", ErrCorrupt, id)
		}
		if err != nil {
			return machine{}, err
		}
		m := machine{row[0].(string), row[1].(string), row[2].(string), row[3].(string), row[4].(string)}
		return m, check("machine", id, row[5], m.sum(id), false)
	})
}

// record makes a record of a row of [columns].
func (s *Store) record(c *conn, row []driver.Value) (store.Record, error) {
	if err := c.checkRow(row); err != nil {
		return store.Record{ARN: row[1].(string)}, err
	}
	m, err := s.readMachine(c, row[3].(int64))
	if err != nil {
		return store.Record{ARN: row[1].(string)}, err
	}
	r := store.Record{
		ARN: row[1].(string), Name: row[2].(string),
		MachineARN: m.arn, Machine: m.name, VersionARN: m.version, AliasARN: m.alias, Definition: m.definition,
		Status: states.Status(row[4].(string)),
	}
	if r.StartDate, err = time.Parse(dateLayout, row[5].(string)); err != nil {
		return r, err
	}
	if text, ok := row[6].(string); ok {
		if r.StopDate, err = time.Parse(dateLayout, text); err != nil {
			return r, err
		}
	}
	if r.Options, err = s.readOptions(c, row[7]); err != nil {
		return r, err
	}
	r.TokenKey, _ = row[14].([]byte)
	if r.Status == states.StatusRunning {
		due, _ := row[8].(int64)
		if h, ok := s.heads.get(r.ARN); ok {
			due = h.due
		}
		r.Due = dueTime(due)
	}
	return r, nil
}
