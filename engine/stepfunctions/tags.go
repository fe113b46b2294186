package stepfunctions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gostates/gostates/engine"
)

type tagsInput struct {
	ResourceArn string
	Tags        []tag
	TagKeys     []string
}

type tagsOutput struct {
	Tags []tag `json:"tags"`
}

// isActivity reports whether an ARN is that of an activity.
func isActivity(arn string) bool {
	parts := strings.SplitN(arn, ":", 7)
	return len(parts) == 7 && parts[5] == "activity"
}

// isMissing reports whether an error says that there is no such machine or activity.
func isMissing(err error) bool {
	return errors.Is(err, engine.ErrActivityDoesNotExist) || errors.Is(err, engine.ErrStateMachineDoesNotExist)
}

// resource returns an error of tags as AWS tells it of a resource.
func (in *tagsInput) resource(err error) error {
	switch {
	case isMissing(err):
		return &apiError{Code: "ResourceNotFound", Message: "Resource not found: '" + in.ResourceArn + "'", Resource: in.ResourceArn}
	case errors.Is(err, engine.ErrTooManyTags):
		failed := asAPIError(err, "")
		failed.Resource = in.ResourceArn
		return failed
	}
	return err
}

func (h *Handler) listTagsForResource(ctx context.Context, in *tagsInput) (*tagsOutput, error) {
	var tags map[string]string
	if isActivity(in.ResourceArn) {
		a, err := h.engine.DescribeActivity(ctx, in.ResourceArn)
		if err != nil {
			return nil, in.resource(err)
		}
		tags = a.Tags
	} else {
		m, err := h.machines.Describe(ctx, in.ResourceArn)
		if err == nil && in.ResourceArn != m.ARN {
			err = engine.ErrStateMachineDoesNotExist // versions and aliases have no tags
		}
		if err != nil {
			return nil, in.resource(err)
		}
		tags = m.Tags
	}
	out := &tagsOutput{Tags: []tag{}}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out.Tags = append(out.Tags, tag{key, tags[key]})
	}
	return out, nil
}

func (h *Handler) tagResource(ctx context.Context, in *tagsInput) (*none, error) {
	if isActivity(in.ResourceArn) {
		return &none{}, in.resource(h.engine.TagActivity(ctx, in.ResourceArn, tagsOf(in.Tags)))
	}
	return &none{}, in.resource(h.machines.Tag(ctx, in.ResourceArn, tagsOf(in.Tags)))
}

func (h *Handler) untagResource(ctx context.Context, in *tagsInput) (*none, error) {
	if isActivity(in.ResourceArn) {
		return &none{}, in.resource(h.engine.UntagActivity(ctx, in.ResourceArn, in.TagKeys...))
	}
	return &none{}, in.resource(h.machines.Untag(ctx, in.ResourceArn, in.TagKeys...))
}
