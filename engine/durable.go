package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A StoreError says that the store failed. What was asked for may have been done
// all the same: ask again, or look. The engine goes on by itself when the store
// works again; see [Engine.Health].
type StoreError struct {
	// ARN is the execution's; empty when no single one is concerned.
	ARN string
	// Err is the store's.
	Err error
}

func (e *StoreError) Error() string {
	if e.ARN == "" {
		return "engine: the store failed: " + e.Err.Error()
	}
	return fmt.Sprintf("engine: the store failed for %s: %v", e.ARN, e.Err)
}

// Unwrap returns the store's error.
func (e *StoreError) Unwrap() error { return e.Err }

// persist makes the events of a step durable, and with them those that were put
// off. What changes nothing outside may be put off until the next step that does:
// a repetition after a crash comes to the same. x.mu is locked.
func (x *Execution) persist(p *plan, putOff bool) error {
	effects := &p.effects
	if x.unsaved == nil {
		x.unsaved = *unsavedRooms.Get().(*[]states.Event)
	}
	x.unsaved = append(x.unsaved, effects.Events...)
	if len(x.unsaved) == 0 || putOff && len(effects.Commands) == 0 {
		return nil
	}
	var end *store.End
	if n := len(effects.Commands); n > 0 {
		if finish, ok := effects.Commands[n-1].(*states.Finish); ok {
			end = &store.End{Status: finish.Status, StopDate: x.now}
		}
	}
	var due time.Time
	if end == nil && !effects.More {
		due = x.dueAfter(p)
	}
	err := x.noteForsaken(p)
	if end != nil && err == nil {
		err = x.alertParent()
	}
	switch {
	case errors.Is(err, ErrClosed):
		x.dropInterpreter()
		return err
	case err != nil:
		return x.ails(err)
	}
	return x.flush(end, due, p.further...)
}

// flush appends the events that are not in the store yet, and further lines, which end
// the execution or leave it to be due at a time. When that fails nobody knows where the
// execution stands but the store, and the interpreter is dropped.
func (x *Execution) flush(end *store.End, due time.Time, further ...[]byte) error {
	if x.reopens && end == nil {
		end = &store.End{Status: states.StatusRunning}
	}
	log := logTexts.Get().(*logText)
	defer log.release()
	if end == nil {
		further = x.withSnapshot(further)
	}
	lines := log.of(x.unsaved, further)
	err := x.write(lines, end, due)
	x.due = time.Time{} // not known
	switch {
	case err == nil:
		x.due = due
		x.length += len(lines)
		x.reopens, x.starting = false, false
		clear(x.unsaved)
		x.unsaved = x.unsaved[:0]
		if end != nil && end.Status != states.StatusRunning {
			if cap(x.unsaved) <= largestRoom {
				room := x.unsaved
				unsavedRooms.Put(&room)
			}
			x.unsaved = nil
		}
		x.in.send(x)
		return nil
	case errors.Is(err, ErrClosed):
		x.dropInterpreter()
		return err
	case x.length == 0 && errors.Is(err, ErrExecutionAlreadyExists):
		x.forfeit(err)
		return err
	case x.length > 0 && (errors.Is(err, store.ErrConflict) || errors.Is(err, ErrExecutionDoesNotExist)):
		err = &StoreError{ARN: x.identity.ARN, Err: err}
		x.note(func() {
			x.engine.config.Logger.Error("gostates: an execution was lost to another owner",
				zap.String("execution_arn", x.identity.ARN), zap.Error(err))
		})
		x.forfeit(err)
		return err
	}
	return x.ails(err)
}

// largestRoom is how many events there is room for at most where that is used again.
const largestRoom = 1024

// unsavedRooms have room for the events of steps, which nobody uses.
var unsavedRooms = sync.Pool{New: func() any { return new([]states.Event) }}

// A logText has room for lines on their way to the store.
type logText struct {
	text  []byte
	lines [][]byte
}

// logTexts are ones that nobody uses.
var logTexts = sync.Pool{New: func() any { return new(logText) }}

// of returns the lines of events, and further ones after them.
func (t *logText) of(events []states.Event, further [][]byte) [][]byte {
	var w states.LogWriter
	for i := range events {
		start := len(t.text)
		t.text = w.Append(t.text, &events[i])
		t.lines = append(t.lines, t.text[start:len(t.text):len(t.text)])
	}
	t.lines = append(t.lines, further...)
	return t.lines
}

// maxLogText bounds the bytes of a room that is kept.
const maxLogText = 1 << 16

// release gives the room back for other lines.
func (t *logText) release() {
	if cap(t.text) > maxLogText {
		return
	}
	clear(t.lines)
	t.text, t.lines = t.text[:0], t.lines[:0]
	logTexts.Put(t)
}

// write gives the store the lines, and the changes of the status that they are.
func (x *Execution) write(lines [][]byte, end *store.End, due time.Time) error {
	err := x.writeOnce(lines, end, due)
	if x.length == 0 && errors.Is(err, ErrExecutionAlreadyExists) && x.in.vacate(x.identity.ARN) {
		err = x.writeOnce(lines, end, due)
	}
	return err
}

func (x *Execution) writeOnce(lines [][]byte, end *store.End, due time.Time) error {
	ctx, c := context.Background(), store.Change{Lines: lines, Due: due, End: end}
	return x.in.store.use(func(s store.Store) error {
		switch notifying, _ := s.(store.NotificationStore); {
		case x.length == 0 && len(x.changes) > 0:
			return notifying.CreateNotifying(ctx, x.newRecord(end, due), x.program.machine.Definition(), lines, x.changes)
		case x.length == 0:
			return s.Create(ctx, x.newRecord(end, due), x.program.machine.Definition(), lines)
		case len(x.changes) > 0:
			return notifying.AppendNotifying(ctx, x.identity.ARN, x.length, c, x.changes)
		}
		return s.Append(ctx, x.identity.ARN, x.length, c)
	})
}

// newRecord is what the store keeps of an execution that begins, and may have
// ended with it.
func (x *Execution) newRecord(end *store.End, due time.Time) store.Record {
	r := store.Record{
		ARN: x.identity.ARN, Name: x.identity.Name, MachineARN: x.identity.MachineARN, Machine: x.identity.Machine,
		VersionARN: x.identity.VersionARN, AliasARN: x.identity.AliasARN,
		Definition: x.program.hash,
		Status:     states.StatusRunning,
		StartDate:  x.startDate,
		Due:        due,
		Options:    x.program.record,
	}
	if key := tokenKeyOf(x.unsaved); key != nil {
		r.TokenKey = key[:]
	}
	if end != nil {
		r.Status, r.StopDate = end.Status, end.StopDate
	}
	return r
}

// dropInterpreter forgets where the execution stands. The tasks whose handlers run
// stay.
func (x *Execution) dropInterpreter() {
	for _, t := range x.timers {
		x.in.timers.Cancel(t)
	}
	x.reopens = false
	x.timers, x.unsaved, x.changes, x.history, x.input, x.interpreter, x.more = nil, nil, nil, nil, nil, nil, false
}

// ails leaves the execution to be restored when the store works again.
func (x *Execution) ails(err error) error {
	x.dropInterpreter()
	x.ailment = err
	a := x.in
	x.note(func() {
		a.config.Logger.Warn("gostates: the store failed; trying again later",
			zap.String("execution_arn", x.identity.ARN), zap.Error(err))
	})
	a.repairs.add(a, x, err)
	return &StoreError{ARN: x.identity.ARN, Err: err}
}

// forfeit gives the execution up: it is another's, or can't be restored.
func (x *Execution) forfeit(err error) {
	x.gone = err
	x.dropInterpreter()
	x.release(err)
	x.unpark()
	if x.done != nil {
		close(x.done)
	}
	x.in.drop(x)
}

// postpone implements [archive]: it keeps the answers of handlers that could not be
// recorded because the store failed.
func (a *storeArchive) postpone(x *Execution, arrivals []arrival, err error) {
	if _, ok := errors.AsType[*StoreError](err); !ok || x.gone != nil {
		return
	}
	for i := range arrivals {
		if arrivals[i].kept {
			x.pending = append(x.pending, arrivals[i])
		}
	}
}
