package sqlite

import (
	"database/sql/driver"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"sync/atomic"
)

// sumSchema adds checksums to the rows, in which a disk may change a bit without a word.
// Rows of an earlier release have none; meta tells up to which.
const sumSchema = `
	ALTER TABLE meta ADD COLUMN sum INTEGER;
	INSERT INTO meta (name, value) SELECT 'unsummed rows', ifnull(max(id), 0) FROM log;
	INSERT INTO meta (name, value) SELECT 'unsummed executions', ifnull(max(id), 0) FROM executions;
	ALTER TABLE log ADD COLUMN sum INTEGER;
	ALTER TABLE executions ADD COLUMN sum INTEGER;
	ALTER TABLE executions ADD COLUMN state_sum INTEGER;
	ALTER TABLE machines ADD COLUMN sum INTEGER;
	ALTER TABLE definitions ADD COLUMN sum INTEGER;
	ALTER TABLE options ADD COLUMN sum INTEGER;
	ALTER TABLE documents ADD COLUMN sum INTEGER;
	ALTER TABLE notifications ADD COLUMN sum INTEGER;
`

// unsummed are the newest rows that have no checksum. They are those of the schema's
// migration, and change no more.
type unsummed struct{ rows, executions atomic.Int64 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A sum is a checksum of columns, in their order. Whatever changes in one number changes
// the sum, since each step can be undone.
type sum uint64

func (s sum) number(n int64) sum {
	x := (uint64(s) + 0x9e3779b97f4a7c15) ^ uint64(n)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return sum(x ^ x>>31)
}

// text adds a text, eight bytes at a time. It makes no garbage.
func text[T string | []byte](s sum, t T) sum {
	s = s.number(int64(len(t)))
	for ; len(t) >= 8; t = t[8:] {
		s = s.number(int64(t[0]) | int64(t[1])<<8 | int64(t[2])<<16 | int64(t[3])<<24 |
			int64(t[4])<<32 | int64(t[5])<<40 | int64(t[6])<<48 | int64(t[7])<<56)
	}
	for i := range len(t) {
		s = s.number(int64(t[i]))
	}
	return s
}

func (s sum) text(t string) sum { return text(s, t) }

// value adds a column that may be of several types, or NULL.
func (s sum) value(v driver.Value) sum {
	switch v := v.(type) {
	case nil:
		return s.number(math.MinInt64)
	case int64:
		return s.number(v)
	case string:
		return text(s, v)
	case []byte:
		return text(s, v)
	}
	return s
}

// sumOf returns the sum of columns.
func sumOf(columns ...driver.Value) int64 {
	var s sum
	for _, v := range columns {
		s = s.value(v)
	}
	return int64(s)
}

// check compares a sum that a row has with that of what else it has. A row may be without
// one when it is as old as that.
func check(what string, id any, has driver.Value, want int64, old bool) error {
	if has == nil && old || has == want {
		return nil
	}
	return fmt.Errorf("%w: %s %v is not as it was written", ErrCorrupt, what, id)
}

// rowSum returns the sum of a row of the log: above that of its numbers, below that of
// its lines. Opening a file reads the former alone.
func rowSum(id, execution, previous, position, count, due int64, lines []byte) int64 {
	below := uint32(sum(0).number(id).number(int64(crc32.Checksum(lines, castagnoli))))
	return int64(uint64(rowHeadSum(id, execution, previous, position, count, due))<<32 | uint64(below))
}

func rowHeadSum(id, execution, previous, position, count, due int64) uint32 {
	return uint32(sum(0).number(id).number(execution).number(previous).number(position).number(count).number(due))
}

// executionSum returns the sum of what an execution's row always has.
func executionSum(id int64, arn, name string, machine int64, start string, options driver.Value, key int64, tokenKey driver.Value) int64 {
	s := sum(0).number(id).text(arn).text(name).number(machine).text(start).value(options).number(key)
	if tokenKey != nil { // earlier releases had no such column
		s = s.value(tokenKey)
	}
	return int64(s)
}

// stateSum returns the sum of what changes in an execution's row. The due is NULL or a
// number.
func stateSum(id int64, status string, stop driver.Value, row, length int64, due driver.Value) int64 {
	return int64(sum(0).number(id).text(status).value(stop).number(row).number(length).value(due))
}

// meta returns one of the store's own notes.
func (c *conn) meta(name string) (int64, error) {
	row, err := c.values("SELECT value, sum FROM meta WHERE name = ?", name)
	if err != nil {
		return 0, err
	}
	if row == nil {
		return 0, fmt.Errorf("%w: the note %q is missing", ErrCorrupt, name)
	}
	n, _ := row[0].(int64)
	return n, check("the note", name, row[1], sumOf(name, n), false)
}

// setMeta changes one of the store's own notes.
func (c *conn) setMeta(name string, n int64) error {
	return c.exec("UPDATE meta SET value = ?, sum = ? WHERE name = ?", n, sumOf(name, n), name)
}

// summed are the tables whose rows are few, with the columns that the sum of each is of.
var summed = []struct {
	table   string
	columns []string
}{
	{"machines", []string{"id", "arn", "name", "version", "alias", "definition"}},
	{"definitions", []string{"hash", "definition"}},
	{"options", []string{"id", "options"}},
	{"documents", []string{"collection", "key", "document"}},
	{"notifications", []string{"notification"}},
	{"meta", []string{"name", "value"}},
}

// sumRows gives those rows their sums, when a file of an earlier release gets sums.
func (c *conn) sumRows() error {
	for _, t := range summed {
		key := "rowid"
		if t.table == "meta" {
			key = "name" // it has no other
		}
		type row struct{ key, sum any }
		var all []row
		err := c.query(func(columns []driver.Value) error {
			all = append(all, row{columns[0], sumOf(columns[1:]...)})
			return nil
		}, "SELECT "+key+", "+strings.Join(t.columns, ", ")+" FROM "+t.table)
		if err != nil {
			return err
		}
		for _, r := range all {
			if err := c.exec("UPDATE "+t.table+" SET sum = ? WHERE "+key+" = ?", r.sum, r.key); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadUnsummed reads up to where the file has rows without checksums.
func (s *Store) loadUnsummed(c *conn) error {
	for name, n := range map[string]*atomic.Int64{"unsummed rows": &s.unsummed.rows, "unsummed executions": &s.unsummed.executions} {
		newest, err := c.meta(name)
		if err != nil {
			return err
		}
		n.Store(newest)
	}
	return nil
}
