package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

// Create implements [store.Store].
func (s *Store) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return s.CreateNotifying(ctx, r, definition, lines, nil)
}

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, arn string, length int, c store.Change) error {
	return s.AppendNotifying(ctx, arn, length, c, nil)
}

// creation is the change that Create makes.
func creation(r store.Record, definition string, lines, notifications [][]byte) (change, error) {
	if err := checkLines(lines); err != nil {
		return change{}, err
	}
	k := keyOf(r.ARN)
	apply := func(w *writer) error {
		if h := w.known.heads[k]; h.damaged != nil {
			return h.damaged
		} else if h.id != 0 {
			return store.ErrExecutionAlreadyExists
		}
		pinned, err := w.pin(machine{r.MachineARN, r.Machine, r.VersionARN, r.AliasARN, r.Definition}, definition)
		if err != nil {
			return err
		}
		h := head{id: w.id(), machine: pinned, running: r.Status == states.StatusRunning}
		x, start, stop := &w.next.created, dateText(r.StartDate), stopText(r.StopDate)
		var length *int
		if !h.running {
			n := len(lines)
			length = &n
		}
		x.ids, x.keys, x.machines = append(x.ids, h.id), append(x.keys, k), append(x.machines, pinned)
		x.arns, x.names, x.starts = append(x.arns, r.ARN), append(x.names, r.Name), append(x.starts, start)
		x.options, x.tokenKeys = append(x.options, r.Options), append(x.tokenKeys, r.TokenKey)
		x.sums = append(x.sums, int64(executionSum(h.id, r.ARN, r.Name, pinned, start, r.Options, r.TokenKey)))
		x.statuses, x.stops, x.lengths = append(x.statuses, string(r.Status)), append(x.stops, stop), append(x.lengths, length)
		x.stateSums = append(x.stateSums, int64(stateSum(h.id, string(r.Status), optional(stop), length)))
		w.log(&h, lines)
		w.due(&h, unixNano(r.Due))
		w.known.heads[k] = h
		w.notify(notifications)
		return nil
	}
	return change{needs: needs{execution: k}, apply: apply, size: 500 + sizeOf(lines) + sizeOf(notifications)}, nil
}

// addition is the change that Append makes.
func addition(arn string, length int, c store.Change, notifications [][]byte) (change, error) {
	if err := checkLines(c.Lines); err != nil {
		return change{}, err
	}
	k := keyOf(arn)
	apply := func(w *writer) error {
		h := w.known.heads[k]
		switch {
		case h.damaged != nil:
			return h.damaged
		case h.id == 0 || h.length != length && length != store.AnyLength:
			return store.ErrConflict
		}
		w.log(&h, c.Lines)
		if c.End != nil {
			w.finish(&h, c.End)
		}
		w.due(&h, unixNano(c.Due))
		w.known.heads[k] = h
		w.notify(notifications)
		return nil
	}
	return change{needs: needs{execution: k}, apply: apply, size: 100 + sizeOf(c.Lines) + sizeOf(notifications)}, nil
}

// log adds a row to the log and moves the head on.
func (w *writer) log(h *head, lines [][]byte) {
	if len(lines) == 0 {
		return
	}
	l := &w.next.log
	start := len(l.text)
	for i, line := range lines {
		if i > 0 {
			l.text = append(l.text, '\n')
		}
		l.text = append(l.text, line...)
	}
	text := l.text[start:len(l.text):len(l.text)]
	l.executions, l.lines = append(l.executions, h.id), append(l.lines, text)
	l.positions, l.counts = append(l.positions, int32(h.length)), append(l.counts, int32(len(lines)))
	l.sums = append(l.sums, int64(rowSum(h.id, h.length, len(lines), text)))
	h.length += len(lines)
}

// due changes when an execution is due. One that has ended is never due.
func (w *writer) due(h *head, due int64) {
	if !h.running {
		due = 0
	}
	if h.due == due {
		return
	}
	if w.next.dues == nil {
		w.next.dues = map[int64]int64{}
	}
	h.due, w.next.dues[h.id] = due, due
}

// finish changes the state of an execution that ends, or is taken up again.
func (w *writer) finish(h *head, end *store.End) {
	h.running = end.Status == states.StatusRunning
	row := stateRow{status: string(end.Status), stop: stopText(end.StopDate)}
	if !h.running {
		length := h.length
		row.length = &length
	}
	row.sum = int64(stateSum(h.id, row.status, optional(row.stop), row.length))
	if w.next.states == nil {
		w.next.states = map[int64]stateRow{}
	}
	w.next.states[h.id] = row
}

// A machine is a machine's name, and the version and alias that executions were started
// by, with the definition that they are pinned to.
type machine struct {
	arn, name, version, alias, definition string
}

func (m machine) sum(id int64) sum {
	return sum(0).number(id).text(m.arn).text(m.name).text(m.version).text(m.alias).text(m.definition)
}

// pin returns the id of a pinned machine, which is added with its definition if the
// database doesn't have it.
func (w *writer) pin(m machine, definition string) (int64, error) {
	if id := w.known.machines[m]; id != 0 {
		return id, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var id int64
	err := w.looker.QueryRow(ctx, "SELECT id FROM machines WHERE arn = $1 AND name = $2 AND version = $3 AND alias = $4 AND definition = $5 LIMIT 1",
		m.arn, m.name, m.version, m.alias, m.definition).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = w.id(), nil
		w.next.definitions = append(w.next.definitions, definitionRow{m.definition, definition})
		w.next.machines = append(w.next.machines, machineRow{id, m})
	}
	if err != nil {
		return 0, err
	}
	w.known.machines[m] = id
	return id, nil
}

// checkLines refuses a line that breaks: it would be read as two.
func checkLines(lines [][]byte) error {
	for i, line := range lines {
		if len(line) == 0 || bytes.IndexByte(line, '\n') >= 0 {
			return fmt.Errorf("line %d of %d is empty or has a line break: %q", i+1, len(lines), line)
		}
	}
	return nil
}

func sizeOf(texts [][]byte) (n int) {
	for _, text := range texts {
		n += len(text)
	}
	return n
}

// dateLayout has a fixed width, so that the order of the texts is that of the times.
const dateLayout = "2006-01-02T15:04:05.000000000Z"

func dateText(t time.Time) string { return t.UTC().Format(dateLayout) }

// stopText returns "" for the zero time.
func stopText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return dateText(t)
}

// optional returns nil for "", which the database has as NULL.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// executionSum returns the sum of what an execution's row always has.
func executionSum(id int64, arn, name string, machine int64, start string, options, tokenKey []byte) sum {
	return sum(0).number(id).text(arn).text(name).number(machine).text(start).optional(options).optional(tokenKey)
}

// stateSum returns the sum of what changes in an execution's row.
func stateSum(id int64, status string, stop *string, length *int) sum {
	s := sum(0).number(id).text(status)
	if stop != nil {
		s = s.text(*stop)
	}
	if length != nil {
		s = s.number(int64(*length))
	}
	return s
}

// rowSum returns the sum of a row of the log.
func rowSum(execution int64, position, count int, lines []byte) sum {
	return sum(0).number(execution).number(int64(position)).number(int64(count)).bytes(lines)
}

func definitionSum(hash string, text []byte) sum { return sum(0).text(hash).bytes(text) }
