package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

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

func dueSum(id, due int64) sum { return sum(0).number(id).number(due) }

// checkDue checks a row of the table due, which has none for an execution that has work under
// way.
func checkDue(id int64, due, sum *int64) error {
	if due == nil && sum == nil {
		return nil
	}
	if due == nil || sum == nil {
		return check("when the execution is due", id, 0, 1)
	}
	return check("when the execution is due", id, *sum, dueSum(id, *due))
}

// Find implements [store.Store].
func (s *Store) Find(ctx context.Context, k store.Key) (arns []string, err error) {
	var first, last key
	copy(first[:], k[:])
	copy(last[:], k[:])
	binary.BigEndian.PutUint64(last[len(k):], math.MaxUint64)
	err = s.read(ctx, "find an execution", func(c queryer) error {
		rows, err := c.Query(ctx, "SELECT "+columns+from+" WHERE e.key BETWEEN $1 AND $2", [16]byte(first), [16]byte(last))
		if err != nil {
			return err
		}
		arns = nil
		return readRecords(rows, func(r *record) error {
			arns = append(arns, r.ARN)
			return r.damaged
		})
	})
	if err != nil {
		return nil, err
	}
	return arns, nil
}

// RunningDefinitions implements [store.Store].
func (s *Store) RunningDefinitions(ctx context.Context) (hashes []string, err error) {
	err = s.read(ctx, "list what is running", func(c queryer) error {
		rows, err := c.Query(ctx, `SELECT id, arn, name, version, alias, definition, sum FROM machines m
			WHERE EXISTS (SELECT 1 FROM executions WHERE machine = m.id AND status = 'RUNNING')`)
		if err != nil {
			return err
		}
		hashes = nil
		var id, sum int64
		var m machine
		_, err = pgx.ForEachRow(rows, []any{&id, &m.arn, &m.name, &m.version, &m.alias, &m.definition, &sum}, func() error {
			if !slices.Contains(hashes, m.definition) {
				hashes = append(hashes, m.definition)
			}
			return check("the machine", id, sum, m.sum(id))
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return hashes, nil
}

// runningPage is how many records Running reads at a time: it must not keep a
// connection while its caller works.
const runningPage = 1000

// The executions that are not due at a time come first, in the order of their start, and then
// the others.
const (
	runningNow = "SELECT " + columns + ` FROM machines p
		CROSS JOIN LATERAL (SELECT * FROM executions x WHERE x.machine = p.id AND x.status = 'RUNNING' AND (x.start_date, x.id) > ($1, $2)
			AND NOT EXISTS (SELECT 1 FROM due WHERE execution = x.id) ORDER BY x.start_date, x.id LIMIT $3) e
		LEFT JOIN due d ON d.execution = e.id LEFT JOIN machines m ON m.id = e.machine ORDER BY e.start_date, e.id LIMIT $3`
	runningLater = "SELECT " + columns + ` FROM (SELECT execution, due, sum FROM due WHERE (due, execution) > ($1, $2) ORDER BY due, execution LIMIT $3) d
		LEFT JOIN executions e ON e.id = d.execution LEFT JOIN machines m ON m.id = e.machine ORDER BY d.due, d.execution`
)

// Running implements [store.Store].
func (s *Store) Running(ctx context.Context, from time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		var page []record
		read := func(query string, args ...any) bool {
			err := s.read(ctx, "list what is running", func(c queryer) error {
				page = page[:0]
				rows, err := c.Query(ctx, query, args...)
				if err != nil {
					return err
				}
				return readRecords(rows, func(r *record) error {
					page = append(page, *r)
					return nil
				})
			})
			if err != nil {
				yield(store.Record{}, err)
				return false
			}
			for i := range page {
				if r := &page[i]; !yield(r.Record, s.wrap("list what is running", r.damaged)) {
					return false
				}
			}
			return true
		}
		due := unixNano(from)
		if due == 0 {
			last := place{}
			for more := true; more; more = len(page) == runningPage {
				if !read(runningNow, last.start, last.id, runningPage) {
					return
				}
				if len(page) > 0 {
					last = page[len(page)-1].place
				}
			}
		}
		for execution := int64(0); ; due, execution = page[len(page)-1].due, page[len(page)-1].id {
			if !read(runningLater, due, execution, runningPage) || len(page) < runningPage {
				return
			}
		}
	}
}

var errNoRecord = errors.New("the record is missing")

func missing(id int64) error { return fmt.Errorf("%w: %w: %d", ErrCorrupt, errNoRecord, id) }
