package packed

import "github.com/gostates/gostates/states"

// types are the types of events that have a form, by their numbers.
var types = [...]states.EventType{
	states.ExecutionStarted, states.ExecutionSucceeded, states.ExecutionFailed, states.ExecutionTimedOut,
	states.ExecutionAborted, states.ExecutionRedriven, states.EvaluationFailed,
	states.PassStateEntered, states.PassStateExited, states.ChoiceStateEntered, states.ChoiceStateExited,
	states.SucceedStateEntered, states.SucceedStateExited, states.FailStateEntered,
	states.WaitStateEntered, states.WaitStateExited, states.WaitStateAborted,
	states.TaskStateEntered, states.TaskStateExited, states.TaskStateAborted,
	states.ParallelStateEntered, states.ParallelStateExited, states.MapStateEntered, states.MapStateExited,
	states.TaskScheduled, states.TaskStarted, states.TaskStartFailed, states.TaskSubmitted,
	states.TaskSubmitFailed, states.TaskSucceeded, states.TaskFailed, states.TaskTimedOut,
	states.LambdaFunctionScheduled, states.LambdaFunctionStarted, states.LambdaFunctionSucceeded,
	states.LambdaFunctionFailed, states.LambdaFunctionTimedOut,
	states.ActivityScheduled, states.ActivityStarted, states.ActivitySucceeded, states.ActivityFailed,
	states.ParallelStateStarted, states.ParallelStateSucceeded, states.ParallelStateFailed, states.ParallelStateAborted,
	states.MapStateStarted, states.MapStateSucceeded, states.MapStateFailed, states.MapStateAborted,
	states.MapIterationStarted, states.MapIterationSucceeded, states.MapIterationFailed, states.MapIterationAborted,
}

// places has the numbers of the types, counted from 1, at or after the places that firstPlace
// gives them; 0 stands for none.
var places = func() (places [256]byte) {
	for i, t := range types {
		at := firstPlace(t)
		for places[at] != 0 {
			at++
		}
		places[at] = byte(i + 1)
	}
	return places
}()

// firstPlace is a hash of a type that is no empty text.
func firstPlace(t states.EventType) byte {
	return byte(len(t))*7 + t[0]*31 + t[len(t)/2]*3 + t[len(t)-1]
}

// numberOf returns the number of a type that has a form.
func numberOf(t states.EventType) (number byte, known bool) {
	if t == "" {
		return 0, false
	}
	for at := firstPlace(t); places[at] != 0; at++ {
		if n := places[at] - 1; types[n] == t {
			return n, true
		}
	}
	return 0, false
}
