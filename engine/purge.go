package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// errNoPurger is found in the error of PurgeExecutions with a Store that is no store.Purger.
var errNoPurger = errors.New("the Store removes no executions by their status: it is no store.Purger")

// ErrInvalidPurge is returned for PurgeOptions that choose nothing that can be removed.
var ErrInvalidPurge = errors.New("engine: invalid purge")

// PurgeOptions choose executions that have ended. What several fields choose has to fit them
// all.
type PurgeOptions struct {
	// StoppedBefore is the time before which they have ended. It is required.
	StoppedBefore time.Time
	// Statuses are those that they have; empty for any. RUNNING is refused.
	Statuses []states.Status
	// Machine is the machine's name or ARN, or that of a version or an alias; empty for all
	// machines.
	Machine string
	// Limit is how many are removed at most; 0 for no bound.
	Limit int
}

// PurgeExecutions removes Standard executions that have ended, those that ended first, with
// all that is kept of them as [Engine.DeleteExecution] does, and returns how many it has
// removed, also with an error. Executions go on meanwhile. The children of Map Runs are
// executions of their own and have an end of their own; a Map Run whose child is removed
// still has the child's result. When ctx ends first the rest stays.
//
// Errors: [ErrInvalidPurge], ctx's, and a [*StoreError], also for a Store that is no
// [store.Purger].
func (e *Engine) PurgeExecutions(ctx context.Context, options PurgeOptions) (removed int, err error) {
	if err := e.begin(ctx); err != nil {
		return 0, err
	}
	defer e.busy(-1)
	switch {
	case options.StoppedBefore.IsZero():
		return 0, fmt.Errorf("%w: StoppedBefore is required", ErrInvalidPurge)
	case slices.Contains(options.Statuses, states.StatusRunning):
		return 0, fmt.Errorf("%w: an execution that is RUNNING can't be removed", ErrInvalidPurge)
	case options.Limit < 0:
		return 0, fmt.Errorf("%w: the Limit is %d", ErrInvalidPurge, options.Limit)
	}
	p := store.Purge{StoppedBefore: options.StoppedBefore, Statuses: options.Statuses, MachineARN: e.wantedARN(options.Machine)}
	for options.Limit == 0 || removed < options.Limit {
		some := purgeStep
		if options.Limit > 0 {
			some = min(some, options.Limit-removed)
		}
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		n, err := e.archive.purge(ctx, p, some)
		removed += n
		if err != nil || n < some {
			return removed, err
		}
	}
	return removed, nil
}

// purgeStep is how many executions a Store is asked to remove at a time, so that ctx is heard
// of.
const purgeStep = 1000

func (a *memoryArchive) purge(_ context.Context, p store.Purge, limit int) (removed int, err error) {
	q := store.Query{MachineARN: p.MachineARN, Statuses: p.Statuses, StoppedBefore: p.StoppedBefore}
	executions, _ := a.summaries(&q, 0)
	slices.SortStableFunc(executions, func(s, t memorySummary) int { return s.StopDate.Compare(t.StopDate) })
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range executions {
		x := executions[i].x
		if removed == limit {
			break
		}
		// One that was redriven or removed meanwhile is not there any more.
		if a.byARN[x.identity.ARN] == x && a.ends.has(x) {
			a.letGo(x)
			removed++
		}
	}
	return removed, nil
}

func (a *storeArchive) purge(ctx context.Context, p store.Purge, limit int) (removed int, err error) {
	err = a.store.use(func(s store.Store) error {
		purger, ok := s.(store.Purger)
		if !ok {
			return errNoPurger
		}
		removed, err = purger.Purge(ctx, p, limit)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return removed, ctx.Err()
	}
	if err != nil {
		return removed, a.storeError("", err)
	}
	return removed, nil
}
