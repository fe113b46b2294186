// Package tags has the rules that the tags of state machines and activities obey.
package tags

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gostates/gostates/engine/internal/names"
)

// ErrTooMany is wrapped by the errors of Count.
var ErrTooMany = errors.New("TooManyTags")

// A resource can have so many tags, and keys and values so many characters (documented by
// AWS).
const (
	maxTags  = 50
	maxKey   = 128
	maxValue = 256
)

// Check returns an error, which says why, for keys and values that no tags can have.
func Check(tags map[string]string) error {
	for key, text := range tags {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return fmt.Errorf("the tag %q, %q is no UTF-8", names.Short(key), names.Short(text))
		}
		if n := utf8.RuneCountInString(key); n < 1 || n > maxKey {
			return fmt.Errorf("the key %q of a tag has %d characters, it must have 1 to %d", names.Short(key), n, maxKey)
		}
		if n := utf8.RuneCountInString(text); n > maxValue {
			return fmt.Errorf("the value of the tag %q has %d characters, at most %d are allowed", key, n, maxValue)
		}
	}
	return nil
}

// Count returns an error that wraps ErrTooMany for more tags than a resource can have.
func Count(tags map[string]string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("%w: the resource would have %d tags, at most %d are allowed", ErrTooMany, len(tags), maxTags)
	}
	return nil
}
