package states

import "github.com/gostates/gostates/asl"

// parallel implements the chapter "Parallel State".
func (t *thread) parallel(s *asl.Parallel) {
	if t.phase == returned {
		t.complete(t.value, &s.Flow, s.Next)
		return
	}
	effective, f := t.effectiveInput(&s.Flow)
	if f != nil {
		t.fail(f)
		return
	}
	if t.x.trial != nil {
		t.x.wait(t, t.x.last+1)
		t.x.commands = append(t.x.commands, &RunBranches{State: s, Input: effective})
		return
	}
	started := t.x.record(t.tip, ParallelStateStarted, nil)
	t.tip = started
	t.fork = newFork(len(s.Branches), len(s.Branches), started)
	t.phase = waiting
	for i, branch := range s.Branches {
		t.spawn(t.fork.children[i], branch, i, effective, started)
	}
}

// newFork returns a fork with so many results to come, and room for so many
// children at a time.
func newFork(results, children int, started EventID) *fork {
	f := &fork{started: started, children: make([]*thread, children), results: make([]any, results)}
	threads := make([]thread, children)
	for i := range threads {
		f.children[i] = &threads[i]
	}
	return f
}
