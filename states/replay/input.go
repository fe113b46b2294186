package replay

import (
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// inputFor returns the input by which an event of the history came about, to which others follow;
// nil when it should have followed from those before.
func (r *run) inputFor(e *recorded, others []*recorded) (states.Input, error) {
	switch e.Type {
	case states.ExecutionStarted:
		if r.it != nil {
			return nil, nil
		}
		return r.start(e), nil
	case states.ExecutionRedriven:
		it, err := states.Restore(r.machine, r.all, r.options.Limits)
		if err != nil {
			return nil, r.differs(e)
		}
		r.it = it
		return states.Redriven{At: e.At}, nil
	case states.ExecutionAborted:
		d, _ := e.Details.(*states.FailureDetails)
		if d == nil {
			d = &states.FailureDetails{}
		}
		return states.Stopped{At: e.At, Failure: d.Failure}, nil
	case states.ExecutionTimedOut:
		return states.TimerFired{At: e.At, Timer: 1}, nil
	case states.MapRunSucceeded:
		output, _ := r.mapOutput(e)
		return states.MapRunReturned{At: e.At, Run: r.runOf(e), Output: output}, nil
	case states.MapRunFailed:
		if d, ok := e.Details.(*states.FailureDetails); ok {
			return states.MapRunErred{At: e.At, Run: r.runOf(e), Failure: d.Failure}, nil
		}
	}
	if in := r.answer(e); in != nil {
		return in, nil
	}
	if in := fromOutside(e, others); in != nil {
		return in, nil
	}
	return r.timer(e)
}

// fromOutside returns what had an execution undo what it had completed, or give that up, if an
// event is the first that followed from it; else nil. States are aborted before.
func fromOutside(e *recorded, others []*recorded) states.Input {
	at := e.At
	for i := 0; e.At.Equal(at); i++ {
		switch d := e.Details.(type) {
		case *states.CompensationDetails:
			switch d.Status {
			case states.StatusAborted:
				return states.Stopped{At: at, Failure: d.Failure}
			case states.StatusTimedOut:
				return states.TimerFired{At: at, Timer: 1}
			}
			return nil
		case *states.CompensationFailedDetails:
			return states.Stopped{At: at, Failure: d.Failure}
		}
		if !strings.HasSuffix(string(e.Type), "Aborted") || i == len(others) {
			return nil
		}
		e = others[i]
	}
	return nil
}

// start begins the execution again.
func (r *run) start(e *recorded) states.Input {
	in := states.Started{At: e.At, Execution: r.options.Execution}
	if d, ok := e.Details.(*states.StartedDetails); ok {
		in.Input, in.Seed = d.Input, d.Seed
		if d.Execution.ARN != "" {
			in.Execution = d.Execution
		}
		if in.Execution.RoleARN == "" {
			in.Execution.RoleARN = d.RoleARN
		}
		in.Execution.StateMachineVersionARN, in.Execution.StateMachineAliasARN = d.StateMachineVersionARN, d.StateMachineAliasARN
	}
	if in.Execution.Region == "" {
		for _, other := range r.events {
			if d, ok := other.Details.(*states.ScheduledDetails); ok && d.Region != "" {
				in.Execution.Region = d.Region
				break
			}
		}
	}
	if r.options.Limits.HasActivity == nil {
		r.options.Limits.HasActivity = r.hadActivity
	}
	r.it = states.New(r.machine, r.options.Limits)
	r.chance = in.Seed == states.Seed{} && draws(r.machine)
	return in
}

// hadActivity reports whether nothing in the history says that there was no such activity.
func (r *run) hadActivity(arn string) bool {
	for _, e := range r.events {
		if d, ok := e.Details.(*states.FailureDetails); ok && strings.Contains(d.Cause, "The activity "+arn+" does not exist.") {
			return false
		}
	}
	return true
}

// answer returns the answer of a task by which an event came about, nil for another event.
func (r *run) answer(e *recorded) states.Input {
	if e.scheduled == 0 || e.scheduled == e.ID {
		return nil
	}
	task, ok := r.ours[e.scheduled]
	if !ok {
		return nil
	}
	switch e.Type {
	case states.TaskStarted, states.LambdaFunctionStarted:
		return states.TaskBegan{At: e.At, Task: task}
	case states.ActivityStarted:
		d, _ := e.Details.(*states.WorkerDetails)
		if d == nil {
			d = &states.WorkerDetails{}
		}
		return states.TaskBegan{At: e.At, Task: task, Worker: d.Worker}
	case states.TaskTimedOut, states.LambdaFunctionTimedOut, states.ActivityTimedOut:
		return states.TaskExpired{At: e.At, Task: task, Heartbeat: r.missedHeartbeat(e)}
	}
	switch d := e.Details.(type) {
	case *states.OutputDetails:
		if e.Type == states.TaskSubmitted {
			return states.TaskAcknowledged{At: e.At, Task: task, Output: d.Output}
		}
		return states.TaskReturned{At: e.At, Task: task, Output: d.Output}
	case *states.FailureDetails:
		stage, ok := stages[e.Type]
		if !ok {
			return nil
		}
		return states.TaskErred{At: e.At, Task: task, Failure: d.Failure, Stage: stage}
	}
	return nil
}

// stages are how far a task had come, by the event of its failure.
var stages = map[states.EventType]states.Stage{
	states.TaskFailed: states.Running, states.LambdaFunctionFailed: states.Running, states.ActivityFailed: states.Running,
	states.TaskStartFailed: states.Starting, states.LambdaFunctionStartFailed: states.Starting,
	states.LambdaFunctionScheduleFailed: states.Scheduling, states.ActivityScheduleFailed: states.Scheduling,
	states.TaskSubmitFailed: states.Submitting,
}

// missedHeartbeat reports whether a task that timed out did so by its HeartbeatSeconds.
func (r *run) missedHeartbeat(e *recorded) bool {
	d, ok := r.byID[e.scheduled].Details.(*states.ScheduledDetails)
	if !ok || d.HeartbeatSeconds == 0 {
		return false
	}
	return d.TimeoutSeconds == 0 || e.At.Sub(e.at) < time.Duration(d.TimeoutSeconds)*time.Second
}

// timer returns the timer by which an event came about, that of a Wait state or a Retrier; nil
// for another event. A Wait state that would end later is a *Difference.
func (r *run) timer(e *recorded) (states.Input, error) {
	id, ok := r.ours[e.PreviousID]
	if !ok {
		return nil, nil
	}
	due, ok := r.timers[id]
	if !ok || id == 1 {
		return nil, nil
	}
	delete(r.timers, id)
	jittered := r.chance || e.Type != states.WaitStateExited
	if late := due.Sub(e.At); late > time.Second && !jittered {
		return nil, &Difference{Event: e.Event, State: e.state, Late: late}
	}
	return states.TimerFired{At: e.At, Timer: id}, nil
}

// runOf returns the Map Run that an event ends.
func (r *run) runOf(e *recorded) states.EventID { return r.ours[e.PreviousID] }

// unknown reports whether an event is the success of a Map Run whose output is not known.
func (r *run) unknown(e *recorded) bool {
	if e.Type != states.MapRunSucceeded {
		return false
	}
	_, known := r.mapOutput(e)
	return !known
}

// mapOutput returns what the children of a Map Run came to that ended well by an event, if the
// output of the Map state says.
func (r *run) mapOutput(e *recorded) (any, bool) {
	for _, other := range r.events {
		d, ok := other.Details.(*states.ExitedDetails)
		if !ok || other.entered != e.entered {
			continue
		}
		s, ok := r.machine.Find(d.Name).(*asl.Map)
		return d.Output, ok && s.ResultSelector == nil && s.ResultPath == nil && s.Output == nil && s.Assign == nil
	}
	return nil, false
}
