package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// dueSchema adds when executions are due. In a row of the log NULL stands for work
// under way, so that it takes no room. In an execution's row that is 0, and NULL says
// that it has ended or that the log knows: the index then has nothing of an execution
// that ends soon.
const dueSchema = `
	ALTER TABLE log ADD COLUMN due INTEGER;
	ALTER TABLE executions ADD COLUMN due INTEGER;
	UPDATE executions SET due = 0 WHERE status = 'RUNNING';
	CREATE INDEX executions_by_due ON executions (due) WHERE due IS NOT NULL;
`

// never stands for [store.Never].
const never = math.MaxInt64

var farthest = time.Unix(0, never)

// unixNano returns a Due as numbers have it: 0 for the zero time.
func unixNano(due time.Time) int64 {
	switch {
	case due.IsZero():
		return 0
	case due.Before(farthest):
		return max(due.UnixNano(), 1)
	}
	return never
}

func dueTime(due int64) time.Time {
	switch due {
	case 0:
		return time.Time{}
	case never:
		return store.Never
	}
	return time.Unix(0, due).UTC()
}

// dueOf returns the Due of a record.
func dueOf(r *store.Record) int64 {
	if r.Status != states.StatusRunning {
		return 0
	}
	return unixNano(r.Due)
}

// dueValue returns what a row of the log has.
func dueValue(due int64) any {
	if due == 0 {
		return nil
	}
	return due
}

// noteNew returns the due that the row of a new execution has. One that has work under
// way has none, since most end before it would be of use: it is noted later, as what is
// appended is.
func (h *head) noteNew(status states.Status) any {
	h.noted = h.row
	switch {
	case status != states.StatusRunning:
		return nil
	case h.due == 0 && h.row != 0:
		h.noted = 0
		return nil
	}
	return h.due
}

// readNoted takes over what the row of an execution has.
func (h *head) readNoted(row int64, due driver.Value, status string) {
	h.noted = row
	h.due, _ = due.(int64)
	if due == nil && status == string(states.StatusRunning) {
		h.noted = 0
	}
}

// noteHead writes a head to its execution's row.
func (w *writer) noteHead(h *head) error {
	h.noted = h.row
	row, err := w.conn.values("SELECT status, stop_date FROM executions WHERE id = ?", h.execution)
	if row == nil || err != nil {
		return err
	}
	status, _ := row[0].(string)
	var due driver.Value
	if status == string(states.StatusRunning) {
		due = h.due
	}
	return w.state(h, status, row[1], due)
}

// key returns an ARN's key as the file has it.
func key(k store.Key) int64 { return int64(binary.BigEndian.Uint64(k[:])) }

// Find implements [store.Store].
func (s *Store) Find(ctx context.Context, k store.Key) (arns []string, err error) {
	err = s.read(ctx, "find an execution", func(c *conn) error {
		return c.query(func(row []driver.Value) error {
			arns = append(arns, row[1].(string))
			return c.checkRow(row)
		}, "SELECT "+columns+" FROM executions WHERE key = ?", key(k))
	})
	if err != nil {
		return nil, err
	}
	return arns, nil
}

// RunningDefinitions implements [store.Store].
func (s *Store) RunningDefinitions(ctx context.Context) (hashes []string, err error) {
	err = s.read(ctx, "list what is running", func(c *conn) error {
		return c.query(func(row []driver.Value) error {
			if hash := row[5].(string); !slices.Contains(hashes, hash) {
				hashes = append(hashes, hash)
			}
			return check("the machine", row[0], row[6], sumOf(row[:6]...), false)
		}, `SELECT id, arn, name, version, alias, definition, sum FROM machines
			WHERE EXISTS (SELECT 1 FROM executions WHERE machine = machines.id AND status = 'RUNNING')`)
	})
	if err != nil {
		return nil, err
	}
	return hashes, nil
}

// runningPage is how many records Running reads at a time: it must not keep a
// transaction open while its caller works, since that would let the WAL grow.
const runningPage = 1000

// A place is where an execution stands in the order that Running has.
type place struct{ due, execution int64 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.due, q.due), cmp.Compare(p.execution, q.execution))
}

// Running implements [store.Store].
func (s *Store) Running(ctx context.Context, from time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		if err := s.Err(); err != nil {
			yield(store.Record{}, err)
			return
		}
		last := place{due: unixNano(from)}
		// What the file doesn't know yet. It is looked at first: what is noted from
		// here on the file has when it is read.
		fresh := s.heads.unnoted(last)
		for more := true; more; {
			var places []place
			var page []dueRecord
			err := s.read(ctx, "list what is running", func(c *conn) error {
				return s.heads.steadily(func() error {
					return c.snapshot(func() (err error) {
						if places, err = c.due(fresh, last); err == nil {
							page, err = s.running(c, places, fresh)
						}
						return err
					})
				})
			})
			if err != nil {
				yield(store.Record{}, err)
				return
			}
			if more = len(places) > 0; more {
				last = places[len(places)-1]
			}
			for _, r := range page {
				if !yield(r.record, s.wrap("list what is running", r.damage)) {
					return
				}
			}
		}
	}
}

// due returns the places after one, a page of them, from the file and from those that
// it doesn't know yet.
func (c *conn) due(fresh []place, after place) ([]place, error) {
	var all []place
	add := func(row []driver.Value) error {
		all = append(all, place{row[0].(int64), row[1].(int64)})
		return nil
	}
	err := c.query(add, "SELECT due, id FROM executions WHERE due = ? AND id > ? ORDER BY id LIMIT ?", after.due, after.execution, int64(runningPage))
	if n := runningPage - len(all); err == nil && n > 0 {
		err = c.query(add, "SELECT due, id FROM executions WHERE due > ? ORDER BY due, id LIMIT ?", after.due, int64(n))
	}
	if err != nil {
		return nil, err
	}
	begin, found := slices.BinarySearchFunc(fresh, after, place.compare)
	if found {
		begin++
	}
	all = append(all, fresh[begin:min(begin+runningPage, len(fresh))]...)
	slices.SortFunc(all, place.compare)
	all = slices.Compact(all)
	return all[:min(len(all), runningPage)], nil
}

// A dueRecord is a record, or what of one is not damaged.
type dueRecord struct {
	record store.Record
	damage error
}

// running returns the records of the executions that are at these places, of which the
// fresh ones may have been removed.
func (s *Store) running(c *conn, places, fresh []place) ([]dueRecord, error) {
	page := make([]dueRecord, 0, len(places))
	for _, p := range places {
		found := false
		err := c.query(func(row []driver.Value) error {
			found = true
			r, err := s.record(c, row)
			// One that was changed is elsewhere in the order.
			if errors.Is(err, ErrCorrupt) {
				page = append(page, dueRecord{r, err})
				return nil
			}
			if err == nil && r.Status == states.StatusRunning && unixNano(r.Due) == p.due {
				page = append(page, dueRecord{record: r})
			}
			return err
		}, "SELECT "+columns+" FROM executions WHERE id = ?", p.execution)
		if _, known := slices.BinarySearchFunc(fresh, p, place.compare); !found && !known && err == nil {
			err = fmt.Errorf("%w: the record %d is missing", ErrCorrupt, p.execution)
		}
		if errors.Is(err, ErrCorrupt) || kindOf(err) == ErrCorrupt {
			page, err = append(page, dueRecord{damage: err}), nil
		}
		if err != nil {
			return nil, err
		}
	}
	return page, nil
}

// unnoted returns the places of the heads that the file doesn't know, from one on, in
// their order.
func (h *heads) unnoted(from place) []place {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []place
	for _, head := range h.all {
		if p := (place{head.due, head.execution}); head.noted != head.row && p.compare(from) > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, place.compare)
	return all
}
