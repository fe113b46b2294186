package conformance

import (
	"cmp"
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// An appointment is an input that a run will give to the interpreter.
type appointment struct {
	due time.Time
	// order tells apart what is due at the same moment but happened one after the
	// other.
	order int64
	// answers is the command that the input belongs to, 0 for none.
	answers states.EventID
	input   states.Input
	// then arranges what follows once the input was given; nil when it ends what
	// it answers.
	then func()
}

// together reports whether two appointments are kept at once.
func (p *appointment) together(q *appointment) bool {
	return p.due.Equal(q.due) && p.order == q.order
}

// An agenda holds appointments in the order they are due; those that are kept at
// once stay in the order they were made.
type agenda []appointment

func (a *agenda) add(p appointment) {
	at, _ := slices.BinarySearchFunc(*a, p, func(have, p appointment) int {
		return cmp.Or(have.due.Compare(p.due), cmp.Compare(have.order, p.order), -1)
	})
	*a = slices.Insert(*a, at, p)
}

// next takes out the first appointments, all those that are kept at once.
func (a *agenda) next() []appointment {
	n := 0
	for n < len(*a) && (*a)[n].together(&(*a)[0]) {
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
