package stepfunctions

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/states"
)

type startInput struct {
	StateMachineArn          string
	Name, Input, TraceHeader *string
	IncludedData             string
}

// start returns what an execution is started with: its input, nil where there is none, and
// the options of the start.
func (in *startInput) start(ctx context.Context) (input any, options []engine.StartOption) {
	if in.Input != nil {
		input = json.RawMessage(*in.Input)
	}
	if in.Name != nil {
		options = append(options, engine.Named(*in.Name))
	}
	// Documented: the header of the request is preferred to the member of its body.
	if header, ok := ctx.Value(traceKey{}).(string); ok {
		options = append(options, engine.Traced(header))
	} else if in.TraceHeader != nil {
		options = append(options, engine.Traced(*in.TraceHeader))
	}
	// Step Functions Local has a test case of its mock file behind the ARN.
	if arn, testCase, ok := strings.Cut(in.StateMachineArn, "#"); ok {
		in.StateMachineArn = arn
		options = append(options, engine.TestCase(testCase))
	}
	return input, options
}

type startOutput struct {
	ExecutionArn string    `json:"executionArn"`
	StartDate    timestamp `json:"startDate"`
}

func (h *Handler) startExecution(ctx context.Context, in *startInput) (*startOutput, error) {
	if err := unlabeled(in.StateMachineArn); err != nil {
		return nil, err
	}
	input, options := in.start(ctx)
	run, err := h.machines.StartExecution(ctx, in.StateMachineArn, input, options...)
	if err != nil {
		return nil, err
	}
	return &startOutput{run.ARN(), timestamp(run.StartDate())}, nil
}

type executionInput struct {
	ExecutionArn string
	IncludedData string
}

// metadataOnly says that what belongs to the user is not wanted.
const metadataOnly = "METADATA_ONLY"

// included says whether an input or an output is there.
type included struct {
	Included bool `json:"included"`
}

type executionOutput struct {
	ExecutionArn           string    `json:"executionArn"`
	StateMachineArn        string    `json:"stateMachineArn"`
	Name                   string    `json:"name"`
	Status                 string    `json:"status"`
	StartDate              timestamp `json:"startDate"`
	StopDate               timestamp `json:"stopDate,omitzero"`
	Input                  *string   `json:"input,omitempty"`
	InputDetails           *included `json:"inputDetails,omitempty"`
	Output                 *string   `json:"output,omitempty"`
	OutputDetails          *included `json:"outputDetails,omitempty"`
	TraceHeader            string    `json:"traceHeader,omitempty"`
	MapRunArn              string    `json:"mapRunArn,omitempty"`
	Error                  *string   `json:"error,omitempty"`
	Cause                  *string   `json:"cause,omitempty"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasArn   string    `json:"stateMachineAliasArn,omitempty"`
	RedriveCount           *int      `json:"redriveCount,omitempty"`
	RedriveDate            timestamp `json:"redriveDate,omitzero"`
	RedriveStatus          string    `json:"redriveStatus,omitempty"`
	RedriveStatusReason    string    `json:"redriveStatusReason,omitempty"`
}

// described returns what all executions show, with their data or without.
func described(d *engine.Description, data string) *executionOutput {
	out := &executionOutput{
		ExecutionArn: d.ARN, StateMachineArn: d.MachineARN, Name: d.Name, Status: string(d.Status),
		StartDate: timestamp(d.StartDate), StopDate: timestamp(d.StopDate), TraceHeader: d.TraceHeader,
	}
	payload := func(raw json.RawMessage) (*string, *included) {
		switch {
		case raw == nil:
			return nil, nil
		case data == metadataOnly: // a guess: AWS says that it shows nothing then
			return nil, &included{}
		}
		text := string(raw)
		return &text, &included{true}
	}
	out.Input, out.InputDetails = payload(d.Input)
	out.Output, out.OutputDetails = payload(d.Output)
	if d.Failure.HasError {
		out.Error = &d.Failure.Error
	}
	if d.Failure.HasCause {
		out.Cause = &d.Failure.Cause
	}
	return out
}

func (h *Handler) describeExecution(ctx context.Context, in *executionInput) (*executionOutput, error) {
	d, err := h.engine.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := described(d, in.IncludedData)
	out.MapRunArn = d.MapRunARN
	out.StateMachineVersionArn, out.StateMachineAliasArn = d.VersionARN, d.AliasARN
	out.RedriveCount, out.RedriveDate = &d.RedriveCount, timestamp(d.RedriveDate)
	out.RedriveStatus, out.RedriveStatusReason = string(d.RedriveStatus), d.RedriveStatusReason
	return out, nil
}

type listExecutionsInput struct {
	StateMachineArn, MapRunArn, NextToken *string
	StatusFilter, RedriveFilter           string
	MaxResults                            int
}

type executionItem struct {
	ExecutionArn           string    `json:"executionArn"`
	StateMachineArn        string    `json:"stateMachineArn"`
	Name                   string    `json:"name"`
	Status                 string    `json:"status"`
	StartDate              timestamp `json:"startDate"`
	StopDate               timestamp `json:"stopDate,omitzero"`
	MapRunArn              string    `json:"mapRunArn,omitempty"`
	ItemCount              *int64    `json:"itemCount,omitempty"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasArn   string    `json:"stateMachineAliasArn,omitempty"`
	RedriveCount           int       `json:"redriveCount"`
	RedriveDate            timestamp `json:"redriveDate,omitzero"`
}

type listExecutionsOutput struct {
	Executions []executionItem `json:"executions"`
	NextToken  string          `json:"nextToken,omitempty"`
}

func (h *Handler) listExecutions(ctx context.Context, in *listExecutionsInput) (*listExecutionsOutput, error) {
	if (in.StateMachineArn == nil) == (in.MapRunArn == nil) {
		// What is asked for is documented, the text is a guess.
		return nil, &apiError{Code: "ValidationException", Message: "Exactly one of stateMachineArn and mapRunArn must be specified.", Reason: reasonMissing}
	}
	if in.StatusFilter == string(statusPendingRedrive) && in.MapRunArn == nil {
		return nil, invalid("The status filter PENDING_REDRIVE can only be used with mapRunArn.") // likewise
	}
	found, err := h.findExecutions(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &listExecutionsOutput{Executions: []executionItem{}, NextToken: found.NextToken}
	for i := range found.Executions {
		s := &found.Executions[i]
		if in.RedriveFilter == "" || (in.RedriveFilter == "REDRIVEN") == (s.RedriveCount > 0) {
			out.Executions = append(out.Executions, itemOf(s, text(in.MapRunArn)))
		}
	}
	return out, nil
}

// findExecutions returns a page of the executions of a machine, or of the children of a Map
// Run. A redriveFilter may leave some out, so that there are pages which are not full.
func (h *Handler) findExecutions(ctx context.Context, in *listExecutionsInput) (*engine.Page, error) {
	options := engine.ListOptions{
		Redrives: true, MaxResults: pageSize(in.MaxResults), NextToken: text(in.NextToken),
	}
	if in.StatusFilter != "" {
		options.Statuses = []states.Status{states.Status(in.StatusFilter)}
	}
	if in.MapRunArn != nil {
		options.MapRun = *in.MapRunArn
		found, err := h.engine.ListExecutions(ctx, options)
		return found, (&mapRunInput{MapRunArn: *in.MapRunArn}).resource(err)
	}
	m, err := h.machines.Describe(ctx, *in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	if m.Type == engine.TypeExpress {
		return nil, errNotExpress
	}
	return h.machines.List(ctx, *in.StateMachineArn, options)
}

// statusPendingRedrive is the status of a child of a Map Run that will be redriven.
const statusPendingRedrive states.Status = "PENDING_REDRIVE"

// errNotExpress is measured.
var errNotExpress = &apiError{Code: "StateMachineTypeNotSupported", Message: "This operation is not supported by this type of state machine"}

func itemOf(s *engine.Summary, mapRun string) executionItem {
	item := executionItem{
		ExecutionArn: s.ARN, StateMachineArn: s.MachineARN, Name: s.Name, Status: string(s.Status),
		StartDate: timestamp(s.StartDate), StopDate: timestamp(s.StopDate),
		StateMachineVersionArn: s.VersionARN, StateMachineAliasArn: s.AliasARN,
		MapRunArn: mapRun, RedriveCount: s.RedriveCount, RedriveDate: timestamp(s.RedriveDate),
	}
	if mapRun != "" {
		item.ItemCount = &s.ItemCount
	}
	return item
}

// text returns a text that may be absent, and is empty then.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

type stopInput struct {
	ExecutionArn, Error, Cause string
}

type stopOutput struct {
	StopDate timestamp `json:"stopDate"`
}

func (h *Handler) stopExecution(ctx context.Context, in *stopInput) (*stopOutput, error) {
	if err := h.engine.StopExecution(ctx, in.ExecutionArn, in.Error, in.Cause); err != nil {
		return nil, err
	}
	d, err := h.engine.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	if d.StopDate.IsZero() { // it undoes what it has completed
		d.StopDate = h.engine.Now()
	}
	return &stopOutput{timestamp(d.StopDate)}, nil
}

type redriveInput struct {
	ExecutionArn string
	ClientToken  *string
}

type redriveOutput struct {
	RedriveDate timestamp `json:"redriveDate"`
}

func (h *Handler) redriveExecution(ctx context.Context, in *redriveInput) (*redriveOutput, error) {
	if _, err := h.engine.RedriveExecution(ctx, in.ExecutionArn, engine.RedriveToken(text(in.ClientToken))); err != nil {
		return nil, err
	}
	d, err := h.engine.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	return &redriveOutput{timestamp(d.RedriveDate)}, nil
}

type machineForExecutionOutput struct {
	StateMachineArn string    `json:"stateMachineArn"`
	Name            string    `json:"name"`
	Definition      string    `json:"definition"`
	UpdateDate      timestamp `json:"updateDate"`
	MapRunArn       string    `json:"mapRunArn,omitempty"`
	Label           string    `json:"label,omitempty"`
	RevisionID      string    `json:"revisionId,omitempty"`
	// VariableReferences is as in a machineOutput.
	VariableReferences map[string][]string `json:"variableReferences,omitempty"`
	shownSettings
}

func (h *Handler) describeStateMachineForExecution(ctx context.Context, in *executionInput) (*machineForExecutionOutput, error) {
	m, err := h.machines.DescribeForExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := &machineForExecutionOutput{
		StateMachineArn: m.MachineARN, Name: m.Machine, Definition: m.Definition.Definition(),
		UpdateDate: timestamp(m.UpdateDate), RevisionID: shownRevision(m.Revision), VariableReferences: m.Definition.VariableReferences(),
		shownSettings: h.shown(m.Settings, m.RoleARN),
	}
	if out.MapRunArn = m.MapRunARN; out.MapRunArn != "" {
		_, out.Label, _ = strings.Cut(m.Machine, "/")
	}
	return out, nil
}

// shownRevision returns a revision as AWS shows it: that of a machine which was never
// updated not at all.
func shownRevision(revision string) string {
	return strings.TrimPrefix(revision, registry.InitialRevision)
}
