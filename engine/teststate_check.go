package engine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/engine/internal/shapes"
	"github.com/gostates/gostates/engine/items"
)

// refused is an ErrInvalidRequest.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
}

// check reads the request. Nothing has happened when it fails. The order of the checks is
// guessed where one request of AWS's recordings does not show two mistakes.
func (t *stateTest) check() error {
	for _, step := range []func() error{
		t.checkWords, t.readDefinition, t.readInput, t.checkMock, t.readMock, t.checkRole, t.readVariables, t.readContext, t.checkConfiguration,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *stateTest) checkWords() error {
	switch t.in.InspectionLevel {
	case "", InspectInfo, InspectDebug, InspectTrace:
	default:
		return refused("unknown inspectionLevel %q: must be one of INFO, DEBUG, TRACE", string(t.in.InspectionLevel))
	}
	if t.in.Mock == nil {
		return nil
	}
	switch t.in.Mock.FieldValidationMode {
	case "", ValidateStrict, ValidatePresent, ValidateNone:
		return nil
	}
	return refused("unknown fieldValidationMode %q: must be one of STRICT, PRESENT, NONE", string(t.in.Mock.FieldValidationMode))
}

// loneState is what AWS calls a state that is tested, whatever its name is.
const loneState = "StateName"

// readDefinition finds the state.
func (t *stateTest) readDefinition() error {
	text, before := t.in.Definition, ""
	if t.in.StateName == "" {
		text, before = machineOf(text)
	}
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(text))
	if err != nil {
		if invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok && before != "" {
			err = moved(invalid, before)
		}
		return fmt.Errorf("%w: %w", ErrInvalidDefinition, err)
	}
	name := t.in.StateName
	if name == "" {
		name = loneState
	}
	if t.state = machine.Find(name); t.state == nil {
		return refused("State not found in definition")
	}
	return nil
}

// machineOf returns a machine around a state, with the states that it leads to, and the part
// of the text that stands before the state. A text that is no JSON object is returned as it
// is, for the parser to refuse.
func machineOf(state string) (machine, before string) {
	v, err := value.Parse(state)
	o, ok := v.(*value.Object)
	if err != nil || !ok {
		return state, ""
	}
	before = `{"StartAt":"` + loneState + `","States":{"` + loneState + `":`
	var b strings.Builder
	b.WriteString(before + state)
	known := map[string]bool{loneState: true}
	lead := func(v any) {
		if name, ok := v.(string); ok && !known[name] {
			known[name] = true
			b.WriteString("," + value.String(name) + `:{"Type":"Succeed"}`)
		}
	}
	for _, field := range []string{"Next", "Default"} {
		v, _ := o.Get(field)
		lead(v)
	}
	for _, field := range []string{"Choices", "Catch"} {
		v, _ := o.Get(field)
		list, _ := v.([]any)
		for _, v := range list {
			if o, ok := v.(*value.Object); ok {
				next, _ := o.Get("Next")
				lead(next)
			}
		}
	}
	b.WriteString("}}")
	return b.String(), before
}

// moved gives the problems of a state their places in its own text. The Location, which is
// AWS's, is left: there is reason to think that AWS puts a machine around the state, too.
func moved(invalid *asl.InvalidDefinitionError, before string) error {
	ds := make(asl.Diagnostics, len(invalid.Diagnostics))
	for i, d := range invalid.Diagnostics {
		if d.Line == 1 {
			d.Column = max(d.Column-len(before), 1)
		}
		d.Pointer = strings.TrimPrefix(d.Pointer, "/States/"+loneState)
		ds[i] = d
	}
	return &asl.InvalidDefinitionError{Diagnostics: ds}
}

func (t *stateTest) readInput() error {
	if t.in.Input == nil {
		t.input = value.NewObject()
		return nil
	}
	var err error
	if t.input, err = convert.Of(t.in.Input); err != nil {
		return fmt.Errorf("%w: Invalid State Machine Execution Input: '%w'", ErrInvalidExecutionInput, err)
	}
	if n := value.Size(t.input); t.limits.Payload > 0 && n > t.limits.Payload {
		return fmt.Errorf("%w: the input has %d bytes, at most %d are allowed", ErrInvalidExecutionInput, n, t.limits.Payload)
	}
	return nil
}

// checkMock says whether the state may have a mock, or must. The texts are measured on AWS
// for Pass, Succeed, Map and Parallel; that the rule goes for all other states, and for tasks
// that wait, is documented, and the words about the latter are guessed.
func (t *stateTest) checkMock() error {
	switch s := t.state.(type) {
	case *asl.Task:
		if waits := s.Resource.Kind == asl.Activity || s.Resource.Pattern != asl.RequestResponse; waits && t.in.Mock == nil {
			return refused("TestState API does not support Activity tasks, .sync or .waitForTaskToken service integration patterns when a mock is not specified.")
		}
	case *asl.Map, *asl.Parallel:
		if t.in.Mock == nil {
			return fmt.Errorf("%w: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]", ErrInvalidDefinition)
		}
	default:
		if t.in.Mock != nil {
			return refused("State type '%s' is not supported when a mock is specified", s.Type())
		}
	}
	return nil
}

// readMock reads the mock and compares it with what the state's work gives.
func (t *stateTest) readMock() error {
	m := t.in.Mock
	switch {
	case m == nil:
		return nil
	case t.in.RevealSecrets:
		return refused("TestState does not support RevealSecrets when a mock is specified.")
	case m.Result != nil && m.ErrorOutput != nil:
		return refused("A test mock should have only one of the following fields: [result, errorOutput].")
	case m.ErrorOutput != nil:
		if len(m.ErrorOutput.Error) > maxErrorLength || len(m.ErrorOutput.Cause) > maxCauseLength {
			return refused("The mocked error has more than %d characters, or its cause more than %d.", maxErrorLength, maxCauseLength)
		}
		return nil
	case m.Result == nil:
		return refused("A test mock should have one of the following fields: [result, errorOutput].")
	}
	var err error
	if t.result, err = convert.Of(m.Result); err != nil {
		return refused("Mocked result must be valid JSON")
	}
	list, isList := t.result.([]any)
	switch s := t.state.(type) {
	case *asl.Parallel:
		switch {
		case !isList:
			return refused("Mocked result must be an array.")
		case len(list) != len(s.Branches):
			return refused("Mocked result must contain the same number of items as number of Parallel branches.")
		}
	case *asl.Map:
		_, isObject := t.result.(*value.Object)
		switch writes := s.Distributed != nil && s.Distributed.Writer != nil; {
		case writes && !isObject:
			return refused("Mocked result must be a JSON object.")
		case !writes && !isList:
			return refused("Mocked result must be an array.")
		}
	case *asl.Task:
		if m.FieldValidationMode != ValidateNone {
			return t.checkResult(&s.Resource)
		}
	}
	return nil
}

// checkResult compares the mocked result of a Task with what the service answers. For a job
// that is the call which asks how the job stands (documented). That the result of a Task Token,
// which somebody sends, is anything at all is guessed.
func (t *stateTest) checkResult(r *asl.Resource) error {
	if r.Kind != asl.Integration || r.Pattern == asl.WaitForTaskToken {
		return nil
	}
	call, suffix, _ := strings.Cut(r.Action, ".")
	check := shapes.Check{Service: strings.TrimPrefix(r.Service, "aws-sdk:"), Call: call, Required: t.in.Mock.FieldValidationMode != ValidatePresent}
	switch {
	case r.Service == "lambda":
		check.Free = []string{"Payload"} // which this integration gives as JSON
	case r.Service == "states" && r.Pattern == asl.RunJob:
		check.Call = "describeExecution"
		if suffix == "sync:2" {
			check.Free = []string{"Input", "Output"} // which this one gives as JSON
		}
	}
	if problem := check.Problem(t.result); problem != "" {
		return refused("%s", problem)
	}
	return nil
}

// checkRole asks for a role where AWS does. That a malformed one is InvalidArn is documented,
// its words are guessed.
func (t *stateTest) checkRole() error {
	if _, isTask := t.state.(*asl.Task); isTask && t.in.Mock == nil && t.in.RoleARN == "" {
		return refused("RoleArn must be specified when testing a Task state")
	}
	if t.in.RoleARN != "" && !roleForm.MatchString(t.in.RoleARN) {
		return fmt.Errorf("%w: Invalid Role Arn: '%s'", ErrInvalidARN, t.in.RoleARN)
	}
	return nil
}

func (t *stateTest) readVariables() error {
	if t.in.Variables == nil {
		return nil
	}
	v, err := convert.Of(t.in.Variables)
	o, ok := v.(*value.Object)
	if err != nil || !ok {
		return refused("Variables must be a JSON object")
	}
	for name := range o.All() {
		if !asl.IsIdentifier(name) || name == "states" {
			return refused("'%s' is no name of a variable", name)
		}
	}
	t.variables = o
	return nil
}

// contextMembers are what a Context Object may have, by AWS's measured and other emulators'
// read refusals: the type of each, "object" by its own members.
var contextMembers = map[string]map[string]string{
	"Execution":    {"Id": "string", "Input": "", "Name": "string", "RoleArn": "string", "StartTime": "string", "RedriveCount": "integer"},
	"State":        {"EnteredTime": "string", "Name": "string", "RetryCount": "integer"},
	"StateMachine": {"Id": "string", "Name": "string"},
	"Task":         {"Token": "string"},
}

func (t *stateTest) readContext() error {
	if t.in.Context == nil {
		t.context = t.ownContext()
		return nil
	}
	if t.in.Mock == nil {
		return refused("TestState does not support Context when a mock is not specified.")
	}
	invalid := func(format string, args ...any) error {
		return refused("Invalid Context object provided: %s", fmt.Sprintf(format, args...))
	}
	v, err := convert.Of(t.in.Context)
	o, ok := v.(*value.Object)
	if err != nil || !ok {
		return invalid("it must be a JSON object")
	}
	for name, v := range o.All() {
		members, known := contextMembers[name]
		switch {
		case name == "Map":
			return invalid("'Map' field is not supported when mocking a Context object")
		case !known:
			return invalid("Field '%s' is not allowed", name)
		}
		part, ok := v.(*value.Object)
		if !ok {
			return invalid("%s must be a object", name)
		}
		for member, v := range part.All() {
			kind, known := members[member]
			if !known {
				return invalid("Field '%s' is not allowed", member)
			}
			_, isText := v.(string)
			_, isWhole := v.(int64)
			if kind == "string" && !isText || kind == "integer" && !isWhole {
				return invalid("%s.%s must be a %s", name, member, kind)
			}
		}
	}
	t.context = o
	return nil
}

// ownContext makes a Context Object as AWS makes it for a test: measured with and without a
// role. That a state within a Map state sees its input as the first item is documented.
func (t *stateTest) ownContext() *value.Object {
	var chance [48]byte
	rand.Read(chance[:]) // never fails
	machine, name, id := randomUUID(chance[:16]), randomUUID(chance[16:32]), randomUUID(chance[32:])
	prefix := "arn:aws:states:" + t.region + ":" + t.account + ":"
	var role any
	if t.in.RoleARN != "" {
		role = t.in.RoleARN
	}
	now := t.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	state := value.NewObject(value.Member{Key: "Name", Value: loneState}, value.Member{Key: "EnteredTime", Value: now})
	var b value.Builder
	b.Set("Execution", value.NewObject(
		value.Member{Key: "Id", Value: prefix + "express:" + machine + ":" + name + ":" + id},
		value.Member{Key: "Input", Value: t.input},
		value.Member{Key: "StartTime", Value: now},
		value.Member{Key: "Name", Value: name},
		value.Member{Key: "RoleArn", Value: role},
	))
	b.Set("StateMachine", value.NewObject(
		value.Member{Key: "Id", Value: prefix + "stateMachine:" + machine},
		value.Member{Key: "Name", Value: machine},
	))
	switch s := t.state.(type) {
	case *asl.Task:
		if s.Resource.Pattern != asl.RequestResponse {
			b.Set("Task", value.NewObject(value.Member{Key: "Token", Value: id}))
		}
		state = state.With("RetryCount", int64(t.in.StateConfiguration.RetrierRetryCount))
	case *asl.Map, *asl.Parallel:
		state = state.With("RetryCount", int64(t.in.StateConfiguration.RetrierRetryCount))
	}
	b.Set("State", state)
	if m, ok := t.state.Graph().Owner().(*asl.Map); ok {
		item := value.NewObject(value.Member{Key: "Index", Value: int64(0)}, value.Member{Key: "Value", Value: t.input})
		if m.Distributed != nil && m.Distributed.Reader == nil {
			item = item.With("Source", items.StateData)
		}
		b.Set("Map", value.NewObject(value.Member{Key: "Item", Value: item}))
	}
	return b.Object()
}

// checkConfiguration. Measured is the refusal of a failure count that is too large, which is
// left to when the items are known; the words without a mock are read in another emulator.
func (t *stateTest) checkConfiguration() error {
	c := &t.in.StateConfiguration
	if c.RetrierRetryCount < 0 || c.MapIterationFailureCount != nil && *c.MapIterationFailureCount < 0 {
		return refused("the counts of a stateConfiguration must not be negative")
	}
	if t.in.Mock == nil {
		switch {
		case c.MapIterationFailureCount != nil:
			return refused("TestState does not support MapIterationFailureCount when a mock is not specified.")
		case c.ErrorCausedByState != "":
			return refused("TestState does not support ErrorCausedByState when a mock is not specified.")
		case c.MapItemReaderData != nil:
			return refused("TestState does not support MapItemReaderData when a mock is not specified.")
		}
	}
	if list, ok := t.result.([]any); ok && c.MapIterationFailureCount != nil && *c.MapIterationFailureCount > len(list) {
		return tooManyFailures()
	}
	if c.ErrorCausedByState != "" && !hasInside(t.state, c.ErrorCausedByState) {
		return refused("State not found in definition: '%s' is no state within '%s'", c.ErrorCausedByState, t.state.Name())
	}
	return nil
}

func tooManyFailures() error {
	return refused("Map iteration failure count must be less than or equal to the number of Map iterations")
}

// hasInside reports whether a Map or Parallel state has a state of a name within.
func hasInside(s asl.State, name string) bool {
	var graphs []*asl.Graph
	switch s := s.(type) {
	case *asl.Map:
		graphs = []*asl.Graph{s.Processor}
	case *asl.Parallel:
		graphs = s.Branches
	}
	for _, g := range graphs {
		for inner := range g.All() {
			if inner.Name() == name || hasInside(inner, name) {
				return true
			}
		}
	}
	return false
}
