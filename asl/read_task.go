package asl

import (
	"strconv"
	"strings"
)

func (r *stateReader) readTask() *Task {
	s := &Task{
		node: r.node, Flow: r.readFlow("Parameters", "Arguments", resultSeen),
		Credentials: r.shape("Credentials", "Credentials"),
		Timeout:     r.seconds("TimeoutSeconds"),
		Heartbeat:   r.seconds("HeartbeatSeconds"),
	}
	r.readTransition(&s.Transition)
	s.Retry, s.Catch = r.readRetry(), r.readCatch()
	if s.Timeout.fixed() && s.Heartbeat.fixed() && s.Heartbeat.Literal > s.Timeout.Literal {
		// It is documented that it must be smaller; an equal one was deployed and run. The
		// wording is ours.
		r.fail(r.get("HeartbeatSeconds"), "HeartbeatSeconds must not be larger than TimeoutSeconds")
	}
	at := r.get("Resource")
	if at == nil {
		return s
	}
	s.Resource = ParseResource(at.text)
	s.Function = r.function(s.Resource)
	switch {
	case at.text == "":
		r.fail(at, "Value cannot be empty")
	case r.aws && !strings.HasPrefix(at.text, "arn:") && substitution.FindStringIndex(at.text) == nil:
		r.fail(at, "Value is not a valid resource ARN")
	case !s.Resource.known() || IsQuery(at.text):
		r.fail(at, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", at.text)
	}
	r.checkExpress(s.Resource, at)
	r.checkArguments(s.Resource, at)
	r.checkCredentials(s.Resource)
	return s
}

// argumentsField returns the field that holds what a task is given.
func (r *stateReader) argumentsField() string {
	if r.language == JSONata {
		return "Arguments"
	}
	return "Parameters"
}

// checkArguments checks that an integration is given what it can't do without. What an
// expression will evaluate to is not known yet.
func (r *stateReader) checkArguments(resource Resource, at *place) {
	field := r.argumentsField()
	arguments := r.get(field)
	switch {
	case resource.Service == "" || !resource.known() || r.unusable[field]:
		return
	case arguments == nil:
		r.fail(at, "%s field is required for resource ARN: %s", field, at.text)
		return
	case arguments.kind != objectKind:
		return
	}
	for _, name := range resource.required() {
		if !arguments.has(name) && (r.language == JSONata || !arguments.has(name+".$")) {
			d := r.fail(arguments, "The field '%s' is required but was missing", name)
			var has []string
			for i := range arguments.members {
				has = append(has, arguments.members[i].key)
			}
			if near := r.spell.nearest(name, has); near != "" {
				d.Detail = "it has " + strconv.Quote(near)
			}
		}
	}
}

// function returns the name of the function that a task of lambda:invoke calls, with its
// qualifier, as far as both are written out.
func (r *stateReader) function(resource Resource) string {
	action, _, _ := strings.Cut(resource.Action, ".")
	arguments := r.get(r.argumentsField())
	if resource.Service != "lambda" || action != "invoke" || arguments == nil {
		return ""
	}
	name, _ := r.literal(arguments, "FunctionName")
	qualifier, known := r.literal(arguments, "Qualifier")
	switch {
	case name == "" || !known:
		return ""
	case qualifier != "":
		return name + ":" + qualifier
	}
	return name
}

// literal returns the text of a member of a task's arguments, "" when it is absent or no
// text, and whether it is known before the task's input is.
func (r *stateReader) literal(arguments *place, name string) (text string, known bool) {
	if r.language == JSONPath && arguments.has(name+".$") {
		return "", false
	}
	m := arguments.find(name)
	switch {
	case m == nil || m.value.kind != stringKind:
		return "", arguments.kind == objectKind
	case r.language == JSONata && IsQuery(m.value.text):
		return "", false
	}
	return m.value.text, true
}

// checkExpress notes what an Express execution cannot run. The texts are
// measured on AWS, the stray blank included; that of .sync is reported without it.
func (r *stateReader) checkExpress(resource Resource, at *place) {
	var message string
	switch {
	case resource.Kind == Activity:
		message = "Express state machine does not support Activity ARN"
	case resource.Pattern == RunJob:
		message = "Express state machine does not support '.sync' service integration"
	case resource.Pattern == WaitForTaskToken:
		message = "Express state machine does not support '.waitForTaskToken' service integration "
	default:
		return
	}
	r.refuseInExpress(at, message)
}

// refuseInExpress notes a place that an Express execution cannot run.
func (r *reader) refuseInExpress(at *place, message string) {
	r.express = append(r.express, Diagnostic{
		Severity: Error, Code: SchemaValidationFailed, Message: message,
		Pointer: at.pointer(), Location: at.location(), offset: at.start,
	})
}

// checkCredentials checks what AWS wants of Credentials. Resources that are not
// AWS's may be given any, as the specification has it.
func (r *stateReader) checkCredentials(resource Resource) {
	at := r.get("Credentials")
	if at == nil || at.kind != objectKind || !strings.HasPrefix(resource.Text, "arn:") {
		return
	}
	switch {
	case resource.Kind == Activity:
		r.fail(at, "The field 'Credentials' is not supported for activities")
	case at.find("RoleArn") == nil && (r.language == JSONata || at.find("RoleArn.$") == nil):
		r.fail(at, "The field 'RoleArn' is required but was missing")
	}
}
