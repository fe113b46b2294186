package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"
)

// A writer makes all changes, on one goroutine. Only it uses its fields.
type writer struct {
	store  *Store
	conn   *conn
	syncer syncer

	// The requests whose changes are staged in the transaction under way, none when
	// there is none, and the counters as it found them.
	batch   []*request
	before  counters
	syncing bool       // the syncer has not said yet what became of the last commit
	given   []*request // to the syncer with it
	awaited int        // how many more callers make a batch as large as the last one

	counters
	acknowledged identity         // the file's, as far as its changes were acknowledged
	committed    counters         // as of the commit that the syncer has
	rows         []any            // the columns of log rows that are not inserted yet
	text         []byte           // has their lines
	staged       map[string]*head // where logs end if the transaction commits
	pinned       map[machine]int64
	options      map[string]int64 // the ids of executions' options
	noting       noting
	changed      []documentKey
	patience     *time.Timer // of a commit that waits for callers
	between      []func()    // to be called when the transaction is committed
}

// identity returns that of the file.
func (c *conn) identity() (i identity, err error) {
	number := func(read func(string) (int64, error), what string) int64 {
		n, e := read(what)
		err = errors.Join(err, e)
		return n
	}
	newest := func(query string) (int64, error) { return c.integer(query) }
	i.file = number(c.meta, "file")
	i.execution = max(number(newest, "SELECT max(id) FROM executions"), number(c.meta, "execution"))
	i.row = max(number(newest, "SELECT max(id) FROM log"), number(c.meta, "row"))
	return i, err
}

// counters count what is in the file.
type counters struct {
	execution int64 // the newest execution's id
	row       int64 // the newest log row's id
}

// connect opens the file, or opens it anew, and reads what the writer has to know.
func (w *writer) connect() error {
	s := w.store
	w.disconnect()
	before, err := s.claim()
	if err != nil {
		return err
	}
	err = w.dial()
	switch {
	case before == nil:
	case err == nil:
		err = before.release()
	default: // what is there now may be anybody's
		err = errors.Join(err, s.owner.release())
		s.owner = before
	}
	return err
}

// dial opens a connection to the file that is there. A file that has vanished is not
// replaced by an empty one, nor anything changed in one that is not the store's.
func (w *writer) dial() error {
	s := w.store
	alone := links(s.owner.info) == 1
	if _, err := os.Stat(s.path + "-wal"); err == nil {
		alone = true // it is the WAL of this name that matters
	}
	if w.acknowledged.file == 0 {
		if err := checkWAL(s.path + "-wal"); err != nil {
			return err
		}
	}
	c, err := s.dial(s.pragmas()...)
	if err != nil {
		return err
	}
	w.conn = c
	if err = w.check(alone); err == nil {
		err = c.set(
			// Before the file is made: pages of 4 KiB are what disks write at once.
			"page_size = 4096", "auto_vacuum = INCREMENTAL",
			// Readers and the writer don't wait for each other, and a commit is one
			// append to one file.
			"journal_mode = WAL",
			// The syncer does what FULL adds to this: it makes each commit durable before
			// anybody is told of it.
			"synchronous = NORMAL",
			// macOS tells a disk to empty its cache only when asked to.
			"fullfsync = 1", "checkpoint_fullfsync = 1",
			// 16 MiB of WAL before its pages go to the database: most of them have
			// then been changed many times, and are written once.
			"wal_autocheckpoint = 4096",
			// After a burst, or a reader that kept it from being used again, the WAL
			// shrinks to this.
			"journal_size_limit = 67108864",
			// 4 MiB: after a change of a tree SQLite looks through all its cache, and what is
			// not there the system has.
			"cache_size = -4096")
	}
	if err == nil {
		err = w.load()
	}
	if err == nil {
		err = w.syncer.open()
	}
	if err != nil {
		w.disconnect()
		return err
	}
	s.readers.renew()
	return nil
}

// check looks at a file before anything is changed in it. alone says that no other name of
// the file can have a WAL with what is missing in it.
func (w *writer) check(alone bool) error {
	version, err := w.conn.version()
	if err == nil && !alone && version >= openVersion {
		var open int64
		if open, err = w.conn.meta("open"); open != 0 && err == nil {
			err = ErrLinked
		}
	}
	if err != nil || w.acknowledged.file == 0 {
		return err
	}
	if version == 0 {
		return fmt.Errorf("%w: it is empty", ErrReplaced)
	}
	now, err := w.conn.identity()
	if err != nil {
		return err
	}
	return w.acknowledged.known(now)
}

// disconnect closes all connections. When something is wrong with the files the WAL is
// copied before, since it may have no name any more, and none is removed: another may
// have its name.
func (w *writer) disconnect() {
	if w.conn != nil {
		w.store.readers.renew()
		w.store.readers.drain()
		w.syncer.close()
		if w.store.broken.Load() {
			_ = w.conn.exec("PRAGMA wal_checkpoint(PASSIVE)")
			_ = w.conn.keepWAL()
		}
		_ = w.conn.close() // it is given up because it is no good
		w.conn = nil
	}
}

// load reads the counters, and where logs end.
func (w *writer) load() error {
	if err := w.conn.migrate(); err != nil {
		return err
	}
	if readOnly, err := w.conn.readOnly(); err != nil || readOnly {
		return errors.Join(err, fs.ErrPermission)
	}
	if mode, err := w.conn.values("PRAGMA journal_mode"); err != nil || mode[0] != "wal" {
		return errors.Join(err, fmt.Errorf("the file system can't do with a WAL: the journal's mode is %v", mode))
	}
	// The checkpoint brings it into the file, where who has that by another name sees it.
	if err := w.conn.setMeta("open", int64(os.Getpid())+openedBy); err != nil && kindOf(err) != ErrFull {
		return err
	}
	// After a failure the operating system may hold pages that are not on the disk
	// and that it will not write any more. Copying the WAL writes them again. A disk
	// that is full when the file is opened first is no reason not to read it.
	_, err := w.conn.values("PRAGMA wal_checkpoint(PASSIVE)")
	if err != nil && (w.store.broken.Load() || kindOf(err) != ErrFull) {
		return err
	}
	w.staged, w.pinned, w.options = map[string]*head{}, map[machine]int64{}, map[string]int64{}
	// What was read and is not there any more may have had ids that others get.
	w.store.machines.forget()
	w.store.options.forget()
	w.store.documents.forgetAll()
	if w.acknowledged, err = w.conn.identity(); err != nil {
		return err
	}
	w.counters = w.acknowledged.counters
	if err := w.store.loadUnsummed(w.conn); err != nil {
		return err
	}
	return w.loadHeads()
}

// run is the writer's goroutine. It stages whatever it is asked for at once, while the disk works
// and while callers think, and commits when the disk is free and as many have asked as the last time,
// or no more of them come.
func (w *writer) run() {
	s := w.store
	defer close(s.stopped)
	go w.syncer.run()
	defer close(w.syncer.work)
	for {
		batch, last := s.queue.take(maxBatch - len(w.batch))
		w.stage(batch)
		w.awaited -= len(batch)
		switch {
		case len(batch) > 0 && !last:
			runtime.Gosched() // lets goroutines run that are about to ask for more
		case len(w.batch) > 0 && !w.syncing && (w.awaited <= 0 || last):
			w.commit()
		case last && !w.syncing:
			s.closeErr = w.end()
			return
		default:
			w.wait()
		}
	}
}

// patience is how long a commit waits for the next of the callers that were told of the last one.
// They wake up one after another: a commit for the first of them alone would leave the others to
// the next, and so on.
const patience = 50 * time.Microsecond

// wait returns when there is something to do.
func (w *writer) wait() {
	began := time.Now()
	var over <-chan time.Time
	if len(w.batch) > 0 && !w.syncing {
		w.patience.Reset(patience)
		over = w.patience.C
	}
	select {
	case <-w.store.queue.wake:
		if !w.syncing && time.Since(began) > patience {
			w.awaited = 0
		}
	case err := <-w.syncer.done:
		w.synced(err)
	case <-over:
		w.awaited = 0
	}
}

// maxBatch bounds the changes of one transaction, so that nobody waits long for those
// of the others.
const maxBatch = 4096

// end notes all that was not noted, so that the next open has nothing to look for.
func (w *writer) end() error {
	s := w.store
	s.readers.close()
	s.documents.forgetAll() // after whom get is told that the store is closed
	if w.conn == nil {
		return nil
	}
	s.readers.drain()
	var err error
	if !s.broken.Load() {
		err = errors.Join(w.noteAll(), w.conn.setMeta("open", 0))
	}
	w.syncer.close()
	s.owner.keep(nil)
	return s.wrap("close", errors.Join(err, w.conn.close()))
}

// stage makes changes in the transaction under way, or in a new one.
func (w *writer) stage(batch []*request) {
	if len(batch) == 0 {
		return
	}
	if len(w.batch) == 0 {
		if err := w.begin(); err != nil {
			answer(batch, err)
			return
		}
	}
	w.batch = append(w.batch, batch...)
	for _, r := range batch {
		var failed error
		if r.refused, failed = r.apply(w); failed != nil {
			w.fail(failed)
			return
		}
	}
}

// begin begins a transaction.
func (w *writer) begin() error {
	if s := w.store; s.broken.Load() {
		w.settle()
		if err := w.connect(); err != nil {
			return err
		}
		s.broken.Store(false)
	}
	w.before = w.counters
	err := w.conn.exec("BEGIN IMMEDIATE")
	if err != nil {
		w.forget(err)
	}
	return err
}

// commit commits what is staged. The syncer makes it durable and tells the callers.
func (w *writer) commit() {
	began := time.Now()
	if err := w.insert(true); err != nil {
		w.fail(err)
		return
	}
	newest := &w.store.newest
	newest.begin()
	if err := w.conn.exec("COMMIT"); err != nil {
		// It may have taken effect, and to make the changes once more would call
		// them conflicts with themselves.
		w.abandon(err)
		if !w.store.broken.Load() {
			err = nil // it was rolled back, and nobody can read it
		}
		newest.end(err)
		return
	}
	w.publish()
	w.workBetween()
	w.batch, w.given = w.given[:0], w.batch
	w.syncing, w.committed, w.syncer.began = true, w.counters, began
	w.syncer.work <- w.given
	w.noteSome()
}

// synced follows a sync. When it failed, what was staged since stands on what may not
// be there.
func (w *writer) synced(err error) {
	w.syncing, w.awaited = false, len(w.given)-len(w.batch)
	clear(w.given)
	if err == nil {
		w.acknowledged.counters = w.committed
	}
	if err != nil && len(w.batch) > 0 {
		w.abandon(err)
	}
}

// settle waits for the syncer.
func (w *writer) settle() {
	if w.syncing {
		w.synced(<-w.syncer.done)
	}
}

// fail undoes what was staged. When the error may be due to one change alone, the others
// deserve another try.
func (w *writer) fail(err error) {
	if len(w.batch) == 1 || !isolated(err) {
		w.abandon(err)
		return
	}
	batch := slices.Clone(w.batch)
	w.undo(err)
	for i := range batch {
		w.settle()
		if w.stage(batch[i : i+1]); len(w.batch) > 0 {
			w.commit()
		}
	}
}

// abandon undoes what was staged, and tells the callers.
func (w *writer) abandon(err error) {
	batch := slices.Clone(w.batch)
	w.store.commits.Add(len(batch), 0, err)
	w.undo(err)
	answer(batch, err)
}

// undo rolls the transaction back.
func (w *writer) undo(err error) {
	if failed := w.conn.rollback(); failed != nil {
		w.store.broken.Store(true)
	}
	w.counters, w.between = w.before, nil
	clear(w.batch)
	w.batch = w.batch[:0]
	w.forget(err)
}

// forget drops what was staged in a transaction that failed.
func (w *writer) forget(err error) {
	w.dropRows(len(w.rows))
	clear(w.staged)
	clear(w.pinned)
	clear(w.options)
	w.changed = nil
	if breaks(err) {
		w.store.broken.Store(true)
	}
}

// publish makes known what was staged.
func (w *writer) publish() {
	if len(w.changed) > 0 {
		w.store.documents.forget(w.changed)
		w.changed = nil
	}
	if len(w.staged) > 0 {
		w.store.heads.update(w.staged)
		clear(w.staged)
	}
}

// answer tells the callers of a batch.
func answer(batch []*request, failed error) {
	for _, r := range batch {
		if failed != nil {
			r.refused = nil
		}
		r.finish(failed)
	}
}

// breaks reports whether the connections must be opened anew after an error. A full
// disk and a locked file leave them as they were.
func breaks(err error) bool {
	kind := kindOf(err)
	return kind != ErrFull && kind != ErrBusy
}

// isolated reports whether an error may be due to one change alone, so that the
// others of its batch deserve another try.
func isolated(err error) bool {
	switch kindOf(err) {
	case nil, ErrCorrupt:
		return true
	}
	return false
}
