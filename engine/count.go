package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// errNoCounter is found in the error of CountExecutions with a Store that is no
// store.Counter.
var errNoCounter = errors.New("the Store counts no executions: it is no store.Counter")

// CountOptions choose the executions that are counted. The zero value chooses all but the
// children of Map Runs.
type CountOptions struct {
	// Machine is the machine's name or ARN; empty for all machines. The executions of its
	// versions and aliases are the machine's. "orders/LABEL" is for the children of the Map
	// Runs of a Map state.
	Machine string
	// MapRunChildren has the Standard children of Map Runs counted with those of all machines.
	MapRunChildren bool
}

// A Count is how many executions of a machine have a status.
type Count struct {
	Machine, MachineARN string
	Status              states.Status
	Executions          int64
}

// Counts are those of several machines, in the order of the machines' names and the
// statuses. Counts that are 0 are left out.
type Counts []Count

// ByStatus returns how many executions of all the machines have each status.
func (c Counts) ByStatus() map[states.Status]int64 {
	totals := make(map[states.Status]int64)
	for i := range c {
		totals[c[i].Status] += c[i].Executions
	}
	return totals
}

// Total returns how many executions there are.
func (c Counts) Total() (total int64) {
	for i := range c {
		total += c[i].Executions
	}
	return total
}

// CountExecutions returns how many Standard executions of each machine have each status.
// Executions that are too old for [Limits.Retention] are counted until they are removed,
// which takes up to a minute. The error is a [*StoreError], also for a Store that is no
// [store.Counter].
func (e *Engine) CountExecutions(ctx context.Context, options CountOptions) (Counts, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	all, err := e.archive.countAll(ctx)
	if err != nil {
		return nil, err
	}
	machine := e.wantedARN(options.Machine)
	counts := Counts{}
	for _, c := range all {
		if machine == c.MachineARN || machine == "" && (options.MapRunChildren || !store.IsMapRunChild(c.MachineARN)) {
			counts = append(counts, Count{Machine: c.Machine, MachineARN: c.MachineARN, Status: c.Status, Executions: c.Executions})
		}
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.MachineARN, b.MachineARN), cmp.Compare(a.Status, b.Status))
	})
	return counts, nil
}

func (a *memoryArchive) countAll(context.Context) (all []store.Count, err error) {
	executions, _ := a.summaries(&store.Query{}, 0)
	counts := make(map[store.Count]int64)
	for i := range executions {
		s := &executions[i]
		counts[store.Count{MachineARN: s.MachineARN, Machine: s.Machine, Status: s.Status}]++
	}
	for c, n := range counts {
		c.Executions = n
		all = append(all, c)
	}
	return all, nil
}

func (a *storeArchive) countAll(ctx context.Context) (all []store.Count, err error) {
	err = a.store.use(func(s store.Store) error {
		counter, ok := s.(store.Counter)
		if !ok {
			return errNoCounter
		}
		all, err = counter.Count(ctx)
		return err
	})
	if err != nil {
		return nil, a.storeError("", err)
	}
	return all, nil
}
