package temporal

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// mostChildren bounds the children of a Map Run that are at work: Temporal has a bound of 2,000 on
// those of a workflow.
const mostChildren = 500

// A runner is the workflow of a Map Run: a window over the items, which goes on as children end.
type runner struct {
	*driver
	ctx     workflow.Context
	start   *runStart
	state   *runState
	command *states.StartMapRun

	selector workflow.Selector
	inputs   []childInput // that were read, and whose children are to be started
	reading  bool
	starting int
	tells    int
	broken   error
}

// mapRunWorkflow runs a Map Run.
func (d *driver) mapRunWorkflow(ctx workflow.Context, s runStart) error {
	r := &runner{driver: d, start: &s, state: &s.State}
	r.ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.selector = workflow.NewSelector(r.ctx)
	var err error
	if s.Semantics > states.Semantics {
		err = fmt.Errorf("temporal: the Map Run was started by a program whose semantics are of version %d", s.Semantics)
	} else {
		r.command, err = s.command()
	}
	if err != nil {
		return sdk.NewNonRetryableApplicationError(err.Error(), brokenType, err)
	}
	if r.state.Open == nil {
		r.state.Open = make(map[int64]int64)
	}
	if r.state.Results == nil {
		r.state.Results = make(map[int64][]byte)
	}
	r.listen(ctx)
	return r.run()
}

// listen takes up what comes from outside.
func (r *runner) listen(ctx workflow.Context) {
	r.selector.AddReceive(workflow.GetSignalChannel(r.ctx, stopSignal), func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(r.ctx, nil)
		r.abort()
	})
	r.selector.AddReceive(workflow.GetSignalChannel(r.ctx, endedSignal), func(c workflow.ReceiveChannel, _ bool) {
		var e ended
		c.Receive(r.ctx, &e)
		r.ended(int64(e.Task), e.Description)
	})
	canceled := workflow.NewBufferedChannel(r.ctx, 1)
	r.selector.AddReceive(canceled, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(r.ctx, nil)
		r.abort()
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		canceled.SendAsync(true)
	})
}

// abort has the run end without an answer that anybody waits for.
func (r *runner) abort() {
	if r.state.Winding == nil {
		r.state.Winding = &states.Failure{}
	}
}

// run goes on until no child is left.
func (r *runner) run() error {
	for {
		r.judge()
		if r.state.Winding != nil {
			r.stopChildren()
		} else {
			r.fill()
		}
		if r.broken != nil {
			return sdk.NewNonRetryableApplicationError(r.broken.Error(), brokenType, r.broken)
		}
		idle := len(r.state.Open) == 0 && r.starting == 0 && !r.reading
		if idle && (r.state.Winding != nil || r.state.Read && len(r.inputs) == 0) {
			r.judge() // by the number of items, which is known now
			return r.conclude()
		}
		r.selector.Select(r.ctx)
		for r.selector.HasPending() {
			r.selector.Select(r.ctx)
		}
		if again := r.renewed(); again != nil {
			return again
		}
	}
}

// renewed returns the error by which the Map Run goes on in another run of its workflow, if it does.
func (r *runner) renewed() error {
	info := workflow.GetInfo(r.ctx)
	if after := r.start.RenewAfter; after > 0 && info.GetCurrentHistoryLength() < after || after == 0 && !info.GetContinueAsNewSuggested() {
		return nil
	}
	if r.reading || r.starting > 0 || r.tells > 0 || r.selector.HasPending() {
		return nil
	}
	if len(r.inputs) > 0 {
		r.state.Read = false // they are read again
	}
	again := *r.start
	again.Semantics = states.Semantics
	return workflow.NewContinueAsNewError(r.ctx, mapRunWorkflow, &again)
}

// judge fails the run when too many items have failed.
func (r *runner) judge() {
	s := r.state
	total := engine.KnownItems(r.command)
	if total < 0 && s.Read && len(r.inputs) == 0 {
		total = s.Place.Index
	}
	if s.Winding == nil && r.command.Tolerance.Exceeded(s.Failed, max(total, 0)) {
		f := r.command.Tolerance.Failure()
		s.Winding = &f
	}
}

// fill starts children while there is room for them, and has items read.
func (r *runner) fill() {
	room := min(int(min(r.Concurrency(r.command), mostChildren)), mostChildren) - len(r.state.Open)
	for room > 0 && len(r.inputs) > 0 {
		r.begin(&r.inputs[0])
		r.inputs = r.inputs[1:]
		room--
	}
	if room > 0 && !r.state.Read && !r.reading {
		r.read(room)
	}
}

// read has the next items read.
func (r *runner) read(most int) {
	r.reading = true
	request := pageRequest{Run: *r.start, Most: max(most, 10)}
	request.Run.State = runState{Place: r.state.Place, Index: r.state.Index}
	ctx := workflow.WithActivityOptions(r.ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: unbounded, HeartbeatTimeout: r.start.Children.Liveness, Summary: r.command.State.Name(),
		RetryPolicy: &sdk.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
	})
	r.selector.AddFuture(workflow.ExecuteActivity(ctx, itemsActivity, request), func(f workflow.Future) {
		r.reading = false
		var p itemsPage
		if err := f.Get(r.ctx, &p); err != nil {
			r.broken = err
			return
		}
		r.inputs, r.state.Read = p.Inputs, p.Read
		if p.Failure != nil && r.state.Winding == nil {
			r.state.Winding = p.Failure
		}
	})
}

// begin starts a child.
func (r *runner) begin(in *childInput) {
	index := r.state.Index
	r.state.Index++
	r.state.Place = in.Next
	r.state.Open[index] = in.Items
	if in.Done != nil { // before the run was redriven
		r.ended(index, in.Done)
		return
	}
	if in.Again {
		return // it goes on, and tells its end
	}
	s := r.child(index, in)
	options := workflow.ChildWorkflowOptions{
		WorkflowID: s.Execution.ARN, TaskQueue: workflow.GetInfo(r.ctx).TaskQueueName, TypedSearchAttributes: s.attributes(),
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
	}
	r.starting++
	f := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(r.ctx, options), executionWorkflow, s)
	r.selector.AddFuture(f.GetChildWorkflowExecution(), func(f workflow.Future) {
		r.starting--
		if err := f.Get(r.ctx, nil); err != nil {
			d := s.describe(r.now())
			d.Status, d.StopDate, d.Failure = states.StatusFailed, r.now(), states.Fail("States.Runtime", err.Error())
			r.ended(index, d)
		} else if r.state.Stopped {
			r.tell(s.Execution.ARN, stopSignal, states.Failure{})
		}
	})
	r.selector.AddFuture(f, func(f workflow.Future) {
		if d := abnormal(f.Get(r.ctx, nil), s); d != nil {
			d.StopDate = r.now()
			r.ended(index, d)
		}
	})
}

func (r *runner) now() time.Time { return milliseconds(workflow.Now(r.ctx)) }

// child returns the argument of a child's workflow.
func (r *runner) child(index int64, in *childInput) *start {
	command, set := r.command, &r.start.Children
	name := engine.ChildName(command, index)
	x := command.Child(name)
	x.Parent = states.Parent{ARN: command.ARN, Task: states.EventID(index), Depth: r.start.Depth}
	s := &start{
		Definition: r.start.Definition, Within: append(slices.Clone(r.start.Within), command.State.Name()), Input: in.Input,
		Execution: x, Seed: command.ChildSeed(name), Options: r.start.Options, Express: command.State.Distributed.Express,
		Queues: set.Queues, Liveness: set.Liveness, Attributes: set.Attributes, ExpressDuration: set.Express,
		Tells: true, Started: r.now(), MapRun: command.ARN, Index: index, RenewAfter: r.start.RenewAfter, Semantics: states.Semantics,
	}
	if s.Express {
		s.Options.WithoutEvents, s.Options.MaxDuration, s.Options.MaxEvents = true, set.Express, -1
	} else {
		s.Execution.SealedTokens, s.Execution.TokenSuffix = true, tokenSuffix(x.ARN)
	}
	return s
}

// ended takes the result of a child. One that comes a second time is not heard.
func (r *runner) ended(index int64, d *engine.Description) {
	s := r.state
	items, open := s.Open[index]
	if !open || d == nil {
		return
	}
	delete(s.Open, index)
	if d.Status != states.StatusSucceeded {
		s.Failed += items
	}
	if w := r.command.Writer; w != nil && w.Exports || s.TooMany {
		return
	}
	c, err := resultOfChild(d)
	if err != nil {
		r.broken = err
		return
	}
	result := encode(children.Result(r.command, c))
	if s.Size += len(result) + len(","); r.start.Options.MaxPayload > 0 && s.Size > r.start.Options.MaxPayload+len("[]") || s.Size > mostArgument/2 {
		s.TooMany, s.Results = true, nil
		return
	}
	s.Results[index] = result
}

// resultOfChild describes a child, which has ended, as a ResultWriter does.
func resultOfChild(d *engine.Description) (*results.Child, error) {
	input, err := parse(d.Input)
	if err != nil {
		return nil, err
	}
	output, err := parse(d.Output)
	if err != nil {
		return nil, err
	}
	return engine.ChildResult(d, input, output), nil
}

// stopChildren stops all children that run, once.
func (r *runner) stopChildren() {
	if r.state.Stopped {
		return
	}
	r.state.Stopped, r.inputs = true, nil
	for _, index := range slices.Sorted(maps.Keys(r.state.Open)) {
		r.tell(r.command.Child(engine.ChildName(r.command, index)).ARN, stopSignal, states.Failure{})
	}
}

// tell sends a signal to another workflow. One that has ended needs none.
func (r *runner) tell(id, signal string, message any) {
	r.tells++
	r.selector.AddFuture(workflow.SignalExternalWorkflow(r.ctx, id, "", signal, message), func(workflow.Future) { r.tells-- })
}

// conclude ends the run, and tells the execution that waits for it.
func (r *runner) conclude() error {
	e := runEnd{Run: r.start.Run}
	if w := r.state.Winding; w != nil {
		e.Failure = w
		if !w.HasError {
			return r.flush() // nobody waits for it
		}
	}
	if w := r.command.Writer; w != nil && w.Exports {
		failure, err := r.export()
		if err != nil {
			return err
		}
		if e.Failure == nil {
			e.Failure = failure
		}
	}
	if e.Failure == nil {
		output, failure := r.output()
		e.Output, e.Failure = encode(output), failure
	}
	r.tell(r.start.Execution, runEndedSignal, e)
	return r.flush()
}

// flush waits until all signals are sent.
func (r *runner) flush() error {
	for r.tells > 0 {
		r.selector.Select(r.ctx)
	}
	return nil
}

// output returns the output of a run that ended well.
func (r *runner) output() (any, *states.Failure) {
	if output, failure, ok := children.Elsewhere(r.command); ok {
		return output, failure
	}
	if r.state.TooMany {
		f := r.command.TooLarge()
		return nil, &f
	}
	all := []any{}
	for _, index := range slices.Sorted(maps.Keys(r.state.Results)) {
		v, err := value.Parse(r.state.Results[index])
		if err != nil {
			f := states.Fail("States.Runtime", err.Error())
			return nil, &f
		}
		all = append(all, v)
	}
	return children.Output(r.command, all), nil
}

// export has the result files written.
func (r *runner) export() (*states.Failure, error) {
	request := exportRequest{Run: *r.start, Count: r.state.Index}
	request.Run.State = runState{Place: r.state.Place, Index: r.state.Index}
	request.Pending = r.state.Winding != nil && r.state.Winding.Error != "States.ItemReaderFailed"
	ctx := workflow.WithActivityOptions(r.ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: unbounded, HeartbeatTimeout: r.start.Children.Liveness, Summary: r.command.State.Name(),
		RetryPolicy: &sdk.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
	})
	var failure *states.Failure
	err := workflow.ExecuteActivity(ctx, exportActivity, request).Get(r.ctx, &failure)
	return failure, err
}
