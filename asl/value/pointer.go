package value

import "strings"

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// EscapePointer gives a member's key as a step of a JSON Pointer has it (RFC 6901).
func EscapePointer(key string) string { return pointerEscaper.Replace(key) }

// UnescapePointer gives the key that a step of a JSON Pointer names.
func UnescapePointer(step string) string { return pointerUnescaper.Replace(step) }
