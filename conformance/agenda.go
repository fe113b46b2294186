package conformance

import (
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// An appointment is an input that a run will give to the interpreter.
type appointment struct {
	due time.Time
	// answers is the command that the input belongs to, 0 for none.
	answers states.EventID
	input   states.Input
	// then arranges what follows once the input was given; nil when it ends what
	// it answers.
	then func()
}

// An agenda holds appointments in the order they are due; those due at the same
// moment stay in the order they were made.
type agenda []appointment

func (a *agenda) add(p appointment) {
	at, _ := slices.BinarySearchFunc(*a, p, func(have, p appointment) int {
		if have.due.After(p.due) {
			return 1
		}
		return -1
	})
	*a = slices.Insert(*a, at, p)
}

// next takes out all appointments of the earliest moment.
func (a *agenda) next() []appointment {
	n := 0
	for n < len(*a) && (*a)[n].due.Equal((*a)[0].due) {
		n++
	}
	batch := slices.Clone((*a)[:n])
	*a = slices.Delete(*a, 0, n)
	return batch
}

// drop takes out whatever answers a command.
func (a *agenda) drop(command states.EventID) {
	*a = slices.DeleteFunc(*a, func(p appointment) bool { return p.answers == command })
}
