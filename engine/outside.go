package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/states"
)

// This file is for drivers of executions that are no Engine, such as engine/temporal: the same
// handlers, options, outputs and errors serve them.

// A Driver is what of an [Engine] doesn't run executions, for a program that runs them in another
// way. It is safe for use by any number of goroutines.
type Driver struct {
	config   Config
	prefix   string // of ARNs
	machines machines
}

// NewDriver returns a Driver of a configuration, of which it uses the Resolver, Region, Account,
// RoleARN, Limits and MapRuns. A Config without a Resolver starts machines whatever resources they
// name. The error says all that is wrong.
func NewDriver(c Config) (*Driver, error) {
	given := c.Resolver
	if given == nil {
		c.Resolver = ResolverFunc(func(string) Handler { return HandlerFunc(neverCalled) })
	}
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Driver{config: c, prefix: "arn:aws:states:" + c.Region + ":" + c.Account + ":"}
	d.machines.lacks = func(m *asl.StateMachine) error { return lacksForMapRuns(&c, m) }
	return d, nil
}

// A Beginning is an execution that is to be started.
type Beginning struct {
	// Machine is what it runs, and Options are those of its interpreter.
	Machine *asl.StateMachine
	Options states.Options
	// Started is its first input, without the time, and without an Execution.TokenSuffix.
	Started states.Started
	// Express says that it is an Express execution.
	Express bool
}

// Begin returns the execution that [Engine.StartExecution] would start. own reports whether
// somebody else serves a resource that the Resolver doesn't know; nil is for none. The option
// [Logging] has no effect. Errors are those of StartExecution.
func (d *Driver) Begin(machine *asl.StateMachine, own func(resource string) bool, input any, options ...StartOption) (*Beginning, error) {
	var s start
	s.apply(options)
	return d.begin(machine, own, input, &s)
}

// BeginFrom returns the execution that [Engine.StartExecutionFrom] would start.
func (d *Driver) BeginFrom(ctx context.Context, machines Machines, own func(resource string) bool, reference string, input any, options ...StartOption) (*Beginning, error) {
	var s start
	s.apply(options)
	return d.beginFrom(ctx, machines, own, reference, input, &s)
}

// BeginNested returns the execution that a task starts. parent is the task.
func (d *Driver) BeginNested(ctx context.Context, machines Machines, own func(resource string) bool, n Nested, parent states.Parent) (*Beginning, error) {
	if err := checkDepth(parent.Depth, d.config.Limits.Depth); err != nil {
		return nil, err
	}
	s := start{name: n.Name, express: n.Sync, sync: n.Sync, parent: parent}
	if err := names.Check(n.Name); err != nil {
		return nil, err
	}
	return d.beginFrom(ctx, machines, own, n.Reference, n.Input, &s)
}

func (d *Driver) beginFrom(ctx context.Context, machines Machines, own func(resource string) bool, reference string, input any, s *start) (*Beginning, error) {
	target, err := targetOf(ctx, machines, reference, s)
	if err != nil {
		return nil, err
	}
	return d.begin(target.Machine, own, input, s)
}

func (d *Driver) begin(machine *asl.StateMachine, own func(resource string) bool, input any, s *start) (*Beginning, error) {
	switch {
	case machine == nil || machine.Graph == nil:
		return nil, errEmptyMachine
	case s.err != nil:
		return nil, s.err
	case s.name != "" && s.machine == "" && !s.express:
		return nil, errUnnamedMachine(s.name)
	}
	m, err := d.machines.check(ownResolver{d.config.Resolver, own}, machine)
	if err != nil {
		return nil, err
	}
	if s.express && m.standardOnly != nil {
		return nil, m.standardOnly
	}
	v, err := inputOf(input, d.config.Limits.Payload)
	if err != nil {
		return nil, err
	}
	var chance [64]byte
	rand.Read(chance[:]) // never fails
	if !s.seeded {
		s.seed = states.Seed(chance[:32])
	}
	x := states.Execution{
		Name: cmp.Or(s.name, randomUUID(chance[32:48])), StateMachineName: s.machine,
		RoleARN: cmp.Or(s.role, d.config.RoleARN), StateMachineVersionARN: s.version, StateMachineAliasARN: s.alias,
		InputText: textOf(input, v, d.config.Limits.Payload), TraceHeader: s.trace, Region: d.config.Region, SealedTokens: !s.express,
		WithoutRedriveCount: s.sync, Parent: s.parent, TestCase: s.test, StopsWithoutCompensation: s.leaves,
	}
	if x.StateMachineName == "" {
		x.StateMachineName = m.name()
	}
	x.StateMachineARN = d.prefix + "stateMachine:" + x.StateMachineName
	x.ARN = d.prefix + "execution:" + x.StateMachineName + ":" + x.Name
	o := d.config.Limits.options()
	o.MaxDuration = d.config.Limits.Standard
	if s.express {
		x.ARN = d.prefix + "express:" + x.StateMachineName + ":" + x.Name + ":" + randomUUID(chance[48:])
		o.WithoutEvents, o.MaxDuration, o.MaxEvents = true, d.config.Limits.Express, -1
	}
	return &Beginning{Machine: machine, Options: o, Express: s.express,
		Started: states.Started{Input: v, Execution: x, Seed: s.seed}}, nil
}

// An ownResolver says of resources that somebody else serves that they have a handler.
type ownResolver struct {
	Resolver
	own func(resource string) bool
}

// Resolve implements [Resolver].
func (r ownResolver) Resolve(resource string) Handler {
	if h := r.Resolver.Resolve(resource); h != nil || r.own == nil || !r.own(resource) {
		return h
	}
	return HandlerFunc(neverCalled)
}

// Resources returns the names that the Resolver knows.
func (r ownResolver) Resources() []string {
	if r, ok := r.Resolver.(interface{ Resources() []string }); ok {
		return r.Resources()
	}
	return nil
}

// ServesNested reports whether a [TaskCall] does the tasks of a resource itself that the Resolver
// doesn't know: those that steer executions, and with machines those that start them.
func ServesNested(resource string, machines bool) bool {
	n := nestedOf(resource)
	return n != nil && (machines || !n.starts)
}

// MachineARN returns the ARN of the state machine of a name.
func (d *Driver) MachineARN(name string) string { return d.prefix + "stateMachine:" + name }

// Resources returns the texts of the Resource fields of a machine, each once, those of Map Runs'
// children included.
func (d *Driver) Resources(m *asl.StateMachine) (all []string) {
	for _, task := range tasksOf(m.Graph) {
		if !slices.Contains(all, task.Resource.Text) {
			all = append(all, task.Resource.Text)
		}
	}
	return all
}

// Output gives what [Engine.SendTaskSuccess] is given as a value, or returns [ErrInvalidOutput].
func (d *Driver) Output(output any) (any, error) { return outputOf(output, d.config.Limits.Payload) }

// Page returns one page of a history, as [Engine.GetExecutionHistory] does.
func (d *Driver) Page(arn string, history []states.Event, o HistoryOptions) (*HistoryPage, error) {
	return historyPage(arn, history, o)
}

// A TaskCall is one task that a driver other than an [Engine] has done by [TaskCall.Do].
type TaskCall struct {
	// Task is what the handler is given, as an Engine would make it. Do changes the Resource
	// and the Input of a task of lambda:invoke to what the handler of the function gets.
	Task Task
	// Resource is that of the Task state, and Function the function that the state names.
	Resource asl.Resource
	Function string
	// Heartbeat and Acknowledge are what [Task.Heartbeat] and [Task.Acknowledge] do; nil
	// does nothing. The output is one of the types that Task.Input has.
	Heartbeat   func() error
	Acknowledge func(output any) error
	// Complete is what [Task.CompleteAfter] does, with outputs likewise; nil returns
	// [ErrTaskTimedOut].
	Complete func(delay time.Duration, accepted, output any) error
	// Payload bounds an output that is given to Acknowledge or Complete, in bytes of JSON; 0 or less
	// sets no bound.
	Payload int
	// Began is called with the worker's name before the handler of an activity; nil is not.
	Began func(worker string)
	// Executions serves tasks that describe, stop and answer executions, where the Resolver
	// has no handler for them; nil leaves them without a handler.
	Executions Executions
	// Start serves tasks that start executions, likewise. It returns what the task comes to,
	// or an error, which is named as tasks see it.
	Start func(ctx context.Context, n Nested) (any, error)
}

// A Nested is an execution that a task starts.
type Nested struct {
	// Reference is what the task names the machine by, Name the name of the execution: the
	// one that the task gives, or one that is the same whenever the task is done again.
	Reference, Name string
	// Input is the input of the execution.
	Input any
	// Waits says that the task waits for the end of the execution, and Sync that the execution
	// is a synchronous Express one.
	Waits, Sync bool
}

// A TaskAnswer is what a [TaskCall] came to. The zero value is the output null.
type TaskAnswer struct {
	// Output is the task's output, of the types that Task.Input has.
	Output any
	// Failure is the task's Error Output; nil for none. Stage is how far the task had come.
	Failure *states.Failure
	Stage   states.Stage
	// Err is the error that the Failure was made of; nil when no handler returned one.
	Err error
	// Lacks says that there is no handler for a resource which the definition names: another
	// process may have one.
	Lacks bool
}

// Do calls the handler of the task, and returns what it answered. A panic of the handler
// fails the task, as do errors by the rules of [TaskError]. The handler sees the task by
// [TaskFrom] in its context, which is derived from ctx, and nil by [EngineFrom].
func (w *TaskCall) Do(ctx context.Context, r Resolver) (answer TaskAnswer) {
	w.Task.work = nil
	a, missing := assignmentOf(r, &w.Resource, w.Function, &w.Task)
	if a.handler == nil {
		if own := w.own(); own != nil {
			a, missing = assignment{handler: own}, nil
		}
	}
	if missing != nil {
		return TaskAnswer{Failure: missing, Lacks: a.lacks}
	}
	w.Task.work = w
	if w.Began != nil && w.Resource.Kind == asl.Activity {
		w.Began(workerOf(a.handler, w.Task))
	}
	ended := false
	defer func() {
		if ended {
			return
		}
		answer = w.failed(&panicError{recover()})
	}()
	output, err := answerOf(a.handler, workContext{ctx, w}, w.Task)
	ended = true
	if err != nil {
		return w.failed(err)
	}
	if a.wrapped {
		output = invocation(output)
	}
	return TaskAnswer{Output: output}
}

// own returns the handler of a task that the engine does itself; nil for any other task.
func (w *TaskCall) own() Handler {
	n := nestedOf(w.Resource.Text)
	if n == nil || n.starts && w.Start == nil || !n.starts && w.Executions == nil {
		return nil
	}
	return HandlerFunc(func(ctx context.Context, task Task) (any, error) {
		parameters, _ := task.Input.(*value.Object)
		var output any
		var err error
		if n.starts {
			output, err = w.start(ctx, n, parameters)
		} else {
			output, err = n.steer(ctx, w.Executions, parameters)
		}
		if err != nil {
			return nil, n.named(err)
		}
		return output, nil
	})
}

func (w *TaskCall) start(ctx context.Context, n *nested, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "StateMachineArn", "Name")
	if err != nil {
		return nil, err
	}
	input, err := nestedInput(parameters)
	if err != nil {
		return nil, err
	}
	return w.Start(ctx, Nested{
		Reference: given[0], Name: cmp.Or(given[1], childName(w.Task.IdempotencyKey)), Input: input,
		Waits: n.waits, Sync: n.action == "startSyncExecution",
	})
}

func (w *TaskCall) failed(err error) TaskAnswer {
	failure, stage := failureOf(err)
	failure = bounded(failure)
	if stage == states.Running && w.Resource.Pattern == asl.WaitForTaskToken {
		stage = states.Submitting // the handler only asks for the work
	}
	return TaskAnswer{Failure: &failure, Stage: stage, Err: err}
}

func (w *TaskCall) heartbeat() error {
	if w.Heartbeat == nil {
		return nil
	}
	return w.Heartbeat()
}

func (w *TaskCall) complete(delay time.Duration, accepted, output any) error {
	first, err := outputOf(accepted, w.Payload)
	if err != nil {
		return err
	}
	second, err := outputOf(output, w.Payload)
	switch {
	case err != nil:
		return err
	case w.Complete == nil:
		return ErrTaskTimedOut
	}
	return w.Complete(max(delay, 0).Truncate(time.Millisecond), first, second)
}

func (w *TaskCall) acknowledge(output any) error {
	v, err := outputOf(output, w.Payload)
	if err != nil || w.Acknowledge == nil {
		return err
	}
	return w.Acknowledge(v)
}

// A workContext is the context of a handler that a TaskCall calls.
type workContext struct {
	context.Context
	work *TaskCall
}

// Value finds the task.
func (c workContext) Value(key any) any {
	if _, ok := key.(taskKey); ok {
		return c.work
	}
	return c.Context.Value(key)
}

// IdempotencyKey returns [Task.IdempotencyKey] for the task that an event of an execution
// scheduled.
func IdempotencyKey(arn string, scheduled states.EventID) string {
	return idempotencyKey(arn, scheduled)
}

// NestedStarted returns the output of a task that has started an execution, or what such a task
// is acknowledged with. The task's Resource must be one that starts executions.
func NestedStarted(task Task, arn string, at time.Time) any {
	return nestedOf(task.Resource).started(task, arn, at)
}

// NestedOutcome returns the output of a task of a resource that has waited for the end of an
// execution, or the failure of the task.
func NestedOutcome(resource string, d *Description) (any, *states.Failure) {
	n := nestedOf(resource)
	if n.action == "startSyncExecution" {
		return described(d, false, iso, false), nil
	}
	output, err := outcome(d, n.asJSON)
	if err != nil {
		failure, _ := failureOf(err)
		failure = bounded(failure)
		return nil, &failure
	}
	return output, nil
}

// NestedFailure returns the failure of a task of a resource for an error of this package.
func NestedFailure(resource string, err error) states.Failure {
	failure, _ := failureOf(nestedOf(resource).named(err))
	return bounded(failure)
}

// AbortedBy returns the Error Output with which an execution is stopped whose task, which
// waited for its end, has ended without an answer. parent is the ARN of the task's execution.
func AbortedBy(parent string) states.Failure {
	return states.Failure{Cause: abortCause(parent), HasCause: true}
}

// ResultOf returns the [Result] of an output, which has one of the types that Task.Input has.
func ResultOf(output any) *Result { return &Result{output: output} }

// FailureOf returns the error for an execution that ended without success. The history may be
// empty; then the error doesn't say where it ended.
func FailureOf(arn string, end *states.Finish, history []states.Event, took time.Duration) *ExecutionError {
	w := where{}
	if len(history) > 0 {
		w = whereEnded(history)
	}
	return &ExecutionError{ARN: arn, Status: end.Status, Name: end.Failure.Error, Cause: end.Failure.Cause,
		State: w.State, Event: w.Event, Attempt: w.Attempt, Duration: took, doing: w.doing}
}

// CheckARN returns [ErrInvalidARN] or [ErrTypeNotSupported] for a text that can't be the ARN of a
// Standard execution.
func CheckARN(arn string) error { return checkARN(arn) }

// IdentityOf returns the names and ARNs that stand in the ARN of a Standard execution.
func IdentityOf(arn string) Identity { return identityOf(arn) }

// TokenEnded says what became of a Task Token by the history of its execution, in which the
// first event has its Seed: [ErrTaskDoesNotExist], [ErrTaskTimedOut], or [ErrInvalidToken].
func TokenEnded(token string, history []states.Event) error { return tokenEndedIn(token, history, nil) }

// WhyNotRedrivable returns why an execution can't be redriven, as [Description.RedriveStatusReason]
// says it; "" when it can be. last is the latest event of its history, and l are the limits that it
// runs with.
func WhyNotRedrivable(s *Summary, last states.EventID, l Limits, now time.Time) string {
	l = l.withDefaults()
	return notRedrivable(s, []states.Event{{ID: last}}, l.options(), &l, now)
}

// Visible returns a copy of what users see of a history: without hidden events, and without the
// Seed.
func Visible(history []states.Event) []states.Event { return visible(history) }

// NewFailure returns an Error Output with what is not empty, and an error for a text that is too
// long, as [Engine.SendTaskFailure] does.
func NewFailure(name, cause string) (states.Failure, error) { return newFailure(name, cause) }
