package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
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
	return s.purge(ctx, "expire", &purge{Purge: store.Purge{StoppedBefore: before}, limit: limit})
}

// Purge implements [store.Purger], as Expire does.
func (s *Store) Purge(ctx context.Context, p store.Purge, limit int) (int, error) {
	return s.purge(ctx, "purge", &purge{Purge: p, limit: limit})
}

// A purge is executions that are to be removed.
type purge struct {
	store.Purge
	limit int
	after stopped // the last execution that was looked at: those that stay are looked at once
	over  bool    // all were looked at
}

// A stopped is an execution's place in the order of their ends.
type stopped struct {
	stop, start string
	id          int64
}

func (s *Store) purge(ctx context.Context, op string, p *purge) (int, error) {
	removed := 0
	for {
		var records, rows, results int
		var next purge
		err := s.do(ctx, op, func(w *writer) (refused, failed error) {
			next = *p // the change is made twice when it fails with others of its transaction
			next.limit = min(p.limit-removed, expireExecutions)
			records, failed = w.expireRecords(&next)
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
		p.after, p.over = next.after, next.over
		if (p.over || removed == p.limit) && rows == 0 && results == 0 {
			return removed, nil
		}
	}
}

// Oldest implements [store.Store].
func (s *Store) Oldest(ctx context.Context) (oldest time.Time, err error) {
	err = s.read(ctx, "look for the oldest", func(c *conn) error {
		return c.ended(stopped{}, "9", func(row []driver.Value) error {
			oldest, err = time.Parse(dateLayout, row[6].(string))
			return errors.Join(err, errEnough)
		})
	})
	return oldest, err
}

// ended calls each with the rows of the executions that ended before a time, those that ended
// first in front, until it returns an error, of which errEnough is none. A damaged row is left
// out: it may tell a wrong time, and others' must not wait for it.
func (c *conn) ended(after stopped, before string, each func(row []driver.Value) error) error {
	err := c.query(func(row []driver.Value) error {
		if c.checkRow(row) != nil {
			return nil
		}
		return each(row)
	}, "SELECT "+columns+` FROM executions WHERE stop_date < ? AND (stop_date, start_date, id) > (?, ?, ?)
		ORDER BY stop_date, start_date, id`, before, after.stop, after.start, after.id)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// expireLooks is how many executions one transaction looks at, of which a purge may remove
// few.
const expireLooks = 1024

// expireRecords removes some executions, all but their logs, and notes how far it has come.
func (w *writer) expireRecords(p *purge) (int, error) {
	p.over = true
	if p.limit <= 0 {
		return 0, nil
	}
	type execution struct {
		id, machine int64
		arn         string
	}
	var old []execution
	looks := 0
	err := w.conn.ended(p.after, bound(p.StoppedBefore), func(row []driver.Value) error {
		id := row[0].(int64)
		p.after = stopped{row[6].(string), row[5].(string), id}
		wanted, err := w.purges(p, row)
		if wanted {
			old = append(old, execution{id, row[3].(int64), row[1].(string)})
		}
		if looks++; err == nil && (len(old) == p.limit || looks == expireLooks) {
			p.over, err = false, errEnough
		}
		return err
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

// purges reports whether a purge is for the execution of a row of [columns].
func (w *writer) purges(p *purge, row []driver.Value) (bool, error) {
	if len(p.Statuses) > 0 && !slices.Contains(p.Statuses, states.Status(row[4].(string))) {
		return false, nil
	}
	if p.MachineARN == "" {
		return true, nil
	}
	m, err := w.store.readMachine(w.conn, row[3].(int64))
	return err == nil && (p.MachineARN == m.arn || p.MachineARN == m.version || p.MachineARN == m.alias), err
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
