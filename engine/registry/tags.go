package registry

import (
	"context"
	"fmt"
	"maps"

	"github.com/gostates/gostates/engine/internal/tags"
)

// Tag adds tags to a machine. A tag whose key the machine has already replaces its value.
// Keys have 1 to 128 characters and values up to 256; for others Tag returns
// [ErrInvalidRequest]. When the machine would have more than 50 tags, Tag changes nothing
// and returns [ErrTooManyTags]. It returns [ErrResourceNotFound] for a machine that is not
// registered, and for versions and aliases, which have no tags of their own.
func (r *Registry) Tag(ctx context.Context, name string, add map[string]string) error {
	if err := checkTags(add); err != nil {
		return err
	}
	return r.tag(ctx, name, func(has map[string]string) error {
		maps.Copy(has, add)
		return tags.Count(has)
	})
}

// checkTags returns an error for keys and values that no tags can have.
func checkTags(given map[string]string) error {
	if err := tags.Check(given); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidRequest, err)
	}
	return nil
}

// Untag removes the tags with the given keys from a machine. A key that the machine has
// no tag for is no error. Untag returns [ErrResourceNotFound] as [Registry.Tag] does.
func (r *Registry) Untag(ctx context.Context, name string, keys ...string) error {
	return r.tag(ctx, name, func(has map[string]string) error {
		for _, key := range keys {
			delete(has, key)
		}
		return nil
	})
}

// tag has the function f change the tags of a machine.
func (r *Registry) tag(ctx context.Context, name string, f func(tags map[string]string) error) error {
	of, err := r.reference(name)
	if err != nil {
		return err
	}
	_, err = r.change(ctx, of, nil, func(m *entry) (*entry, error) {
		if m == nil || of.qualifier != "" { // measured on AWS for a version
			return nil, fmt.Errorf("%w: Resource not found: '%s'", ErrResourceNotFound, r.arn(&of))
		}
		if m.Tags == nil {
			m.Tags = make(map[string]string)
		}
		return m, f(m.Tags)
	})
	return err
}
