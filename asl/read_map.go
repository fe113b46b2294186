package asl

import (
	"strings"
	"unicode/utf8"
)

// maxLabel is the longest Label of a Map state, in characters.
const maxLabel = 40

func (r *stateReader) readMap() *Map {
	parameters := "ItemSelector"
	if !r.has(parameters) {
		parameters = "Parameters"
	}
	s := &Map{
		node: r.node, Flow: r.readFlow("", "", resultSeen),
		ItemSelector:               r.shape(parameters, "ItemSelector"),
		MaxConcurrency:             r.seconds("MaxConcurrency"),
		ToleratedFailureCount:      r.seconds("ToleratedFailureCount"),
		ToleratedFailurePercentage: r.seconds("ToleratedFailurePercentage"),
		Label:                      r.fields.text("Label"),
	}
	r.readTransition(&s.Transition)
	s.Retry, s.Catch = r.readRetry(), r.readCatch()
	if at := r.get("Label"); at != nil {
		r.checkLabel(at)
	}
	processor := r.get("ItemProcessor")
	if processor == nil {
		processor = r.get("Iterator")
	}
	if processor == nil {
		s.Items = r.readItems(false)
		return s
	}
	if f := r.check(processor, inProcessor, r.machine.QueryLanguage); f != nil {
		s.Distributed = r.readMode(f)
		r.readDistributed(s.Distributed)
		if s.Distributed != nil {
			s.Items = r.readItems(true)
			r.readChildren(f, s)
		} else {
			s.Items = r.readItems(false)
			s.Processor = r.readGraph(f, r.scope, r.vertex, s, 0).Graph
		}
	}
	return s
}

// checkLabel checks a Map state's Label. The rules are documented. Of AWS's wording the
// codes are known, how the text for a long Label ends, and the text for two equal ones; the
// rest is guessed after those for the names of states.
func (r *stateReader) checkLabel(at *place) {
	report := func(code Code, format string, args ...any) {
		r.report(Error, code, at, format, args...)
	}
	switch n := utf8.RuneCountInString(at.text); {
	case n == 0:
		report(InvalidLabelName, "Invalid Label name: it is empty")
	case n > maxLabel:
		report(InvalidLabelName, "Invalid Label name: Label '%s' exceeds the %d-character limit allowed by the service", at.text, maxLabel)
	case strings.ContainsFunc(at.text, forbiddenInLabel):
		report(InvalidLabelName, "Invalid Label name: Label '%s' contains invalid characters", at.text)
	}
	if r.labels[at.text] {
		report(DuplicateLabelName, "Duplicate Label name: %s", at.text)
	}
	r.labels[at.text] = true
}

// forbiddenInLabel reports whether a Label may not hold a character: white
// space, brackets, wildcards, punctuation that ARNs use, and control characters.
func forbiddenInLabel(c rune) bool {
	return c <= ' ' || 0x7f <= c && c <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", c)
}
