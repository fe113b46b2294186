package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// takeUp gives a call of a restored execution what the log says of its earlier ones. x.mu is
// locked.
func (c *call) takeUp(l *storedLog) {
	if c.deadline != nil {
		c.timeout = c.deadline.Due.Sub(l.scheduled(c.id))
		if at := l.placed[c.id]; !at.IsZero() {
			c.deadline.Due = at.Add(c.timeout)
		}
	}
	if l.lines == 0 { // a copy of another execution's history
		return
	}
	c.takeLater(l)
	a := c.execution.in
	c.restarts = int32(l.repeats[c.id])
	c.repeated = a.killed && l.scheduled(c.id).Before(a.opened) && !c.isActivity() && nestedOf(c.resource) == nil
}

// repeats counts that the handler of a call is about to be called again because the process
// was killed before. It returns how the task fails when that is once too often.
func (c *call) repeats() (h arrival, fails bool) {
	if !c.repeated {
		return arrival{}, false
	}
	x := c.execution
	x.lock()
	defer x.unlock()
	c.repeated = false
	if limit := x.engine.config.Limits.Restarts; int(c.restarts) >= limit {
		c.leavePlaces()
		return arrival{kind: erred, id: c.id, final: true, failure: states.Fail("States.Runtime", fmt.Sprintf(
			"The handler of '%s' was called %d times, and each time the process was killed before it had returned. It is not called again unless the execution is redriven.",
			c.resource, limit+1))}, true
	}
	c.restarts++
	if x.interpreter != nil {
		// Should the store fail the count is one short, and the handler is called all the same.
		_ = x.flush(nil, time.Time{}, ownLine(repeatedType, c.id, x.now))
	}
	return arrival{}, false
}

// An engine that is closed leaves a document in its store, which the next one takes away.
// Without it the process was killed.
var closedDocument = store.DocumentChange{Collection: "engine", Key: "closed", New: "closed"}

// noteClosed leaves the document.
func (a *storeArchive) noteClosed() {
	if !a.tookUp {
		return
	}
	// Without it restarts are counted that a kill did not bring about, which is the lesser evil.
	_ = a.store.use(func(s store.Store) error {
		if d, ok := s.(store.DocumentStore); ok {
			return d.ChangeDocuments(context.Background(), []store.DocumentChange{closedDocument})
		}
		return nil
	})
}

// readKilled finds out whether the engine before was killed, and takes the document away. Of an
// engine whose documents can't be read it is assumed.
func (a *storeArchive) readKilled() {
	a.killed = true
	err := a.store.use(func(s store.Store) error {
		d, ok := s.(store.DocumentStore)
		if !ok {
			return nil
		}
		text, err := d.Document(context.Background(), closedDocument.Collection, closedDocument.Key)
		if err != nil || text == "" {
			return err
		}
		a.killed = false
		gone := closedDocument
		gone.Old, gone.New = text, ""
		// Should it stay the next kill is taken for a Close, which is the lesser evil.
		_ = d.ChangeDocuments(context.Background(), []store.DocumentChange{gone})
		return nil
	})
	a.tookUp = err == nil
}
