package corpus

import "github.com/gostates/gostates/asl/value"

// refusal is what CreateStateMachine and UpdateStateMachine say of a request's
// parameters besides the definition, as far as it has been measured on AWS. A test
// has no log groups, so none that a request names is found. It returns nil for a
// request that is in order.
func refusal(parameters *value.Object) *value.Object {
	refuse := func(code, message string) *value.Object {
		return value.NewObject(value.Member{Key: "error", Value: value.NewObject(
			value.Member{Key: "code", Value: code},
			value.Member{Key: "message", Value: message},
		)})
	}
	publish, _ := parameters.Get("publish")
	if _, described := parameters.Get("versionDescription"); described && publish != true {
		return refuse("ValidationException", "Version description can only be set when publish is true")
	}
	v, _ := parameters.Get("loggingConfiguration")
	logging, _ := v.(*value.Object)
	if level, ok := logging.Get("level"); !ok || level == "OFF" {
		return nil
	}
	v, _ = logging.Get("destinations")
	if destinations, _ := v.([]any); len(destinations) != 1 {
		return refuse("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.")
	}
	return refuse("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found.")
}
