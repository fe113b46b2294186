package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

// columns are those of a record, as readRecords takes them, and from has the tables.
const (
	columns = `e.id, d.execution, e.arn, e.name, e.machine, e.start_date, e.options, e.token_key, e.sum, e.status, e.stop_date, e.length, e.state_sum,
		d.due, d.sum, m.arn, m.name, m.version, m.alias, m.definition, m.sum`
	from = ` FROM executions e LEFT JOIN due d ON d.execution = e.id LEFT JOIN machines m ON m.id = e.machine`
)

// A record is a row of [columns].
type record struct {
	store.Record
	place
	stop         string // "" while it runs
	machine, due int64
	damaged      error // why it is not as it was written
}

// A place is where an execution stands in an order by its start.
type place struct {
	start string // the start_date
	id    int64
}

// readRecords calls each with the records that rows have. Each keeps none of them.
func readRecords(rows pgx.Rows, each func(r *record) error) error {
	defer rows.Close()
	for rows.Next() {
		var id, dueID, machineID, sum, stateSum, due, dueSum, machineSum *int64
		var arn, name, start, status, stop *string
		var length *int
		var m [5]*string
		var r record
		err := rows.Scan(&id, &dueID, &arn, &name, &machineID, &start, &r.Options, &r.TokenKey, &sum, &status, &stop, &length, &stateSum,
			&due, &dueSum, &m[0], &m[1], &m[2], &m[3], &m[4], &machineSum)
		if err != nil {
			return err
		}
		if due != nil {
			r.due = *due
		}
		if id == nil { // what is due has no execution
			r.id, r.damaged = *dueID, missing(*dueID)
		} else {
			r.place, r.machine, r.ARN, r.Name = place{*start, *id}, *machineID, *arn, *name
			if stop != nil {
				r.stop = *stop
			}
			r.damaged = r.fill(*start, *status, stop, length, *sum, *stateSum, due, dueSum, m, machineSum)
		}
		if r.damaged != nil {
			r.Record = store.Record{ARN: r.ARN}
		}
		if err := each(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// fill takes over the columns, and checks them.
func (r *record) fill(start, status string, stop *string, length *int, sum, state int64, due, dueSum *int64, m [5]*string, machineSum *int64) (err error) {
	if err := check("the record", r.id, sum, executionSum(r.id, r.ARN, r.Name, r.machine, start, r.Options, r.TokenKey)); err != nil {
		return err
	}
	if err := check("the state of the record", r.id, state, stateSum(r.id, status, stop, length)); err != nil {
		return err
	}
	if err := checkDue(r.id, due, dueSum); err != nil {
		return err
	}
	if machineSum == nil {
		return fmt.Errorf("%w: machine %d is missing", ErrCorrupt, r.machine)
	}
	pinned := machine{*m[0], *m[1], *m[2], *m[3], *m[4]}
	if err := check("machine", r.machine, *machineSum, pinned.sum(r.machine)); err != nil {
		return err
	}
	r.MachineARN, r.Machine, r.VersionARN, r.AliasARN, r.Definition = pinned.arn, pinned.name, pinned.version, pinned.alias, pinned.definition
	r.Status = states.Status(status)
	if r.StartDate, err = time.Parse(dateLayout, start); err == nil && stop != nil {
		r.StopDate, err = time.Parse(dateLayout, *stop)
	}
	r.Due = dueTime(r.due)
	return err
}

// Log implements [store.Store].
func (s *Store) Log(ctx context.Context, arn string) ([][]byte, error) {
	lines, _, err := s.readLog(ctx, arn, func([]byte) bool { return false }, 0)
	return lines, err
}

// tailRows is how many rows of a log Tail reads at first, and then eight times as many each time.
const tailRows = 64

// Tail implements [store.Tailer].
func (s *Store) Tail(ctx context.Context, arn string, first func(line []byte) bool) ([][]byte, int, error) {
	return s.readLog(ctx, arn, first, tailRows)
}

// readLog is Tail. It reads so many rows at first, or all for 0.
func (s *Store) readLog(ctx context.Context, arn string, first func([]byte) bool, rows int) ([][]byte, int, error) {
	var l *logReader
	err := s.read(ctx, "read a log", func(c queryer) (err error) {
		l = &logReader{arn: arn, first: first, free: -1}
		for limit := rows; err == nil && !l.enough; limit *= 8 {
			err = l.read(ctx, c, limit)
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	lines := make([][]byte, 0, l.count)
	for _, texts := range slices.Backward(l.rows) {
		lines = append(lines, texts...)
	}
	return lines, l.before, nil
}

// A logReader reads a log from its last row towards the first.
type logReader struct {
	arn    string
	first  func([]byte) bool
	id     int64      // of the execution, once a row was read
	rows   [][][]byte // the lines of rows, the last row first
	count  int        // lines in them
	free   int        // lines that stand before them; -1 while that is not known
	before int        // lines that stand before what was looked for
	enough bool
}

// read reads some more rows, or all that there are for a limit of 0.
func (l *logReader) read(ctx context.Context, c queryer, limit int) error {
	const query = `SELECT e.arn, e.id, e.length, l.position, l.count, l.sum, l.lines FROM executions e
		LEFT JOIN LATERAL (SELECT * FROM log WHERE execution = e.id AND position < $2 ORDER BY position DESC LIMIT $3) l ON true
		WHERE e.key = $1 ORDER BY l.position DESC`
	var most *int
	if limit > 0 {
		most = &limit
	}
	below := math.MaxInt32
	if l.free >= 0 {
		below = l.free
	}
	rows, err := c.Query(ctx, query, [16]byte(keyOf(l.arn)), below, most)
	if err != nil {
		return err
	}
	var found string
	var id int64
	var length, position, count *int
	var sum *int64
	var text []byte
	read := 0
	_, err = pgx.ForEachRow(rows, []any{&found, &id, &length, &position, &count, &sum, &text}, func() error {
		read++
		if found != l.arn {
			return check("the record", id, 0, 1)
		}
		if l.free >= 0 && id != l.id {
			return errAnother
		}
		if l.id = id; position == nil {
			return l.lacks(id, length)
		}
		if err := check("a row of the log of execution", id, *sum, rowSum(id, *position, *count, text)); err != nil {
			return err
		}
		return l.take(id, length, *position, bytes.Split(text, []byte{'\n'}))
	})
	switch {
	case errors.Is(err, errEnough):
		return nil
	case errors.Is(err, errAnother):
		*l = logReader{arn: l.arn, first: l.first, free: -1}
		return nil
	case err != nil:
		return err
	case read == 0: // there is no such execution, or no longer
		*l = logReader{enough: true}
	case limit == 0 || l.free <= 0:
		return l.lacks(id, length)
	}
	return nil
}

// errEnough ends the reading of rows, and so does errAnother: the execution was removed meanwhile, and
// there is another one with its ARN.
var (
	errEnough  = errors.New("postgres: enough was read")
	errAnother = errors.New("postgres: another execution")
)

// take takes over the lines of a row, which stands before the others.
func (l *logReader) take(id int64, length *int, position int, texts [][]byte) error {
	end := position + len(texts)
	switch {
	case l.free >= 0 && end != l.free:
		return fmt.Errorf("%w: the log of execution %d lacks the lines %d to %d", ErrCorrupt, id, end, l.free-1)
	case l.free < 0 && length != nil && end < *length: // lines may be added to an execution that has ended
		return fmt.Errorf("%w: the log of execution %d has %d lines, it had %d", ErrCorrupt, id, end, *length)
	}
	l.free = position
	for i, line := range slices.Backward(texts) {
		if l.first(line) {
			l.before, l.enough = position+i, true
			texts = texts[i:]
			break
		}
	}
	l.rows, l.count = append(l.rows, texts), l.count+len(texts)
	if l.enough {
		return errEnough
	}
	return nil
}

// lacks ends the reading where there are no more rows.
func (l *logReader) lacks(id int64, length *int) error {
	l.enough = true
	switch {
	case l.free > 0:
		return fmt.Errorf("%w: the log of execution %d lacks the lines 0 to %d", ErrCorrupt, id, l.free-1)
	case l.free < 0 && length != nil && *length > 0:
		return fmt.Errorf("%w: the log of execution %d has no lines, it had %d", ErrCorrupt, id, *length)
	}
	return nil
}

// Record implements [store.Store].
func (s *Store) Record(ctx context.Context, arn string) (store.Record, error) {
	var found *record
	err := s.read(ctx, "read a record", func(c queryer) error {
		found = nil
		rows, err := c.Query(ctx, "SELECT "+columns+from+" WHERE e.key = $1", [16]byte(keyOf(arn)))
		if err != nil {
			return err
		}
		return readRecords(rows, func(r *record) error {
			found = r
			return r.damaged
		})
	})
	switch {
	case err != nil:
		return store.Record{}, err
	case found == nil:
		return store.Record{}, store.ErrExecutionDoesNotExist
	}
	return found.Record, nil
}

// Definition implements [store.Store].
func (s *Store) Definition(ctx context.Context, hash string) (string, error) {
	var text []byte
	err := s.read(ctx, "read a definition", func(c queryer) error {
		var sum int64
		err := c.QueryRow(ctx, "SELECT definition, sum FROM definitions WHERE hash = $1", hash).Scan(&text, &sum)
		if !errors.Is(err, pgx.ErrNoRows) {
			return errors.Join(err, check("the definition", hash, sum, definitionSum(hash, text)))
		}
		var used bool
		if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM machines WHERE definition = $1)", hash).Scan(&used); err != nil {
			return err
		}
		if used {
			return fmt.Errorf("%w: the definition %s is missing", ErrCorrupt, hash)
		}
		return fmt.Errorf("there is none with the hash %q", hash)
	})
	if err != nil {
		return "", err
	}
	return string(text), nil
}
