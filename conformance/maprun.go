package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/states"
)

// A mapRun is a Map Run of the [Simulator]: its children run one after the other in the order
// of their items, each on the virtual clock from the moment on at which there is room for it.
// Results that are exported are not written anywhere.
type mapRun struct {
	parent   *run
	command  *states.StartMapRun
	children []*child
	items    int64 // of all children
}

// A child is an execution for one item, or for a batch of them.
type child struct {
	*run
	identity states.Execution
	input    any
	items    int64
	started  time.Time
	redrives int
}

// startMapRun runs a Map Run and arranges its answer.
func (r *run) startMapRun(command *states.StartMapRun) error {
	r.open[command.ID] = true
	m := r.runs[command.ARN]
	if command.Redrives == 0 || m == nil {
		m = &mapRun{parent: r}
		if r.runs == nil {
			r.runs = make(map[string]*mapRun)
		}
		r.runs[command.ARN] = m
	}
	m.command = command
	at, output, failure, err := m.perform()
	if err != nil || at.IsZero() {
		return err
	}
	var answer states.Input = states.MapRunReturned{At: at, Run: command.ID, Output: output}
	if failure != nil {
		answer = states.MapRunErred{At: at, Run: command.ID, Failure: *failure}
	}
	r.agenda.add(appointment{due: at, answers: command.ID, input: answer})
	return nil
}

// perform runs the children. It returns when the run ends, the zero time for never, and how.
func (m *mapRun) perform() (at time.Time, output any, failure *states.Failure, err error) {
	if m.children == nil {
		if failure, err = m.read(); failure != nil || err != nil {
			return m.parent.now, nil, failure, err
		}
	}
	at, failed, err := m.runChildren()
	switch {
	case err != nil || at.IsZero():
		return at, nil, nil, err
	case failed:
		f := m.command.Tolerance.Failure()
		return at, nil, &f, nil
	}
	output, failure, err = m.output()
	return at, output, failure, err
}

// runChildren returns when the last child has ended, or when too many had failed.
func (m *mapRun) runChildren() (end time.Time, exceeded bool, err error) {
	type ending struct {
		at    time.Time
		items int64 // that failed
	}
	start := m.parent.now
	end = start
	var ends []ending
	// tooMany returns when too many items had failed.
	tooMany := func() (time.Time, bool) {
		slices.SortStableFunc(ends, func(a, b ending) int { return a.at.Compare(b.at) })
		var failed int64
		for _, e := range ends {
			if failed += e.items; e.items > 0 && m.command.Tolerance.Exceeded(failed, m.items) {
				return e.at, true
			}
		}
		return time.Time{}, false
	}
	room := len(m.children)
	if n := m.command.MaxConcurrency; n > 0 && n < int64(room) {
		room = int(n)
	}
	var places []time.Time // when each is free
	for i, c := range m.children {
		if c.succeeded() {
			continue
		}
		from, waited := start, len(places) == room
		if waited {
			slices.SortFunc(places, time.Time.Compare)
			from, places = places[0], places[1:]
		}
		if at, exceeded := tooMany(); exceeded && (at.Before(from) || waited && at.Equal(from)) {
			return at, true, nil
		}
		if err := m.runChild(i, c, from); err != nil {
			return end, false, err
		}
		if c.live.Result() == nil {
			return time.Time{}, false, nil // it waits for something that never comes
		}
		places = append(places, c.now)
		end = later(end, c.now)
		e := ending{at: c.now}
		if !c.succeeded() {
			e.items = c.items
		}
		ends = append(ends, e)
	}
	if at, exceeded := tooMany(); exceeded {
		return at, true, nil
	}
	return end, false, nil
}

func (c *child) succeeded() bool {
	return c.run != nil && c.live.Status() == states.StatusSucceeded
}

// runChild starts a child, or redrives one that has failed.
func (m *mapRun) runChild(i int, c *child, from time.Time) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("child %d of %s: %w", i, m.command.State.Name(), err)
		}
	}()
	express := m.command.State.Distributed.Express
	if c.run != nil && !express {
		c.now, c.redrives = from, c.redrives+1
		if err := c.redriveNow(); err != nil {
			return err
		}
		return c.toEnd()
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(m.command.ARN, " ", i, " ", m.command.Redrives)))
	name := hex.EncodeToString(sum[:4]) + "-0000-4000-8000-" + hex.EncodeToString(sum[4:10])
	r := m.parent
	of := *r.c
	of.Name, of.Input, of.Start, of.Express = r.c.Name+"/"+name, c.input, from, express
	of.Stop, of.Redrives, of.Sync = nil, nil, false
	own := r.simulator
	own.Observe, own.RealTime = nil, false
	c.run = own.newRun(m.command.State.Distributed.Child, &of, r.script)
	defer c.cancelAll()
	c.identity, c.started = m.command.Child(name), from
	if err := c.start(c.identity); err != nil {
		return err
	}
	return c.toEnd()
}

// read makes the children of the items.
func (m *mapRun) read() (*states.Failure, error) {
	source, err := m.source()
	if err != nil {
		return nil, err
	}
	m.items, m.children = 0, []*child{}
	for input, err := range children.Inputs(context.Background(), m.command, source, items.Place{}) {
		if f, ok := errors.AsType[*children.Failure](err); ok {
			return &f.Failure, nil
		}
		if err != nil {
			return nil, err
		}
		m.items += input.Items
		m.children = append(m.children, &child{input: input.Value, items: input.Items})
	}
	return nil, nil
}

// source is what the items are read from.
func (m *mapRun) source() (items.Source, error) {
	reader := m.command.Reader
	if reader == nil {
		return items.Values(m.command.Items), nil
	}
	object, err := items.ObjectOf(reader.Arguments, reader.List)
	if err != nil {
		return items.Failing(err), nil
	}
	var store objects.Memory
	for bucket, content := range m.parent.c.Objects {
		for key, text := range content {
			store.Put(bucket, key, text)
		}
	}
	return &items.Reader{Objects: &store, List: reader.List, Object: object, Config: items.Config(reader.Config)}, nil
}

// output makes the output of a run that ended well. Results that go elsewhere are not written.
func (m *mapRun) output() (any, *states.Failure, error) {
	if output, failure, ok := children.Elsewhere(m.command); ok {
		return output, failure, nil
	}
	all := make([]any, len(m.children))
	for i, c := range m.children {
		all[i] = children.Result(m.command, c.ended())
	}
	return children.Output(m.command, all), nil, nil
}

// ended describes a child that has ended.
func (c *child) ended() *results.Child {
	end := c.live.Result()
	ended := &results.Child{
		ARN: c.identity.ARN, Name: c.identity.Name, StateMachineARN: c.identity.StateMachineARN,
		Input: c.input, Status: string(end.Status), Output: end.Output,
		RedriveCount: c.redrives, RedriveStatus: "REDRIVABLE", Start: c.started, Stop: c.now,
	}
	if c.succeeded() {
		ended.RedriveStatus, ended.RedriveStatusReason = "NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"
	}
	if end.Failure.HasError {
		ended.Error = &end.Failure.Error
	}
	if end.Failure.HasCause {
		ended.Cause = &end.Failure.Cause
	}
	return ended
}
