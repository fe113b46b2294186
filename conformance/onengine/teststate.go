package onengine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// recordedAccount is what AWS's recordings have in place of the accounts that they were made
// in.
const recordedAccount = "111111111111"

// TestState implements [corpus.StateTester]: by a call in Go, and over HTTP.
func (d Driver) TestState(request *value.Object, work any) ([]*value.Object, error) {
	e, err := engine.New(engine.Config{Resolver: comesTo{work}, Account: recordedAccount, Clock: new(enginetest.Clock)})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	called, err := testState(e, request)
	if err != nil {
		return nil, err
	}
	sent, err := sendTestState(e, request)
	return []*value.Object{called, sent}, err
}

// sendTestState tests a state over HTTP.
func sendTestState(e *engine.Engine, request *value.Object) (*value.Object, error) {
	handler, err := stepfunctions.New(stepfunctions.Config{Engine: e})
	if err != nil {
		return nil, err
	}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(value.Append(nil, request)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions.TestState")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	v, err := value.Parse(w.Body.Bytes())
	answer, ok := v.(*value.Object)
	if err != nil || !ok {
		return nil, fmt.Errorf("TestState was answered with the status %d and %q", w.Code, w.Body)
	}
	if w.Code == http.StatusOK {
		return answer, nil
	}
	code, _ := answer.Get("__type")
	message, _ := answer.Get("message")
	return exceptionOf(code, message), nil
}

// testState tests a state by a call in Go.
func testState(e *engine.Engine, request *value.Object) (*value.Object, error) {
	var in stateTest
	if err := json.Unmarshal(value.Append(nil, request), &in); err != nil {
		return nil, err
	}
	out, err := e.TestState(context.Background(), in.input())
	if err != nil {
		return exception(err)
	}
	v, err := value.Of(out)
	if err != nil {
		return nil, err
	}
	answer := asTexts(v.(*value.Object), "output")
	if data, ok := answer.Get("inspectionData"); ok {
		answer = answer.With("inspectionData", asTexts(data.(*value.Object), jsonSteps...))
	}
	return answer, nil
}

// comesTo has every task come to the same, lambda:invoke as the integration that it is.
type comesTo struct{ work any }

// Resolve implements [engine.Resolver].
func (c comesTo) Resolve(string) engine.Handler {
	return engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return c.work, nil })
}

// TakesIntegration implements [engine.IntegrationResolver].
func (comesTo) TakesIntegration(string) bool { return true }

// jsonSteps are the members of inspectionData that are JSON in a text on the wire.
var jsonSteps = []string{
	"input", "afterInputPath", "afterParameters", "afterArguments", "result", "afterResultSelector", "afterResultPath", "variables",
	"afterItemsPath", "afterItemsPointer", "afterItemSelector", "afterItemBatcher",
}

func asTexts(o *value.Object, names ...string) *value.Object {
	for _, name := range names {
		if v, ok := o.Get(name); ok {
			o = o.With(name, value.String(v))
		}
	}
	return o
}

// A stateTest is a request as it is on the wire.
type stateTest struct {
	Definition      string  `json:"definition"`
	StateName       string  `json:"stateName"`
	Input           *string `json:"input"`
	RoleARN         string  `json:"roleArn"`
	InspectionLevel string  `json:"inspectionLevel"`
	RevealSecrets   bool    `json:"revealSecrets"`
	Variables       *string `json:"variables"`
	Context         *string `json:"context"`
	Mock            *struct {
		Result      *string `json:"result"`
		ErrorOutput *struct {
			Error string `json:"error"`
			Cause string `json:"cause"`
		} `json:"errorOutput"`
		FieldValidationMode string `json:"fieldValidationMode"`
	} `json:"mock"`
	StateConfiguration struct {
		RetrierRetryCount        int     `json:"retrierRetryCount"`
		ErrorCausedByState       string  `json:"errorCausedByState"`
		MapIterationFailureCount *int    `json:"mapIterationFailureCount"`
		MapItemReaderData        *string `json:"mapItemReaderData"`
	} `json:"stateConfiguration"`
}

func (r *stateTest) input() engine.TestStateInput {
	in := engine.TestStateInput{
		Definition: r.Definition, StateName: r.StateName, RoleARN: r.RoleARN, RevealSecrets: r.RevealSecrets,
		InspectionLevel: engine.InspectionLevel(r.InspectionLevel), StateConfiguration: engine.StateConfiguration(r.StateConfiguration),
		Input: jsonText(r.Input), Variables: jsonText(r.Variables), Context: jsonText(r.Context),
	}
	if m := r.Mock; m != nil {
		in.Mock = &engine.Mock{Result: jsonText(m.Result), FieldValidationMode: engine.FieldValidationMode(m.FieldValidationMode)}
		if m.ErrorOutput != nil {
			in.Mock.ErrorOutput = &engine.ErrorOutput{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}
		}
	}
	return in
}

func jsonText(text *string) any {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

// exception is the answer to a request that is refused.
func exception(err error) (*value.Object, error) {
	for _, code := range []error{engine.ErrInvalidDefinition, engine.ErrInvalidRequest, engine.ErrInvalidExecutionInput, engine.ErrInvalidARN} {
		if !errors.Is(err, code) {
			continue
		}
		message := strings.TrimPrefix(err.Error(), code.Error()+": ")
		if invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
			message = invalid.Diagnostics.AWSMessage()
		}
		return exceptionOf(code.Error(), message), nil
	}
	return nil, err
}

func exceptionOf(code, message any) *value.Object {
	return value.NewObject(value.Member{Key: "exception", Value: value.NewObject(
		value.Member{Key: "code", Value: code}, value.Member{Key: "message", Value: message},
	)})
}
