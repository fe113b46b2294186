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
	x, calls, err := e.startFrom(ctx, context.Background(), machines, reference, input, start{logging: e.config.Logging}, options)
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
		return e.startFrom(ctx, context.WithoutCancel(ctx), machines, reference, input, start{logging: e.config.Logging, express: true, sync: true}, options)
	})
}

var errNoMachines = errors.New("engine: the Machines to start an execution from are nil")

// startFrom finds the machine of a reference and starts an execution of it, whose
// handlers see the values of the context values.
func (e *Engine) startFrom(ctx, values context.Context, machines Machines, reference string, input any, s start, options []StartOption) (*Execution, *call, error) {
	s.apply(options)
	if isNil(machines) {
		return nil, nil, errNoMachines
	}
	if !s.seeded {
		rand.Read(s.seed[:]) // never fails
		s.seeded = true
	}
	target, err := machines.Target(ctx, reference, s.seed)
	switch {
	case err != nil:
		return nil, nil, err
	case target.Machine == nil || target.Machine.Graph == nil:
		return nil, nil, errEmptyMachine
	case s.machine != "" && s.machine != target.Name:
		return nil, nil, fmt.Errorf("%w: Invalid Name: the machine is registered as '%s', and can't be called '%s'", ErrInvalidName, target.Name, s.machine)
	}
	s.machine, s.version, s.alias = target.Name, target.VersionARN, target.AliasARN
	return e.startAs(values, target.Machine, input, &s)
}

// MachineARN returns the ARN of the state machine of a name, in the engine's region and
// account, whether there is one or not.
func (e *Engine) MachineARN(name string) string {
	return e.arnPrefix + "stateMachine:" + name
}

// Now returns the time of the engine's clock as histories show it: in UTC, to the
// millisecond.
func (e *Engine) Now() time.Time { return e.now() }
