package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// Machines finds state machines by what they are called, for
// [Engine.StartExecutionFrom]. Package registry has AWS's: *registry.Registry is one.
// Several goroutines call it at a time; it may call the engine.
type Machines interface {
	// Target returns the machine that an execution runs which is started by a
	// reference: the name or the ARN of a machine, of a version or of an alias. The
	// seed is the supply of chance of that execution: the same seed chooses the same
	// version of an alias.
	//
	// Target returns an error that wraps [ErrStateMachineDoesNotExist] when no machine,
	// version or alias is so called, and one that wraps [ErrInvalidARN] for a text that
	// can't be a reference.
	Target(ctx context.Context, reference string, seed states.Seed) (Target, error)
}

// A Target is a state machine that executions are started of, with its name.
type Target struct {
	// Machine is the definition that the execution runs, and keeps until its end.
	Machine *asl.StateMachine
	// Name is the name of the machine. It stands in the execution's ARN.
	Name string
	// VersionARN and AliasARN are the ARNs of the version that the execution runs and
	// of the alias that led to the version. Each is empty when there is none.
	VersionARN, AliasARN string
	// Type is the type of the machine. An Express machine has Express executions. A
	// Standard one has Standard executions, and a synchronous start of it is
	// [ErrTypeNotSupported]. Of a machine without a type, which is the zero value, the
	// start decides, and so does the option [Express] of a machine of any type.
	Type MachineType
	// RoleARN is what the execution says it runs as; empty stands for Config.RoleARN.
	RoleARN string
	// Logging is the logging of executions that are started without a Logging option;
	// nil stands for Config.Logging.
	Logging *LogOptions
	// Terms is a text that the engine keeps with the execution, unchanged, and gives back
	// in [Engine.DescribeStateMachineForExecution]. Executions of one machine should
	// share it.
	Terms string
}

// A MachineType is the type of a registered state machine, by the name AWS gives it.
type MachineType string

// The types of state machines.
const (
	TypeStandard MachineType = "STANDARD"
	TypeExpress  MachineType = "EXPRESS"
)

// An ExecutedMachine is the state machine by which an execution runs, as it was when the
// execution started.
type ExecutedMachine struct {
	// Identity has the names of the execution and of its machine.
	Identity
	// Definition is the definition.
	Definition *asl.StateMachine
	// RoleARN is what the execution says it runs as.
	RoleARN string
	// MapRunARN is the Map Run that the execution is a child of, whose machine is a Map
	// state of the Definition; empty for other executions.
	MapRunARN string
	// Terms is [Target.Terms]; empty for an execution that no [Machines] knew of.
	Terms string
}

// DescribeStateMachineForExecution returns the state machine by which a Standard execution
// runs, or ran. Errors: [ErrExecutionDoesNotExist], [ErrInvalidARN], [ErrTypeNotSupported]
// for an Express execution, and a [*StoreError].
func (e *Engine) DescribeStateMachineForExecution(ctx context.Context, arn string) (*ExecutedMachine, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	d, err := e.archive.describe(arn)
	if err != nil {
		return nil, err
	}
	machine, terms, err := e.archive.machineOf(arn)
	if err != nil {
		return nil, err
	}
	history, err := e.archive.events(arn)
	if err != nil {
		return nil, err
	}
	m := &ExecutedMachine{Identity: d.Identity, MapRunARN: d.MapRunARN, Definition: machine, Terms: terms}
	if started, ok := history[0].Details.(*states.StartedDetails); ok {
		m.RoleARN = started.RoleARN
	}
	return m, nil
}

// StartExecutionFrom starts an execution of the machine that machines has for a
// reference, as [Engine.StartExecution] does of a machine that was parsed. JSON text as
// input must be a json.RawMessage, not a string or a []byte. The
// execution's name must be unique among those of the machine, whichever version or alias
// they were started by. A [Machine] option must name the machine; with another name the
// error is [ErrInvalidName]. Errors of machines are returned as they are.
func (e *Engine) StartExecutionFrom(ctx context.Context, machines Machines, reference string, input any, options ...StartOption) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	x, calls, err := e.startFrom(ctx, context.Background(), machines, reference, input, start{caller: ctx, logging: e.config.Logging}, options)
	if err != nil {
		return nil, e.refused(ctx, err)
	}
	e.spawn(calls)
	return x, nil
}

// StartOrGetExecutionFrom is [Engine.StartOrGetExecution] with the machine that machines has
// for a reference.
func (e *Engine) StartOrGetExecutionFrom(ctx context.Context, machines Machines, reference string, input any, options ...StartOption) (*Execution, error) {
	return e.startOrGet(ctx, func(s start) (*Execution, *call, error) {
		return e.startFrom(ctx, context.Background(), machines, reference, input, s, options)
	})
}

// StartSyncExecutionFrom runs an Express execution of the machine that machines has for a
// reference to its end, as [Engine.StartSyncExecution] does of a machine that was parsed.
// JSON text as input must be a json.RawMessage, not a string or a []byte.
// The errors are those of StartSyncExecution and of [Engine.StartExecutionFrom].
func (e *Engine) StartSyncExecutionFrom(ctx context.Context, machines Machines, reference string, input any, options ...StartOption) (*Result, error) {
	return e.runSync(ctx, func() (*Execution, *call, error) {
		return e.startFrom(ctx, context.WithoutCancel(ctx), machines, reference, input, start{caller: ctx, logging: e.config.Logging, express: true, sync: true}, options)
	})
}

// RunSyncExecutionFrom is [Engine.StartSyncExecutionFrom] for who wants to know all of the
// execution: it returns a description of one that failed or ran out of time, too, without
// an error.
func (e *Engine) RunSyncExecutionFrom(ctx context.Context, machines Machines, reference string, input any, options ...StartOption) (*Description, error) {
	return e.describeSync(ctx, func() (*Execution, *call, error) {
		return e.startFrom(ctx, context.WithoutCancel(ctx), machines, reference, input, start{caller: ctx, logging: e.config.Logging, express: true, sync: true}, options)
	})
}

// describeSync runs an execution that a function starts to its end, and describes it.
func (e *Engine) describeSync(ctx context.Context, start func() (*Execution, *call, error)) (*Description, error) {
	var x *Execution
	_, err := e.runSync(ctx, func() (_ *Execution, calls *call, err error) {
		x, calls, err = start()
		return x, calls, err
	})
	if _, ended := errors.AsType[*ExecutionError](err); err != nil && !ended {
		return nil, err
	}
	x.lock()
	defer x.unlock()
	return x.describe(), nil
}

var errNoMachines = errors.New("engine: the Machines to start an execution from are nil")

// startFrom finds the machine of a reference and starts an execution of it, whose
// handlers see the values of the context values.
func (e *Engine) startFrom(ctx, values context.Context, machines Machines, reference string, input any, s start, options []StartOption) (*Execution, *call, error) {
	s.apply(options)
	target, err := targetOf(ctx, machines, reference, &s)
	if err != nil {
		return nil, nil, err
	}
	if target.Logging != nil && !s.logs {
		s.logging = *target.Logging
	}
	return e.startAs(values, target.Machine, input, &s)
}

// targetOf finds the machine of a reference, and notes what it says of a start.
func targetOf(ctx context.Context, machines Machines, reference string, s *start) (target Target, err error) {
	if isNil(machines) {
		return target, errNoMachines
	}
	if !s.seeded {
		rand.Read(s.seed[:]) // never fails
		s.seeded = true
	}
	target, err = machines.Target(ctx, reference, s.seed)
	switch {
	case err != nil:
		return target, err
	case target.Machine == nil || target.Machine.Graph == nil:
		return target, errEmptyMachine
	case s.machine != "" && s.machine != target.Name:
		return target, fmt.Errorf("%w: Invalid Name: the machine is registered as '%s', and can't be called '%s'", ErrInvalidName, target.Name, s.machine)
	case target.Type == TypeStandard && s.sync:
		return target, fmt.Errorf("%w: This operation is not supported by this type of state machine", ErrTypeNotSupported)
	}
	s.machine, s.version, s.alias = target.Name, target.VersionARN, target.AliasARN
	s.express = s.express || target.Type == TypeExpress
	s.role, s.terms = target.RoleARN, target.Terms
	return target, nil
}

// MachineARN returns the ARN of the state machine of a name, in the engine's region and
// account, whether there is one or not.
func (e *Engine) MachineARN(name string) string {
	return e.arnPrefix + "stateMachine:" + name
}

// RoleARN returns Config.RoleARN, or its default: what executions say they run as unless
// their machines say otherwise.
func (e *Engine) RoleARN() string { return e.config.RoleARN }

// Now returns the time of the engine's clock as histories show it: in UTC, to the
// millisecond.
func (e *Engine) Now() time.Time { return e.now() }
