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
		return fmt.Errorf("%w: Invalid Name: '%s' has %d characters, at most %d are allowed", ErrInvalid, Short(name), n, MaxLength)
	}
	for _, r := range name {
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("?*<>{}[]\"#%\\^|~`$&,;:/", r) {
			return fmt.Errorf("%w: Invalid Name: '%s' contains %q", ErrInvalid, name, r)
		}
	}
	return nil
}

// MaxARN bounds the length of an ARN, in characters (documented for every ARN that Step
// Functions takes of executions and state machines).
const MaxARN = 256

// CheckARN returns an error, which says why, for a text that can't be an ARN, or the name of
// anything: one that has more than MaxARN characters, a control character, or is no UTF-8.
func CheckARN(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxARN {
		return fmt.Errorf("'%s' has %d characters, at most %d are allowed", Short(text), n, MaxARN)
	}
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return fmt.Errorf("%q contains %q", text, r)
		}
	}
	return nil
}

// Short returns a text from outside as an error quotes it: whole, or the first 100 of more
// than 300 characters. Bytes that are no UTF-8 become U+FFFD.
func Short(text string) string {
	n := 0
	for at := range text {
		if n++; n > 300 {
			return string([]rune(text[:at])[:100]) + "..."
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
