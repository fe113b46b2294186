package asl

// A Resource is a Task state's Resource field, taken apart once.
type Resource struct {
	// Text is the field as written.
	Text string
	// Kind says which family of history events the task records.
	Kind ResourceKind
	// Service and Action are the two halves of an integration such as
	// arn:aws:states:::sqs:sendMessage.waitForTaskToken: "sqs" and
	// "sendMessage.waitForTaskToken", as history events print them
	// (resourceType and resource). "aws-sdk:s3" is a service, too. Both are
	// empty for other kinds, and for an integration that is no such ARN, as
	// "reserve-inventory" or docker://hello-world.
	Service, Action string
	// Pattern is how the integration answers. Names that are no ARN may ask for
	// one in the same way: "approve.waitForTaskToken".
	Pattern IntegrationPattern
}

// A ResourceKind is a family of resources.
type ResourceKind uint8

// The families, by the history events they record.
const (
	// Integration resources record Task events.
	Integration ResourceKind = iota
	// LambdaFunction resources are bare function ARNs and record LambdaFunction
	// events.
	LambdaFunction
	// Activity resources record Activity events.
	Activity
)

// An IntegrationPattern says when a task of an integration is done.
type IntegrationPattern uint8

// The patterns of service integrations.
const (
	// RequestResponse is done when the call returns.
	RequestResponse IntegrationPattern = iota
	// RunJob (.sync, .sync:2) is done when the job that the call started is.
	RunJob
	// WaitForTaskToken is done when somebody returns the Task Token.
	WaitForTaskToken
)
