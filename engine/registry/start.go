package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// StartExecution starts an execution of the machine that a reference names, of its
// version, or of one of the versions that the alias leads to, as
// [engine.Engine.StartExecution] does: JSON text as input must be a json.RawMessage, not a
// string or a []byte. The execution's name must be unique among those of
// the machine, whichever version or alias they were started by; an [engine.Machine] option
// must name the machine.
//
// The weights of an alias and the execution's supply of chance decide to which version
// the execution goes, so that executions which are [engine.Seeded] alike go to the same
// version.
//
// StartExecution returns [engine.ErrStateMachineDoesNotExist] when there is no such
// machine, version or alias.
func (r *Registry) StartExecution(ctx context.Context, reference string, input any, options ...engine.StartOption) (*engine.Execution, error) {
	return r.hosted().StartExecutionFrom(ctx, r, reference, input, options...)
}

// StartSyncExecution runs an Express execution of the machine, version or alias that a
// reference names to its end, as [engine.Engine.StartSyncExecution] does: JSON text as
// input must be a json.RawMessage, not a string or a []byte. The version and the errors are
// those of [Registry.StartExecution].
func (r *Registry) StartSyncExecution(ctx context.Context, reference string, input any, options ...engine.StartOption) (*engine.Result, error) {
	return r.hosted().StartSyncExecutionFrom(ctx, r, reference, input, options...)
}

// RunSyncExecution is [Registry.StartSyncExecution] for who wants to know all of the
// execution: it returns a description of one that failed or ran out of time, too, without
// an error.
func (r *Registry) RunSyncExecution(ctx context.Context, reference string, input any, options ...engine.StartOption) (*engine.Description, error) {
	return r.hosted().RunSyncExecutionFrom(ctx, r, reference, input, options...)
}

// An Executed is the machine by which an execution runs, as it was registered when the
// execution started.
type Executed struct {
	engine.ExecutedMachine
	Terms
}

// DescribeForExecution returns the machine by which a Standard execution runs, or ran. The
// terms of an execution that was not started by the name of a machine are zero. Errors:
// those of [engine.Engine.DescribeStateMachineForExecution].
func (r *Registry) DescribeForExecution(ctx context.Context, executionARN string) (*Executed, error) {
	m, err := r.hosted().DescribeStateMachineForExecution(ctx, executionARN)
	if err != nil {
		return nil, err
	}
	d := &Executed{ExecutedMachine: *m}
	if m.Terms != "" {
		if err := json.Unmarshal([]byte(m.Terms), &d.Terms); err != nil {
			return nil, fmt.Errorf("registry: the terms of the execution %s can't be read: %w", executionARN, err)
		}
	}
	return d, nil
}

// Target implements [engine.Machines].
func (r *Registry) Target(ctx context.Context, text string, seed states.Seed) (t engine.Target, err error) {
	var unwritten error
	t.Machine, err = r.load(ctx, text, func(of *reference, m *entry) {
		arn := r.hosted().MachineARN(of.machine)
		t.Name, t.VersionARN, t.AliasARN = of.machine, "", ""
		if a := m.alias(of.qualifier); a != nil {
			t.AliasARN = arn + ":" + a.Name
			of.qualifier = strconv.Itoa(a.choose(seed))
		}
		terms := Terms{m.Settings, m.Revision, m.Updated}
		if v := m.numbered(of.qualifier); v != nil {
			t.VersionARN = arn + ":" + of.qualifier
			terms = Terms{v.Settings, v.Revision, cmp.Or(v.Updated, v.Created)}
		}
		if t.Type, t.RoleARN, t.Logging = terms.Type, terms.RoleARN, nil; terms.Logging != nil {
			t.Logging = &terms.Logging.LogOptions
		}
		t.Terms, unwritten = terms.text()
	})
	return t, cmp.Or(err, unwritten)
}
