package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// storeError gives an error of what keeps the run to the engine.
func (r *mapRun) storeError(err error) error {
	if errors.Is(err, ErrClosed) || errors.Is(err, store.ErrConflict) {
		return err
	}
	return &StoreError{ARN: r.arn, Err: err}
}

// load finds out where the run stands. A run that begins is kept first.
func (r *mapRun) load() error {
	r.engine.mapRuns.awaitReserved(r.arn)
	r.takeOver()
	kept, err := r.keeper.MapRun(context.Background(), r.arn)
	switch {
	case errors.Is(err, store.ErrMapRunDoesNotExist):
		return r.create()
	case err != nil:
		return r.storeError(err)
	}
	var s mapRunState
	if err := json.Unmarshal(kept.State, &s); err != nil {
		return r.storeError(fmt.Errorf("%w: the state of the Map Run %s: %w", store.ErrDamaged, r.arn, err))
	}
	r.mu.Lock()
	r.state = s
	r.mu.Unlock()
	r.version = kept.Version
	r.place, r.index = s.From, s.Child
	r.done, r.redo = portions{from: s.Child}, portions{}
	r.prepare()
	if r.command.Redrives > s.Redrives && s.Status != MapRunRunning {
		r.redrive()
		return r.write()
	}
	return nil
}

// takeOver has the pump carry out what was asked last.
func (r *mapRun) takeOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mapRunOrder = r.asked
	r.noReading()
	r.reading, r.noReading = context.WithCancel(r.over)
	if r.aborted = r.parent == nil; r.aborted {
		r.noReading()
	}
}

// create keeps a run that begins.
func (r *mapRun) create() error {
	c := r.command
	id := c.Child("")
	s := mapRunState{
		Status: MapRunRunning, MachineARN: id.StateMachineARN, State: c.State.Name(), Express: c.State.Distributed.Express, Start: r.engine.now(),
		MaxConcurrency: c.MaxConcurrency, ToleratedCount: c.Tolerance.Count, ToleratedPercentage: c.Tolerance.Percentage,
		Redrives: c.Redrives, TotalItems: max(knownItems(c), 0),
	}
	if s.Redrives > 0 {
		s.Redriven = s.Start
	}
	err := r.keeper.CreateMapRun(context.Background(), store.MapRun{ARN: r.arn, Execution: r.execution, Open: true, State: s.text()})
	if errors.Is(err, store.ErrMapRunAlreadyExists) {
		return r.load() // after an error that left it open
	}
	if err != nil {
		return r.storeError(err)
	}
	r.mu.Lock()
	r.state = s
	r.mu.Unlock()
	r.version = 1
	r.prepare()
	return nil
}

// prepare readies the run to go on.
func (r *mapRun) prepare() {
	r.loaded = true
	r.known = knownItems(r.command)
	r.facts.noteHandled(r.engine.config.Resolver)
}

// redrive begins the run again with the children that did not succeed.
func (r *mapRun) redrive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	s.Status, s.Failure, s.Stop = MapRunRunning, nil, time.Time{}
	s.Redrives, s.Redriven = r.command.Redrives, r.engine.now()
	s.Items = mapRunTally{Succeeded: s.Items.Succeeded}
	s.Executions = mapRunTally{Succeeded: s.Executions.Succeeded}
	r.dirty = true
}

// keep takes a result up, to be kept by the next write.
func (r *mapRun) keep(c *childResult) {
	if r.streams() {
		r.export(c)
		if !c.bad() {
			return
		}
	}
	r.rows = append(r.rows, c.kept())
}

// write keeps what was learned since the last write. After an error nobody knows whether it is
// kept, and the next write keeps it, too.
func (r *mapRun) write() error {
	r.mu.Lock()
	taken := make(map[int64]bool, len(r.taken))
	for _, index := range r.taken {
		taken[index] = true
	}
	for len(r.given) > 0 && (r.running[r.given[0].index] == nil || taken[r.given[0].index]) {
		r.given = r.given[1:]
	}
	r.state.Child, r.state.From = r.index, r.place
	if len(r.given) > 0 {
		r.state.Child, r.state.From = r.given[0].index, r.given[0].from
	}
	change := store.MapRunChange{Open: r.state.Status == MapRunRunning, State: r.state.text(), Results: r.rows}
	r.mu.Unlock()
	err := r.keeper.ChangeMapRun(context.Background(), r.arn, r.version, change)
	if errors.Is(err, store.ErrConflict) && r.doubtful && r.tookEffect(change.State) {
		err = nil
	}
	if err != nil {
		r.doubtful = true
		return r.storeError(err)
	}
	r.doubtful, r.dirty = false, false
	r.version++
	clear(r.rows)
	r.rows = r.rows[:0]
	r.mu.Lock()
	for _, index := range r.taken {
		delete(r.running, index)
	}
	r.mu.Unlock()
	r.taken = r.taken[:0]
	return nil
}

// tookEffect reports whether the last write took effect, of which nothing was known. When it
// did, and another one is to follow, that is made.
func (r *mapRun) tookEffect(state []byte) bool {
	kept, err := r.keeper.MapRun(context.Background(), r.arn)
	if err != nil || kept.Version != r.version+1 {
		return false
	}
	if bytes.Equal(kept.State, state) {
		return true
	}
	r.version++
	change := store.MapRunChange{Open: r.state.Status == MapRunRunning, State: state, Results: r.rows}
	return r.keeper.ChangeMapRun(context.Background(), r.arn, r.version, change) == nil
}

// storedMapRuns are the Map Runs of a Store while it is open.
type storedMapRuns struct{ store *guard }

// use calls f with the store.
func (s storedMapRuns) use(f func(store.MapRunStore) error) error {
	return s.store.use(func(all store.Store) error {
		if runs, ok := all.(store.MapRunStore); ok {
			return f(runs)
		}
		return errors.ErrUnsupported
	})
}

func (s storedMapRuns) CreateMapRun(ctx context.Context, r store.MapRun) error {
	return s.use(func(runs store.MapRunStore) error { return runs.CreateMapRun(ctx, r) })
}

func (s storedMapRuns) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	return s.use(func(runs store.MapRunStore) error { return runs.ChangeMapRun(ctx, arn, version, c) })
}

func (s storedMapRuns) MapRun(ctx context.Context, arn string) (r store.MapRun, err error) {
	err = s.use(func(runs store.MapRunStore) error {
		r, err = runs.MapRun(ctx, arn)
		return err
	})
	return r, err
}

func (s storedMapRuns) MapRuns(ctx context.Context, execution, after string, limit int) (all []store.MapRun, err error) {
	err = s.use(func(runs store.MapRunStore) error {
		all, err = runs.MapRuns(ctx, execution, after, limit)
		return err
	})
	return all, err
}

func (s storedMapRuns) OpenMapRuns(ctx context.Context) (arns []string, err error) {
	err = s.use(func(runs store.MapRunStore) error {
		arns, err = runs.OpenMapRuns(ctx)
		return err
	})
	return arns, err
}

func (s storedMapRuns) MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) (found []store.MapRunResult, err error) {
	err = s.use(func(runs store.MapRunStore) error {
		found, err = runs.MapRunResults(ctx, arn, from, bad, limit)
		return err
	})
	return found, err
}
