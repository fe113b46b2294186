package sqlite

import (
	"os"
	"sync"
	"time"
)

// A syncer makes commits durable, one after the other, on a goroutine of its own: while
// the disk works, the writer stages the next.
type syncer struct {
	store *Store
	sync  func(*os.File) error // fdatasync, but for tests
	wal   *os.File
	files presence
	work  chan []*request
	done  chan error // of the commit that was given last
	began time.Time  // that commit; the writer's until it is given
}

// open opens the WAL of the writer's connection. No lock of SQLite's is on that file, so
// that closing it loses none.
func (s *syncer) open() (err error) {
	if s.wal, err = os.OpenFile(s.store.path+"-wal", os.O_RDWR, 0); err != nil {
		return gone(s.store.path+"-wal", err)
	}
	s.files = presence{path: s.store.path, owner: s.store.owner, wal: s.wal}
	return s.files.look()
}

// close gives the WAL to the owner of the database, which closes it with its own files.
func (s *syncer) close() {
	if s.wal != nil {
		s.store.owner.keep(s.wal)
		s.wal = nil
	}
}

// run is the syncer's goroutine.
func (s *syncer) run() {
	for batch := range s.work {
		err := s.sync(s.wal)
		if err == nil {
			err = s.files.check()
		}
		if err != nil {
			s.store.broken.Store(true)
		}
		s.store.newest.end(err)
		s.store.commits.Add(len(batch), time.Since(s.began), err)
		answer(batch, err)
		s.done <- err
	}
}

// A newest knows the commit that can be read and is not known to be on the disk, if
// there is one.
type newest struct {
	mu     sync.Mutex
	commit *commit
}

type commit struct {
	done chan struct{} // closed when it is on the disk, or may not be
	err  error         // why it may not be
}

// begin is called before a commit.
func (n *newest) begin() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.commit = &commit{done: make(chan struct{})}
}

// end says what became of it.
func (n *newest) end(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.commit.err = err
	close(n.commit.done)
	n.commit = nil
}

// wait returns when all that could be read until now is on the disk.
func (n *newest) wait() error {
	n.mu.Lock()
	c := n.commit
	n.mu.Unlock()
	return c.wait()
}

// wait returns when the commit is on the disk, or may not be. Nil is none.
func (c *commit) wait() error {
	if c == nil {
		return nil
	}
	<-c.done
	return c.err
}
