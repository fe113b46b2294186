package states

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// parameterShapes says what AWS checks of an integration's parameters before it
// schedules the task, as far as it has been measured: parameters of another shape
// fail the state without a Scheduled event. It was measured for states in JSONPath; that
// those in JSONata fail alike is a guess.
var parameterShapes = map[string]map[string]func(any) bool{
	"apigateway:invoke": {"Headers": isListsByName, "QueryParameters": isListsByName},
}

// checkParameters returns the fault of parameters that no task can be started with.
func (t *thread) checkParameters(r *asl.Resource, input any) *fault {
	if r.Kind != asl.Integration {
		return nil
	}
	action, _, _ := strings.Cut(r.Action, ".")
	shapes := parameterShapes[r.Service+":"+action]
	parameters, ok := input.(*value.Object)
	if shapes == nil || !ok {
		return nil
	}
	var problems []string
	for name, v := range parameters.All() {
		if fits := shapes[name]; fits != nil && !fits(v) {
			problems = append(problems, fmt.Sprintf("The value of the field '%s' has an invalid format", name))
		}
	}
	if problems == nil {
		return nil
	}
	return t.runtime("The Parameters '%s' could not be used to start the Task: [%s]", text(input), strings.Join(problems, ", "))
}

// isListsByName reports whether v is an object of arrays.
func isListsByName(v any) bool {
	o, ok := v.(*value.Object)
	if !ok {
		return false
	}
	for _, member := range o.All() {
		if _, ok := member.([]any); !ok {
			return false
		}
	}
	return true
}
