package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gostates/gostates/engine"
)

type createActivityInput struct {
	Name                    string
	Tags                    []tag
	EncryptionConfiguration *encryptionConfiguration
}

type createActivityOutput struct {
	ActivityArn  string    `json:"activityArn"`
	CreationDate timestamp `json:"creationDate"`
}

func (h *Handler) createActivity(ctx context.Context, in *createActivityInput) (*createActivityOutput, error) {
	options := []engine.ActivityOption{engine.ActivityTags(tagsOf(in.Tags))}
	if in.EncryptionConfiguration != nil {
		by, err := in.EncryptionConfiguration.key()
		if err != nil {
			return nil, err
		}
		options = append(options, engine.ActivityEncryption(by))
	}
	a, err := h.engine.CreateActivity(ctx, in.Name, options...)
	if err != nil {
		return nil, err
	}
	return &createActivityOutput{a.ARN, timestamp(a.Created)}, nil
}

type activityInput struct {
	ActivityArn string
	WorkerName  string
}

type activityItem struct {
	ActivityArn  string    `json:"activityArn"`
	Name         string    `json:"name"`
	CreationDate timestamp `json:"creationDate"`
}

type activityOutput struct {
	activityItem
	Encryption encryptionConfiguration `json:"encryptionConfiguration"`
}

func (h *Handler) describeActivity(ctx context.Context, in *activityInput) (*activityOutput, error) {
	a, err := h.engine.DescribeActivity(ctx, in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &activityOutput{activityItem{a.ARN, a.Name, timestamp(a.Created)}, shownKey(a.Encryption)}, nil
}

func (h *Handler) deleteActivity(ctx context.Context, in *activityInput) (*none, error) {
	err := h.engine.DeleteActivity(ctx, in.ActivityArn)
	if errors.Is(err, engine.ErrActivityDoesNotExist) { // of another region or account
		err = nil
	}
	return &none{}, err
}

type listActivitiesOutput struct {
	Activities []activityItem `json:"activities"`
	NextToken  string         `json:"nextToken,omitempty"`
}

// listActivities lists activities in the order of their names: that of AWS is not known.
func (h *Handler) listActivities(ctx context.Context, in *listInput) (*listActivitiesOutput, error) {
	pages := pager("activities")
	after, err := pages.position(in.NextToken)
	if err != nil {
		return nil, err
	}
	size := pageSize(in.MaxResults)
	found, err := h.engine.ListActivities(ctx, after, size)
	if err != nil {
		return nil, err
	}
	out := &listActivitiesOutput{Activities: []activityItem{}}
	for _, a := range found {
		out.Activities = append(out.Activities, activityItem{a.ARN, a.Name, timestamp(a.Created)})
	}
	if len(found) == size {
		last := found[size-1].Name
		more, err := h.engine.ListActivities(ctx, last, 1)
		if err != nil {
			return nil, err
		}
		if len(more) > 0 {
			out.NextToken = pages.token(last)
		}
	}
	return out, nil
}

// taskOutput has neither member when there was no task.
type taskOutput struct {
	TaskToken string  `json:"taskToken,omitempty"`
	Input     *string `json:"input,omitempty"`
}

// getActivityTask waits for a task in real time, whatever the engine's clock is.
func (h *Handler) getActivityTask(ctx context.Context, in *activityInput) (*taskOutput, error) {
	poll, cancel := context.WithTimeout(ctx, h.config.Poll)
	defer cancel()
	task, err := h.engine.GetActivityTask(poll, in.ActivityArn, in.WorkerName)
	switch {
	case err != nil && poll.Err() != nil && ctx.Err() == nil:
		return &taskOutput{}, nil
	case err != nil:
		return nil, err
	}
	input := string(task.Input)
	return &taskOutput{task.Token, &input}, nil
}

type taskInput struct {
	TaskToken, Output, Error, Cause string
}

func (h *Handler) sendTaskSuccess(ctx context.Context, in *taskInput) (*none, error) {
	return &none{}, h.engine.SendTaskSuccess(ctx, in.TaskToken, json.RawMessage(in.Output))
}

func (h *Handler) sendTaskFailure(ctx context.Context, in *taskInput) (*none, error) {
	return &none{}, h.engine.SendTaskFailure(ctx, in.TaskToken, in.Error, in.Cause)
}

func (h *Handler) sendTaskHeartbeat(ctx context.Context, in *taskInput) (*none, error) {
	return &none{}, h.engine.SendTaskHeartbeat(ctx, in.TaskToken)
}
