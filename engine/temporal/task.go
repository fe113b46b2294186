package temporal

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// A task is a task that the execution waits for.
type task struct {
	command *states.InvokeTask
	token   string
	// working says that the activity is under way, and starting that the execution is being
	// started which the task is to start.
	working, starting bool
	acknowledged      bool
	cancel            workflow.CancelFunc // of the activity; nil for none
	deadline          *timer
	silence           *timer
	heardUntil        time.Time // when the task has been silent for too long
	child             string    // the ARN of the execution that it has started
	waits             bool      // for the end of that
	early             *ended    // the end, if it came before the start
	later             *later    // the answer that it gets at a time, by the timer
	answer            *timer
}

// unbounded is how long a task may take that has no TimeoutSeconds: AWS's default.
const unbounded = 99_999_999 * time.Second

// byToken reports whether it is a Task Token that ends the task.
func (t *task) byToken() bool { return t.command.State.Resource.Pattern == asl.WaitForTaskToken }

// beginTask has the activity of a task do it. Of a task that ends by its Task Token the workflow
// keeps the time itself, because the activity only asks for the work.
func (x *execution) beginTask(command *states.InvokeTask) {
	t := &task{command: command, token: command.Token, acknowledged: command.Acknowledged}
	x.tasks[command.ID] = t
	if command.State.Resource.Kind == asl.Activity && !x.start.Express {
		t.token = x.it.TaskToken(command.ID)
	}
	if t.byToken() {
		x.keepTime(t, x.now.Add(command.Heartbeat))
		if t.acknowledged {
			return
		}
	}
	if x.holds() {
		return
	}
	x.work(t)
}

// keepTime has a task expire at its deadline, and when nothing was heard of it until a time.
func (x *execution) keepTime(t *task, heardUntil time.Time) {
	id := t.command.ID
	expired := func(heartbeat bool) { x.inbox = append(x.inbox, states.TaskExpired{Task: id, Heartbeat: heartbeat}) }
	if due := t.command.Deadline; !due.IsZero() {
		t.deadline = x.after(due, func() { expired(false) })
	}
	if t.command.Heartbeat <= 0 {
		return
	}
	t.heardUntil = heardUntil
	// A heartbeat moves the time; only when the timer fires it is looked at.
	var silent func()
	silent = func() {
		if x.time().Before(t.heardUntil) {
			t.silence = x.after(t.heardUntil, silent)
			return
		}
		expired(true)
	}
	t.silence = x.after(heardUntil, silent)
}

// work starts the activity of a task.
func (x *execution) work(t *task) {
	command := t.command
	state := command.State
	id := command.ID
	options := workflow.ActivityOptions{
		ActivityID:             strconv.FormatInt(int64(id), 10),
		TaskQueue:              x.start.Queues[state.Resource.Text],
		ScheduleToCloseTimeout: unbounded,
		HeartbeatTimeout:       x.start.Liveness,
		Summary:                state.Name(),
		// What the language says of retries is the interpreter's. Only a try that was lost,
		// with its worker, is made again.
		RetryPolicy: &sdk.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	}
	if due := command.Deadline; !due.IsZero() {
		options.ScheduleToCloseTimeout = max(due.Sub(x.now), time.Millisecond)
	}
	beats := command.Heartbeat > 0 && !t.byToken()
	if beats {
		options.HeartbeatTimeout = command.Heartbeat
		options.RetryPolicy.MaximumAttempts = 1
	}
	j := job{
		Execution: identityOf(&x.start.Execution), ID: id, State: state.Name(), Resource: state.Resource.Text, Function: state.Function,
		Input: encode(command.Input), Token: t.token, Attempt: command.Attempt, Deadline: command.Deadline, Beats: beats,
		TestCase: x.start.Execution.TestCase, Payload: x.start.Options.MaxPayload, Depth: x.start.Execution.Parent.Depth,
	}
	if command.Credentials != nil {
		j.Credentials = encode(command.Credentials)
	}
	ctx, cancel := workflow.WithCancel(workflow.WithActivityOptions(x.ctx, options))
	t.working, t.cancel = true, cancel
	x.selector.AddFuture(workflow.ExecuteActivity(ctx, taskActivity, j), func(f workflow.Future) {
		if x.tasks[id] != t {
			return // nobody waits for it any more
		}
		t.working, t.cancel = false, nil
		if t.later != nil {
			return // what the handler returns has no effect then
		}
		var a answer
		if err := f.Get(x.ctx, &a); err != nil {
			x.inbox = append(x.inbox, x.failure(t, err))
			return
		}
		x.answered(t, &a)
	})
}

// answered takes what the activity of a task has returned.
func (x *execution) answered(t *task, a *answer) {
	id := t.command.ID
	if a.Child != nil {
		x.startChild(t, a.Child)
		return
	}
	output, err := parse(a.Output)
	switch {
	case err != nil:
		x.inbox = append(x.inbox, states.TaskErred{Task: id, Failure: states.Fail("States.Runtime", err.Error())})
	case !t.byToken():
		x.inbox = append(x.inbox, states.TaskReturned{Task: id, Output: output})
	case !t.acknowledged:
		x.inbox = append(x.inbox, states.TaskAcknowledged{Task: id, Output: output})
	}
}

// answerLater has a task answered at a time, unless something else ends it before.
func (x *execution) answerLater(t *task, l *later) {
	id := t.command.ID
	t.later = l
	answer := func() {
		output, err := parse(l.Output)
		if err != nil {
			x.inbox = append(x.inbox, states.TaskErred{Task: id, Failure: states.Fail("States.Runtime", err.Error())})
			return
		}
		x.inbox = append(x.inbox, states.TaskReturned{Task: id, Output: output})
	}
	if !l.Due.After(x.time()) {
		answer()
		return
	}
	t.answer = x.after(l.Due, answer)
}

// failure returns the input for an error of a task's activity.
func (x *execution) failure(t *task, err error) states.Input {
	id := t.command.ID
	if timeout, ok := errors.AsType[*sdk.TimeoutError](err); ok {
		return states.TaskExpired{Task: id, Heartbeat: timeout.TimeoutType() == enums.TIMEOUT_TYPE_HEARTBEAT && t.command.Heartbeat > 0}
	}
	e, ok := errors.AsType[*sdk.ApplicationError](err)
	if !ok {
		return states.TaskErred{Task: id, Failure: states.Fail("States.TaskFailed", err.Error())}
	}
	var f failed
	if !e.HasDetails() || e.Details(&f) != nil {
		return states.TaskErred{Task: id, Failure: states.Fail("States.TaskFailed", err.Error())}
	}
	if f.Expired {
		return states.TaskExpired{Task: id}
	}
	failure := states.Failure{HasError: f.HasError, HasCause: f.HasCause, Cause: f.Cause}
	if f.HasError {
		failure.Error = e.Type()
	}
	return states.TaskErred{Task: id, Failure: failure, Stage: f.Stage}
}

// endTask forgets a task: it has an answer, or nobody waits for one. Then what it has started
// is stopped.
func (x *execution) endTask(id states.EventID, answered bool) {
	t := x.tasks[id]
	if t == nil {
		return
	}
	delete(x.tasks, id)
	if t.cancel != nil {
		t.cancel()
	}
	for _, timer := range [...]*timer{t.deadline, t.silence, t.answer} {
		if timer != nil {
			timer.cancel()
		}
	}
	if !answered {
		x.forsake(t)
	}
}

// sortedTasks yields the ids of the tasks in their order.
func (x *execution) sortedTasks() iter.Seq[states.EventID] {
	return slices.Values(slices.Sorted(maps.Keys(x.tasks)))
}

// sortedRuns yields the ids of the Map Runs in their order.
func (x *execution) sortedRuns() iter.Seq[states.EventID] {
	return slices.Values(slices.Sorted(maps.Keys(x.runs)))
}

// useToken takes what was sent by a Task Token. The error is one of package engine, for the
// sender.
func (x *execution) useToken(c *tokenCall) error {
	t := x.taskOf(c.Token)
	if t == nil {
		return x.tokenEnded(c.Token)
	}
	id := t.command.ID
	var in states.Input
	switch {
	case c.Heartbeat:
		if t.command.Heartbeat > 0 {
			t.heardUntil = x.time().Add(t.command.Heartbeat)
		}
		return nil
	case c.Failure != nil:
		in = states.TaskErred{Task: id, Failure: *c.Failure}
	default:
		output, err := parse(c.Output)
		if err != nil {
			return err
		}
		in = states.TaskReturned{Task: id, Output: output}
	}
	defer x.wakeUp()
	if err := x.step(in); errors.Is(err, states.ErrStale) {
		return x.tokenEnded(c.Token)
	} else if err != nil {
		return err
	}
	return nil
}

// errElsewhere says that the history which tells what became of a Task Token is in an earlier run.
var errElsewhere = errors.New("temporal: the history is in an earlier run")

// tokenEnded says what became of a Task Token for which no task waits.
func (x *execution) tokenEnded(token string) error {
	if x.dropped > 0 {
		return errElsewhere
	}
	return engine.TokenEnded(token, x.history)
}

// taskOf returns the task that waits for a Task Token, nil for none.
func (x *execution) taskOf(token string) *task {
	if x.finish != nil || token == "" {
		return nil
	}
	for _, t := range x.tasks {
		if sameToken(t.token, token) {
			return t
		}
	}
	return nil
}
