package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"

	"github.com/gostates/gostates/engine/store"
)

var _ store.MapRunStore = (*Store)(nil)

// mapRunSchema adds Map Runs and the results of their children. The id of a result is made of
// the run's and of the child's index, so that results are read in order and written nearly so.
const mapRunSchema = `
	CREATE TABLE map_runs (
		id        INTEGER PRIMARY KEY,
		arn       TEXT NOT NULL,
		key       INTEGER NOT NULL,
		execution INTEGER NOT NULL,
		open      INTEGER NOT NULL,
		version   INTEGER NOT NULL,
		state     TEXT NOT NULL,
		sum       INTEGER NOT NULL
	);
	CREATE INDEX map_runs_by_key ON map_runs (key);
	CREATE INDEX map_runs_by_execution ON map_runs (execution);
	CREATE INDEX map_runs_open ON map_runs (id) WHERE open = 1;

	CREATE TABLE map_results (
		id     INTEGER PRIMARY KEY,
		bad    INTEGER NOT NULL,
		result TEXT NOT NULL,
		sum    INTEGER NOT NULL
	);
	CREATE INDEX map_results_bad ON map_results (id) WHERE bad = 1;
`

// A child's index takes these bits of the id of its result.
const childBits = 32

// resultID returns the id of a child's result.
func resultID(run, index int64) (int64, error) {
	if index < 0 || index >= 1<<childBits || run >= math.MaxInt64>>childBits {
		return 0, fmt.Errorf("the result has the index %d, it must be from 0 to %d", index, int64(1)<<childBits-1)
	}
	return run<<childBits | index, nil
}

// removedRun is the execution of a run that is being removed.
const removedRun = 0

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// CreateMapRun implements [store.MapRunStore].
func (s *Store) CreateMapRun(ctx context.Context, r store.MapRun) error {
	return s.do(ctx, "create a Map Run", func(w *writer) (refused, failed error) {
		h, err := w.head(r.Execution)
		switch {
		case err != nil:
			return nil, err
		case h == nil:
			return store.ErrExecutionDoesNotExist, nil
		}
		if known, err := w.conn.mapRun(r.ARN); known != nil || err != nil {
			return store.ErrMapRunAlreadyExists, err
		}
		id, err := w.conn.integer("SELECT ifnull(max(id), 0) + 1 FROM map_runs")
		if err != nil {
			return nil, err
		}
		state, open := string(r.State), flag(r.Open)
		return nil, w.conn.exec("INSERT INTO map_runs (id, arn, key, execution, open, version, state, sum) VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
			id, r.ARN, key(store.KeyOf(r.ARN)), h.execution, open, state, sumOf(id, r.ARN, h.execution, open, int64(1), state))
	})
}

// ChangeMapRun implements [store.MapRunStore].
func (s *Store) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	return s.do(ctx, "change a Map Run", func(w *writer) (refused, failed error) {
		r, err := w.conn.mapRun(arn)
		switch {
		case err != nil:
			return nil, err
		case r == nil || r.version != version:
			return store.ErrConflict, nil
		}
		for i := range c.Results {
			child := &c.Results[i]
			id, err := resultID(r.id, child.Index)
			if err != nil {
				return nil, err
			}
			bad, result := flag(child.Bad), string(child.Result)
			err = w.conn.exec("INSERT OR REPLACE INTO map_results (id, bad, result, sum) VALUES (?, ?, ?, ?)", id, bad, result, sumOf(id, bad, result))
			if err != nil {
				return nil, err
			}
		}
		version, state, open := version+1, string(c.State), flag(c.Open)
		return nil, w.conn.exec("UPDATE map_runs SET open = ?, version = ?, state = ?, sum = ? WHERE id = ?",
			open, version, state, sumOf(r.id, arn, r.execution, open, version, state), r.id)
	})
}

// A mapRun is a row of map_runs.
type mapRun struct {
	id, execution, version int64
	run                    store.MapRun // without its execution
}

const mapRunColumns = "id, arn, execution, open, version, state, sum"

// readMapRun reads a row of [mapRunColumns].
func readMapRun(row []driver.Value) (*mapRun, error) {
	r := &mapRun{id: row[0].(int64), execution: row[2].(int64), version: row[4].(int64)}
	state, _ := row[5].(string)
	r.run = store.MapRun{ARN: row[1].(string), Open: row[3] == int64(1), Version: r.version, State: []byte(state)}
	return r, check("the Map Run", r.id, row[6], sumOf(r.id, r.run.ARN, r.execution, row[3], r.version, state), false)
}

// mapRun returns the row of a run, nil for an unknown ARN.
func (c *conn) mapRun(arn string) (r *mapRun, err error) {
	err = c.query(func(row []driver.Value) error {
		found, err := readMapRun(row)
		if err == nil && found.run.ARN == arn {
			r = found
		}
		return err
	}, "SELECT "+mapRunColumns+" FROM map_runs WHERE key = ?", key(store.KeyOf(arn)))
	return r, err
}

// MapRun implements [store.MapRunStore].
func (s *Store) MapRun(ctx context.Context, arn string) (run store.MapRun, err error) {
	err = s.read(ctx, "read a Map Run", func(c *conn) error {
		r, err := c.mapRun(arn)
		switch {
		case err != nil:
			return err
		case r == nil:
			return store.ErrMapRunDoesNotExist
		}
		run = r.run
		row, err := c.values("SELECT arn FROM executions WHERE id = ?", r.execution)
		if row != nil {
			run.Execution = row[0].(string)
		}
		return err
	})
	return run, err
}

// MapRuns implements [store.MapRunStore].
func (s *Store) MapRuns(ctx context.Context, execution, after string, limit int) (runs []store.MapRun, err error) {
	err = s.read(ctx, "list Map Runs", func(c *conn) error {
		runs = nil
		h, err := c.head(execution)
		if h == nil || err != nil {
			return err
		}
		below := int64(math.MaxInt64)
		if after != "" {
			r, err := c.mapRun(after)
			if r == nil || err != nil {
				return err
			}
			below = r.id
		}
		return c.query(func(row []driver.Value) error {
			r, err := readMapRun(row)
			r.run.Execution = execution
			runs = append(runs, r.run)
			return err
		}, "SELECT "+mapRunColumns+" FROM map_runs WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?", h.execution, below, int64(limit))
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// OpenMapRuns implements [store.MapRunStore].
func (s *Store) OpenMapRuns(ctx context.Context) (arns []string, err error) {
	err = s.read(ctx, "list open Map Runs", func(c *conn) error {
		arns = nil
		return c.query(func(row []driver.Value) error {
			arns = append(arns, row[0].(string))
			return nil
		}, "SELECT arn FROM map_runs WHERE open = 1 ORDER BY id")
	})
	return arns, err
}

// resultBytes is how much text MapRunResults reads at a time, by which it may be less than
// it could.
const resultBytes = 4 << 20

// MapRunResults implements [store.MapRunStore].
func (s *Store) MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) (found []store.MapRunResult, err error) {
	query := "SELECT id, bad, result, sum FROM map_results WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"
	if bad {
		query = "SELECT id, bad, result, sum FROM map_results INDEXED BY map_results_bad WHERE bad = 1 AND id BETWEEN ? AND ? ORDER BY id LIMIT ?"
	}
	err = s.read(ctx, "read the results of a Map Run", func(c *conn) error {
		found = nil
		r, err := c.mapRun(arn)
		if r == nil || err != nil {
			return err
		}
		first, err := resultID(r.id, max(from, 0))
		if err != nil {
			return nil // there are none that far
		}
		last, size := r.id<<childBits|(1<<childBits-1), 0
		err = c.query(func(row []driver.Value) error {
			if size >= resultBytes {
				return errEnough
			}
			text, _ := row[2].(string)
			size += len(text)
			id := row[0].(int64)
			found = append(found, store.MapRunResult{Index: id - r.id<<childBits, Bad: row[1] == int64(1), Result: []byte(text)})
			return check("the result", id, row[3], sumOf(id, row[1], text), false)
		}, query, first, last, int64(limit))
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// removeMapRuns leaves the runs of an execution to expireResults.
func (w *writer) removeMapRuns(execution int64) error {
	return w.conn.exec("UPDATE map_runs SET execution = ?, arn = '', key = 0, open = 0, state = '' WHERE execution = ?", int64(removedRun), execution)
}

// expireResults removes some results of runs that were removed, and the runs whose results
// are gone.
func (w *writer) expireResults(limit int) (int, error) {
	removed := 0
	for removed < limit {
		row, err := w.conn.values("SELECT id FROM map_runs WHERE execution = ? LIMIT 1", int64(removedRun))
		if row == nil || err != nil {
			return removed, err
		}
		run := row[0].(int64)
		first, last := run<<childBits, run<<childBits|(1<<childBits-1)
		row, err = w.conn.values("SELECT max(id), count(*) FROM (SELECT id FROM map_results WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?)", first, last, int64(limit-removed))
		if err != nil {
			return removed, err
		}
		n, _ := row[1].(int64)
		if n == 0 {
			err = w.conn.exec("DELETE FROM map_runs WHERE id = ?", run)
		} else {
			err = w.conn.exec("DELETE FROM map_results WHERE id BETWEEN ? AND ?", first, row[0])
		}
		if err != nil {
			return removed, err
		}
		removed += int(max(n, 1))
	}
	return removed, nil
}
