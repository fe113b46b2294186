package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
)

// The conditions that TestState reports besides [ErrInvalidExecutionInput] and
// [ErrInvalidARN].
var (
	// ErrInvalidDefinition is returned for a definition that is none, and for a state that
	// can't be tested. The error is also an *asl.InvalidDefinitionError in the former case.
	ErrInvalidDefinition = errors.New("InvalidDefinition")
	// ErrInvalidRequest is returned for a request whose members don't go together, or have
	// no such value; the text says why.
	ErrInvalidRequest = errors.New("ValidationException")
)

// TestStateInput says what [TestState] tests.
//
// What is any JSON below is anything that encoding/json can marshal; JSON text must be a
// json.RawMessage, as a Go string is one JSON string. nil means that it is absent, while
// json.RawMessage("null") is null.
type TestStateInput struct {
	// Definition is one state or, with a StateName, a whole state machine. Required.
	Definition string
	// StateName is the state of the machine to test, at any depth.
	StateName string
	// Input is the state's raw input; nil means {}.
	Input any
	// RoleARN is what the test says it runs as. Required for a Task without a Mock, as on
	// AWS; it has no effect but in the Context Object.
	RoleARN string
	// InspectionLevel says how much the output tells; default [InspectInfo].
	InspectionLevel InspectionLevel
	// RevealSecrets shows at [InspectTrace] what a connection has added to the request of an
	// HTTP Task: header fields, query parameters and members of the body. What stands in the
	// definition and in the response is always shown (documented). It does not go with a Mock.
	RevealSecrets bool
	// Variables are those that there are, a JSON object; nil means none.
	Variables any
	// Context is the Context Object that the state sees, whole. It takes a Mock. nil means
	// one that AWS would make: in it every state is called "StateName".
	Context any
	// Mock is what comes of the state's work instead of the work itself. It is required for
	// a Map or Parallel state, and for a Task of an activity, a job (.sync) or a Task Token;
	// other Tasks may have one.
	Mock *Mock
	// StateConfiguration is what happened before.
	StateConfiguration StateConfiguration
	// Resolver finds the handler of a Task without a Mock. [Engine.TestState] takes the
	// engine's own instead of nil; without any the Task fails.
	Resolver Resolver
}

// A Mock is what comes of a state's work in a test. It has either of Result and ErrorOutput.
type Mock struct {
	// Result is the result: of a Task what the service would answer, of a Parallel state an
	// array of what its branches come to, of a Map state that of its iterations or, with a
	// ResultWriter, an object. A job's is what AWS's service says of the ended job.
	Result any
	// ErrorOutput is what the state fails with.
	ErrorOutput *ErrorOutput
	// FieldValidationMode says how a Task's Result is compared with what the service
	// answers; default [ValidateStrict]. It is compared for Lambda, Step Functions, DynamoDB,
	// EventBridge, S3, KMS, SQS and SNS, and other services' results are taken as they are.
	FieldValidationMode FieldValidationMode
}

// An ErrorOutput is an error name and its cause, either of which may be absent.
type ErrorOutput struct {
	Error string
	Cause string
}

// A FieldValidationMode says how strictly a [Mock] is compared with a service's API.
type FieldValidationMode string

// The modes. Members that the API does not have are right in all of them.
const (
	ValidateStrict  FieldValidationMode = "STRICT"  // what is required is there, and all has its type
	ValidatePresent FieldValidationMode = "PRESENT" // what is there has its type
	ValidateNone    FieldValidationMode = "NONE"    // anything goes
)

// An InspectionLevel says how much the output of [TestState] tells.
type InspectionLevel string

// The levels.
const (
	InspectInfo  InspectionLevel = "INFO"  // how the state ended
	InspectDebug InspectionLevel = "DEBUG" // and each step of its data flow
	InspectTrace InspectionLevel = "TRACE" // and the HTTP exchange of an HTTP Task
)

// A StateConfiguration says what happened to the state before a [Mock] did.
type StateConfiguration struct {
	// RetrierRetryCount is how often the Retrier that matches has tried the state again.
	RetrierRetryCount int
	// ErrorCausedByState is the state inside a Map or Parallel state that the Mock's error
	// comes from. It must be there, and has no other effect.
	ErrorCausedByState string
	// MapIterationFailureCount is how many iterations of a Map state have failed; nil is
	// none, and does not take a Mock.
	MapIterationFailureCount *int
	// MapItemReaderData is what the ItemReader of a Map state reads: the text of the file,
	// or for a list of objects a JSON array of them. nil means that there is nothing to read,
	// and that the items are where ItemsPath finds them in the input.
	MapItemReaderData *string
}

// A TestStatus says how a tested state ended.
type TestStatus string

// The statuses.
const (
	TestSucceeded   TestStatus = "SUCCEEDED"
	TestFailed      TestStatus = "FAILED"
	TestRetriable   TestStatus = "RETRIABLE"    // a Retrier would try it again
	TestCaughtError TestStatus = "CAUGHT_ERROR" // a Catcher took the error
)

// TestStateOutput is what [TestState] answers. It marshals to the answer of AWS's API, but
// that JSON stands in it as JSON and not as text.
type TestStateOutput struct {
	Status TestStatus `json:"status"`
	// Output is the state's output, when it succeeded or its error was caught.
	Output json.RawMessage `json:"output,omitempty"`
	// Error and Cause are what the state failed with, also when that was handled. Empty
	// means absent.
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
	// NextState is the state that follows; empty when none does.
	NextState string `json:"nextState,omitempty"`
	// InspectionData is nil at [InspectInfo].
	InspectionData *InspectionData `json:"inspectionData,omitempty"`
}

// InspectionData is what came of each step of a state's data flow. A member is nil when the
// step was not taken, or AWS does not show it for such a state: of states in JSONata it shows
// no more than the arguments of a Task, the numbers of a Map state, and the variables.
type InspectionData struct {
	Input               json.RawMessage `json:"input,omitempty"`
	AfterInputPath      json.RawMessage `json:"afterInputPath,omitempty"`
	AfterParameters     json.RawMessage `json:"afterParameters,omitempty"`
	AfterArguments      json.RawMessage `json:"afterArguments,omitempty"`
	Result              json.RawMessage `json:"result,omitempty"`
	AfterResultSelector json.RawMessage `json:"afterResultSelector,omitempty"`
	AfterResultPath     json.RawMessage `json:"afterResultPath,omitempty"`
	Variables           json.RawMessage `json:"variables,omitempty"`

	// Of a Map state: the items as they are found, as the iterations are given them, and the
	// batches of a distributed one.
	AfterItemsPath    json.RawMessage `json:"afterItemsPath,omitempty"`
	AfterItemsPointer json.RawMessage `json:"afterItemsPointer,omitempty"`
	AfterItemSelector json.RawMessage `json:"afterItemSelector,omitempty"`
	AfterItemBatcher  json.RawMessage `json:"afterItemBatcher,omitempty"`

	ToleratedFailureCount      *int64   `json:"toleratedFailureCount,omitempty"`
	ToleratedFailurePercentage *float64 `json:"toleratedFailurePercentage,omitempty"`
	MaxConcurrency             *int64   `json:"maxConcurrency,omitempty"`

	// ErrorDetails say which Retrier and which Catcher matched the error; nil when none did.
	ErrorDetails *ErrorDetails `json:"errorDetails,omitempty"`

	// Request and Response are the exchange of an HTTP Task, at [InspectTrace], if its
	// handler tells: see [InspectHTTP].
	Request  *HTTPRequest  `json:"request,omitempty"`
	Response *HTTPResponse `json:"response,omitempty"`
}

// ErrorDetails say what handled an error. The indexes count from 0.
type ErrorDetails struct {
	CatchIndex *int `json:"catchIndex,omitempty"`
	RetryIndex *int `json:"retryIndex,omitempty"`
	// RetryBackoffIntervalSeconds is how long the Retrier waits; nil when it has tried often
	// enough.
	RetryBackoffIntervalSeconds *int64 `json:"retryBackoffIntervalSeconds,omitempty"`
}

// HTTPRequest is the request of an HTTP Task.
type HTTPRequest struct {
	Protocol string `json:"protocol,omitempty"`
	Method   string `json:"method,omitempty"`
	URL      string `json:"url,omitempty"`
	Headers  string `json:"headers,omitempty"`
	Body     string `json:"body,omitempty"`
}

// HTTPResponse is the response to an [HTTPRequest].
type HTTPResponse struct {
	Protocol      string `json:"protocol,omitempty"`
	StatusCode    string `json:"statusCode,omitempty"`
	StatusMessage string `json:"statusMessage,omitempty"`
	Headers       string `json:"headers,omitempty"`
	Body          string `json:"body,omitempty"`
}

// TestState enters one state, by itself, and says how it was left: what AWS's TestState does
// (the form of November 2025). There is no execution, and nothing is kept.
//
// A Task with a Mock calls nothing, and the branches and iterations of Parallel and Map states
// never run. A Task without one is done by its handler, on a goroutine of its own, and a Wait
// state waits. Together that takes five minutes at most; then the state fails with
// States.Timeout, and a handler whose context that does not end is left alone. When ctx ends
// first the error is ctx's.
//
// The failure of a state within a Parallel or Map state is that one's to handle, if the state
// does not, as documented.
//
// A state that fails is no error. The errors are [ErrInvalidDefinition],
// [ErrInvalidRequest], [ErrInvalidExecutionInput] and [ErrInvalidARN], with AWS's words where
// those are known.
func TestState(ctx context.Context, in TestStateInput) (*TestStateOutput, error) {
	return testState(ctx, &stateTest{
		in: in, clock: timers.NewSystem(), limits: Limits{}.withDefaults(),
		region: defaultRegion, account: defaultAccount, resolver: in.Resolver,
	})
}

// TestState is the function [TestState] with the engine's Resolver, Clock, Limits, Region and
// Account. A handler finds the engine by [EngineFrom]. On a virtual clock a Wait state takes
// no time.
func (e *Engine) TestState(ctx context.Context, in TestStateInput) (*TestStateOutput, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	e.waiting(1) // its handlers may sleep on a virtual clock
	defer e.waiting(-1)
	t := &stateTest{
		in: in, engine: e, clock: e.config.Clock, limits: e.config.Limits,
		region: e.config.Region, account: e.config.Account, resolver: in.Resolver,
	}
	if t.resolver == nil {
		t.resolver = e.config.Resolver
	}
	return testState(ctx, t)
}

// testState runs a test.
func testState(ctx context.Context, t *stateTest) (*TestStateOutput, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	return t.output(), nil
}

// statuses are those of tests, by those of trials.
var statuses = map[states.TrialStatus]TestStatus{
	states.Succeeded: TestSucceeded, states.Failed: TestFailed, states.Retriable: TestRetriable, states.Caught: TestCaughtError,
}
