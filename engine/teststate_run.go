package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A stateTest is a call of TestState.
type stateTest struct {
	in              TestStateInput
	engine          *Engine // nil for none
	clock           Clock
	limits          Limits
	region, account string
	resolver        Resolver // nil for none

	state     asl.State
	input     any
	result    any // of the mock
	variables *value.Object
	context   *value.Object

	trial   *states.Trial
	outcome states.Outcome
	mapped  mapped
	request *HTTPRequest
	answer  *HTTPResponse
}

// testLimit is how long a test may take (documented).
const testLimit = 5 * time.Minute

// run enters the state and does its work.
func (t *stateTest) run(ctx context.Context) error {
	var seed states.Seed
	rand.Read(seed[:]) // never fails
	now, c := t.now(), &t.in.StateConfiguration
	t.trial = &states.Trial{
		State: t.state, At: now, Input: t.input, Context: t.context, Variables: t.variables,
		Retries:        t.retries(),
		ItemsFromInput: c.MapItemReaderData == nil,
		Execution:      states.Execution{Region: t.region},
		Seed:           seed,
		Options:        t.limits.options(),
	}
	if c.MapIterationFailureCount != nil {
		t.trial.Failures = *c.MapIterationFailureCount
	}
	limit := now.Add(testLimit)
	command := t.trial.Begin()
	timedOut := false
	switch command := command.(type) {
	case *states.StartTimer:
		due := command.Due
		if timedOut = due.After(limit); timedOut {
			due = limit
		}
		if !t.sleep(ctx, due) {
			return ctx.Err()
		}
		if !timedOut {
			t.trial.Elapse(t.now())
		}
	case *states.StartMapRun:
		if err := t.mapRun(ctx, command); err != nil {
			return err
		}
	case *states.RunBranches:
		t.mocked()
	case *states.InvokeTask:
		if t.in.Mock != nil {
			t.mocked()
			break
		}
		var err error
		if timedOut, err = t.perform(ctx, command, limit); err != nil {
			return err
		}
	}
	t.outcome = t.trial.Outcome()
	if timedOut {
		t.outcome = states.Outcome{
			Status: states.Failed, Failure: states.Failure{Error: "States.Timeout", HasError: true},
			Retrier: -1, Catcher: -1, Handler: t.state, Data: t.outcome.Data,
		}
	}
	return nil
}

func (t *stateTest) now() time.Time { return t.clock.Now().UTC().Truncate(time.Millisecond) }

// retries is how often the state's Retrier has tried it again. It is documented that the
// RetryCount of a Context Object counts as well.
func (t *stateTest) retries() int {
	if n := t.in.StateConfiguration.RetrierRetryCount; n > 0 || t.in.Context == nil {
		return n
	}
	v, _ := t.context.Get("State")
	state, _ := v.(*value.Object)
	count, _ := state.Get("RetryCount")
	n, _ := count.(int64)
	return int(max(n, 0))
}

// mocked ends the state's work as the mock says.
func (t *stateTest) mocked() {
	if e := t.in.Mock.ErrorOutput; e != nil {
		t.trial.Fail(t.now(), states.Failure{Error: e.Error, Cause: e.Cause, HasError: e.Error != "", HasCause: e.Cause != ""})
		return
	}
	t.trial.Return(t.now(), t.result)
}

// perform has a task done by its handler. It reports whether the test's own time is over.
func (t *stateTest) perform(ctx context.Context, command *states.InvokeTask, limit time.Time) (timedOut bool, err error) {
	task, handler, wrapped, failure := t.resolve(command)
	if failure != nil {
		t.trial.Fail(t.now(), *failure)
		return false, nil
	}
	due := limit
	if d := command.Deadline; !d.IsZero() && d.Before(limit) {
		due = d
	}
	output, err, expired := t.call(ctx, task, handler, due)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case expired && due.Equal(limit):
		return true, nil
	case expired:
		t.trial.Expire(t.now())
	case err != nil:
		f, _ := failureOf(err)
		t.trial.Fail(t.now(), bounded(f))
	case wrapped:
		t.trial.Return(t.now(), invocation(output))
	default:
		t.trial.Return(t.now(), output)
	}
	return false, nil
}

// resolve finds the handler of a task, by the rules that [Resolver] documents.
func (t *stateTest) resolve(command *states.InvokeTask) (task Task, h Handler, wrapped bool, failure *states.Failure) {
	resource := &command.State.Resource
	task = Task{
		Resource: resource.Text, State: command.State.Name(), Input: command.Input, Credentials: command.Credentials,
		Attempt: command.Attempt, Deadline: command.Deadline, IdempotencyKey: t.key(), Execution: t.identity(), call: alone,
	}
	if t.resolver == nil {
		f := states.Fail("States.TaskFailed", "The test has no Resolver, and so no handler of the resource "+resource.Text+".")
		return task, nil, false, &f
	}
	if invokesFunction(resource) && !takesIntegration(t.resolver, resource.Text) {
		parameters, _ := command.Input.(*value.Object)
		if name := functionIn(parameters); name != "" {
			if h = t.resolver.Resolve(name); h != nil {
				task.Resource, task.Input = name, value.NewObject()
				if payload, ok := parameters.Get("Payload"); ok {
					task.Input = payload
				}
				return task, h, true, nil
			}
		}
	}
	h = t.resolver.Resolve(resource.Text)
	if n, ok := h.(*nested); ok && n.starts {
		// An execution that a task starts belongs to the task's, and there is none.
		f := states.Fail("States.TaskFailed", "The engine's own handler of "+resource.Text+" starts no executions for a state that is tested: give the test a mock.")
		return task, nil, false, &f
	}
	if h == nil {
		f := states.Fail("States.TaskFailed", resourceError(t.resolver, task.State, resource.Text).Error())
		return task, nil, false, &f
	}
	return task, h, false, nil
}

// identity is what the state's Context Object calls the execution.
func (t *stateTest) identity() Identity {
	text := func(part, member string) string {
		v, _ := t.context.Get(part)
		o, _ := v.(*value.Object)
		v, _ = o.Get(member)
		s, _ := v.(string)
		return s
	}
	return Identity{
		ARN: text("Execution", "Id"), Name: text("Execution", "Name"),
		MachineARN: text("StateMachine", "Id"), Machine: text("StateMachine", "Name"),
	}
}

// key makes an IdempotencyKey that no other test has.
func (t *stateTest) key() string {
	var chance [16]byte
	rand.Read(chance[:]) // never fails
	return "TestState/" + randomUUID(chance[:])
}

// output tells what came of the test.
func (t *stateTest) output() *TestStateOutput {
	o := &t.outcome
	out := &TestStateOutput{Status: statuses[o.Status], Error: o.Failure.Error, Cause: o.Failure.Cause}
	if o.Status == states.Succeeded || o.Status == states.Caught {
		out.Output = jsonOf(o.Output)
	}
	if o.Next != nil {
		out.NextState = o.Next.Name()
	}
	if t.in.InspectionLevel == InspectDebug || t.in.InspectionLevel == InspectTrace {
		out.InspectionData = t.inspection()
	}
	return out
}

func jsonOf(v any) json.RawMessage { return value.Append(nil, v) }

// shown are the steps that AWS shows of a state in JSONPath, by the state's type: measured
// for all but Wait, which is taken to be like Choice. A Pass state with a Result is measured
// to show nothing of its input.
var shown = map[string][]states.DataStep{
	"Pass":     {states.AfterInputPath, states.AfterArguments, states.AfterResultSelector, states.AfterResultPath},
	"Task":     {states.AfterInputPath, states.AfterArguments, states.RawResult, states.AfterResultSelector, states.AfterResultPath},
	"Choice":   {states.AfterInputPath},
	"Wait":     {states.AfterInputPath},
	"Succeed":  {states.AfterInputPath},
	"Fail":     {states.AfterInputPath},
	"Parallel": {states.AfterResultSelector, states.AfterResultPath},
	"Map":      {states.AfterInputPath, states.AfterItemsPath, states.AfterResultSelector, states.AfterResultPath},
}

// inspection tells each step. Of states in JSONata it is measured that a Task shows its
// arguments when it fails, and the others nothing of these; that a Task which succeeds shows
// them and its result is guessed. Variables are measured for a state that assigns none.
func (t *stateTest) inspection() *InspectionData {
	data := t.outcome.Data
	d := &InspectionData{Input: jsonOf(t.input)}
	steps := shown[t.state.Type()]
	if pass, ok := t.state.(*asl.Pass); ok && pass.HasResult {
		steps = []states.DataStep{states.RawResult, states.AfterResultSelector, states.AfterResultPath}
	}
	inJSONata := t.state.QueryLanguage() == asl.JSONata
	if _, isTask := t.state.(*asl.Task); inJSONata && isTask {
		steps = []states.DataStep{states.AfterArguments, states.RawResult}
	} else if inJSONata {
		steps = nil
	}
	if _, fails := t.state.(*asl.Fail); fails {
		data[states.AfterInputPath] = t.input // it has no InputPath
	}
	parameters := &d.AfterParameters
	if inJSONata {
		parameters = &d.AfterArguments
	}
	fields := map[states.DataStep]*json.RawMessage{
		states.AfterInputPath: &d.AfterInputPath, states.AfterArguments: parameters, states.RawResult: &d.Result,
		states.AfterResultSelector: &d.AfterResultSelector, states.AfterResultPath: &d.AfterResultPath,
		states.AfterItemsPath: &d.AfterItemsPath, states.Variables: &d.Variables,
	}
	for _, step := range append(steps, states.Variables) {
		if v, ok := data[step]; ok {
			*fields[step] = jsonOf(v)
		}
	}
	t.mapped.tell(d, inJSONata)
	if n, ok := data[states.MaxConcurrency].(int64); ok {
		d.MaxConcurrency = &n
	}
	if n, ok := data[states.ToleratedFailureCount].(int64); ok {
		d.ToleratedFailureCount = &n
	}
	if n, ok := data[states.ToleratedFailurePercentage].(float64); ok {
		d.ToleratedFailurePercentage = &n
	}
	d.ErrorDetails = t.errorDetails()
	if t.in.InspectionLevel == InspectTrace {
		d.Request, d.Response = t.request, t.answer
	}
	return d
}

// errorDetails says what handled the failure. Measured: a Retrier that has tried often enough
// is named, without its delay. That it is named beside a Catcher, too, is guessed.
func (t *stateTest) errorDetails() *ErrorDetails {
	o := &t.outcome
	if o.Retrier < 0 && o.Catcher < 0 {
		return nil
	}
	d := &ErrorDetails{}
	if o.Retrier >= 0 {
		d.RetryIndex = &o.Retrier
	}
	if o.Catcher >= 0 {
		d.CatchIndex = &o.Catcher
	}
	if o.Status == states.Retriable {
		d.RetryBackoffIntervalSeconds = new(int64(o.Delay / time.Second))
	}
	return d
}

// errExpired is the cause with which the context of a tested task ends in time.
var errExpired = errors.New("engine: the tested state is out of time")
