package engine

import (
	"strconv"
	"time"

	"github.com/gostates/gostates/states"
)

// Besides events a log has lines of the engine's own, which restoring an execution needs and
// histories don't show. They have the form of events without an id.
const (
	// beatType is a task that sends heartbeats by its Task Token. Only the first heartbeat of
	// a task leaves a line.
	beatType states.EventType = "TaskHeartbeat"
	// placedType is a task whose handler is about to be called, after it has waited for its
	// place under a [Throttle]. Its TimeoutSeconds count from then.
	placedType states.EventType = "TaskPlaced"
	// repeatedType is a task whose handler is about to be called again, because the process
	// was killed in which it was called before.
	repeatedType states.EventType = "TaskRepeated"
	// laterType is a task that is answered at a time, which is the time of the line.
	laterType states.EventType = "TaskAnswersLater"
	// elsewhereType is an execution that was imported while it ran, and had come so far. It
	// means something only as the last line.
	elsewhereType states.EventType = "ExecutionElsewhere"
	// snapshotType is where the execution stands after the lines before.
	snapshotType states.EventType = "ExecutionSnapshot"
)

// ownLine returns a line about a task.
func ownLine(kind states.EventType, task states.EventID, at time.Time) []byte {
	line := at.UTC().AppendFormat([]byte(`{"timestamp":"`), "2006-01-02T15:04:05.000Z")
	line = append(line, `","type":"`+kind+`","id":0,"previousEventId":`...)
	line = strconv.AppendInt(line, int64(task), 10)
	return append(line, '}')
}

// takeOwn notes what a line of the engine's own says, and reports whether it is one. event is
// what the line has of an event.
func (l *storedLog) takeOwn(event *states.Event, line []byte) bool {
	task := event.PreviousID
	switch event.Type {
	case beatType:
		note(&l.beats, task, event.At)
	case placedType:
		note(&l.placed, task, event.At)
	case repeatedType:
		note(&l.repeats, task, l.repeats[task]+1)
	case laterType:
		note(&l.later, task, readAnswer(event, line))
	case elsewhereType:
		l.elsewhere = true
	default:
		return false
	}
	return true
}

// note sets an entry of a map that is made when it is needed.
func note[V any](m *map[states.EventID]V, task states.EventID, v V) {
	if *m == nil {
		*m = make(map[states.EventID]V)
	}
	(*m)[task] = v
}

// isOwn reports whether events of a type are lines of the engine's own.
func isOwn(kind states.EventType) bool {
	return kind == beatType || kind == placedType || kind == repeatedType || kind == laterType || kind == elsewhereType || kind == snapshotType
}
