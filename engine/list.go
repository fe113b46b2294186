package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// ListOptions choose executions and one page of them. The zero value chooses all but the
// children of Map Runs. What several fields choose has to fit them all.
type ListOptions struct {
	// Machine is the machine's name or ARN; empty for all machines. "orders/LABEL" is for
	// the children of the Map Runs of a Map state. That of a version, "orders:3", or of an
	// alias, "orders:PROD", is for what was started by it.
	Machine string
	// MapRun is the ARN of a Map Run, for its children in the order of their items, Express
	// ones too; empty for executions of any kind. Machine must be empty then.
	MapRun string
	// MapRunChildren has the Standard children of Map Runs in the list of all machines.
	// AWS lists them by their Map Run alone.
	MapRunChildren bool
	// Statuses are those that the executions have; empty for any.
	Statuses []states.Status
	// StartedSince and StartedBefore bound StartDate: it is not before the one, and before
	// the other; zero for no bound. StoppedSince and StoppedBefore bound StopDate likewise,
	// and leave out what has not ended.
	StartedSince, StartedBefore time.Time
	StoppedSince, StoppedBefore time.Time
	// NamePrefix is what their names begin with.
	NamePrefix string
	// OldestFirst reverses the order of the list.
	OldestFirst bool
	// MaxResults bounds the page: 1 to 1,000, default 100.
	MaxResults int
	// NextToken is the token of the page before; empty for the first. It goes with the
	// same options, but for MaxResults and Redrives.
	NextToken string
	// Redrives asks for [Summary.RedriveCount] and RedriveDate. With a Store that costs
	// reading the logs of the executions on the page.
	Redrives bool
}

// selection returns what the options choose. machine is the ARN of Machine.
func (o *ListOptions) selection(machine string) store.Query {
	return store.Query{
		MachineARN: machine, Statuses: o.Statuses, NamePrefix: o.NamePrefix, OldestFirst: o.OldestFirst,
		StartedSince: o.StartedSince, StartedBefore: o.StartedBefore, StoppedSince: o.StoppedSince, StoppedBefore: o.StoppedBefore,
		WithoutMapRunChildren: machine == "" && o.MapRun == "" && !o.MapRunChildren,
	}
}

// query returns what binds a token to these options. machine is the ARN of Machine.
func (o *ListOptions) query(machine string) query {
	statuses := slices.Sorted(slices.Values(o.Statuses))
	q := query{"list", machine, o.MapRun, fmt.Sprint(slices.Compact(statuses)), o.NamePrefix, fmt.Sprint(o.MapRunChildren, o.OldestFirst)}
	for _, at := range []time.Time{o.StartedSince, o.StartedBefore, o.StoppedSince, o.StoppedBefore} {
		q = append(q, at.UTC().Format(time.RFC3339Nano))
	}
	return q
}

// selects reports whether a query chooses an execution.
func selects(q *store.Query, s *Summary) bool {
	return q.Selects(&store.Record{
		ARN: s.ARN, Name: s.Name, MachineARN: s.MachineARN, VersionARN: s.VersionARN, AliasARN: s.AliasARN,
		Status: s.Status, StartDate: s.StartDate, StopDate: s.StopDate,
	})
}

// A Page is some of the executions that were asked for.
type Page struct {
	Executions []Summary
	// NextToken asks for the page after this one; empty on the last. A page that is not
	// full can have one.
	NextToken string
}

// ListExecutions returns Standard executions by their StartDate, those that started last
// first. What starts while the pages are read is on none of them; what ends moves on none.
// It returns [ErrInvalidPage] for a bad page size, and for a token that no page of the same
// options had; [ErrMapRunDoesNotExist]; and a [*StoreError].
func (e *Engine) ListExecutions(ctx context.Context, options ListOptions) (*Page, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	size, err := pageSize(options.MaxResults)
	if err != nil {
		return nil, err
	}
	if options.MapRun != "" {
		return e.listChildren(&options, size)
	}
	return e.archive.list(ctx, &options, size)
}

// wantedARN returns the ARN that executions are asked for by.
func (e *Engine) wantedARN(machine string) string {
	if machine == "" || strings.HasPrefix(machine, "arn:") {
		return machine
	}
	return e.MachineARN(machine)
}
