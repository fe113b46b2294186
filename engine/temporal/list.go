package temporal

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// AddSearchAttributes adds the search attributes that [Config.SearchAttributes] asks for to a
// namespace, all of the type Keyword: GostatesMachine, the ARN of the state machine;
// GostatesStatus, the status of an execution that ended without success; and GostatesMapRun, the
// Map Run that an execution is a child of. Those that are there already stay as they are. Temporal
// Cloud has other means for it.
func (c *Client) AddSearchAttributes(ctx context.Context, namespace string) error {
	operator := c.config.Client.OperatorService()
	for _, name := range []string{machineAttribute.GetName(), statusAttribute.GetName(), mapRunAttribute.GetName()} {
		_, err := operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: namespace, SearchAttributes: map[string]enums.IndexedValueType{name: enums.INDEXED_VALUE_TYPE_KEYWORD},
		})
		if _, ok := errors.AsType[*serviceerror.AlreadyExists](err); err != nil && !ok {
			return fmt.Errorf("temporal: the search attribute %s can't be added: %w", name, err)
		}
	}
	return nil
}

// Page sizes, as AWS has them.
const (
	defaultPage = 100
	maxPage     = 1_000
)

// ListExecutions returns Standard executions, as Temporal's visibility has them, which may be some
// moments behind: those that started last first. MapRun needs [Config.SearchAttributes].
// OldestFirst is refused, and Redrives is of no effect. A page may have fewer executions than
// there is room for. Errors: [engine.ErrInvalidPage], and those of the server.
func (c *Client) ListExecutions(ctx context.Context, options engine.ListOptions) (*engine.Page, error) {
	size := options.MaxResults
	switch {
	case size == 0:
		size = defaultPage
	case size < 1 || size > maxPage:
		return nil, fmt.Errorf("%w: MaxResults is %d, it must be between 1 and %d", engine.ErrInvalidPage, size, maxPage)
	}
	if options.OldestFirst {
		return nil, fmt.Errorf("%w: Temporal lists what started last first, and OldestFirst is not possible", engine.ErrInvalidPage)
	}
	token, err := base64.RawURLEncoding.DecodeString(options.NextToken)
	if err != nil {
		return nil, fmt.Errorf("%w: the next token is none", engine.ErrInvalidPage)
	}
	answer, err := c.config.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(size), NextPageToken: token, Query: c.query(&options),
	})
	if _, ok := errors.AsType[*serviceerror.InvalidArgument](err); ok && len(token) > 0 {
		return nil, fmt.Errorf("%w: %w", engine.ErrInvalidPage, err)
	}
	if err != nil {
		return nil, err
	}
	page := &engine.Page{NextToken: base64.RawURLEncoding.EncodeToString(answer.GetNextPageToken())}
	for _, i := range answer.GetExecutions() {
		s, err := c.listed(ctx, i)
		if err != nil {
			return nil, err
		}
		if s != nil && selects(&options, s) {
			page.Executions = append(page.Executions, *s)
		}
	}
	return page, nil
}

// query returns the query of visibility for options.
func (c *Client) query(o *engine.ListOptions) string {
	terms := []string{"WorkflowType = " + quoted(executionWorkflow), "ExecutionStatus != 'ContinuedAsNew'"}
	switch {
	case o.MapRun != "":
		terms = append(terms, mapRunAttribute.GetName()+" = "+quoted(o.MapRun))
	case o.Machine != "":
		machine := o.Machine
		if !strings.HasPrefix(machine, "arn:") {
			machine = c.MachineARN(machine)
		}
		terms = append(terms, "WorkflowId STARTS_WITH "+quoted(strings.Replace(machine, ":stateMachine:", ":execution:", 1)+":"))
	default:
		terms = append(terms, "WorkflowId STARTS_WITH "+quoted(strings.Replace(c.MachineARN(""), ":stateMachine:", ":execution:", 1)))
	}
	if len(o.Statuses) > 0 {
		any := make([]string, 0, len(o.Statuses))
		for _, status := range o.Statuses {
			any = append(any, c.statusTerm(status))
		}
		terms = append(terms, "("+strings.Join(any, " OR ")+")")
	}
	for _, bound := range []struct {
		term string
		at   time.Time
	}{{"StartTime >= ", o.StartedSince}, {"StartTime < ", o.StartedBefore}, {"CloseTime >= ", o.StoppedSince}, {"CloseTime < ", o.StoppedBefore}} {
		if !bound.at.IsZero() {
			terms = append(terms, bound.term+quoted(bound.at.UTC().Format(time.RFC3339Nano)))
		}
	}
	return strings.Join(terms, " AND ")
}

// statusTerm returns the term of visibility that is true for the executions of a status, and
// perhaps for others.
func (c *Client) statusTerm(status states.Status) string {
	switch status {
	case states.StatusRunning:
		return "ExecutionStatus = 'Running'"
	case states.StatusSucceeded:
		return "ExecutionStatus = 'Completed'"
	case states.StatusAborted:
		return "ExecutionStatus IN ('Canceled', 'Terminated')"
	}
	if c.config.SearchAttributes {
		return statusAttribute.GetName() + " = " + quoted(string(status))
	}
	return "ExecutionStatus IN ('Failed', 'TimedOut')"
}

// selects reports whether options choose an execution of which the query of visibility is true.
func selects(o *engine.ListOptions, s *engine.Summary) bool {
	return (len(o.Statuses) == 0 || slices.Contains(o.Statuses, s.Status)) && strings.HasPrefix(s.Name, o.NamePrefix) &&
		(o.Machine != "" || o.MapRun != "" || o.MapRunChildren || !store.IsMapRunChild(s.ARN))
}

// quoted gives a text as the query language has it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `\'`) + "'" }

// listed describes an execution of which visibility knows a run; nil for one that goes on in
// another run, because it was redriven.
func (c *Client) listed(ctx context.Context, i *workflow.WorkflowExecutionInfo) (*engine.Summary, error) {
	arn := i.GetExecution().GetWorkflowId()
	s := &engine.Summary{Identity: engine.IdentityOf(arn), StartDate: milliseconds(i.GetStartTime().AsTime())}
	if i.GetCloseTime() != nil {
		s.StopDate = milliseconds(i.GetCloseTime().AsTime())
	}
	switch i.GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		s.Status = states.StatusRunning
		return s, nil
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		s.Status = states.StatusSucceeded
		return s, nil
	}
	at, err := c.server(ctx, arn)
	if errors.Is(err, engine.ErrExecutionDoesNotExist) || err == nil && at.run != i.GetExecution().GetRunId() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, _, err := c.result(ctx, arn, at.run)
	if err != nil {
		return nil, err
	}
	s.Status = f.Status
	return s, nil
}
