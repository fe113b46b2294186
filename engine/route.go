package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"github.com/gostates/gostates/asl"
)

// StartExecution starts an execution of a registered machine as it is now, of a version,
// or of one of the versions that an alias leads to, as [Engine.StartExecution] does. The
// execution's name must be unique among those of the machine, whatever they were started
// by; a [Machine] option must name the machine.
//
// Which version an alias leads to is decided by its weights and the execution's supply
// of chance, so that executions [Seeded] alike go to the same one.
//
// It returns [ErrStateMachineDoesNotExist] when there is no such machine, version or
// alias.
func (r *Registry) StartExecution(ctx context.Context, reference string, input any, options ...StartOption) (*Execution, error) {
	e := r.engine
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	s := start{logging: e.config.Logging}
	machine, err := r.route(ctx, reference, &s, options)
	if err != nil {
		return nil, err
	}
	x, calls, err := e.startAs(context.Background(), machine, input, &s)
	if err != nil {
		return nil, err
	}
	e.spawn(calls)
	return x, nil
}

// StartSyncExecution runs an Express execution of a registered machine, a version or an
// alias to its end, as [Engine.StartSyncExecution] does. What is said of
// [Registry.StartExecution] holds here, too.
func (r *Registry) StartSyncExecution(ctx context.Context, reference string, input any, options ...StartOption) (*Result, error) {
	e := r.engine
	return e.runSync(ctx, func() (*Execution, *call, error) {
		s := start{logging: e.config.Logging, express: true, sync: true}
		machine, err := r.route(ctx, reference, &s, options)
		if err != nil {
			return nil, nil, err
		}
		return e.startAs(ctx, machine, input, &s)
	})
}

// route applies the options and finds the machine that is to run.
func (r *Registry) route(ctx context.Context, text string, s *start, options []StartOption) (*asl.StateMachine, error) {
	for _, option := range options {
		option(s)
	}
	if !s.seeded {
		rand.Read(s.seed[:]) // never fails
		s.seeded = true
	}
	wanted := s.machine
	machine, err := r.machine(ctx, text, func(of *reference, m *entry) {
		arn := r.engine.machineARN(of.machine)
		s.machine, s.version, s.alias = of.machine, "", ""
		if a := m.alias(of.qualifier); a != nil {
			s.alias = arn + ":" + a.Name
			of.qualifier = strconv.Itoa(a.choose(s.seed))
		}
		if of.qualifier != "" {
			s.version = arn + ":" + of.qualifier
		}
	})
	if err == nil && wanted != "" && wanted != s.machine {
		err = fmt.Errorf("%w: Invalid Name: the machine is registered as '%s', and can't be called '%s'", ErrInvalidName, s.machine, wanted)
	}
	return machine, err
}
