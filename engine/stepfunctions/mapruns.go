package stepfunctions

import (
	"context"
	"errors"

	"github.com/gostates/gostates/engine"
)

type mapRunInput struct {
	MapRunArn                             string
	MaxConcurrency, ToleratedFailureCount *int64
	ToleratedFailurePercentage            *float64
}

type mapRunOutput struct {
	MapRunArn                  string    `json:"mapRunArn"`
	ExecutionArn               string    `json:"executionArn"`
	Status                     string    `json:"status"`
	StartDate                  timestamp `json:"startDate"`
	StopDate                   timestamp `json:"stopDate,omitzero"`
	MaxConcurrency             int64     `json:"maxConcurrency"`
	ToleratedFailurePercentage float64   `json:"toleratedFailurePercentage"`
	ToleratedFailureCount      int64     `json:"toleratedFailureCount"`
	ItemCounts                 counts    `json:"itemCounts"`
	ExecutionCounts            counts    `json:"executionCounts"`
	RedriveCount               int       `json:"redriveCount"`
	RedriveDate                timestamp `json:"redriveDate,omitzero"`
}

type counts struct {
	Pending               int64 `json:"pending"`
	Running               int64 `json:"running"`
	Succeeded             int64 `json:"succeeded"`
	Failed                int64 `json:"failed"`
	TimedOut              int64 `json:"timedOut"`
	Aborted               int64 `json:"aborted"`
	Total                 int64 `json:"total"`
	ResultsWritten        int64 `json:"resultsWritten"`
	FailuresNotRedrivable int64 `json:"failuresNotRedrivable"`
	PendingRedrive        int64 `json:"pendingRedrive"`
}

func (h *Handler) describeMapRun(ctx context.Context, in *mapRunInput) (*mapRunOutput, error) {
	d, err := h.engine.DescribeMapRun(ctx, in.MapRunArn)
	if err != nil {
		return nil, in.resource(err)
	}
	return &mapRunOutput{
		MapRunArn: d.ARN, ExecutionArn: d.ExecutionARN, Status: string(d.Status), StartDate: timestamp(d.StartDate), StopDate: timestamp(d.StopDate),
		MaxConcurrency: d.AWSMaxConcurrency(), ToleratedFailurePercentage: d.ToleratedFailurePercentage, ToleratedFailureCount: d.ToleratedFailureCount,
		ItemCounts: counts(d.Items), ExecutionCounts: counts(d.Executions), RedriveCount: d.RedriveCount, RedriveDate: timestamp(d.RedriveDate),
	}, nil
}

// resource returns an error of a Map Run as AWS tells it. What AWS says of an update of a
// Map Run that has ended is not known but for its name and reason.
func (in *mapRunInput) resource(err error) error {
	switch {
	case errors.Is(err, engine.ErrMapRunDoesNotExist):
		return &apiError{Code: "ResourceNotFound", Message: "Resource not found: '" + in.MapRunArn + "'", Resource: in.MapRunArn}
	case errors.Is(err, engine.ErrMapRunEnded):
		return &apiError{Code: "ValidationException", Message: "The Map Run has ended and cannot be updated: '" + in.MapRunArn + "'", Reason: "CANNOT_UPDATE_COMPLETED_MAP_RUN"}
	}
	return err
}

func (h *Handler) updateMapRun(ctx context.Context, in *mapRunInput) (*none, error) {
	err := h.engine.UpdateMapRun(ctx, in.MapRunArn, engine.MapRunUpdate{
		MaxConcurrency: in.MaxConcurrency, ToleratedFailureCount: in.ToleratedFailureCount, ToleratedFailurePercentage: in.ToleratedFailurePercentage,
	})
	return &none{}, in.resource(err)
}

type listMapRunsInput struct {
	ExecutionArn string
	MaxResults   int
	NextToken    *string
}

type mapRunItem struct {
	ExecutionArn    string    `json:"executionArn"`
	MapRunArn       string    `json:"mapRunArn"`
	StateMachineArn string    `json:"stateMachineArn"`
	StartDate       timestamp `json:"startDate"`
	StopDate        timestamp `json:"stopDate,omitzero"`
}

type listMapRunsOutput struct {
	MapRuns   []mapRunItem `json:"mapRuns"`
	NextToken string       `json:"nextToken,omitempty"`
}

func (h *Handler) listMapRuns(ctx context.Context, in *listMapRunsInput) (*listMapRunsOutput, error) {
	found, err := h.engine.ListMapRuns(ctx, in.ExecutionArn, pageSize(in.MaxResults), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &listMapRunsOutput{MapRuns: []mapRunItem{}, NextToken: found.NextToken}
	for _, d := range found.MapRuns {
		out.MapRuns = append(out.MapRuns, mapRunItem{d.ExecutionARN, d.ARN, d.MachineARN, timestamp(d.StartDate), timestamp(d.StopDate)})
	}
	return out, nil
}
