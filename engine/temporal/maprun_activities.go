package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/states"
)

// A pageRequest asks for the inputs of the next children of a Map Run, as many as Most.
type pageRequest struct {
	Run  runStart `json:"run"`
	Most int      `json:"most"`
}

// An itemsPage has inputs of children. Read says that there are no more, Failure why not.
type itemsPage struct {
	Inputs  []childInput    `json:"inputs,omitempty"`
	Read    bool            `json:"read,omitempty"`
	Failure *states.Failure `json:"failure,omitempty"`
}

// A childInput is what a child is given.
type childInput struct {
	Input json.RawMessage `json:"input"`
	Items int64           `json:"items"`
	Next  items.Place     `json:"next"`
	// Done is what the child came to before the run was redriven, and Again says that the child
	// goes on by a redrive of its own.
	Done  *engine.Description `json:"done,omitempty"`
	Again bool                `json:"again,omitempty"`
}

// mostInputs bounds the inputs of a page in bytes.
const mostInputs = 1_000_000

// readItems is the activity that reads items.
func (d *driver) readItems(ctx context.Context, request pageRequest) (p *itemsPage, err error) {
	defer (&life{ctx: ctx}).beat()()
	run, err := request.Run.command()
	if err != nil {
		return nil, err
	}
	p = new(itemsPage)
	defer func() {
		if panicked := recover(); panicked != nil {
			f := states.Fail("States.ItemReaderFailed", fmt.Sprintf("The reader of the items panicked: %v", panicked))
			p, err = &itemsPage{Failure: &f}, nil
		}
	}()
	size := 0
	index := request.Run.State.Index
	for input, err := range children.Inputs(ctx, run, d.Items(run), request.Run.State.Place) {
		if failed, ok := errors.AsType[*children.Failure](err); ok {
			p.Failure = &failed.Failure
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		in := childInput{Input: encode(input.Value), Items: input.Items, Next: input.Next}
		if len(p.Inputs) == request.Most || len(p.Inputs) > 0 && size+len(in.Input) > mostInputs {
			return p, nil
		}
		if run.Redrives > 0 {
			if err := d.before(ctx, run, index, &in); err != nil {
				return nil, err
			}
		}
		index++
		size += len(in.Input)
		p.Inputs = append(p.Inputs, in)
	}
	p.Read = true
	return p, nil
}

// before finds what a child came to before its run was redriven. A Standard child that did not
// succeed is redriven.
func (d *driver) before(ctx context.Context, run *states.StartMapRun, index int64, in *childInput) error {
	for redrives := run.Redrives; redrives >= 0; redrives-- {
		of := *run
		of.Redrives = redrives
		arn := of.Child(engine.ChildName(&of, index)).ARN
		c, err := d.kids.describeChild(ctx, arn)
		if errors.Is(err, engine.ErrExecutionDoesNotExist) {
			if run.State.Distributed.Express {
				continue
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case c.Status == states.StatusSucceeded:
			in.Done = c
		case c.Status == states.StatusRunning:
			in.Again = true
		case !run.State.Distributed.Express:
			err := d.kids.redriveChild(ctx, arn)
			if errors.Is(err, engine.ErrNotRedrivable) {
				in.Done = c // it stays as it is
				return nil
			}
			in.Again = err == nil
			return err
		}
		return nil
	}
	return nil
}

// An exportRequest has the results of so many children written, and those that were not begun.
type exportRequest struct {
	Run     runStart `json:"run"`
	Count   int64    `json:"count"`
	Pending bool     `json:"pending,omitempty"`
}

// export is the activity that writes the result files of a Map Run. The server has the results.
func (d *driver) export(ctx context.Context, request exportRequest) (*states.Failure, error) {
	defer (&life{ctx: ctx}).beat()()
	run, err := request.Run.command()
	if err != nil {
		return nil, err
	}
	w, failure := d.ResultWriter(run)
	if failure != nil {
		return failure, nil
	}
	written := false
	defer func() {
		if !written {
			w.Abort()
		}
	}()
	add := func(c *results.Child) (*states.Failure, error) {
		err := w.Add(ctx, c)
		if _, ok := errors.AsType[*results.Error](err); ok {
			return children.WriterFailure(err), nil
		}
		return nil, err
	}
	for index := range request.Count {
		c, err := d.lastOf(ctx, run, index)
		if err != nil {
			return nil, err
		}
		if failure, err := add(c); failure != nil || err != nil {
			return failure, err
		}
	}
	if request.Pending {
		index := request.Count
		for input, err := range children.Inputs(ctx, run, d.Items(run), request.Run.State.Place) {
			if err != nil {
				break // the run has failed anyway
			}
			x := run.Child(engine.ChildName(run, index))
			index++
			c := &results.Child{Name: x.Name, StateMachineARN: x.StateMachineARN, Status: results.Pending, Input: input.Value}
			if failure, err := add(c); failure != nil || err != nil {
				return failure, err
			}
		}
	}
	err = w.Close(ctx)
	if _, ok := errors.AsType[*results.Error](err); ok {
		return children.WriterFailure(err), nil
	}
	written = err == nil
	return nil, err
}

// lastOf returns what a child came to. Express children that ran again have another name.
func (d *driver) lastOf(ctx context.Context, run *states.StartMapRun, index int64) (*results.Child, error) {
	for redrives := run.Redrives; ; redrives-- {
		of := *run
		of.Redrives = redrives
		c, err := d.kids.describeChild(ctx, of.Child(engine.ChildName(&of, index)).ARN)
		if errors.Is(err, engine.ErrExecutionDoesNotExist) && redrives > 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return resultOfChild(c)
	}
}

// kids are where the children of Map Runs are found: on the server.
type kids interface {
	describeChild(ctx context.Context, arn string) (*engine.Description, error)
	redriveChild(ctx context.Context, arn string) error
}

// clientKids find children by way of a Client.
type clientKids struct{ d *driver }

func (k clientKids) describeChild(ctx context.Context, arn string) (*engine.Description, error) {
	return (&Client{k.d}).describe(ctx, arn)
}

func (k clientKids) redriveChild(ctx context.Context, arn string) error {
	_, err := (&Client{k.d}).RedriveExecution(ctx, arn)
	return err
}
