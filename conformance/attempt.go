package conformance

import (
	"time"

	"github.com/gostates/gostates/states"
)

// An attempt is one try of a task, on its way through its stages to the end that
// the script has for it.
type attempt struct {
	*run
	task    *states.InvokeTask
	outcome Task
}

// invoke begins an attempt.
func (r *run) invoke(task *states.InvokeTask) error {
	r.open[task.ID] = true
	request := Request{
		State: task.State.Name(), Resource: task.State.Resource.Text,
		Input: task.Input, Credentials: task.Credentials, Attempt: task.Attempt, Token: task.Token,
	}
	if r.simulator.Perform != nil {
		if do := r.simulator.Perform(request); do != nil {
			a := &attempt{run: r, task: task}
			a.expire()
			a.arrange(0, states.TaskBegan{At: r.now, Task: task.ID}, func() { r.perform(a, do) })
			return nil
		}
	}
	outcome, err := r.script.Next(request)
	if err != nil {
		return err
	}
	a := &attempt{run: r, task: task, outcome: outcome}
	switch outcome.Outcome {
	case FailsToBeAsked:
		a.fail(states.Scheduling)
		return nil
	case FailsToBegin:
		a.fail(states.Starting)
		return nil
	}
	a.expire()
	if !outcome.Idle {
		a.arrange(0, states.TaskBegan{At: r.now, Task: task.ID, Worker: outcome.Worker}, a.begun)
	}
	return nil
}

// arrange gives the interpreter an input of the task after some time.
func (a *attempt) arrange(after time.Duration, input states.Input, then func()) {
	a.agenda.add(appointment{due: a.now.Add(after), answers: a.task.ID, input: input, then: then})
}

// answer gives the interpreter the task's end, in its place among other ends.
func (a *attempt) answer(after time.Duration, input states.Input) {
	a.agenda.add(appointment{due: a.now.Add(after), order: a.outcome.order, answers: a.task.ID, input: input})
}

// begun is the stage in which the task was taken up.
func (a *attempt) begun() {
	switch {
	case a.outcome.Outcome == FailsToSubmit:
		a.fail(states.Submitting)
	case a.outcome.HasSubmitted:
		a.arrange(0, states.TaskAcknowledged{At: a.now, Task: a.task.ID, Output: a.outcome.Submitted}, a.end)
	default:
		a.end()
	}
}

// end is the stage in which nothing but the task's end is left.
func (a *attempt) end() {
	switch after := seconds(a.outcome.After); a.outcome.Outcome {
	case Succeeds:
		a.answer(after, states.TaskReturned{At: a.now.Add(after), Task: a.task.ID, Output: a.outcome.Result})
	case Fails:
		a.fail(states.Running)
	}
}

// fail ends the task with the script's error.
func (a *attempt) fail(stage states.Stage) {
	after := seconds(a.outcome.After)
	a.answer(after, states.TaskErred{At: a.now.Add(after), Task: a.task.ID, Stage: stage, Failure: states.Failure{
		Error: a.outcome.Error, HasError: a.outcome.HasError, Cause: a.outcome.Cause, HasCause: a.outcome.HasCause,
	}})
}

// expire arranges when the task runs out of time: at its deadline, or when it was
// silent for too long. A task that is to time out and sets no bound has AWS's
// default.
func (a *attempt) expire() {
	at := func(due time.Time, heartbeat bool) {
		after := max(due.Sub(a.now), 0)
		a.arrange(after, states.TaskExpired{At: a.now.Add(after), Task: a.task.ID, Heartbeat: heartbeat}, nil)
	}
	deadline, silence := a.task.Deadline, a.task.Heartbeat
	if !deadline.IsZero() {
		at(deadline, false)
	}
	if silence > 0 {
		last := a.now
		for _, beat := range a.outcome.Heartbeats {
			next := a.now.Add(seconds(beat))
			if next.Sub(last) > silence {
				break
			}
			last = next
		}
		at(last.Add(silence), true)
	}
	if deadline.IsZero() && silence == 0 && a.outcome.Outcome == TimesOut {
		at(a.now.Add(defaultTimeout), false)
	}
}
