package registry

import (
	"context"
	"fmt"
	"maps"
	"unicode/utf8"

	"github.com/gostates/gostates/engine/internal/names"
)

// A machine can have so many tags, and keys and values so many characters (documented by
// AWS).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// Tag adds tags to a machine. A tag whose key the machine has already replaces its value.
// Keys have 1 to 128 characters and values up to 256; for others Tag returns
// [ErrInvalidRequest]. When the machine would have more than 50 tags, Tag changes nothing
// and returns [ErrTooManyTags]. It returns [ErrResourceNotFound] for a machine that is not
// registered, and for versions and aliases, which have no tags of their own.
func (r *Registry) Tag(ctx context.Context, name string, tags map[string]string) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	return r.tag(ctx, name, func(has map[string]string) error {
		maps.Copy(has, tags)
		if len(has) > maxTags {
			return tooManyTags(len(has))
		}
		return nil
	})
}

// tooManyTags returns the error for so many tags.
func tooManyTags(n int) error {
	return fmt.Errorf("%w: the machine would have %d tags, at most %d are allowed", ErrTooManyTags, n, maxTags)
}

// checkTags returns an error for keys and values that no tags can have.
func checkTags(tags map[string]string) error {
	for key, text := range tags {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return fmt.Errorf("%w: the tag %q, %q is no UTF-8", ErrInvalidRequest, names.Short(key), names.Short(text))
		}
		if n := utf8.RuneCountInString(key); n < 1 || n > maxTagKey {
			return fmt.Errorf("%w: the key %q of a tag has %d characters, it must have 1 to %d", ErrInvalidRequest, names.Short(key), n, maxTagKey)
		}
		if n := utf8.RuneCountInString(text); n > maxTagValue {
			return fmt.Errorf("%w: the value of the tag %q has %d characters, at most %d are allowed", ErrInvalidRequest, key, n, maxTagValue)
		}
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
