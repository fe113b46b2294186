package stepfunctions

import (
	"context"
	"encoding/json"

	"github.com/gostates/gostates/engine"
)

type historyInput struct {
	ExecutionArn         string
	MaxResults           int
	ReverseOrder         bool
	NextToken            *string
	IncludeExecutionData *bool
}

type historyOutput struct {
	Events    []json.RawMessage `json:"events"`
	NextToken string            `json:"nextToken,omitempty"`
}

func (h *Handler) getExecutionHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	found, err := h.engine.GetExecutionHistory(ctx, in.ExecutionArn, engine.HistoryOptions{
		ReverseOrder: in.ReverseOrder, MaxResults: pageSize(in.MaxResults), NextToken: text(in.NextToken),
	})
	if err != nil {
		return nil, err
	}
	data := in.IncludeExecutionData == nil || *in.IncludeExecutionData
	out := &historyOutput{Events: make([]json.RawMessage, len(found.Events)), NextToken: found.NextToken}
	for i := range found.Events {
		out.Events[i] = found.Events[i].AppendJSON(nil, data)
	}
	return out, nil
}
