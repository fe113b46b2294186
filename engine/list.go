package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/states"
)

// ListOptions choose executions and one page of them.
type ListOptions struct {
	// Machine is the machine's name or ARN; empty for all machines, and for those of
	// the children of Map Runs, "orders/LABEL", as well. That of a version,
	// "orders:3", or of an alias, "orders:PROD", is for what was started by it.
	Machine string
	// MapRun is the ARN of a Map Run, for its children in the order of their items, Express
	// ones too; empty for executions of any kind. Machine must be empty then.
	MapRun string
	// Status is the status they have; empty for any.
	Status states.Status
	// StartedSince leaves out the executions that started before this time; zero for
	// none.
	StartedSince time.Time
	// MaxResults bounds the page: 1 to 1,000, default 100.
	MaxResults int
	// NextToken is the token of the page before; empty for the first. It goes with the
	// same Machine, MapRun, Status and StartedSince.
	NextToken string
	// Redrives asks for [Summary.RedriveCount] and RedriveDate. With a Store that costs
	// reading the logs of the executions on the page.
	Redrives bool
}

// query returns what binds a token to these options. machine is the ARN of Machine.
func (o *ListOptions) query(machine string) query {
	since := ""
	if !o.StartedSince.IsZero() {
		since = strconv.FormatInt(o.StartedSince.UnixMilli(), 10)
	}
	return query{"list", machine, string(o.Status), since}
}

// A Page is some of the executions that were asked for.
type Page struct {
	Executions []Summary
	// NextToken asks for the page after this one; empty on the last. A page that is not
	// full can have one.
	NextToken string
}

// ListExecutions returns Standard executions, those that started last first. What starts
// while the pages are read is on none of them; what ends moves on none. It returns
// [ErrInvalidPage] for a bad page size, and for a token that no page of the same options
// had; [ErrMapRunDoesNotExist]; and a [*StoreError].
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
