package engine

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gostates/gostates/asl"
)

// machines remembers what was found out about state machines, so that each is
// looked at once. The zero machines has seen none.
type machines struct {
	// lacks says what the engine lacks to run the Map states in the mode DISTRIBUTED.
	lacks func(m *asl.StateMachine) error
	mu    sync.RWMutex
	facts map[*asl.StateMachine]*machineFacts
}

// maxMachines bounds the machines remembered. A program that parses a definition
// anew for every execution has them looked at anew, too.
const maxMachines = 1_000

// machineFacts are what the engine knows of a machine.
type machineFacts struct {
	// name derives the name that the machine has without a [Machine] option.
	name func() string
	// named is what the machine was called in the last start.
	named atomic.Pointer[machineIdentity]
	// standardOnly says why no Express execution can be, nil when one can.
	standardOnly error
	// activities are the ARNs of activities that it names.
	activities []string
	// handled are those of activities that the Config's Resolver had a handler for when an
	// execution was started, or restored, last; nil for none.
	handled atomic.Pointer[[]string]
	// within are the names of the Map states in the mode DISTRIBUTED by which the machine of
	// children is found in the definition; nil for a whole machine.
	within []string
	// resolved is set when all resources that it names were known once.
	resolved atomic.Bool
	// events is the length of the history of the execution that ended last. The
	// next one is likely to have as many.
	events atomic.Int64
}

// check returns the facts of a machine, or the resources it names that are
// unknown.
func (ms *machines) check(r Resolver, m *asl.StateMachine) (*machineFacts, error) {
	facts := ms.seen(m)
	if facts != nil && facts.resolved.Load() {
		facts.noteHandled(r)
		return facts, nil
	}
	if err := ms.lacks(m); err != nil {
		return nil, err
	}
	if err := ms.unresolved(r, m); err != nil {
		return nil, err
	}
	facts = ms.look(m)
	facts.noteHandled(r)
	facts.resolved.Store(true)
	return facts, nil
}

// A machineIdentity is a machine's name and ARN.
type machineIdentity struct{ name, arn string }

// machineARN returns the ARN of the machine by a name, which is mostly that of the last start.
func (f *machineFacts) machineARN(e *Engine, name string) string {
	if last := f.named.Load(); last != nil && last.name == name {
		return last.arn
	}
	arn := e.MachineARN(name)
	f.named.Store(&machineIdentity{name, arn})
	return arn
}

// unresolved returns a *ResourceError for every resource that a machine names and that is
// unknown, joined; nil when all are known, or have been.
func (ms *machines) unresolved(r Resolver, m *asl.StateMachine) error {
	if facts := ms.seen(m); facts != nil {
		facts.noteHandled(r)
		if facts.resolved.Load() {
			return nil
		}
	}
	var unknown []error
	for _, task := range tasksOf(m.Graph) {
		name, known := taskResource(r, task)
		if known && r.Resolve(name) == nil {
			unknown = append(unknown, resourceError(r, task.Name(), name))
		}
	}
	return errors.Join(unknown...)
}

// seen returns the facts of a machine that was looked at before, nil for another.
func (ms *machines) seen(m *asl.StateMachine) *machineFacts {
	ms.mu.RLock()
	defer ms.mu.RUnlock()
	return ms.facts[m]
}

// look returns the facts of a machine, whether its resources are known or not.
func (ms *machines) look(m *asl.StateMachine) *machineFacts {
	if facts := ms.seen(m); facts != nil {
		return facts
	}
	facts := &machineFacts{name: sync.OnceValue(func() string { return machineName(m) })}
	for _, task := range tasksOf(m.Graph) {
		if arn := task.Resource.Text; task.Resource.Kind == asl.Activity && !slices.Contains(facts.activities, arn) {
			facts.activities = append(facts.activities, arn)
		}
	}
	if problems := m.ExpressProblems(); len(problems) > 0 {
		facts.standardOnly = fmt.Errorf("%w: %w", ErrTypeNotSupported, problems.Err())
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if ms.facts == nil || len(ms.facts) >= maxMachines {
		ms.facts = make(map[*asl.StateMachine]*machineFacts)
	} else if other := ms.facts[m]; other != nil {
		return other
	}
	ms.facts[m] = facts
	return facts
}

// distributedMaps returns the Map states in the mode DISTRIBUTED of a graph and all graphs
// within.
func distributedMaps(g *asl.Graph) (all []*asl.Map) {
	for s := range g.All() {
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				all = append(all, distributedMaps(branch)...)
			}
		case *asl.Map:
			if s.Distributed != nil {
				all = append(all, s)
			}
			all = append(all, distributedMaps(s.Processor)...)
		}
	}
	return all
}

// tasksOf returns the Task states of a graph and all graphs within, in the order
// of the text.
func tasksOf(g *asl.Graph) (tasks []*asl.Task) {
	for s := range g.All() {
		switch s := s.(type) {
		case *asl.Task:
			tasks = append(tasks, s)
		case *asl.Parallel:
			for _, branch := range s.Branches {
				tasks = append(tasks, tasksOf(branch)...)
			}
		case *asl.Map:
			tasks = append(tasks, tasksOf(s.Processor)...)
		}
	}
	return tasks
}

// taskResource returns the name that the handler of a task is registered for, and whether
// that is known before the task's input is.
func taskResource(r Resolver, task *asl.Task) (string, bool) {
	if !invokesFunction(&task.Resource) || r.Resolve(task.Resource.Text) != nil {
		return task.Resource.Text, true
	}
	return task.Function, task.Function != ""
}
