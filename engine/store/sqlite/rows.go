package sqlite

import "strings"

// logColumns is how many a log row has.
const logColumns = 8

// insertRows are the statements that insert as many log rows at a time. Statements
// cost more than rows. The lines are bound as bytes, which spares a copy, and become text
// here. For FAIL see insertExecution.
var insertRows = []struct {
	rows int
	text string
}{{32, insertLog(32)}, {8, insertLog(8)}, {1, insertLog(1)}}

func insertLog(rows int) string {
	return "INSERT OR FAIL INTO log (id, execution, previous, position, count, lines, due, sum) VALUES " +
		strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?), ", rows), ", ")
}

// insert inserts the log rows that wait for it: as many as make whole statements, or
// all.
func (w *writer) insert(all bool) error {
	rows := w.rows
	for _, statement := range insertRows {
		n := statement.rows * logColumns
		for len(rows) >= n {
			if err := w.conn.exec(statement.text, rows[:n]...); err != nil {
				return err
			}
			rows = rows[n:]
		}
		if !all {
			break
		}
	}
	w.dropRows(len(w.rows) - len(rows))
	return nil
}

// maxText bounds the room for lines that is kept for the next rows.
const maxText = 1 << 20

// dropRows drops columns of rows from the front.
func (w *writer) dropRows(n int) {
	kept := copy(w.rows, w.rows[n:])
	clear(w.rows[kept:])
	if w.rows = w.rows[:kept]; kept > 0 {
		return
	}
	if w.text = w.text[:0]; cap(w.text) > maxText {
		w.text = nil
	}
}
