package states

import (
	"maps"
	"slices"
)

// openThreads finds the threads that wait for the answer of a command, by the command. Mostly
// one does. The zero openThreads has none.
type openThreads struct {
	first *thread
	more  map[EventID]*thread
}

func (o *openThreads) add(t *thread) {
	switch {
	case o.first == nil:
		o.first = t
	case o.more == nil:
		o.more = map[EventID]*thread{t.command: t}
	default:
		o.more[t.command] = t
	}
}

// of returns the thread that waits for the answer of a command, nil for none.
func (o *openThreads) of(command EventID) *thread {
	if t := o.first; t != nil && t.command == command {
		return t
	}
	return o.more[command]
}

// remove takes a thread out, if it waits.
func (o *openThreads) remove(t *thread) {
	if o.first == t {
		o.first = nil
	} else if o.more[t.command] == t {
		delete(o.more, t.command)
	}
}

// all returns the threads in the order of their commands.
func (o *openThreads) all() []*thread {
	all := slices.AppendSeq(make([]*thread, 0, len(o.more)+1), maps.Values(o.more))
	if o.first != nil {
		all = append(all, o.first)
	}
	slices.SortFunc(all, func(a, b *thread) int { return int(a.command - b.command) })
	return all
}

// Open returns the commands that have not been answered, in the order of their
// ids: what must be taken up again after [Restore].
func (x *Interpreter) Open() []Command {
	if x.Status() != StatusRunning {
		return nil
	}
	var open []Command
	if due := x.timeout(); !due.IsZero() && !x.ending {
		open = append(open, &StartTimer{ID: 1, Due: due})
	}
	for _, t := range x.open.all() {
		switch {
		case t.task != nil:
			open = append(open, t.task)
		case t.fork != nil:
			open = append(open, t.fork.run.StartMapRun)
		default:
			open = append(open, &StartTimer{ID: t.command, Due: t.due})
		}
	}
	return open
}
