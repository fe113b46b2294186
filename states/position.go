package states

import (
	"cmp"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
)

// A Position is a state that an execution is in, and what it waits for there. At most one of
// Task, Run and Timer is set; none is while the state waits for what is below it, or has
// something to do.
type Position struct {
	// State is the state, and Entered the event that entered it, at the time Since.
	State   asl.State
	Entered EventID
	Since   time.Time
	// Attempt counts the tries of this visit to the state before, from 0.
	Attempt int
	// Index is that of the branch or the iteration that the state is in, among those of the
	// state around it; -1 for a state of the machine itself, and for a handler of a
	// compensation.
	Index int
	// Undoes is the state that was completed and that a handler undoes; nil for others.
	Undoes asl.State
	// Task is the open task. Its Token is empty for one that has none.
	Task *InvokeTask
	// Run is the open Map Run.
	Run *StartMapRun
	// Timer is the open timer, which fires at Due: of a Retrier if Retries is set, else of a
	// Wait state. It is 0 for none.
	Timer   TimerID
	Due     time.Time
	Retries bool
	// Total is how many branches or iterations a Parallel or Map state has, and Ended how many
	// of them have a result. Both are 0 for other states, and for a Map state in the mode
	// DISTRIBUTED.
	Total, Ended int
	// Below are the states that the open branches or iterations are in, in the order of their
	// indexes, and after them those of a compensation's handlers. Left is how many more there
	// are that were left out.
	Below []Position
	Left  int
}

// Positions returns the state that the execution is in, with those below it; nothing for an
// execution that has not started or has ended. each bounds the positions directly below
// one, and most bounds them all. It changes nothing. The commands in the positions are the
// interpreter's own, and good until its next Step.
func (x *Interpreter) Positions(each, most int) []Position {
	if x.result != nil || x.main.state == nil || most < 1 {
		return nil
	}
	most--
	p := x.main.position(-1)
	x.main.positionsBelow(&p, each, &most)
	return []Position{p}
}

// position returns where a thread is, without what is below it.
func (t *thread) position(index int) Position {
	p := Position{State: t.state, Entered: t.enteredID, Since: t.enteredAt, Attempt: t.retryCount, Index: index}
	if t.undoes != nil {
		p.Undoes = t.undoes.state
	}
	if t.phase == undoing && t.saga.extent != UndoChildren {
		p.Attempt = 0 // its tries are over, and a restored interpreter doesn't know of them
	}
	switch f := t.fork; {
	case t.phase != waiting: // what is left of a fork is of no matter any more
	case f != nil && f.run != nil:
		p.Run = f.run.StartMapRun
	case f != nil:
		p.Total, p.Ended = len(f.results), f.ended
	case t.task != nil:
		p.Task = t.task
	default:
		p.Timer, p.Due, p.Retries = t.command, t.due, t.retrier >= 0
	}
	return p
}

// positionsBelow adds the positions below that of a thread. left is how many more there may
// be, of which siblings get even shares.
func (t *thread) positionsBelow(p *Position, each int, left *int) {
	var below []*thread
	if t.fork != nil && t.phase == waiting {
		for _, c := range t.fork.children {
			if c.state != nil && c.phase < ended {
				below = append(below, c)
			}
		}
		slices.SortFunc(below, func(a, b *thread) int { return cmp.Compare(a.index, b.index) })
	}
	children := len(below)
	if t.saga != nil {
		for _, h := range t.saga.handlers {
			if h.state != nil && h.phase < ended {
				below = append(below, h)
			}
		}
	}
	shown := min(len(below), each, *left)
	if p.Left = len(below) - shown; shown == 0 {
		return
	}
	*left -= shown
	p.Below = make([]Position, shown)
	for i, c := range below[:shown] {
		index := c.index
		if i >= children {
			index = -1
		}
		p.Below[i] = c.position(index)
		share := *left / (shown - i)
		before := share
		c.positionsBelow(&p.Below[i], each, &share)
		*left -= before - share
	}
}
