package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// An execution that sleeps between the rounds of a loop is restored in each, and what that costs grows
// with its history. So a log has a line with a snapshot once in snapshotEvery lines, and what comes
// before is not read. Short logs have none. The lines of events stay what they were: a snapshot
// that can't be used is passed over.

// snapshotEvery is how many lines follow a snapshot before there is another.
var snapshotEvery atomic.Int64

func init() { snapshotEvery.Store(2_000) }

// mostSnapshot bounds a snapshot, in bytes: a larger one would cost more to write than it saves.
const mostSnapshot = 1 << 20

// withSnapshot adds a line with a snapshot to the further ones that follow unsaved events, if it is time
// for one. x.mu is locked.
func (x *Execution) withSnapshot(further [][]byte) [][]byte {
	length := x.length + len(x.unsaved) + len(further)
	if x.length == 0 || x.interpreter == nil || x.redrives > 0 || int64(length-x.snapshot) < snapshotEvery.Load() || !x.in.tails() {
		return further
	}
	x.snapshot = length + 1 // also when it is too large: another try would cost as much
	if image := x.interpreter.Snapshot(); len(image) <= mostSnapshot {
		further = append(further, snapshotLine(image, x.now, x.need()))
	}
	return further
}

// tails reports whether the engine reads the ends of logs. Observers are given whole histories, unless
// all of them are Brief.
func (a *storeArchive) tails() bool {
	if _, ok := a.config.Store.(store.Tailer); !ok {
		return false
	}
	_, brief := lookback(a.config.Observers)
	return brief
}

// A need is what of a history Observers need that are Brief, when an execution is resumed from a
// snapshot. It stands with the snapshot.
type need struct {
	// Since is the first event, after the start, that they need; 0 when there are no Observers.
	Since states.EventID `json:"since"`
	// Lookback is the one for which that is so.
	Lookback time.Duration `json:"lookback"`
}

// need returns what Observers will need of the history, and of the unsaved events. x.mu is locked.
func (x *Execution) need() need {
	observers := x.engine.config.Observers
	if len(observers) == 0 {
		return need{}
	}
	back, _ := lookback(observers)
	history := x.history
	if i := slices.IndexFunc(history, func(e states.Event) bool { return e.ID == x.needed }); x.needed > 0 && i > 0 {
		history = history[i:]
	}
	x.needed = intervals.Since(back, history, x.unsaved) // some of which may be in the history
	return need{Since: x.needed, Lookback: back}
}

// A snapshotText is a line with a snapshot.
type snapshotText struct {
	Timestamp time.Time        `json:"timestamp"`
	Type      states.EventType `json:"type"`
	ID        int              `json:"id"`
	Snapshot  []byte           `json:"snapshot"`
	need
}

const snapshotTime = "2006-01-02T15:04:05.000Z"

// snapshotLine returns the line with a snapshot that was made at a time.
func snapshotLine(image []byte, at time.Time, n need) []byte {
	line := at.UTC().AppendFormat([]byte(snapshotStart), snapshotTime)
	line = append(line, snapshotRest...)
	line = base64.StdEncoding.AppendEncode(line, image)
	if line = append(line, '"'); n.Since > 0 {
		line = strconv.AppendInt(append(line, `,"since":`...), int64(n.Since), 10)
		line = strconv.AppendInt(append(line, `,"lookback":`...), int64(n.Lookback), 10)
	}
	return append(line, '}')
}

const (
	snapshotStart = `{"timestamp":"`
	snapshotRest  = `","type":"` + string(snapshotType) + `","id":0,"snapshot":"`
)

// isSnapshot reports whether a line has a snapshot. The times of events are numbers.
func isSnapshot(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte(snapshotStart))
	return ok && len(rest) > len(snapshotTime) && bytes.HasPrefix(rest[len(snapshotTime):], []byte(snapshotRest))
}

// readTail reads what of a log restoring needs. x.mu is locked.
func (x *Execution) readTail() (lines [][]byte, before int, err error) {
	// Observers that were told a part of what a step did which failed are told the rest, wherever it stands.
	if !x.in.tails() || x.watch != nil {
		lines, err = x.in.store.log(x.identity.ARN)
		return lines, 0, err
	}
	first := isSnapshot
	if observers := x.engine.config.Observers; len(observers) > 0 {
		n := new(neededLine)
		n.lookback, _ = lookback(observers)
		first = n.is
	}
	return x.in.store.tail(x.identity.ARN, first)
}

// A neededLine is the first one that restoring needs where there are Observers, which are Brief: that of
// an event before the last snapshot.
type neededLine struct {
	lookback time.Duration
	snapshot bool           // has been seen
	since    states.EventID // the event; 0 when all lines are needed
}

// is reports whether a line is the one, of the lines of a log from the last one backwards. A store may
// begin anew.
func (n *neededLine) is(line []byte) bool {
	if !isSnapshot(line) {
		return n.since > 0 && eventID(line) == n.since
	}
	if !n.snapshot {
		n.snapshot = true
		var text need
		if err := json.Unmarshal(line, &text); err == nil && text.Lookback >= n.lookback {
			n.since = text.Since
		}
	}
	return false
}

// eventID returns the id of the event that a line of a log has, and 0 for another line.
func eventID(line []byte) states.EventID {
	_, rest, _ := bytes.Cut(line, []byte(`","id":`))
	end := bytes.IndexByte(rest, ',')
	if end < 0 {
		return 0
	}
	id, _ := strconv.ParseInt(string(rest[:end]), 10, 64)
	return states.EventID(id)
}

// errOlderTask says that a task is open which was scheduled before a snapshot.
var errOlderTask = errors.New("engine: a task is open that was scheduled before the snapshot")

// fromSnapshot resumes the execution from the snapshot of a log, whose events begin with the start then,
// behind which some are missing.
// An error says that the snapshot does not do: because it is of another release, or the execution was
// redriven since, or a task is open that was scheduled before, of which the lines before tell more.
func (x *Execution) fromSnapshot(l *storedLog) (*states.Interpreter, error) {
	var text snapshotText
	if err := json.Unmarshal(l.snapshot, &text); err != nil {
		return nil, err
	}
	tail := l.events[l.earlier:]
	interpreter, err := states.Resume(x.machine, text.Snapshot, tail, x.asking(x.program.options))
	if err != nil {
		return nil, err
	}
	for _, command := range interpreter.Open() {
		if task, ok := command.(*states.InvokeTask); ok && l.scheduled(task.ID).IsZero() {
			return nil, errOlderTask
		}
	}
	if l.now = text.Timestamp; len(tail) > 0 {
		l.now = tail[len(tail)-1].At
	}
	l.events = slices.Insert(l.events, 0, interpreter.StartEvent())
	return interpreter, nil
}

// wholeHistory returns the history, also of an execution that was resumed from a snapshot. x.mu is
// locked.
func (x *Execution) wholeHistory() ([]states.Event, error) {
	if x.durable == nil || !x.partial {
		return x.past(), nil
	}
	l, err := x.in.readStored(x.identity.ARN)
	if err != nil {
		return nil, err
	}
	return append(l.events, x.unsaved...), nil
}
