package corpus

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
)

// A Suite runs tests and counts them.
type Suite struct {
	// Driver runs the executions.
	Driver conformance.Driver
	// Known are failures that are expected, by the name of the case, each with
	// the reason. One that passes counts as failed until it is struck off. See
	// also Unused.
	Known map[string]string
	// Report is told of each test that was run, and may be nil.
	Report func(test *Test, result Result)
}

// A Result is how one test came out.
type Result struct {
	Verdict Verdict
	// Err says what was wrong, nil when the test passed.
	Err error
	// Reason is that of a known failure.
	Reason string
}

// A Verdict is what a test counts as.
type Verdict uint8

// The verdicts.
const (
	Passed Verdict = iota
	Failed
	// Skipped is for doubtful cases, whatever came of them.
	Skipped
	// KnownFailure is for those that were expected to fail, and did.
	KnownFailure
)

// A Summary counts tests by their verdicts.
type Summary struct {
	Passed, Failed, Skipped, Known int
}

// String gives the counts: "7 passed, 1 failed", with ", 2 skipped" and
// ", 3 known failures" when there are any.
func (s Summary) String() string {
	text := fmt.Sprintf("%d passed, %d failed", s.Passed, s.Failed)
	if s.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", s.Skipped)
	}
	if s.Known > 0 {
		text += fmt.Sprintf(", %d known failures", s.Known)
	}
	return text
}

// OK reports whether something was run and nothing failed.
func (s Summary) OK() bool { return s.Failed == 0 && s.Passed+s.Known > 0 }

// Run runs the tests in order.
func (s *Suite) Run(tests []Test) Summary {
	var sum Summary
	for i := range tests {
		test := &tests[i]
		err := test.Run(s.Driver)
		result := Result{Err: err}
		reason, known := s.Known[test.Name]
		switch {
		case test.Doubtful:
			result.Verdict = Skipped
			sum.Skipped++
		case known && err == nil:
			result.Verdict = Failed
			result.Err = fmt.Errorf("it passes, but is listed as a known failure: %s", reason)
			sum.Failed++
		case known:
			result.Verdict, result.Reason = KnownFailure, reason
			sum.Known++
		case err != nil:
			result.Verdict = Failed
			sum.Failed++
		default:
			sum.Passed++
		}
		if s.Report != nil {
			s.Report(test, result)
		}
	}
	return sum
}

// Unused returns the names of known failures that none of the tests has, in
// order.
func (s *Suite) Unused(tests []Test) []string {
	names := make(map[string]bool, len(tests))
	for i := range tests {
		names[tests[i].Name] = true
	}
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(s.Known)) {
		if !names[name] {
			unused = append(unused, name)
		}
	}
	return unused
}

// LoadKnown reads a list of known failures: a JSON object that has the reason of
// each by the name of its case.
func LoadKnown(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	v, err := value.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", file, err)
	}
	object, ok := v.(*value.Object)
	if !ok {
		return nil, fmt.Errorf("corpus: %s: the list of known failures is no JSON object", file)
	}
	known := make(map[string]string, object.Len())
	for name, v := range object.All() {
		reason, _ := v.(string)
		if strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("corpus: %s: %q has no reason", file, name)
		}
		known[name] = reason
	}
	return known, nil
}
