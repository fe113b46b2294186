package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite"
)

// A customer is a row of the CSV file.
type customer struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	City  string `json:"city"`
	Cents string `json:"cents"`
}

// A shop keeps customers in SQLite.
type shop struct {
	db       *sql.DB
	rows     atomic.Int64 // that are there
	inserts  chan insert
	finished chan struct{}
	prepared map[int]*sql.Stmt // by how many customers they insert; the worker's
}

// An insert is a batch that a task waits for.
type insert struct {
	customers []customer
	done      chan error
}

// openShop opens the database. What is committed is still there when the process is killed.
func openShop(path string) (*shop, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	const table = `CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, city TEXT, cents INTEGER) STRICT`
	if _, err := db.Exec(table); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &shop{db: db, inserts: make(chan insert), finished: make(chan struct{}), prepared: make(map[int]*sql.Stmt)}
	rows, _, err := s.total()
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.rows.Store(int64(rows))
	go s.work()
	return s, nil
}

// Close ends the work when no task inserts any more.
func (s *shop) Close() error {
	close(s.inserts)
	<-s.finished
	return s.db.Close()
}

// total returns the number of customers, and the sum of their cents.
func (s *shop) total() (rows, sum int, err error) {
	err = s.db.QueryRow("SELECT count(*), coalesce(sum(cents), 0) FROM customers").Scan(&rows, &sum)
	return rows, sum, err
}

// A batch is what the ItemBatcher makes of rows.
type batch struct {
	Items []customer
}

// A summary is the result of a batch.
type summary struct {
	From string `json:"from"`
	To   string `json:"to"`
	Rows int    `json:"rows"`
}

// insert is the task: it returns when the batch is committed. It may be called again for a
// batch that has been inserted before the process was killed.
func (s *shop) insert(ctx context.Context, b batch) (summary, error) {
	if len(b.Items) == 0 {
		return summary{}, errors.New("an empty batch")
	}
	i := insert{b.Items, make(chan error, 1)}
	select {
	case s.inserts <- i:
	case <-ctx.Done():
		return summary{}, ctx.Err()
	}
	return summary{b.Items[0].ID, b.Items[len(b.Items)-1].ID, len(b.Items)}, <-i.done
}

// work commits the batches of all tasks that wait, together.
func (s *shop) work() {
	defer close(s.finished)
	for first := range s.inserts {
		all := []insert{first}
		for more := true; more; {
			select {
			case i, ok := <-s.inserts:
				if more = ok; ok {
					all = append(all, i)
				}
			default:
				more = false
			}
		}
		err := s.commit(all)
		for _, i := range all {
			i.done <- err
		}
	}
}

// commit inserts batches in one transaction. Customers that are there already stay as they
// are.
func (s *shop) commit(all []insert) error {
	for _, i := range all {
		if err := s.prepare(len(i.customers)); err != nil {
			return err
		}
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the Commit
	var added int64
	for _, i := range all {
		values := make([]any, 0, 5*len(i.customers))
		for _, c := range i.customers {
			values = append(values, c.ID, c.Name, c.Email, c.City, c.Cents)
		}
		result, err := tx.Stmt(s.prepared[len(i.customers)]).Exec(values...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		added += n
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.rows.Add(added)
	return nil
}

// prepare prepares the statement that inserts so many customers, unless that has been done. It
// needs the connection, which a transaction would have.
func (s *shop) prepare(customers int) error {
	if s.prepared[customers] != nil {
		return nil
	}
	rows := strings.TrimSuffix(strings.Repeat("(?,?,?,?,?),", customers), ",")
	statement, err := s.db.Prepare(fmt.Sprintf("INSERT INTO customers VALUES %s ON CONFLICT (id) DO NOTHING", rows))
	if err != nil {
		return err
	}
	s.prepared[customers] = statement
	return nil
}
