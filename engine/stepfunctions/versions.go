package stepfunctions

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
)

type publishInput struct {
	StateMachineArn         string
	RevisionID, Description string
}

type versionItem struct {
	StateMachineVersionArn string    `json:"stateMachineVersionArn"`
	CreationDate           timestamp `json:"creationDate"`
}

func (h *Handler) publishStateMachineVersion(ctx context.Context, in *publishInput) (*versionItem, error) {
	if err := unqualified(in.StateMachineArn); err != nil {
		return nil, err
	}
	v, err := h.machines.Publish(ctx, in.StateMachineArn, registry.PublishOptions{Revision: in.RevisionID, Description: in.Description})
	if err != nil {
		return nil, err
	}
	return &versionItem{v.ARN, timestamp(v.CreationDate)}, nil
}

type versionInput struct {
	StateMachineVersionArn string
}

func (h *Handler) deleteStateMachineVersion(ctx context.Context, in *versionInput) (*none, error) {
	if _, ok := versionNumber(in.StateMachineVersionArn); !ok {
		return nil, invalid("'" + in.StateMachineVersionArn + "' is not the ARN of a state machine version.") // a guess
	}
	return &none{}, h.machines.Delete(ctx, in.StateMachineVersionArn)
}

// versionNumber returns the number in the ARN of a version, and whether it is such an ARN.
func versionNumber(arn string) (int, bool) {
	parts := strings.SplitN(arn, ":", 9)
	if len(parts) != 8 || parts[0] != "arn" || parts[2] != "states" || parts[5] != "stateMachine" {
		return 0, false
	}
	number, err := strconv.Atoi(parts[7])
	return number, err == nil && number > 0 && strconv.Itoa(number) == parts[7]
}

type listVersionsOutput struct {
	Versions  []versionItem `json:"stateMachineVersions"`
	NextToken string        `json:"nextToken,omitempty"`
}

// listStateMachineVersions lists versions, the newest first. Of a machine that there is not
// the model has no error to report.
func (h *Handler) listStateMachineVersions(ctx context.Context, in *listInput) (*listVersionsOutput, error) {
	if err := unqualified(in.StateMachineArn); err != nil {
		return nil, err
	}
	m, err := h.machines.Describe(ctx, in.StateMachineArn)
	if errors.Is(err, engine.ErrStateMachineDoesNotExist) {
		m, err = new(registry.Registered), nil
	}
	if err != nil {
		return nil, err
	}
	all := make([]versionItem, len(m.Versions))
	for i, v := range m.Versions {
		all[i] = versionItem{v.ARN, timestamp(v.CreationDate)}
	}
	out := new(listVersionsOutput)
	out.Versions, out.NextToken, err = page(pager("versions "+in.StateMachineArn), all, in.MaxResults, in.NextToken,
		func(v *versionItem) string { return v.StateMachineVersionArn })
	return out, err
}
