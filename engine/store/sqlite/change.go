package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// Create implements [store.Store].
func (s *Store) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	create, err := creation(r, definition, lines)
	if err != nil {
		return s.wrap("create", err)
	}
	return s.do(ctx, "create", create)
}

// creation is the change that Create makes.
func creation(r store.Record, definition string, lines [][]byte) (change, error) {
	if err := checkLines(lines); err != nil {
		return nil, err
	}
	return func(w *writer) (refused, failed error) {
		m := machine{r.MachineARN, r.Machine, r.VersionARN, r.AliasARN, r.Definition}
		if w.pinned[m] == 0 {
			// What is refused must not pin a machine.
			if known, err := w.head(r.ARN); known != nil || err != nil {
				return store.ErrExecutionAlreadyExists, err
			}
		}
		pinned, err := w.pin(m, definition)
		if err != nil {
			return nil, err
		}
		options, err := w.keepOptions(r.Options)
		if err != nil {
			return nil, err
		}
		h := head{execution: w.execution + 1, length: len(lines), due: dueOf(&r)}
		if len(lines) > 0 {
			h.row = w.row + 1
		}
		due := h.noteNew(r.Status)
		start, stop, k := dateText(r.StartDate), dateValue(r.StopDate), key(store.KeyOf(r.ARN))
		var tokenKey driver.Value
		if r.TokenKey != nil {
			tokenKey = r.TokenKey
		}
		err = w.conn.exec(insertExecution,
			h.execution, r.ARN, r.Name, pinned, string(r.Status), start, stop, options, h.row, int64(h.length), k, due,
			executionSum(h.execution, r.ARN, r.Name, pinned, start, options, k, tokenKey),
			stateSum(h.execution, string(r.Status), stop, h.row, int64(h.length), due), tokenKey)
		if isNull(err) {
			return store.ErrExecutionAlreadyExists, nil
		}
		if err != nil {
			return nil, err
		}
		w.execution++
		w.staged[r.ARN] = &h
		if len(lines) == 0 {
			return nil, nil
		}
		return nil, w.log(&head{execution: h.execution, due: h.due}, lines)
	}, nil
}

// insertExecution adds an execution. If the file has its ARN, the new row's would be NULL,
// which the table refuses: one statement that looks and adds takes less than two. FAIL
// leaves what was done before to the transaction, and spares SQLite a journal of the
// statement.
const insertExecution = `INSERT OR FAIL INTO executions
	(id, arn, name, machine, status, start_date, stop_date, options, last_row, length, key, due, sum, state_sum, token_key)
	VALUES (?1, CASE WHEN EXISTS (SELECT 1 FROM executions WHERE key = ?11 AND arn = ?2) THEN NULL ELSE ?2 END,
		?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, arn string, length int, c store.Change) error {
	add, err := addition(arn, length, c)
	if err != nil {
		return s.wrap("append", err)
	}
	return s.do(ctx, "append", add)
}

// addition is the change that Append makes.
func addition(arn string, length int, c store.Change) (change, error) {
	if err := checkLines(c.Lines); err != nil {
		return nil, err
	}
	return func(w *writer) (refused, failed error) {
		known, err := w.head(arn)
		if err != nil {
			return nil, err
		}
		if known == nil || known.length != length && length != store.AnyLength {
			return store.ErrConflict, nil
		}
		h := *known
		h.due = unixNano(c.Due)
		if len(c.Lines) > 0 {
			if err := w.log(&h, c.Lines); err != nil {
				return nil, err
			}
		}
		switch {
		case c.End != nil:
			err = w.finish(&h, c.End)
		case len(c.Lines) == 0 && h.due != known.due:
			err = w.noteHead(&h) // no row of the log says so
		}
		if err != nil {
			return nil, err
		}
		w.staged[arn] = &h
		return nil, nil
	}, nil
}

// finish changes the record of an execution that ends, or is taken up again.
func (w *writer) finish(h *head, end *store.End) error {
	h.noted = h.row
	due := any(h.due)
	if end.Status != states.StatusRunning {
		h.due, due = 0, nil
	}
	return w.state(h, string(end.Status), dateValue(end.StopDate), due)
}

// state writes what changes in an execution's row.
func (w *writer) state(h *head, status string, stop, due driver.Value) error {
	length := int64(h.length)
	return w.conn.exec("UPDATE executions SET status = ?, stop_date = ?, last_row = ?, length = ?, due = ?, state_sum = ? WHERE id = ?",
		status, stop, h.row, length, due, stateSum(h.execution, status, stop, h.row, length, due), h.execution)
}

// log adds a row to the log and moves the head on.
func (w *writer) log(h *head, lines [][]byte) error {
	w.row++
	start := len(w.text)
	for i, line := range lines {
		if i > 0 {
			w.text = append(w.text, '\n')
		}
		w.text = append(w.text, line...)
	}
	text := w.text[start:len(w.text):len(w.text)]
	w.rows = append(w.rows, w.row, h.execution, h.row, int64(h.length), int64(len(lines)), text, dueValue(h.due),
		rowSum(w.row, h.execution, h.row, int64(h.length), int64(len(lines)), h.due, text))
	h.row = w.row
	h.length += len(lines)
	w.noting.rows++
	return w.insert(false)
}

// A machine is a machine's name, and the version and alias that executions were started
// by, with the definition that they are pinned to.
type machine struct {
	arn, name, version, alias, definition string
}

func (m machine) sum(id int64) int64 {
	return sumOf(id, m.arn, m.name, m.version, m.alias, m.definition)
}

// pin returns the id of a pinned machine, which is added with its definition if the
// file doesn't have it.
func (w *writer) pin(m machine, definition string) (int64, error) {
	if id := w.pinned[m]; id != 0 {
		return id, nil
	}
	const find = "SELECT id FROM machines WHERE arn = ? AND name = ? AND version = ? AND alias = ? AND definition = ?"
	id, err := w.conn.integer(find, m.arn, m.name, m.version, m.alias, m.definition)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		err = w.conn.exec("INSERT OR IGNORE INTO definitions (hash, definition, sum) VALUES (?, ?, ?)",
			m.definition, definition, sumOf(m.definition, definition))
		if err != nil {
			return 0, err
		}
		err = w.conn.exec("INSERT INTO machines (arn, name, version, alias, definition) VALUES (?, ?, ?, ?, ?)",
			m.arn, m.name, m.version, m.alias, m.definition)
		if err != nil {
			return 0, err
		}
		if id, err = w.conn.integer(find, m.arn, m.name, m.version, m.alias, m.definition); err != nil {
			return 0, err
		}
		if err = w.conn.exec("UPDATE machines SET sum = ? WHERE id = ?", m.sum(id), id); err != nil {
			return 0, err
		}
	}
	if len(w.pinned) >= maxCached {
		clear(w.pinned)
	}
	w.pinned[m] = id
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

// dateLayout has a fixed width, so that the order of the texts is that of the times.
const dateLayout = "2006-01-02T15:04:05.000000000Z"

func dateText(t time.Time) string { return t.UTC().Format(dateLayout) }

// dateValue returns NULL for the zero time.
func dateValue(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return dateText(t)
}
