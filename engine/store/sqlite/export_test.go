package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// NoteAfter has a store note where logs end after so many rows.
func NoteAfter(rows int) Option { return func(s *Store) { s.noteAfter = rows } }

// Nearest has a store look at so many executions in the order of a list before it uses another
// index.
func Nearest(executions int) Option { return func(s *Store) { s.nearest = executions } }

// Plans returns how SQLite does what a list has asked for, a text for each statement.
func (s *Store) Plans(ctx context.Context) (plans []string, err error) {
	err = s.read(ctx, "test", func(c *conn) error {
		for text := range maps.Clone(c.statements) {
			if !strings.Contains(text, "INDEXED BY") {
				continue
			}
			var plan []string
			err := c.query(func(row []driver.Value) error {
				plan = append(plan, row[3].(string))
				return nil
			}, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
			if err != nil {
				return err
			}
			plans = append(plans, strings.Join(plan, "; "))
		}
		return nil
	})
	return plans, err
}

// SyncWith has a store make its WAL durable in another way.
func SyncWith(sync func(*os.File) error) Option { return func(s *Store) { s.sync = sync } }

// FirstSchema makes a file as the first version of the schema has it.
var FirstSchema = migrations[0] + fmt.Sprintf("; PRAGMA application_id = %d; PRAGMA user_version = 1;", applicationID)

// SchemaVersion is the newest version of the schema.
var SchemaVersion = len(migrations)

// SecondSchema makes a file as the second version of the schema has it.
var SecondSchema = migrations[0] + migrations[1] + fmt.Sprintf("; PRAGMA application_id = %d; PRAGMA user_version = 2;", applicationID)

// Key returns the number by which an execution is found.
func Key(arn string) int64 { return key(store.KeyOf(arn)) }

// Remembered returns how many heads are in memory.
func (s *Store) Remembered() int {
	s.heads.mu.RLock()
	defer s.heads.mu.RUnlock()
	return len(s.heads.all)
}

// Exec runs a statement on the writer's connection, in a transaction with whatever is
// asked for at the same time.
func (s *Store) Exec(ctx context.Context, text string) error {
	return s.do(ctx, "test", func(w *writer) (refused, failed error) { return nil, w.conn.exec(text) })
}

// Pragma runs a statement on the writer's connection, outside of a transaction.
func (s *Store) Pragma(ctx context.Context, text string) error {
	return s.do(ctx, "test", func(w *writer) (refused, failed error) {
		err := w.conn.exec("COMMIT")
		err = errors.Join(err, w.conn.exec(text))
		return nil, errors.Join(err, w.conn.exec("BEGIN"))
	})
}

// Fail has the transaction fail with an error, after what was asked for before it at
// the same time was committed if so wished: as when a disk says that it failed to
// write what it wrote.
func (s *Store) Fail(ctx context.Context, err error, committed bool) error {
	return s.do(ctx, "test", func(w *writer) (refused, failed error) {
		if committed {
			return nil, errors.Join(w.insert(true), w.conn.exec("COMMIT"), err)
		}
		return nil, err
	})
}

// Hold stops the writer in a transaction until the returned function is called, so
// that what is asked for meanwhile comes together in the next.
func (s *Store) Hold(ctx context.Context) (release func()) {
	holding, released := make(chan struct{}), make(chan struct{})
	held := sync.OnceFunc(func() { close(holding) }) // it may be made again with the others
	go s.do(ctx, "test", func(*writer) (refused, failed error) {
		held()
		<-released
		return nil, nil
	})
	<-holding
	return func() { close(released) }
}

// Waiting returns how many changes wait for the writer.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.all)
}

// ExpireRecords does the first half of Expire: the records go, the logs are left.
func (s *Store) ExpireRecords(ctx context.Context, before time.Time, limit int) error {
	return s.do(ctx, "test", func(w *writer) (refused, failed error) {
		_, failed = w.expireRecords(&purge{Purge: store.Purge{StoppedBefore: before}, limit: limit})
		return nil, failed
	})
}

// Fdatasync returns when what a file has is on the disk.
func Fdatasync(f *os.File) error { return fdatasync(f) }

// Stage has the writer stage a row that only tests have, closes staged, and returns when
// that is on the disk.
func (s *Store) Stage(ctx context.Context, staged chan<- struct{}) error {
	return s.do(ctx, "test", func(w *writer) (refused, failed error) {
		err := w.conn.exec("INSERT INTO meta (name, value) VALUES ('staged', 1)")
		close(staged)
		return nil, err
	})
}
