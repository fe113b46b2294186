package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

const (
	// expireExecutions and expireRows are how many executions, and how many of their rows, one
	// transaction removes, some milliseconds of work, and expireLooks how many executions it
	// looks at that may stay.
	expireExecutions = 64
	expireRows       = 1024
	expireLooks      = 512
)

// What is removed later than its record, by the table removed: rows of the log of an
// execution, and results of a Map Run.
const (
	removedLog     = "log"
	removedResults = "results"
)

var _ store.Purger = (*Store)(nil)

// Expire implements [store.Store]. It works in many small transactions, between which others'
// changes are made. First an execution's record goes, then its log and its Map Runs; if the
// process ends between, the next Expire goes on with them. The server's autovacuum makes the room
// free for other rows.
func (s *Store) Expire(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.purge(ctx, "expire", store.Purge{StoppedBefore: before}, limit)
}

// Purge implements [store.Purger], as Expire does.
func (s *Store) Purge(ctx context.Context, p store.Purge, limit int) (int, error) {
	return s.purge(ctx, "purge", p, limit)
}

func (s *Store) purge(ctx context.Context, op string, p store.Purge, limit int) (int, error) {
	removed, looks := 0, expireExecutions
	if p.MachineARN != "" || len(p.Statuses) > 0 {
		looks = expireLooks
	}
	var after stopped // those that stay are looked at once
	for {
		var looked, old []record
		rows := 0
		err := s.do(ctx, op, change{alone: func(w *writer) (err error) {
			if removed < limit {
				if looked, err = ended(w.conn, bound(p.StoppedBefore), after, looks); err != nil {
					return err
				}
			}
			if old = purged(p, looked, min(limit-removed, expireExecutions)); len(old) > 0 {
				err = w.removeRecords(old)
			}
			if err == nil {
				rows, err = w.expireRows(expireRows)
			}
			return err
		}})
		if err != nil {
			return removed, err
		}
		if removed += len(old); len(looked) == 0 && rows == 0 {
			return removed, nil
		}
		switch {
		case len(old) == expireExecutions:
			after = stoppedAt(&old[len(old)-1])
		case len(looked) > 0:
			after = stoppedAt(&looked[len(looked)-1])
		}
	}
}

// purged returns the first of some executions that a purge removes, up to a limit. A damaged
// one stays: it may tell a wrong time, and others must not wait for it.
func purged(p store.Purge, looked []record, limit int) (old []record) {
	q := store.Query{MachineARN: p.MachineARN, Statuses: p.Statuses}
	for i := range looked {
		if r := &looked[i]; len(old) < limit && r.damaged == nil && q.Selects(&r.Record) {
			old = append(old, *r)
		}
	}
	return old
}

// A stopped is an execution's place in the order of their ends.
type stopped struct {
	stop string
	place
}

func stoppedAt(r *record) stopped { return stopped{r.stop, r.place} }

// ended returns executions that ended before a time, those that ended first in front, behind
// a place.
func ended(c queryer, before string, after stopped, limit int) (found []record, err error) {
	rows, err := c.Query(context.Background(), "SELECT "+columns+from+` WHERE e.stop_date < $1 AND (e.stop_date, e.start_date, e.id) > ($2, $3, $4)
		ORDER BY e.stop_date, e.start_date, e.id LIMIT $5`, before, after.stop, after.start, after.id, limit)
	if err != nil {
		return nil, err
	}
	err = readRecords(rows, func(r *record) error {
		found = append(found, *r)
		return nil
	})
	return found, err
}

// Oldest implements [store.Store].
func (s *Store) Oldest(ctx context.Context) (oldest time.Time, err error) {
	err = s.read(ctx, "look for the oldest", func(c queryer) error {
		oldest = time.Time{}
		for after := (stopped{}); oldest.IsZero(); {
			found, err := ended(c, "9", after, expireExecutions)
			if err != nil || len(found) == 0 {
				return err
			}
			for i := range found {
				if oldest.IsZero() && found[i].damaged == nil { // a damaged one may tell a wrong time
					oldest = found[i].StopDate
				}
			}
			after = stoppedAt(&found[len(found)-1])
		}
		return nil
	})
	return oldest, err
}

// removeRecords removes executions, all but their logs and the results of their Map Runs.
func (w *writer) removeRecords(old []record) error {
	if len(old) == 0 {
		return nil
	}
	ids := make([]int64, len(old))
	machines := make([]int64, len(old))
	for i := range old {
		ids[i], machines[i] = old[i].id, old[i].machine
	}
	b := &pgx.Batch{}
	b.Queue("DELETE FROM executions WHERE id = ANY($1)", ids)
	b.Queue("DELETE FROM due WHERE execution = ANY($1)", ids)
	b.Queue("INSERT INTO removed (kind, id) SELECT $1, unnest($2::bigint[])", removedLog, ids)
	b.Queue("WITH gone AS (DELETE FROM map_runs WHERE execution = ANY($1) RETURNING id) INSERT INTO removed (kind, id) SELECT $2, id FROM gone", ids, removedResults)
	// A machine that no execution is pinned to goes, and its definition if no other machine
	// has it.
	b.Queue(`WITH gone AS (DELETE FROM machines m WHERE id = ANY($1) AND NOT EXISTS (SELECT 1 FROM executions WHERE machine = m.id) RETURNING id, definition)
		DELETE FROM definitions d USING gone WHERE d.hash = gone.definition
			AND NOT EXISTS (SELECT 1 FROM machines m WHERE m.definition = d.hash AND m.id NOT IN (SELECT id FROM gone))`, machines)
	return w.conn.SendBatch(context.Background(), b).Close()
}

// expireRows removes some rows of executions that were removed.
func (w *writer) expireRows(limit int) (int, error) {
	ctx, rows := context.Background(), 0
	for rows < limit {
		var kind string
		var id int64
		err := w.conn.QueryRow(ctx, "SELECT kind, id FROM removed LIMIT 1").Scan(&kind, &id)
		if errors.Is(err, pgx.ErrNoRows) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		query := "DELETE FROM log WHERE execution = $1 AND position IN (SELECT position FROM log WHERE execution = $1 ORDER BY position LIMIT $2)"
		if kind == removedResults {
			query = "DELETE FROM map_results WHERE run = $1 AND child IN (SELECT child FROM map_results WHERE run = $1 ORDER BY child LIMIT $2)"
		}
		done, err := w.conn.Exec(ctx, query, id, limit-rows)
		if err != nil {
			return rows, err
		}
		n := int(done.RowsAffected())
		if n < limit-rows {
			if _, err := w.conn.Exec(ctx, "DELETE FROM removed WHERE kind = $1 AND id = $2", kind, id); err != nil {
				return rows, err
			}
		}
		rows += max(n, 1)
	}
	return rows, nil
}

// Remove implements [store.Remover]. As in Expire the record goes first.
func (s *Store) Remove(ctx context.Context, arn string) error {
	err := s.do(ctx, "remove", change{alone: func(w *writer) error {
		rows, err := w.conn.Query(context.Background(), "SELECT "+columns+from+" WHERE e.key = $1", [16]byte(keyOf(arn)))
		if err != nil {
			return err
		}
		var found []record
		err = readRecords(rows, func(r *record) error {
			found = append(found, *r)
			return r.damaged
		})
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return store.ErrExecutionDoesNotExist
		case found[0].StopDate.IsZero():
			return store.ErrExecutionRunning
		}
		return w.removeRecords(found)
	}})
	if err == nil {
		_, err = s.Expire(ctx, time.Time{}, 0) // what is left of those without a record
	}
	return err
}
