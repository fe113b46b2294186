package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/states"
)

// A runningChild is a child of a Map Run whose result is not kept yet.
type runningChild struct {
	items int64
	since time.Time // when it was given its items
	ended bool
	// x is the child when it can't be found by its ARN, as an Express one.
	x *Execution
}

// A givenChild is a child that was given its items, and the place of the first of them.
type givenChild struct {
	index int64
	from  items.Place
}

// An unstarted child is one that is to be started: again, because the store failed; or because
// it did not succeed, with its result then.
type unstarted struct {
	index int64
	input children.Input
	redo  bool
}

// identity returns what a child is called. redrives is how often the run had been redriven when
// the child was started: a Standard child keeps its name.
func (r *mapRun) identity(index int64, redrives int) Identity {
	e, express := r.engine, r.state.Express
	if !express {
		redrives = 0
	}
	name := childUUID(r.arn, index, redrives)
	id := Identity{Name: name, MachineARN: r.state.MachineARN}
	_, id.Machine, _ = strings.Cut(id.MachineARN, ":stateMachine:")
	if express {
		id.ARN = e.expressARN(id.Machine, name, name)
	} else {
		id.ARN = e.executionARN(id.Machine, name)
	}
	return id
}

// begin starts a child that is among those that run. Starts that wait for the store go on side
// by side.
func (r *mapRun) begin(c unstarted) {
	if r.state.Express || !r.engine.archive.outlives() || r.engine.virtual != nil {
		r.try(c)
		return
	}
	r.starts <- struct{}{}
	r.starting.Go(func() {
		defer func() { <-r.starts }()
		r.try(c)
	})
}

// try starts a child, or leaves it for the next turn.
func (r *mapRun) try(c unstarted) {
	err := r.start(c)
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsure = append(r.unsure, c)
	if r.startErr == nil {
		r.startErr = err
	}
}

// start starts a child.
func (r *mapRun) start(c unstarted) error {
	if c.redo && !r.state.Express {
		return r.restartChild(c)
	}
	return r.startChild(c)
}

// startChild starts a child anew, or finds the one that was started before a crash. What becomes
// of it is told to childEnded.
func (r *mapRun) startChild(c unstarted) error {
	e, m := r.engine, r.command.State
	id := r.identity(c.index, r.state.Redrives)
	s := start{
		name: id.Name, machine: id.Machine, express: r.state.Express, arn: id.ARN, logging: r.logging, role: r.role, terms: r.terms, leaves: r.leaves,
		seed: r.command.ChildSeed(id.Name), seeded: true,
		caller: r.context(), parent: states.Parent{ARN: r.arn, Task: states.EventID(c.index), Depth: r.depth},
	}
	x, err := e.newExecution(context.Background(), m.Distributed.Child, r.facts, c.input.Value, &s)
	if err != nil {
		return err
	}
	if s.express {
		r.mu.Lock()
		r.running[c.index].x = x
		r.mu.Unlock()
	}
	found, calls, err := e.launch(x, &s)
	if errors.Is(err, ErrExecutionAlreadyExists) {
		found, err = e.archive.find(id.ARN)
	}
	if err != nil {
		return err
	}
	e.spawn(calls)
	if found != x {
		r.found(found)
	}
	return nil
}

// found takes the result of a child that was there before, if it has one.
func (r *mapRun) found(x *Execution) {
	x.lock()
	over := x.end != nil || x.gone != nil
	x.unlock()
	if over {
		r.childEnded(x)
	}
}

// restartChild redrives a Standard child that did not succeed.
func (r *mapRun) restartChild(c unstarted) error {
	e, id := r.engine, r.identity(c.index, 0)
	_, calls, err := e.archive.redrive(r.context(), id.ARN, "")
	switch {
	case err == nil:
		e.spawn(calls)
		return nil
	case errors.Is(err, ErrExecutionDoesNotExist):
		return r.startChild(c) // its time is over
	case !errors.Is(err, ErrNotRedrivable):
		return err
	}
	// It runs, because it was redriven before a crash; or it stays as it is.
	x, err := e.archive.find(id.ARN)
	if err == nil {
		r.found(x)
	}
	return err
}

// tellRun tells the Map Run of a child that the child has ended.
func (x *Execution) tellRun() {
	if r := x.engine.mapRuns.find(x.parent.ARN); r != nil {
		r.childEnded(x)
	}
}

// ofMapRun reports whether an execution is a child of a Map Run.
func (x *Execution) ofMapRun() bool {
	return x.parent.ARN != "" && strings.Contains(x.parent.ARN, ":mapRun:")
}

// childEnded takes the result of a child. Whoever comes second with the same one is not heard.
func (r *mapRun) childEnded(x *Execution) {
	x.lock()
	c := &childResult{index: int64(x.parent.Task), start: x.startDate, stop: x.stopDate, input: x.input, again: x.redrives}
	if x.end != nil {
		c.status, c.output, c.failure = x.end.Status, x.end.Output, x.end.Failure
	} else if err := cmp.Or(x.gone, ErrClosed); errors.Is(err, ErrClosed) {
		x.unlock()
		return // it is left for the next engine
	} else {
		c.status, c.failure, c.stop = states.StatusFailed, states.Fail("States.Runtime", err.Error()), x.now
	}
	x.unlock()
	r.ends(c)
}

// ends takes the result of a child.
func (r *mapRun) ends(c *childResult) {
	r.mu.Lock()
	running := r.running[c.index]
	if running != nil && !running.ended {
		running.ended, c.items = true, running.items
		r.ended = append(r.ended, c)
	}
	r.mu.Unlock()
	if running != nil {
		r.kick()
	}
}

// stopChildren stops all children that run.
func (r *mapRun) stopChildren() error {
	r.mu.Lock()
	r.unsure, r.startErr = nil, nil
	all := make(map[int64]*Execution)
	for index, c := range r.running {
		if !c.ended {
			all[index] = c.x
		}
	}
	r.mu.Unlock()
	for _, index := range slices.Sorted(maps.Keys(all)) {
		x := all[index]
		if x == nil {
			var err error
			x, err = r.engine.archive.find(r.identity(index, 0).ARN)
			if errors.Is(err, ErrExecutionDoesNotExist) {
				r.ends(&childResult{index: index, status: states.StatusAborted, start: r.engine.now(), stop: r.engine.now()})
				continue
			}
			if err != nil {
				return err
			}
		}
		r.engine.stopForRun(x)
		r.found(x)
	}
	return nil
}

// stopForRun stops a child whose Map Run is over. What AWS says as its cause is not known.
func (e *Engine) stopForRun(x *Execution) {
	if calls, err := x.advance(arrival{kind: stopped, kept: true}); err == nil {
		e.spawn(calls)
	}
}

// childFacts returns the facts of the machine that the children of a Map state run.
func (ms *machines) childFacts(of *machineFacts, m *asl.Map) *machineFacts {
	facts := ms.look(m.Distributed.Child)
	ms.mu.Lock()
	defer ms.mu.Unlock()
	if facts.within == nil {
		facts.within = append(append([]string{}, of.within...), m.Name())
	}
	return facts
}
