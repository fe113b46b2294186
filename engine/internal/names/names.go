// Package names has the rule that the names of executions and state machines obey.
package names

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalid is wrapped by the errors of Check.
var ErrInvalid = errors.New("InvalidName")

// MaxLength bounds the length of a name, in characters.
const MaxLength = 80

// Check returns an error, which wraps ErrInvalid and says why, for a name that AWS would
// not take for an execution or a machine: one that is empty, has more than MaxLength
// characters, or contains whitespace, a control character or one of those that AWS
// excludes.
func Check(name string) error {
	if name == "" {
		return fmt.Errorf("%w: Invalid Name: the name is empty", ErrInvalid)
	}
	if n := utf8.RuneCountInString(name); n > MaxLength {
		return fmt.Errorf("%w: Invalid Name: '%s' has %d characters, at most %d are allowed", ErrInvalid, name, n, MaxLength)
	}
	for _, r := range name {
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("?*<>{}[]\"#%\\^|~`$&,;:/", r) {
			return fmt.Errorf("%w: Invalid Name: '%s' contains %q", ErrInvalid, name, r)
		}
	}
	return nil
}
