package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// ErrMapRunDoesNotExist is returned for an ARN that no Map Run has which the engine keeps. Its
// text is AWS's name for it.
var ErrMapRunDoesNotExist = store.ErrMapRunDoesNotExist

// ErrMapRunEnded is returned for an update of a Map Run that has ended. AWS's own name and words
// for it are not known: it documents a ValidationException.
var ErrMapRunEnded = errors.New("ValidationException: the Map Run is not RUNNING")

// A MapRunDescription is how a Map Run stands, as DescribeMapRun of AWS tells it.
type MapRunDescription struct {
	ARN, ExecutionARN string
	// MachineARN is that of the children: the machine's, and the run's label.
	MachineARN string
	// State is the name of the Map state.
	State   string
	Express bool // the children are Express executions
	Status  MapRunStatus
	// StopDate is zero while the run goes on, RedriveDate before it was redriven.
	StartDate, StopDate, RedriveDate time.Time
	RedriveCount                     int
	// MaxConcurrency is 0 when there is no bound.
	MaxConcurrency             int64
	ToleratedFailureCount      int64
	ToleratedFailurePercentage float64
	// Items counts the items, Executions the children that are for one or several of them.
	// Items that were not read yet are in neither.
	Items, Executions MapRunCounts
	// Failure is why the run FAILED.
	Failure states.Failure
}

// MapRunCounts counts the items or the children of a Map Run.
type MapRunCounts struct {
	Pending, Running, Succeeded, Failed, TimedOut, Aborted, Total int64
	// ResultsWritten are those whose results are kept or written.
	ResultsWritten int64
	// FailuresNotRedrivable and PendingRedrive count what a redrive leaves alone, and what
	// it has still to do.
	FailuresNotRedrivable, PendingRedrive int64
}

// countsOf makes counts of a tally.
func countsOf(t mapRunTally, running, total int64) MapRunCounts {
	c := MapRunCounts{
		Running: running, Succeeded: t.Succeeded, Failed: t.Failed, TimedOut: t.TimedOut, Aborted: t.Aborted,
		Total: max(total, t.ended()+running), ResultsWritten: t.Succeeded,
	}
	c.Pending = c.Total - t.ended() - running
	return c
}

// describe describes a run. items and executions are those that run.
func (s *mapRunState) describe(arn, execution string, items, executions int64) *MapRunDescription {
	d := &MapRunDescription{
		ARN: arn, ExecutionARN: execution, MachineARN: s.MachineARN, State: s.State, Express: s.Express, Status: s.Status,
		StartDate: s.Start, StopDate: s.Stop, RedriveDate: s.Redriven, RedriveCount: s.Redrives,
		MaxConcurrency: s.MaxConcurrency, ToleratedFailureCount: s.ToleratedCount, ToleratedFailurePercentage: s.ToleratedPercentage,
		Items: countsOf(s.Items, items, s.TotalItems), Executions: countsOf(s.Executions, executions, s.Given),
	}
	if s.Failure != nil {
		d.Failure = *s.Failure
	}
	if s.Redrives > 0 && s.Status == MapRunRunning {
		d.Items.PendingRedrive, d.Executions.PendingRedrive = d.Items.Pending, d.Executions.Pending
	}
	return d
}

// awaitReady waits until the run was loaded, or could not be.
func (r *mapRun) awaitReady() {
	select {
	case <-r.ready:
	case <-r.over.Done():
	}
}

// describeNow describes an open run, nil when it was not loaded yet.
func (r *mapRun) describeNow() *MapRunDescription {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Status == "" || r.parent == nil {
		return nil
	}
	var items, executions int64
	for _, c := range r.running {
		items += c.items
		executions++
	}
	return r.state.describe(r.arn, r.execution, items, executions)
}

// checkMapRunARN returns [ErrInvalidARN] for a text that is no Map Run's.
func checkMapRunARN(arn string) error {
	parts := strings.Split(arn, ":")
	if len(parts) < 8 || parts[0] != "arn" || parts[2] != "states" || parts[5] != "mapRun" {
		return fmt.Errorf("%w: Invalid Arn: 'Invalid ARN prefix: %s'", ErrInvalidARN, arn)
	}
	return nil
}

// DescribeMapRun returns how a Map Run stands, at this moment while it goes on. Errors:
// [ErrMapRunDoesNotExist], [ErrInvalidARN] and a [*StoreError].
func (e *Engine) DescribeMapRun(ctx context.Context, arn string) (*MapRunDescription, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkMapRunARN(arn); err != nil {
		return nil, err
	}
	return e.describeMapRun(arn)
}

func (e *Engine) describeMapRun(arn string) (*MapRunDescription, error) {
	if r := e.mapRuns.find(arn); r != nil {
		r.awaitReady()
		if d := r.describeNow(); d != nil {
			return d, nil
		}
	}
	kept, err := e.archive.mapRuns().MapRun(context.Background(), arn)
	if err != nil {
		return nil, mapRunError(arn, err)
	}
	return describeKept(&kept)
}

func describeKept(kept *store.MapRun) (*MapRunDescription, error) {
	var s mapRunState
	if err := json.Unmarshal(kept.State, &s); err != nil {
		return nil, &StoreError{ARN: kept.ARN, Err: fmt.Errorf("%w: the state of a Map Run: %w", store.ErrDamaged, err)}
	}
	return s.describe(kept.ARN, kept.Execution, 0, 0), nil
}

func mapRunError(arn string, err error) error {
	switch {
	case errors.Is(err, store.ErrMapRunDoesNotExist) || errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("%w: Map Run Does Not Exist: '%s'", ErrMapRunDoesNotExist, arn)
	case errors.Is(err, ErrClosed):
		return err
	}
	return &StoreError{ARN: arn, Err: err}
}

// A MapRunPage is some of the Map Runs of an execution.
type MapRunPage struct {
	MapRuns []MapRunDescription
	// NextToken asks for the page after this one; empty on the last.
	NextToken string
}

// ListMapRuns returns the Map Runs of an execution, those that began last first. maxResults
// bounds the page: 1 to 1,000, and 0 is 100. nextToken is that of the page before, or
// empty. Errors: [ErrExecutionDoesNotExist], [ErrInvalidARN], [ErrInvalidPage] and a
// [*StoreError].
func (e *Engine) ListMapRuns(ctx context.Context, execution string, maxResults int, nextToken string) (*MapRunPage, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	size, err := pageSize(maxResults)
	if err != nil {
		return nil, err
	}
	if _, err := e.find(execution); err != nil {
		return nil, err
	}
	bound := query{"map runs", execution}
	after, err := bound.position(nextToken)
	if err != nil {
		return nil, err
	}
	for _, r := range e.mapRuns.all() {
		if r.execution == execution {
			r.awaitReady()
		}
	}
	runs, err := e.archive.mapRuns().MapRuns(ctx, execution, after, size+1)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, mapRunError(execution, err)
	}
	page := &MapRunPage{MapRuns: make([]MapRunDescription, 0, min(size, len(runs)))}
	for i := range runs {
		if i == size {
			page.NextToken = bound.token(runs[i-1].ARN)
			break
		}
		d, err := e.describeMapRun(runs[i].ARN)
		if err != nil {
			return nil, err
		}
		page.MapRuns = append(page.MapRuns, *d)
	}
	return page, nil
}

// A MapRunUpdate changes the bounds of a Map Run. What is nil stays as it is; 0 sets no bound.
type MapRunUpdate struct {
	MaxConcurrency             *int64
	ToleratedFailureCount      *int64
	ToleratedFailurePercentage *float64
}

func (u *MapRunUpdate) check() error {
	switch {
	case u.MaxConcurrency != nil && *u.MaxConcurrency < 0:
		return fmt.Errorf("engine: MaxConcurrency is %d, it must not be negative", *u.MaxConcurrency)
	case u.ToleratedFailureCount != nil && *u.ToleratedFailureCount < 0:
		return fmt.Errorf("engine: ToleratedFailureCount is %d, it must not be negative", *u.ToleratedFailureCount)
	case u.ToleratedFailurePercentage != nil && !(*u.ToleratedFailurePercentage >= 0 && *u.ToleratedFailurePercentage <= 100):
		return fmt.Errorf("engine: ToleratedFailurePercentage is %v, it must be between 0 and 100", *u.ToleratedFailurePercentage)
	}
	return nil
}

func (u *MapRunUpdate) apply(s *mapRunState) {
	if u.MaxConcurrency != nil {
		s.MaxConcurrency = *u.MaxConcurrency
	}
	if u.ToleratedFailureCount != nil {
		s.ToleratedCount = *u.ToleratedFailureCount
	}
	if u.ToleratedFailurePercentage != nil {
		s.ToleratedPercentage = *u.ToleratedFailurePercentage
	}
}

// UpdateMapRun changes the bounds of a Map Run that goes on. They hold at once: children start
// up to a larger MaxConcurrency, none starts above a smaller one, and failures so far count.
// With a Store the change is durable when UpdateMapRun returns. Errors: [ErrMapRunEnded],
// [ErrMapRunDoesNotExist], [ErrInvalidARN], a [*StoreError], and one about a bound that is out of
// range.
func (e *Engine) UpdateMapRun(ctx context.Context, arn string, update MapRunUpdate) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	if err := cmp.Or(checkMapRunARN(arn), update.check()); err != nil {
		return err
	}
	r, err := e.openMapRun(arn)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	r.mu.Lock()
	r.updates = append(r.updates, mapRunChange{update, done})
	r.mu.Unlock()
	r.kick()
	select {
	case err := <-done:
		return err
	case <-r.over.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done: // the run has ended since
		return err
	default:
		return cmp.Or(e.openError(), ErrMapRunEnded)
	}
}

// openMapRun returns a run that goes on, which may have to be taken up again first.
func (e *Engine) openMapRun(arn string) (*mapRun, error) {
	r := e.mapRuns.find(arn)
	if r == nil {
		d, err := e.describeMapRun(arn)
		if err != nil {
			return nil, err
		}
		if d.Status == MapRunRunning {
			if _, err := e.archive.find(d.ExecutionARN); err != nil {
				return nil, err
			}
			r = e.mapRuns.find(arn)
		}
	}
	if r == nil {
		return nil, ErrMapRunEnded
	}
	return r, nil
}

// A MapRun is a Map Run to look at. Any number of goroutines may use it.
type MapRun struct {
	engine *Engine
	arn    string
}

// MapRun returns the Map Run of an ARN. Errors are those of [Engine.DescribeMapRun].
func (e *Engine) MapRun(ctx context.Context, arn string) (*MapRun, error) {
	if _, err := e.DescribeMapRun(ctx, arn); err != nil {
		return nil, err
	}
	return &MapRun{e, arn}, nil
}

// ARN returns the run's ARN.
func (m *MapRun) ARN() string { return m.arn }

// Progress yields how the run stands, again whenever that has changed, and last how it ended.
// An error ends it: ctx's, [ErrClosed], and those of [Engine.DescribeMapRun].
func (m *MapRun) Progress(ctx context.Context) iter.Seq2[*MapRunDescription, error] {
	return func(yield func(*MapRunDescription, error) bool) {
		for {
			var changed <-chan struct{}
			if r := m.engine.mapRuns.find(m.arn); r != nil {
				changed = r.watch()
			}
			d, err := m.engine.DescribeMapRun(ctx, m.arn)
			if !yield(d, err) || err != nil || d.Status != MapRunRunning {
				return
			}
			if changed == nil {
				// It is to be taken up again, or has just ended.
				if _, err := m.engine.openMapRun(m.arn); err != nil && !errors.Is(err, ErrMapRunEnded) {
					yield(nil, err)
					return
				}
				continue
			}
			if err := m.wait(ctx, changed); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// wait waits for a change.
func (m *MapRun) wait(ctx context.Context, changed <-chan struct{}) error {
	e := m.engine
	e.waiting(1)
	defer e.waiting(-1)
	select {
	case <-changed:
		return nil
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch returns what is closed when the run has changed.
func (r *mapRun) watch() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed
}

// A MapRunChild is what became of a child of a Map Run.
type MapRunChild struct {
	// Index tells the child from the others, in the order of the items, from 0.
	Index int64
	Summary
	// Items is how many items the child was given.
	Items int64
	// Input is kept of children that did not succeed, and of all where the ResultWriter's
	// Transformation is NONE; else it is nil.
	Input json.RawMessage
	// Output is that of a child that succeeded.
	Output json.RawMessage
	// Failure is that of another, as far as it has an error and a cause.
	Failure states.Failure
}

// Failures yields the children that have ended without success so far, in the order of their
// items, each with its error, its cause and its input. An error ends it.
func (m *MapRun) Failures(ctx context.Context) iter.Seq2[*MapRunChild, error] {
	return m.children(ctx, 0, true)
}

// Results yields the children that have ended so far, in the order of their items. Without a
// Store those that succeeded are not kept when a ResultWriter exports them. An error ends it.
func (m *MapRun) Results(ctx context.Context) iter.Seq2[*MapRunChild, error] {
	return m.children(ctx, 0, false)
}

func (m *MapRun) children(ctx context.Context, from int64, bad bool) iter.Seq2[*MapRunChild, error] {
	return func(yield func(*MapRunChild, error) bool) {
		r, err := m.engine.keptMapRun(m.arn)
		if err != nil {
			yield(nil, err)
			return
		}
		p := portions{from: from}
		for {
			err := cmp.Or(ctx.Err(), m.engine.openError())
			var kept store.MapRunResult
			ok := true
			if err == nil {
				kept, ok, err = p.next(r, bad)
			}
			var c *childResult
			if err == nil && ok {
				c, err = readResult(kept)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !ok || !yield(c.described(r), nil) {
				return
			}
		}
	}
}

func (e *Engine) openError() error {
	if e.closed.Load() {
		return ErrClosed
	}
	return nil
}

// keptMapRun returns a run to read the results of.
func (e *Engine) keptMapRun(arn string) (*mapRun, error) {
	kept, err := e.archive.mapRuns().MapRun(context.Background(), arn)
	if err != nil {
		return nil, mapRunError(arn, err)
	}
	r := &mapRun{engine: e, keeper: e.archive.mapRuns(), arn: arn}
	if err := json.Unmarshal(kept.State, &r.state); err != nil {
		return nil, &StoreError{ARN: arn, Err: fmt.Errorf("%w: the state of a Map Run: %w", store.ErrDamaged, err)}
	}
	return r, nil
}

// described returns the child as it is shown.
func (c *childResult) described(r *mapRun) *MapRunChild {
	d := &MapRunChild{Index: c.index, Items: c.items, Failure: c.failure}
	d.Summary = Summary{Identity: r.identity(c.index, c.redrives), Status: c.status, StartDate: c.start, StopDate: c.stop}
	if c.hasInput {
		d.Input = value.Append(nil, c.input)
	}
	if !c.bad() {
		d.Output = value.Append(nil, c.output)
	}
	return d
}

// AWSMaxConcurrency returns the MaxConcurrency that DescribeMapRun of AWS tells: 2147483647
// where there is no bound, as one person measured it.
func (d *MapRunDescription) AWSMaxConcurrency() int64 {
	return cmp.Or(d.MaxConcurrency, math.MaxInt32)
}
