package conformance

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// committed is how many cases stand in the folder cases, so that a run which
// finds fewer is noticed.
const committed = 449

func ownCases(t *testing.T) []*Case {
	t.Helper()
	cases, err := Load("cases")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cases), committed, "cases went missing")
	return cases
}

func TestCases(t *testing.T) {
	for _, c := range ownCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(Simulator{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// memoryLog is a Log that only a test would trust.
type memoryLog map[string][][]byte

func (l memoryLog) Append(name string, lines [][]byte) error {
	l[name] = append(l[name], lines...)
	return nil
}

func (l memoryLog) Lines(name string) ([][]byte, error) { return l[name], nil }

// A restart after every step changes nothing.
func TestCasesWithRestarts(t *testing.T) {
	log := memoryLog{}
	for _, c := range ownCases(t) {
		if err := c.Run(Simulator{Log: log}); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	assert.Greater(t, len(log), committed/2)
}

// The chapters of the specification that have cases are the folders.
func TestEveryChapterHasCases(t *testing.T) {
	entries, err := os.ReadDir("cases")
	require.NoError(t, err)
	var chapters []string
	for _, e := range entries {
		chapters = append(chapters, e.Name())
	}
	assert.Equal(t, []string{
		"catch", "choice", "compensation", "context", "data-flow", "distributed-map", "fail", "intrinsics", "limits", "map", "parallel",
		"retry", "tasks", "timeouts", "uncatchable", "variables", "wait",
	}, chapters)
}

// A runner that passes a case whose expectation was altered is broken. Here every
// expectation of every case is altered in every place, one at a time, and each
// must be noticed.
func TestEveryAlteredExpectationFails(t *testing.T) {
	altered := 0
	for _, c := range ownCases(t) {
		x, err := c.Execute(Simulator{})
		require.NoError(t, err, c.Name)
		require.NoError(t, c.Expect.compare(x), c.Name)
		history := describeAll(x.History)
		for what, e := range alterations(&c.Expect) {
			altered++
			assert.Error(t, e.compareWith(x, history), "%s: %s", c.Name, what)
		}
	}
	assert.Greater(t, altered, 10_000)
}

// alterations gives copies of an expectation that differ from it in one place.
func alterations(e *Expect) map[string]Expect {
	all := make(map[string]Expect)
	alter := func(what string, change func(*Expect)) {
		altered := *e
		altered.History = slices.Clone(e.History)
		change(&altered)
		all[what] = altered
	}
	for _, status := range []string{"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"} {
		if status != e.Status {
			alter("status "+status, func(e *Expect) { e.Status = status })
		}
	}
	optional := func(name string, v func(*Expect) *any, has func(*Expect) *bool) {
		alter(name+" the other way round", func(e *Expect) { *has(e) = !*has(e) })
		if *has(e) {
			for where, other := range leaves(*v(e)) {
				alter(name+where, func(e *Expect) { *v(e) = other })
			}
		}
	}
	optional("output", func(e *Expect) *any { return &e.Output }, func(e *Expect) *bool { return &e.HasOutput })
	optional("error", func(e *Expect) *any { return &e.Error }, func(e *Expect) *bool { return &e.HasError })
	optional("cause", func(e *Expect) *any { return &e.Cause }, func(e *Expect) *bool { return &e.HasCause })
	if !e.HasHistory {
		return all
	}
	alter("an event too many", func(e *Expect) { e.History = append(e.History, e.History[len(e.History)-1]) })
	for i, event := range e.History {
		at := place(event)
		alter(at+" is missing", func(e *Expect) { e.History = slices.Delete(e.History, i, i+1) })
		for where, other := range leaves(event) {
			alter(at+where, func(e *Expect) { e.History[i] = other.(*value.Object) })
		}
	}
	return all
}

// leaves gives copies of a value that differ from it in one place: a scalar is
// another, a member or an element is gone or is one more. Wildcards stay.
func leaves(v any) map[string]any {
	all := make(map[string]any)
	switch v := v.(type) {
	case *value.Object:
		all[" with one member more"] = v.With("one more", nil)
		for key, member := range v.All() {
			all[" without "+key] = v.Without(key)
			for where, other := range leaves(member) {
				all["."+key+where] = v.With(key, other)
			}
		}
		if _, isEvent := v.Get("previousEventId"); isEvent {
			// Of an event only what AWS gives it is compared.
			maps.DeleteFunc(all, func(where string, _ any) bool {
				return where == " with one member more"
			})
		}
	case []any:
		all[" with one element more"] = append(slices.Clone(v), nil)
		for i, element := range v {
			if i > 3 {
				break // the others are alike
			}
			all[" without an element"] = slices.Delete(slices.Clone(v), i, i+1)
			for where, other := range leaves(element) {
				changed := slices.Clone(v)
				changed[i] = other
				all["[]"+where] = changed
			}
		}
	case string:
		if !strings.Contains(v, anything) {
			all[" with another text"] = v + "!"
			all[" with another type"] = []any{v}
		}
	case bool:
		all[" inverted"] = !v
	case nil:
		all[" not null"] = false
	case int64:
		all[" with another number"] = v + 1
		all[" as a text"] = value.String(v)
	case float64:
		all[" with another number"] = v + 0.25
	}
	return all
}
