package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// endOrphans ends the Map Runs that a crash came between and the end of their execution: nobody
// waits for them, and their children are to be stopped. Runs whose executions go on are taken up
// by these.
func (a *storeArchive) endOrphans() {
	if _, ok := a.config.Store.(store.MapRunStore); !ok {
		return
	}
	runs, err := a.mapRuns().OpenMapRuns(context.Background())
	if err != nil && !errors.Is(err, ErrClosed) {
		a.config.Logger.Error("gostates: the store could not tell its open Map Runs", zap.Error(err))
	}
	for _, arn := range runs {
		if err := a.endOrphan(arn); err != nil && !errors.Is(err, ErrClosed) {
			a.config.Logger.Error("gostates: a Map Run that nobody waits for could not be ended", zap.String("map_run_arn", arn), zap.Error(err))
		}
	}
}

func (a *storeArchive) endOrphan(arn string) error {
	done, ok := a.Engine.mapRuns.reserve(arn)
	if !ok {
		return nil // its execution was taken up, or redriven
	}
	defer done()
	kept, err := a.mapRuns().MapRun(context.Background(), arn)
	if err != nil {
		return err
	}
	switch r, err := a.readRecord(kept.Execution); {
	case errors.Is(err, ErrExecutionDoesNotExist):
	case err != nil:
		return err
	case r.Status == states.StatusRunning:
		if waits, err := a.waitsForRun(&r, arn); waits || err != nil {
			return err
		}
	}
	var s mapRunState
	if err := json.Unmarshal(kept.State, &s); err != nil {
		return err
	}
	if err := a.stopChildrenOf(arn, s.MachineARN); err != nil {
		return err
	}
	s.Status, s.Stop = MapRunAborted, a.now()
	return a.mapRuns().ChangeMapRun(context.Background(), arn, kept.Version, store.MapRunChange{State: s.text()})
}

// waitsForRun reports whether a running execution waits for a Map Run, by its history: the run's
// state was entered, and is not left.
func (a *storeArchive) waitsForRun(r *store.Record, arn string) (bool, error) {
	l, err := a.readStored(r.ARN)
	if err != nil {
		return false, err
	}
	p, err := a.storedProgram(r)
	if err != nil {
		return true, nil // it is left as it is
	}
	x, err := states.Restore(p.machine, l.events, p.options)
	if err != nil {
		return true, nil // likewise
	}
	for _, command := range x.Open() {
		if run, ok := command.(*states.StartMapRun); ok && run.ARN == arn {
			return true, nil
		}
	}
	return x.Result() == nil && len(x.Open()) == 0, nil
}

// stopChildrenOf stops the children of a run that go on.
func (a *storeArchive) stopChildrenOf(run, machine string) error {
	q := store.Query{MachineARN: machine, Statuses: []states.Status{states.StatusRunning}, Limit: 1000}
	for {
		var records []store.Record
		err := a.store.use(func(s store.Store) (err error) {
			records, q.Next, err = s.List(context.Background(), q)
			return err
		})
		if err != nil {
			return err
		}
		for i := range records {
			x, err := a.find(records[i].ARN)
			if err != nil || x.parentARN() != run {
				continue
			}
			a.stopForRun(x)
		}
		if q.Next == "" {
			return nil
		}
	}
}

// parentARN returns the ARN of the execution or Map Run that the execution was started by.
func (x *Execution) parentARN() string {
	x.lock()
	defer x.unlock()
	return x.parent.ARN
}
