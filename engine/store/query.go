package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/states"
)

// A Query says which records List returns. The zero value of every field but Limit selects
// all. The records come by their StartDate, those that started last first; of several that
// started at one moment those that were created last come first.
type Query struct {
	// MachineARN is that of a machine; or of a version or an alias, for the executions that
	// were started by it.
	MachineARN string
	// Statuses are those that the records may have. Their order and repetitions don't
	// matter.
	Statuses []states.Status
	// Definition is the definition's hash.
	Definition string
	// StartedSince and StartedBefore bound StartDate: it is not before the one, and before
	// the other. StoppedSince and StoppedBefore bound StopDate likewise, and leave out
	// what has not ended.
	StartedSince, StartedBefore time.Time
	StoppedSince, StoppedBefore time.Time
	// NamePrefix is what the names begin with, byte by byte.
	NamePrefix string
	// WithoutMapRunChildren leaves out the children of Map Runs; see [IsMapRunChild].
	WithoutMapRunChildren bool
	// OldestFirst reverses the order.
	OldestFirst bool
	// Limit is how many records a page has at most; from 1 to 1,000.
	Limit int
	// Next is the place where an earlier page of the same query ended; empty for the first
	// page. What is created after the first page was read is on no later page.
	Next string
}

// Selects reports whether a query asks for a record, Limit and Next aside.
func (q *Query) Selects(r *Record) bool {
	within := func(at, since, before time.Time) bool {
		return !at.Before(since) && (before.IsZero() || at.Before(before))
	}
	switch {
	case q.MachineARN != "" && q.MachineARN != r.MachineARN && q.MachineARN != r.VersionARN && q.MachineARN != r.AliasARN,
		len(q.Statuses) > 0 && !slices.Contains(q.Statuses, r.Status),
		q.Definition != "" && q.Definition != r.Definition,
		!within(r.StartDate, q.StartedSince, q.StartedBefore),
		!q.StoppedSince.IsZero() && r.StopDate.IsZero(),
		!q.StoppedBefore.IsZero() && r.StopDate.IsZero(),
		!within(r.StopDate, q.StoppedSince, q.StoppedBefore),
		!strings.HasPrefix(r.Name, q.NamePrefix),
		q.WithoutMapRunChildren && IsMapRunChild(r.ARN):
		return false
	}
	return true
}

// IsMapRunChild reports whether the ARN of an execution is that of a child of a Map Run. The
// machine of such a child is called by its parent's name and the Map state's label, with a
// slash between. No other name in an ARN has a slash.
func IsMapRunChild(arn string) bool { return strings.Contains(arn, "/") }

// A Counter is what a [Store] can do besides: it counts executions. It is optional: an engine
// asks a Store for it by a type assertion. Package storetest has the contract as tests.
type Counter interface {
	// Count returns how many executions there are of each machine and status, in no
	// particular order and without the counts that are 0. The executions of a machine's
	// versions and aliases are the machine's.
	Count(ctx context.Context) ([]Count, error)
}

// A Count is how many executions of a machine have a status.
type Count struct {
	MachineARN, Machine string
	Status              states.Status
	Executions          int64
}

// A Purger is what a [Store] can do besides: it removes executions by more than their age. It
// is optional: an engine asks a Store for it by a type assertion. Package storetest has the
// contract as tests.
type Purger interface {
	// Purge removes up to limit of the executions that have ended and that p selects,
	// those that ended first, as Expire does, and returns how many it removed.
	Purge(ctx context.Context, p Purge, limit int) (int, error)
}

// A Purge says which executions a Purger removes.
type Purge struct {
	// StoppedBefore is the time before which they have ended.
	StoppedBefore time.Time
	// Statuses are those that they may have; empty for any.
	Statuses []states.Status
	// MachineARN is that of their machine, or of the version or the alias that they were
	// started by; empty for any.
	MachineARN string
}
