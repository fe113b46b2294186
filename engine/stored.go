package engine

import (
	"context"
	"errors"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// Execution returns the execution of an ARN, to wait for it: one that was started
// before the engine was, too. It returns [ErrExecutionDoesNotExist] for one that
// the engine doesn't know, [ErrInvalidARN], [ErrTypeNotSupported] for an Express
// execution, and a [*StoreError].
func (e *Engine) Execution(ctx context.Context, arn string) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	return e.find(arn)
}

// inStore returns an execution that is known to the store, with its record.
func (e *Engine) inStore(arn string) (x *Execution, err error) {
	for again := true; again; again = errors.Is(err, ErrExecutionAlreadyExists) {
		// A start that finds its name taken was no execution, though it may be found.
		x, err = e.lookUp(arn)
	}
	return x, err
}

// lookUp is inStore, unless its error is ErrExecutionAlreadyExists.
func (e *Engine) lookUp(arn string) (*Execution, error) {
	if x := e.rouse(arn); x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		defer x.settled()
		if err := x.awake(); err != nil && x.end == nil {
			return nil, err
		}
		return x, nil
	}
	r, err := e.readRecord(arn)
	if err != nil {
		return nil, err
	}
	if r.Status == states.StatusRunning {
		return e.adopt(&r)
	}
	l, err := e.readStored(arn)
	if err != nil {
		return nil, err
	}
	x := &Execution{engine: e, identity: identityOfRecord(&r), startDate: r.StartDate, stopDate: r.StopDate, end: l.ended(), input: l.input()}
	if x.end == nil {
		x.end = &states.Finish{Status: r.Status}
	}
	return x, nil
}

// readRecord reads a record that is not due to be removed.
func (e *Engine) readRecord(arn string) (store.Record, error) {
	r, err := e.store.record(arn)
	switch {
	case errors.Is(err, ErrExecutionDoesNotExist):
		return r, errDoesNotExist(arn)
	case err != nil:
		return r, e.storeError(arn, err)
	case !r.StopDate.IsZero() && r.StopDate.Before(e.now().Add(-e.config.Limits.Retention)):
		return r, errDoesNotExist(arn)
	}
	return r, nil
}

// readStored reads a log.
func (e *Engine) readStored(arn string) (*storedLog, error) {
	lines, err := e.store.log(arn)
	if err != nil {
		return nil, e.storeError(arn, err)
	}
	if len(lines) == 0 {
		return nil, errDoesNotExist(arn)
	}
	l, err := readLog(lines)
	if err != nil {
		return nil, e.storeError(arn, err)
	}
	return l, nil
}

// storeError gives an error of the store to a user.
func (e *Engine) storeError(arn string, err error) error {
	if errors.Is(err, ErrClosed) {
		return err
	}
	return &StoreError{ARN: arn, Err: err}
}

// inMemory returns a durable execution if it is in memory anyway, locked.
func (e *Engine) inMemory(arn string) *Execution {
	e.mu.Lock()
	x := e.byARN[arn]
	e.mu.Unlock()
	if x == nil {
		return nil
	}
	x.mu.Lock()
	if x.interpreter == nil {
		x.mu.Unlock()
		return nil
	}
	return x
}

// describeStored describes a durable execution.
func (e *Engine) describeStored(arn string) (*Description, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	if x := e.inMemory(arn); x != nil {
		defer x.mu.Unlock()
		return e.describeRedrives(x.describe(), x.history, x.program.options), nil
	}
	r, err := e.readRecord(arn)
	if err != nil {
		return nil, err
	}
	l, err := e.readStored(arn)
	if err != nil {
		return nil, err
	}
	x := &Execution{identity: identityOfRecord(&r), startDate: r.StartDate, stopDate: r.StopDate, input: l.input(), end: l.ended()}
	p, err := readProgram(&r)
	if err != nil {
		return nil, e.storeError(arn, err)
	}
	return e.describeRedrives(x.describe(), l.events, p.Options), nil
}

// storedEvents returns the whole history of a durable execution.
func (e *Engine) storedEvents(arn string) ([]states.Event, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	if x := e.inMemory(arn); x != nil {
		defer x.mu.Unlock()
		return x.history, nil
	}
	if _, err := e.readRecord(arn); err != nil {
		return nil, err
	}
	l, err := e.readStored(arn)
	if err != nil {
		return nil, err
	}
	return l.events, nil
}

// listStored lists durable executions.
func (e *Engine) listStored(ctx context.Context, o *ListOptions, size int) (*Page, error) {
	q := store.Query{MachineARN: e.wantedARN(o.Machine), Status: o.Status, Limit: size}
	var err error
	if q.Next, err = readStorePage(o.NextToken); err != nil {
		return nil, err
	}
	e.expire()
	var records []store.Record
	var next string
	err = e.store.use(func(s store.Store) error {
		records, next, err = s.List(ctx, q)
		return err
	})
	if err != nil {
		return nil, e.storeError("", err)
	}
	page := &Page{Executions: make([]Summary, len(records))}
	for i := range records {
		r := &records[i]
		page.Executions[i] = Summary{Identity: identityOfRecord(r), Status: r.Status, StartDate: r.StartDate, StopDate: r.StopDate}
	}
	if next != "" {
		page.NextToken = storePage(next)
	}
	return page, nil
}

// identityOfRecord returns what a record says of who the execution is.
func identityOfRecord(r *store.Record) Identity {
	return Identity{
		ARN: r.ARN, Name: r.Name, MachineARN: r.MachineARN, Machine: r.Machine, VersionARN: r.VersionARN, AliasARN: r.AliasARN,
	}
}

// How the store is rid of executions whose time of retention is over: when the
// engine is used, but not more often than every expireInterval, and expireStep at
// a time, so that nobody waits long.
const (
	expireInterval = time.Minute
	expireStep     = 100
)

// expire has executions removed that ended long ago.
func (e *Engine) expire() {
	now := e.config.Clock.Now()
	e.mu.Lock()
	if now.Sub(e.expired) < expireInterval || e.closed.Load() || e.expiring {
		e.mu.Unlock()
		return
	}
	e.expired, e.expiring = now, true
	e.mu.Unlock()
	before := now.Add(-e.config.Limits.Retention)
	e.busy(1)
	go func() {
		defer e.busy(-1)
		for n := expireStep; n == expireStep; {
			err := e.store.use(func(s store.Store) (err error) {
				n, err = s.Expire(context.Background(), before, expireStep)
				return err
			})
			if err != nil {
				break // another time
			}
		}
		e.mu.Lock()
		e.expiring = false
		e.mu.Unlock()
	}()
}
