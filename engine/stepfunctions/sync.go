package stepfunctions

import (
	"context"
	"time"
)

type syncOutput struct {
	*executionOutput
	BillingDetails billing `json:"billingDetails"`
}

type billing struct {
	Memory   int64 `json:"billedMemoryUsedInMB"`
	Duration int64 `json:"billedDurationInMilliseconds"`
}

// startSyncExecution runs an Express execution. What AWS would bill for it is made up: the
// least memory, and the duration in steps of 100 milliseconds (documented).
func (h *Handler) startSyncExecution(ctx context.Context, in *startInput) (*syncOutput, error) {
	input, options := in.start(ctx)
	d, err := h.machines.RunSyncExecution(ctx, in.StateMachineArn, input, options...)
	if err != nil {
		return nil, err
	}
	const step = 100 * time.Millisecond
	lasted := (d.StopDate.Sub(d.StartDate) + step - 1).Truncate(step)
	return &syncOutput{described(d, in.IncludedData), billing{64, max(lasted, step).Milliseconds()}}, nil
}
