package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

type testStateInput struct {
	Definition, StateName     string
	RoleArn, InspectionLevel  string
	Input, Variables, Context *string
	RevealSecrets             bool
	Mock                      *struct {
		Result              *string
		ErrorOutput         *engine.ErrorOutput
		FieldValidationMode engine.FieldValidationMode
	}
	StateConfiguration engine.StateConfiguration
}

type testStateOutput struct {
	Output         *string         `json:"output,omitempty"`
	Error          string          `json:"error,omitempty"`
	Cause          string          `json:"cause,omitempty"`
	InspectionData *inspectionData `json:"inspectionData,omitempty"`
	NextState      string          `json:"nextState,omitempty"`
	Status         string          `json:"status"`
}

// inspectionData is engine.InspectionData, with texts for JSON.
type inspectionData struct {
	*engine.InspectionData

	Input               *string `json:"input,omitempty"`
	AfterInputPath      *string `json:"afterInputPath,omitempty"`
	AfterParameters     *string `json:"afterParameters,omitempty"`
	AfterArguments      *string `json:"afterArguments,omitempty"`
	Result              *string `json:"result,omitempty"`
	AfterResultSelector *string `json:"afterResultSelector,omitempty"`
	AfterResultPath     *string `json:"afterResultPath,omitempty"`
	Variables           *string `json:"variables,omitempty"`
	AfterItemsPath      *string `json:"afterItemsPath,omitempty"`
	AfterItemsPointer   *string `json:"afterItemsPointer,omitempty"`
	AfterItemSelector   *string `json:"afterItemSelector,omitempty"`
	AfterItemBatcher    *string `json:"afterItemBatcher,omitempty"`
}

// testState tests a single state.
func (h *Handler) testState(ctx context.Context, in *testStateInput) (*testStateOutput, error) {
	request := engine.TestStateInput{
		Definition: in.Definition, StateName: in.StateName, RoleARN: in.RoleArn, InspectionLevel: engine.InspectionLevel(in.InspectionLevel),
		Input: jsonOf(in.Input), Variables: jsonOf(in.Variables), Context: jsonOf(in.Context),
		RevealSecrets: in.RevealSecrets, StateConfiguration: in.StateConfiguration,
	}
	if m := in.Mock; m != nil {
		request.Mock = &engine.Mock{Result: jsonOf(m.Result), ErrorOutput: m.ErrorOutput, FieldValidationMode: m.FieldValidationMode}
	}
	if in.RevealSecrets && in.Mock == nil && !h.config.RevealSecrets {
		// The name is documented, the message is guessed.
		return nil, &apiError{Code: "AccessDeniedException", Message: "User is not authorized to perform: states:RevealSecrets"}
	}
	out, err := h.engine.TestState(ctx, request)
	if invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		return nil, &apiError{Code: engine.ErrInvalidDefinition.Error(), Message: invalid.Diagnostics.AWSMessage()}
	}
	if errors.Is(err, engine.ErrInvalidDefinition) {
		return nil, &apiError{Code: engine.ErrInvalidDefinition.Error(), Message: strings.TrimPrefix(err.Error(), engine.ErrInvalidDefinition.Error()+": ")}
	}
	if err != nil {
		return nil, err
	}
	answer := &testStateOutput{Output: textOf(out.Output), Error: out.Error, Cause: out.Cause, NextState: out.NextState, Status: string(out.Status)}
	if d := out.InspectionData; d != nil {
		answer.InspectionData = &inspectionData{
			InspectionData: d, Input: textOf(d.Input), AfterInputPath: textOf(d.AfterInputPath), AfterParameters: textOf(d.AfterParameters),
			AfterArguments: textOf(d.AfterArguments), Result: textOf(d.Result), AfterResultSelector: textOf(d.AfterResultSelector),
			AfterResultPath: textOf(d.AfterResultPath), Variables: textOf(d.Variables), AfterItemsPath: textOf(d.AfterItemsPath),
			AfterItemsPointer: textOf(d.AfterItemsPointer), AfterItemSelector: textOf(d.AfterItemSelector), AfterItemBatcher: textOf(d.AfterItemBatcher),
		}
	}
	return answer, nil
}

// jsonOf is the JSON in a text, nil for no text.
func jsonOf(text *string) any {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

// textOf is the text of JSON, nil for none.
func textOf(raw json.RawMessage) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}
