package store

import (
	"context"
	"errors"
)

// ErrMapRunAlreadyExists is returned for a new Map Run whose ARN another one has.
var ErrMapRunAlreadyExists = errors.New("engine: there is a Map Run of that ARN")

// ErrMapRunDoesNotExist is returned for an ARN of which there is no Map Run.
var ErrMapRunDoesNotExist = errors.New("ResourceNotFound")

// A MapRunStore is what a [Store] can do besides: it keeps Map Runs, the visits of
// executions to Map states in the mode DISTRIBUTED, and what became of their children. It is
// optional: an engine asks a Store for it by a type assertion, and refuses to start machines
// with such states on a Store that is none.
//
// A Map Run belongs to an execution: when Expire removes that, it removes the run and
// its children's results as well. Several goroutines call a MapRunStore at a time. What Store
// promises of errors and durability holds here as well. Package storetest has the contract as
// tests.
type MapRunStore interface {
	// CreateMapRun keeps a run that begins; its Version becomes 1. It returns
	// ErrMapRunAlreadyExists, or ErrExecutionDoesNotExist when there is no record of
	// the run's execution.
	CreateMapRun(ctx context.Context, r MapRun) error
	// ChangeMapRun changes a run whose Version is exactly version, and makes it one more;
	// else it returns ErrConflict and changes nothing. The bytes are the caller's again
	// when ChangeMapRun returns.
	ChangeMapRun(ctx context.Context, arn string, version int64, c MapRunChange) error
	// MapRun returns a run, or ErrMapRunDoesNotExist.
	MapRun(ctx context.Context, arn string) (MapRun, error)
	// MapRuns returns up to limit of the runs of an execution, those that began last
	// first, behind the run of an ARN unless that is empty.
	MapRuns(ctx context.Context, execution, after string, limit int) ([]MapRun, error)
	// OpenMapRuns returns the ARNs of the runs that are Open.
	OpenMapRuns(ctx context.Context) ([]string, error)
	// MapRunResults returns up to limit results of a run whose index is from or more, in
	// the order of their indexes: all of them, or only the Bad ones. It may return fewer
	// when they are large, but none only at the end.
	MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) ([]MapRunResult, error)
}

// A MapRun is what a MapRunStore keeps of a Map Run.
type MapRun struct {
	// ARN is the run's, Execution that of the execution it belongs to.
	ARN, Execution string
	// Open is set while the run has something to do.
	Open bool
	// Version counts the changes.
	Version int64
	// State is the engine's own, kept for it unchanged.
	State []byte
}

// A MapRunChange is what ChangeMapRun does to a run.
type MapRunChange struct {
	// Open and State are the run's from now on.
	Open  bool
	State []byte
	// Results are added; one takes the place of another with the same Index. Their
	// indexes differ.
	Results []MapRunResult
}

// A MapRunResult is what became of one child of a Map Run.
type MapRunResult struct {
	// Index tells the child from the others; the first child has 0.
	Index int64
	// Bad is set when the child did not succeed.
	Bad bool
	// Result is the engine's own, kept for it unchanged.
	Result []byte
}
