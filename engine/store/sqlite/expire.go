package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/gostates/gostates/engine/store"
)

const (
	// expireExecutions and expireRows are how many executions and log rows one
	// transaction removes, about a millisecond of work.
	expireExecutions = 16
	expireRows       = 128
)

// Expire implements [store.Store]. It works in many small transactions, and shares
// each with the changes that others wait for. First an execution's record goes, then
// its log and its Map Runs; if the process ends between, the next Expire goes on with them. The
// room in the file is used again; the file does not shrink.
func (s *Store) Expire(ctx context.Context, before time.Time, limit int) (int, error) {
	removed := 0
	for {
		var records, rows, results int
		err := s.do(ctx, "expire", func(w *writer) (refused, failed error) {
			records, failed = w.expireRecords(dateText(before), min(limit-removed, expireExecutions))
			if failed == nil {
				rows, failed = w.expireRows(expireRows)
			}
			if failed == nil {
				results, failed = w.expireResults(expireRows)
			}
			return nil, failed
		})
		if err != nil {
			return removed, err
		}
		removed += records
		if records == 0 && rows == 0 && results == 0 {
			return removed, nil
		}
	}
}

// Oldest implements [store.Store].
func (s *Store) Oldest(ctx context.Context) (oldest time.Time, err error) {
	err = s.read(ctx, "look for the oldest", func(c *conn) error {
		return c.ended("9", func(row []driver.Value) error {
			oldest, err = time.Parse(dateLayout, row[6].(string))
			return errors.Join(err, errEnough)
		})
	})
	return oldest, err
}

// ended calls each with the rows of the executions that ended before a time, until it
// returns an error, of which errEnough is none. A damaged row is left out: it may tell a
// wrong time, and others' must not wait for it.
func (c *conn) ended(before string, each func(row []driver.Value) error) error {
	err := c.query(func(row []driver.Value) error {
		if c.checkRow(row) != nil {
			return nil
		}
		return each(row)
	}, "SELECT "+columns+" FROM executions WHERE stop_date < ? ORDER BY stop_date", before)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// expireRecords removes some executions, all but their logs.
func (w *writer) expireRecords(before string, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	type execution struct {
		id, machine int64
		arn         string
	}
	var old []execution
	err := w.conn.ended(before, func(row []driver.Value) error {
		old = append(old, execution{row[0].(int64), row[3].(int64), row[1].(string)})
		if len(old) == limit {
			return errEnough
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	for _, x := range old {
		if err := w.removeRecord(x.id, x.machine, x.arn); err != nil {
			return 0, err
		}
	}
	return len(old), w.keepCounts()
}

// removeRecord removes an execution, all but its log and the results of its Map Runs.
func (w *writer) removeRecord(id, machine int64, arn string) error {
	h, err := w.head(arn)
	if err != nil {
		return err
	}
	if err := w.conn.exec("INSERT INTO removed (execution, last_row) VALUES (?, ?)", id, h.row); err != nil {
		return err
	}
	if err := w.conn.exec("DELETE FROM executions WHERE id = ?", id); err != nil {
		return err
	}
	if err := w.removeMapRuns(id); err != nil {
		return err
	}
	w.staged[arn] = &head{}
	return w.unpin(machine)
}

// keepCounts notes the ids that were used last, which are never used again: a page token
// names one.
func (w *writer) keepCounts() error {
	return errors.Join(w.conn.setMeta("execution", w.execution), w.conn.setMeta("row", w.row))
}

// Remove implements [store.Remover]. As in Expire the record goes first.
func (s *Store) Remove(ctx context.Context, arn string) error {
	err := s.do(ctx, "remove", func(w *writer) (refused, failed error) {
		found := false
		var id, machine int64
		failed = w.conn.query(func(row []driver.Value) error {
			if err := w.conn.checkRow(row); err != nil || row[1] != arn {
				return err
			}
			found, id, machine = true, row[0].(int64), row[3].(int64)
			if row[6] == nil {
				refused = store.ErrExecutionRunning
			}
			return nil
		}, "SELECT "+columns+" FROM executions WHERE key = ?", key(store.KeyOf(arn)))
		switch {
		case failed != nil:
			return nil, failed
		case !found:
			return store.ErrExecutionDoesNotExist, nil
		case refused != nil:
			return refused, nil
		}
		return nil, errors.Join(w.removeRecord(id, machine, arn), w.keepCounts())
	})
	if err == nil {
		_, err = s.Expire(ctx, time.Time{}, 0) // what is left of those without a record
	}
	return err
}

// unpin removes a machine that no execution is pinned to, and its definition if no
// other machine has it.
func (w *writer) unpin(id int64) error {
	used, err := w.conn.integer("SELECT EXISTS (SELECT 1 FROM executions WHERE machine = ?)", id)
	if used != 0 || err != nil {
		return err
	}
	row, err := w.conn.values("SELECT definition FROM machines WHERE id = ?", id)
	if row == nil || err != nil {
		return err
	}
	clear(w.pinned)
	if err := w.conn.exec("DELETE FROM machines WHERE id = ?", id); err != nil {
		return err
	}
	return w.conn.exec("DELETE FROM definitions WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM machines WHERE definition = ?1)", row[0])
}

// expireRows removes some log rows of executions that were removed. Each log goes
// from its end to its beginning, so that what is left can still be found.
func (w *writer) expireRows(limit int) (int, error) {
	rows := 0
	for rows < limit {
		next, err := w.conn.values("SELECT execution, last_row FROM removed LIMIT 1")
		if next == nil || err != nil {
			return rows, err
		}
		execution, last := next[0].(int64), next[1].(int64)
		for last != 0 && rows < limit {
			// A chain that leads to another's rows is damaged, and ends there.
			previous, err := w.conn.integer("SELECT previous FROM log WHERE id = ? AND execution = ?", last, execution)
			if err != nil {
				return rows, err
			}
			if err := w.conn.exec("DELETE FROM log WHERE id = ? AND execution = ?", last, execution); err != nil {
				return rows, err
			}
			last = previous
			rows++
		}
		if last == 0 {
			err = w.conn.exec("DELETE FROM removed WHERE execution = ?", execution)
		} else {
			err = w.conn.exec("UPDATE removed SET last_row = ? WHERE execution = ?", last, execution)
		}
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}
