package conformance

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// anything is the text that stands for any value, and inside a text for any run
// of characters.
const anything = "<any>"

// A Difference is one place where something came out otherwise than expected.
type Difference struct {
	// At names the place: "status", "history event 5 (TaskFailed):
	// taskFailedEventDetails.cause".
	At string
	// Expected and Actual are JSON texts, or "nothing".
	Expected, Actual string
	// Because is how the execution ended, as [Execution.Explain] says it, when it should
	// have ended otherwise; else it is empty.
	Because string
}

// Error names the place, what was expected there and what came, and how the execution
// ended when that explains the difference.
func (d *Difference) Error() string {
	text := fmt.Sprintf("%s: expected %s, actual %s", d.At, shorten(d.Expected), shorten(d.Actual))
	if d.Because != "" {
		text += "\n" + d.Because
	}
	return text
}

// longest is how much of a text a message shows.
const longest = 400

func shorten(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + fmt.Sprintf("... (%d bytes)", len(text))
}

// nothing is how a message names a value that is not there.
const nothing = "nothing"

// Within puts a place in front of the difference's own, and returns the difference. A
// nil difference stays nil.
func (d *Difference) Within(place string) *Difference {
	switch {
	case d == nil || place == "":
		return d
	case d.At == "" || d.At[0] == '[':
		d.At = place + d.At
	default:
		d.At = place + "." + d.At
	}
	return d
}

// of says what the difference's place is a place of.
func (d *Difference) of(thing string) *Difference {
	if d.At != "" {
		thing += ": " + d.At
	}
	d.At = thing
	return d
}

// Match compares a value with what is expected of it in the way of a [Case], and
// returns the first difference in document order, or nil. Both are of the types of
// package value.
func Match(expected, actual any) *Difference { return match(expected, actual) }

func match(expected, actual any) *Difference {
	switch e := expected.(type) {
	case string:
		if e == anything {
			return nil
		}
		if a, ok := actual.(string); ok && matchText(e, a) {
			return nil
		}
	case *value.Object:
		if a, ok := actual.(*value.Object); ok {
			return matchObjects(e, a)
		}
	case []any:
		if a, ok := actual.([]any); ok {
			return matchArrays(e, a)
		}
	default:
		if value.Equal(expected, actual) {
			return nil
		}
	}
	return differ(expected, actual)
}

func differ(expected, actual any) *Difference {
	return &Difference{Expected: value.String(expected), Actual: value.String(actual)}
}

func matchObjects(expected, actual *value.Object) *Difference {
	for key, e := range expected.All() {
		a, ok := actual.Get(key)
		if !ok {
			return (&Difference{Expected: value.String(e), Actual: nothing}).Within(key)
		}
		if d := match(e, a); d != nil {
			return d.Within(key)
		}
	}
	for key, a := range actual.All() {
		if _, ok := expected.Get(key); !ok {
			return (&Difference{Expected: nothing, Actual: value.String(a)}).Within(key)
		}
	}
	return nil
}

func matchArrays(expected, actual []any) *Difference {
	for i := range min(len(expected), len(actual)) {
		if d := match(expected[i], actual[i]); d != nil {
			return d.Within("[" + strconv.Itoa(i) + "]")
		}
	}
	switch i := min(len(expected), len(actual)); cmp.Compare(len(expected), len(actual)) {
	case 1:
		return &Difference{At: "[" + strconv.Itoa(i) + "]", Expected: value.String(expected[i]), Actual: nothing}
	case -1:
		return &Difference{At: "[" + strconv.Itoa(i) + "]", Expected: nothing, Actual: value.String(actual[i])}
	}
	return nil
}

// matchText reports whether a text is the expected one, in which each "<any>"
// stands for any run of characters.
func matchText(expected, actual string) bool {
	first, rest, found := strings.Cut(expected, anything)
	if !found {
		return expected == actual
	}
	actual, ok := strings.CutPrefix(actual, first)
	if !ok {
		return false
	}
	pieces := strings.Split(rest, anything)
	last := pieces[len(pieces)-1]
	for _, piece := range pieces[:len(pieces)-1] {
		// The earliest place leaves the most for what follows.
		at := strings.Index(actual, piece)
		if at < 0 {
			return false
		}
		actual = actual[at+len(piece):]
	}
	return strings.HasSuffix(actual, last)
}

// matchTextOrJSON compares a text with what is expected of it: a text, or the
// JSON value that it must hold.
func matchTextOrJSON(expected any, actual string) *Difference {
	if _, ok := expected.(string); ok {
		return match(expected, actual)
	}
	parsed, err := value.Parse(actual)
	if err != nil {
		return differ(expected, actual)
	}
	return match(expected, parsed)
}
