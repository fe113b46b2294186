package engine

import (
	"bytes"
	"context"
	"errors"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// find returns an execution that the store has.
func (a *storeArchive) find(arn string) (x *Execution, err error) {
	for again := true; again; again = errors.Is(err, ErrExecutionAlreadyExists) {
		// A start is found while it goes on. One that fails because its name is taken leads
		// nowhere, and the execution that has the name is looked up then.
		x, err = a.lookUp(arn)
	}
	return x, err
}

// lookUp is find, unless its error is ErrExecutionAlreadyExists.
func (a *storeArchive) lookUp(arn string) (*Execution, error) {
	if x := a.bringIn(arn); x != nil {
		x.lock()
		defer x.unlock()
		defer x.afterInput()
		if err := x.ready(); err != nil && x.end == nil {
			return nil, err
		}
		return x, nil
	}
	r, err := a.readRecord(arn)
	if err != nil {
		return nil, err
	}
	if r.Status == states.StatusRunning {
		return a.resumeRunning(&r)
	}
	l, err := a.readStored(arn)
	if err != nil {
		return nil, err
	}
	x := &Execution{engine: a.Engine, archive: a, identity: identityOfRecord(&r), startDate: r.StartDate, stopDate: r.StopDate, end: l.ended(), input: l.input(), where: whereEnded(l.events), parent: l.parent()}
	x.redrives, _ = redrivesOf(l.events)
	if x.end == nil {
		x.end = &states.Finish{Status: r.Status}
	}
	return x, nil
}

// readRecord reads a record that is not due to be removed.
func (a *storeArchive) readRecord(arn string) (store.Record, error) {
	r, err := a.store.record(arn)
	switch {
	case errors.Is(err, ErrExecutionDoesNotExist):
		return r, errDoesNotExist(arn)
	case err != nil:
		return r, a.storeError(arn, err)
	case a.over(r.StopDate):
		return r, errDoesNotExist(arn)
	}
	return r, nil
}

// readStored reads a log.
func (a *storeArchive) readStored(arn string) (*storedLog, error) {
	lines, err := a.store.log(arn)
	if err != nil {
		return nil, a.storeError(arn, err)
	}
	if len(lines) == 0 {
		return nil, errDoesNotExist(arn)
	}
	l, err := readLog(lines, 0)
	if err != nil {
		return nil, a.storeError(arn, err)
	}
	return l, nil
}

// storeError gives an error of the store to a user.
func (a *storeArchive) storeError(arn string, err error) error {
	if errors.Is(err, ErrClosed) {
		return err
	}
	return &StoreError{ARN: arn, Err: err}
}

// inMemory returns a durable execution if it is in memory anyway, locked.
func (a *storeArchive) inMemory(arn string) *Execution {
	a.mu.Lock()
	x := a.byARN[arn]
	a.mu.Unlock()
	if x == nil {
		return nil
	}
	x.lock()
	if x.interpreter == nil {
		x.unlock()
		return nil
	}
	return x
}

// describe describes a durable execution.
func (a *storeArchive) describe(arn string) (*Description, error) {
	if x := a.inMemory(arn); x != nil {
		defer x.unlock()
		return a.described(x), nil
	}
	r, err := a.readRecord(arn)
	if err != nil {
		return nil, err
	}
	l, err := a.readStored(arn)
	if err != nil {
		return nil, err
	}
	x := &Execution{identity: identityOfRecord(&r), startDate: r.StartDate, stopDate: r.StopDate, input: l.input(), end: l.ended(), parent: l.parent()}
	p, err := readProgram(&r)
	if err != nil {
		return nil, a.storeError(arn, err)
	}
	d := x.describe()
	if r.Status == states.StatusRunning && x.end == nil {
		d.Active = a.activeAsleep(&r, l)
	}
	return a.describeRedrives(d, l.events, p.Options), nil
}

func (a *storeArchive) described(x *Execution) *Description {
	return a.describeRedrives(x.describe(), x.history, x.program.options)
}

// events returns the whole history of a durable execution.
func (a *storeArchive) events(arn string) ([]states.Event, error) {
	if x := a.inMemory(arn); x != nil {
		defer x.unlock()
		return x.wholeHistory()
	}
	if _, err := a.readRecord(arn); err != nil {
		return nil, err
	}
	l, err := a.readStored(arn)
	if err != nil {
		return nil, err
	}
	return l.events, nil
}

// list lists durable executions.
func (a *storeArchive) list(ctx context.Context, o *ListOptions, size int) (*Page, error) {
	machine := a.wantedARN(o.Machine)
	q, bound := o.selection(machine), o.query(machine)
	var err error
	if q.Next, err = bound.position(o.NextToken); err != nil {
		return nil, err
	}
	q.Limit = size
	var records []store.Record
	err = a.store.use(func(s store.Store) error {
		records, q.Next, err = s.List(ctx, q)
		return err
	})
	switch {
	case errors.Is(err, ErrInvalidPage):
		return nil, badToken()
	case err != nil:
		return nil, a.storeError("", err)
	}
	page := &Page{Executions: make([]Summary, 0, len(records))}
	for i := range records {
		if r := &records[i]; !a.over(r.StopDate) {
			page.Executions = append(page.Executions, Summary{Identity: identityOfRecord(r), Status: r.Status, StartDate: r.StartDate, StopDate: r.StopDate})
		}
	}
	if q.Next != "" {
		page.NextToken = bound.token(q.Next)
	}
	if o.Redrives {
		return page, a.countRedrives(page.Executions)
	}
	return page, nil
}

// countRedrives adds to summaries how often the executions were redriven.
func (a *storeArchive) countRedrives(all []Summary) error {
	for i := range all {
		s := &all[i]
		lines, err := a.store.log(s.ARN)
		if err != nil {
			return a.storeError(s.ARN, err)
		}
		for _, line := range lines {
			if !bytes.Contains(line, []byte(states.ExecutionRedriven)) {
				continue
			}
			event, err := states.ParseLog(line)
			if err != nil {
				return a.storeError(s.ARN, err)
			}
			if d, ok := event.Details.(*states.RedriveDetails); ok {
				s.RedriveCount, s.RedriveDate = d.Count, event.At
			}
		}
	}
	return nil
}

// identityOfRecord returns what a record says of who the execution is.
func identityOfRecord(r *store.Record) Identity {
	return Identity{
		ARN: r.ARN, Name: r.Name, MachineARN: r.MachineARN, Machine: r.Machine, VersionARN: r.VersionARN, AliasARN: r.AliasARN,
	}
}
