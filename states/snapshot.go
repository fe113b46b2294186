package states

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
)

// Semantics is the version of what this package makes of inputs. Two releases that have the
// same Semantics return the same events and commands for the same machine, options and
// inputs. A release raises Semantics when it changes an id, the order or the kind of an event
// or a command, or what is evaluated or drawn for one: also when the change mends a mistake.
// It does not raise Semantics for the words of a cause, nor for a definition, an input or an
// option that earlier releases refuse.
//
// The version matters to who replays an execution's inputs: the commands of the replay must
// be those that were carried out. [Restore] does not replay, and goes on with histories of
// every version.
const Semantics = 1

// ErrSnapshotVersion is found in the error of [Resume] for a snapshot whose format or whose
// [Semantics] this release does not know: a later one has made it.
var ErrSnapshotVersion = errors.New("states: the snapshot is of another release")

// ErrSnapshotMachine is found in the error of [Resume] for a snapshot of an execution of
// another definition.
var ErrSnapshotMachine = errors.New("states: the snapshot is of another machine")

// ErrSnapshotDamaged is found in the error of [Resume] for bytes that are no whole snapshot.
var ErrSnapshotDamaged = errors.New("states: the snapshot is damaged")

// snapshotFormat is the version of the form that snapshots have. snapshotMark begins each.
const (
	snapshotFormat = 1
	snapshotMark   = "\x00ASL"
)

// Snapshot returns where the execution stands, for [Resume]. It is called between steps. What
// has ended is not in it: its size is that of the states that are open, with their inputs,
// variables, the results of branches and iterations that the others wait for, and what can
// still be undone. A value that several of them have is in it once.
//
// A snapshot is as secret as the history: it has the [Seed], and all data.
func (x *Interpreter) Snapshot() []byte {
	w := newSnapshotWriter()
	w.bytes(snapshotMark)
	w.uint(snapshotFormat)
	w.uint(Semantics)
	hash := definitionHash(x.machine)
	w.bytes(string(hash[:]))
	w.interpreter(x)
	return w.b
}

// Resume returns the execution that a snapshot was made of, as it was after a tail: the events
// that it has returned since, hidden ones included, which may be none. Without a tail the
// interpreter goes on exactly as the other one would have: with the same events, commands,
// ids, and drawn numbers. With a tail it is what [Restore] makes of the whole history.
// Follow it with [Interpreter.Open].
//
// The machine must be of the same definition, and the options those that the execution ran
// with. What Resume returns can't be redriven, and a tail in which the execution is redriven
// is an error: a redrive needs the history.
//
// The error is [ErrSnapshotVersion], [ErrSnapshotMachine] or [ErrSnapshotDamaged] with
// details, or a *[HistoryError] about the tail. Any bytes can be given: Resume makes no other
// interpreter of them than one that can be stepped.
func Resume(machine *asl.StateMachine, snapshot []byte, tail []Event, options Options) (*Interpreter, error) {
	r := &snapshotReader{rest: snapshot}
	if mark := r.bytes(len(snapshotMark)); string(mark) != snapshotMark {
		return nil, fmt.Errorf("%w: it does not begin as snapshots do", ErrSnapshotDamaged)
	}
	switch format, semantics := r.uint(), r.uint(); {
	case r.err != nil:
		return nil, r.err
	case format != snapshotFormat:
		return nil, fmt.Errorf("%w: its format is %d, and this release knows %d", ErrSnapshotVersion, format, snapshotFormat)
	case semantics > Semantics:
		return nil, fmt.Errorf("%w: its semantics are of version %d, and this release knows those up to %d", ErrSnapshotVersion, semantics, Semantics)
	}
	if hash := definitionHash(machine); string(r.bytes(len(hash))) != string(hash[:]) && r.err == nil {
		return nil, ErrSnapshotMachine
	}
	x := New(machine, options)
	r.interpreter(x)
	if r.err != nil {
		return nil, r.err
	}
	if err := x.follow(tail); err != nil {
		return nil, err
	}
	return x, nil
}

// follow brings an interpreter, whose Map Runs are still to be opened, to the end of a tail.
func (x *Interpreter) follow(tail []Event) error {
	r := restorer{x}
	for i := range tail {
		e := &tail[i]
		err := r.fold(e)
		if e.Type == ExecutionRedriven {
			err = errors.New("an execution is redriven from its history, not from a snapshot")
		}
		if err != nil {
			return historyError(x, e, err)
		}
	}
	if len(tail) > 0 {
		x.ready = nil
		r.settle()
		return nil
	}
	r.find(func(t *thread) bool {
		if t.opensRun() {
			if r.resume(t); t.phase < waiting {
				x.ready = append(x.ready, t)
			}
		}
		return false
	})
	return nil
}

// definitionHash returns what tells a machine from others, and from the children's machines of
// its own distributed Map states.
func definitionHash(m *asl.StateMachine) (hash [16]byte) {
	h := sha256.New()
	h.Write([]byte(m.Definition()))
	h.Write([]byte{0})
	h.Write([]byte(m.Start().Name()))
	if m.Compensates() {
		h.Write([]byte{0, 1}) // with extensions a text means more than without
	}
	copy(hash[:], h.Sum(nil))
	return hash
}
