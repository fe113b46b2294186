package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A writer makes all changes, in transactions that many callers share. While one is on its
// way to the server's disk, the writer decides on those that are asked for meanwhile; it
// knows what they will find, since nobody else writes. Each transaction is one round trip:
// the check of the fencing number and all statements are sent at once.
type writer struct {
	store  *Store
	conn   *pgx.Conn // writes; nil when it is to be opened anew
	looker *pgx.Conn // reads what a change needs
	known  known
	next   *stage     // is being made
	flying *stage     // is on its way; nil when none is
	landed chan error // gets what came of that
	spare  *stage
	batch  []*request

	started int64 // ids given since the connection has its number
}

const (
	// maxBatch bounds the changes of one transaction, and maxBytes about how long its texts
	// are, so that nobody waits long for the changes of the others.
	maxBatch = 4096
	maxBytes = 16 << 20
)

// patience bounds how long the server may take for a transaction of many changes. After that
// the connection is taken for dead.
const patience = time.Minute

// An id has the fencing number of the owner who gave it above, and counts below. So the ids of
// later owners are higher, and none is given again though its row is gone.
const (
	idBits   = 36
	maxFence = 1<<(63-idBits) - 1
)

// id returns an id that no row has, for any table.
func (w *writer) id() int64 {
	w.started++
	return w.store.fence.number<<idBits | w.started
}

// connect opens the connections of the writer.
func (w *writer) connect(ctx context.Context) (err error) {
	s := w.store
	w.disconnect()
	w.known.forget()
	w.landed = make(chan error, 1)
	plans := map[string]string{
		// What is joined are arrays of a few with tables of many.
		"enable_hashjoin":  "off",
		"enable_mergejoin": "off",
		"plan_cache_mode":  "force_generic_plan",
		// A connection that is frozen amid a transaction hinders others.
		"idle_in_transaction_session_timeout": milliseconds(s.lease),
	}
	if w.looker, err = s.dial(ctx, "looker", plans); err != nil {
		return err
	}
	if w.conn, err = s.dial(ctx, "writer", plans); err == nil {
		_, err = w.conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
	}
	if err == nil && s.fence.number == 0 {
		err = s.migrate(ctx, w.conn)
	}
	if err == nil {
		s.fence.move(true, 0)
		var number int64
		number, err = s.seize(ctx, w.conn, s.fence.number)
		s.fence.move(false, number)
		w.started = 0
	}
	if err != nil {
		w.disconnect()
	}
	return err
}

func (w *writer) disconnect() {
	for _, c := range []**pgx.Conn{&w.conn, &w.looker} {
		if *c != nil {
			_ = closeConn(*c) // it is given up because it is no good, or nothing is left to be done
			*c = nil
		}
	}
}

// run is the writer's goroutine.
func (w *writer) run() {
	s := w.store
	defer close(s.stopped)
	defer w.disconnect()
	w.next = &stage{}
	for {
		taken, last := s.queue.take(w.batch[:0], maxBatch-len(w.next.requests), maxBytes-w.next.size)
		w.batch = taken
		if len(taken) > 0 {
			w.take(taken)
		}
		switch {
		case len(w.next.requests) > 0 && w.flying == nil:
			w.fly()
		case last && w.flying == nil:
			return
		case len(taken) > 0: // perhaps there are others, and nobody says so again
		default:
			select {
			case <-s.queue.wake:
			case err := <-w.landed:
				w.land(err)
			}
		}
	}
}

// take makes requests part of the next transaction, or makes one that is to be alone.
func (w *writer) take(batch []*request) {
	if w.conn == nil || w.looker == nil {
		w.settle()
		if err := w.open(); err != nil {
			answer(batch, err)
			return
		}
	}
	if batch[0].alone != nil {
		w.alone(batch[0])
		return
	}
	if w.known.large() {
		w.flush()
		w.known.forget()
	}
	if err := w.look(batch); err != nil {
		batch = slices.Clone(batch)
		w.flush() // it stands on what is known
		w.known.forget()
		if w.looker == nil || w.looker.IsClosed() { // nothing was asked for, so there is no harm in another try
			if err = w.open(); err == nil {
				err = w.look(batch)
			}
		}
		if err != nil {
			w.fail(err, batch)
			return
		}
	}
	for _, r := range batch {
		if err := r.apply(w); err != nil {
			r.finish(err)
			continue
		}
		w.next.requests = append(w.next.requests, r)
		w.next.size += r.size
	}
	w.forgetDocuments()
}

// forgetDocuments forgets those that are not being changed: they are long, and seldom asked
// for twice.
func (w *writer) forgetDocuments() {
	for k := range w.known.documents {
		_, next := w.next.documents[k]
		flying := false
		if w.flying != nil {
			_, flying = w.flying.documents[k]
		}
		if !next && !flying {
			delete(w.known.documents, k)
		}
	}
}

// open connects anew after a failure, unless the namespace is lost.
func (w *writer) open() error {
	if w.store.isLost() {
		return ErrLost
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	err := w.connect(ctx)
	if kindOf(err) == ErrLost {
		w.store.lose()
	}
	return err
}

// fly sends the next transaction to the server.
func (w *writer) fly() {
	s := w.next
	w.flying, w.next, w.spare = s, w.spare, nil
	if w.next == nil {
		w.next = &stage{}
	}
	number := w.store.fence.number
	go func(c *pgx.Conn) {
		began := time.Now()
		err := s.send(c, number)
		w.store.commits.Add(len(s.requests), time.Since(began), err)
		if err == nil {
			answer(s.requests, nil)
		}
		w.landed <- err
	}(w.conn)
}

// land follows a transaction. When it failed, what was decided since stands on what may not
// be there, and is decided anew.
func (w *writer) land(err error) {
	s := w.flying
	w.flying = nil
	if err == nil {
		s.reset()
		w.spare = s
		w.forgetDocuments()
		return
	}
	again := slices.Clone(w.next.requests)
	w.next.reset()
	w.fail(err, s.requests)
	if len(again) > 0 {
		w.take(again)
	}
}

// settle waits for the transaction that is on its way, and sees to what was decided since.
func (w *writer) settle() {
	for w.flying != nil {
		w.land(<-w.landed)
	}
}

// flush makes everything that was decided.
func (w *writer) flush() {
	w.settle()
	for len(w.next.requests) > 0 {
		w.fly()
		w.settle()
	}
}

// fail follows the failure of a transaction, or of a look, for some requests. If it may be
// due to one of them alone, the others deserve another try.
func (w *writer) fail(err error, batch []*request) {
	batch = slices.Clone(batch)
	w.known.forget()
	switch {
	case kindOf(err) == ErrLost:
		w.store.lose()
		answer(batch, ErrLost)
		w.disconnect()
	case !isolated(err):
		if w.conn == nil || w.conn.IsClosed() || w.looker.IsClosed() {
			// Whoever took over may have ended the connection.
			if lost := w.open(); kindOf(lost) == ErrLost {
				err = lost
			}
		}
		answer(batch, err)
	case len(batch) == 1:
		answer(batch, err)
	default:
		for i := range batch {
			w.take(batch[i : i+1])
			w.flush()
		}
	}
}

// alone makes a request in a transaction of its own, with round trips. It may change what
// the writer knows otherwise.
func (w *writer) alone(r *request) {
	w.flush()
	if w.conn == nil {
		if err := w.open(); err != nil {
			r.finish(err)
			return
		}
	}
	began := time.Now()
	var refused error // which is no failure of the transaction
	err := w.within(context.Background(), func() error {
		refused = r.alone(w)
		return refused
	})
	if err == nil || refused == nil {
		w.store.commits.Add(1, time.Since(began), err)
	}
	w.known.forget()
	if err != nil && kindOf(err) != nil || w.conn.IsClosed() {
		w.disconnect()
	}
	if kindOf(err) == ErrLost {
		w.store.lose()
	}
	r.finish(err)
}

// within calls f in a transaction.
func (w *writer) within(ctx context.Context, f func() error) error {
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err = tx.Exec(ctx, "SELECT own($1)", w.store.fence.number); err == nil {
		err = f()
	}
	if err != nil {
		if failed := tx.Rollback(ctx); failed != nil {
			err = errors.Join(err, failed)
		}
		return err
	}
	return tx.Commit(ctx)
}

// answer tells the callers of requests.
func answer(batch []*request, err error) {
	for _, r := range batch {
		r.finish(err)
	}
}
