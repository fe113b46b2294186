package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

var _ store.MapRunStore = (*Store)(nil)

// A mapRun is a row of map_runs.
type mapRun struct {
	id, execution int64
	run           store.MapRun // without its execution
}

const mapRunColumns = "id, execution, open, version, arn, state, sum"

func (r *mapRun) sum() sum {
	return sum(0).number(r.id).number(r.execution).flag(r.run.Open).number(r.run.Version).text(r.run.ARN).bytes(r.run.State)
}

// scanMapRun reads a row of [mapRunColumns], behind other columns. The error of a row that is
// not as it was written comes along with it.
func scanMapRun(rows pgx.Rows, k *key, further ...any) (*mapRun, error) {
	r := &mapRun{}
	var sum int64
	into := []any{&r.id, &r.execution, &r.run.Open, &r.run.Version, &r.run.ARN, &r.run.State, &sum}
	if k != nil {
		into = append([]any{(*[16]byte)(k)}, into...)
	}
	if err := rows.Scan(append(into, further...)...); err != nil {
		return nil, err
	}
	return r, check("the Map Run", r.id, sum, r.sum())
}

func (r resultRow) sum(k resultKey) sum {
	return sum(0).number(k.run).number(k.child).flag(r.bad).bytes(r.result)
}

// notNull returns bytes that the database does not take for NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// change puts a run on its way.
func (w *writer) change(k key, r *mapRun) {
	if w.next.runs == nil {
		w.next.runs = map[int64]*mapRun{}
	}
	w.next.runs[r.id] = r
	w.known.runs[k] = run{id: r.id, execution: r.execution, version: r.run.Version}
}

// CreateMapRun implements [store.MapRunStore].
func (s *Store) CreateMapRun(ctx context.Context, r store.MapRun) error {
	n := needs{execution: keyOf(r.Execution), run: keyOf(r.ARN)}
	return s.do(ctx, "create a Map Run", change{needs: n, size: len(r.State), apply: func(w *writer) error {
		h, known := w.known.heads[n.execution], w.known.runs[n.run]
		switch {
		case h.damaged != nil || known.damaged != nil:
			return errors.Join(h.damaged, known.damaged)
		case h.id == 0:
			return store.ErrExecutionDoesNotExist
		case known.id != 0:
			return store.ErrMapRunAlreadyExists
		}
		now := r
		now.Version, now.State = 1, notNull(r.State)
		w.change(n.run, &mapRun{id: w.id(), execution: h.id, run: now})
		return nil
	}})
}

// ChangeMapRun implements [store.MapRunStore].
func (s *Store) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	n, size := needs{run: keyOf(arn)}, len(c.State)
	for i := range c.Results {
		if index := c.Results[i].Index; index < 0 {
			return s.wrap("change a Map Run", fmt.Errorf("the result has the index %d, it must be 0 or more", index))
		}
		size += len(c.Results[i].Result)
	}
	return s.do(ctx, "change a Map Run", change{needs: n, size: size, apply: func(w *writer) error {
		known := w.known.runs[n.run]
		switch {
		case known.damaged != nil:
			return known.damaged
		case known.id == 0 || known.version != version:
			return store.ErrConflict
		}
		w.change(n.run, &mapRun{id: known.id, execution: known.execution, run: store.MapRun{ARN: arn, Open: c.Open, Version: version + 1, State: notNull(c.State)}})
		if w.next.results == nil {
			w.next.results = map[resultKey]resultRow{}
		}
		for i := range c.Results {
			r := &c.Results[i]
			w.next.results[resultKey{known.id, r.Index}] = resultRow{r.Bad, notNull(r.Result)}
		}
		return nil
	}})
}

// MapRun implements [store.MapRunStore].
func (s *Store) MapRun(ctx context.Context, arn string) (run store.MapRun, err error) {
	found := false
	err = s.read(ctx, "read a Map Run", func(c queryer) error {
		found = false
		rows, err := c.Query(ctx, "SELECT "+mapRunColumns+", (SELECT arn FROM executions WHERE id = execution) FROM map_runs WHERE key = $1", [16]byte(keyOf(arn)))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var execution *string
			r, err := scanMapRun(rows, nil, &execution)
			if err != nil {
				return err
			}
			if run, found = r.run, true; execution != nil {
				run.Execution = *execution
			}
		}
		return rows.Err()
	})
	if err == nil && !found {
		err = store.ErrMapRunDoesNotExist
	}
	return run, err
}

// MapRuns implements [store.MapRunStore].
func (s *Store) MapRuns(ctx context.Context, execution, after string, limit int) (runs []store.MapRun, err error) {
	err = s.read(ctx, "list Map Runs", func(c queryer) error {
		runs = nil
		below := int64(math.MaxInt64)
		if after != "" {
			err := c.QueryRow(ctx, "SELECT id FROM map_runs WHERE key = $1", [16]byte(keyOf(after))).Scan(&below)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		rows, err := c.Query(ctx, "SELECT "+mapRunColumns+" FROM map_runs WHERE execution = (SELECT id FROM executions WHERE key = $1) AND id < $2 ORDER BY id DESC LIMIT $3",
			[16]byte(keyOf(execution)), below, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanMapRun(rows, nil)
			if err != nil {
				return err
			}
			r.run.Execution = execution
			runs = append(runs, r.run)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

// OpenMapRuns implements [store.MapRunStore].
func (s *Store) OpenMapRuns(ctx context.Context) (arns []string, err error) {
	err = s.read(ctx, "list open Map Runs", func(c queryer) error {
		rows, err := c.Query(ctx, "SELECT arn FROM map_runs WHERE open ORDER BY id")
		if err != nil {
			return err
		}
		arns, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, err
	}
	return arns, nil
}

// MapRunResults implements [store.MapRunStore].
func (s *Store) MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) (found []store.MapRunResult, err error) {
	condition := ""
	if bad {
		condition = " AND bad"
	}
	// What is beyond the portion stays at the server.
	query := `SELECT run, child, bad, result, sum FROM (
			SELECT *, sum(length(result)) OVER (ORDER BY child) - length(result) AS before
			FROM (SELECT run, child, bad, result, sum FROM map_results
				WHERE run = (SELECT id FROM map_runs WHERE key = $1) AND child >= $2` + condition + ` ORDER BY child LIMIT $3) r
		) r WHERE before < $4 ORDER BY child`
	err = s.read(ctx, "read the results of a Map Run", func(c queryer) error {
		rows, err := c.Query(ctx, query, [16]byte(keyOf(arn)), from, limit, portionBytes)
		if err != nil {
			return err
		}
		found = nil
		var k resultKey
		var r resultRow
		var sum int64
		_, err = pgx.ForEachRow(rows, []any{&k.run, &k.child, &r.bad, &r.result, &sum}, func() error {
			found = append(found, store.MapRunResult{Index: k.child, Bad: r.bad, Result: r.result})
			return check("the result", k.child, sum, r.sum(k))
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
