package asl

import (
	"errors"
	"regexp"
	"strings"
)

// Deployment tools write values into definitions before AWS sees them: SAM and
// CloudFormation put one in the place of each ${Name}. A definition that is read before
// that has such names in it still. Inside a JSON string they do no harm. Package template
// puts values in their places; substitutions.go finds them for it.

// substitution matches a name that stands for a value.
var substitution = regexp.MustCompile(`\$\{[A-Za-z0-9_.:-]+\}`)

const notSubstituted = "${...} stands for a value that SAM, CloudFormation or the like put in before AWS reads the definition"

// substituted returns an expression with a value in the place of each substitution, so that
// the rest can be checked, and the first of them; "" when there is none. No offset changes.
func substituted(text string) (checked, first string) {
	checked = substitution.ReplaceAllStringFunc(text, func(name string) string {
		if first == "" {
			first = name
		}
		return "null" + strings.Repeat(" ", len(name)-len("null"))
	})
	return checked, first
}

// unsubstituted compiles the expression inside a string as newQuery does, but with a value
// for each substitution in it. The Query fails when it is evaluated. It is nil when the
// string has no substitution, or another mistake.
func (r *stateReader) unsubstituted(at *place, field *fieldPath) *Query {
	checked, first := substituted(at.text)
	if first == "" {
		return nil
	}
	q, err := newQuery(checked, field)
	if err != nil {
		return nil
	}
	q.text = strings.TrimSpace(at.text[len("{%") : len(at.text)-len("%}")])
	q.unusable = errors.New("the substitution " + first + " was not made")
	d := r.warn(UnmadeSubstitution, at, "The expression has the substitution %s, and fails unless it is made", first)
	d.Detail = notSubstituted
	d.offset = offsetIn(r.reader.text, at.element, strings.Index(at.text, first))
	return q
}

// explainSyntax says more of a text that is no JSON than AWS does.
func explainSyntax(text string, offset int) string {
	if at := substitution.FindStringIndex(text[offset:]); at != nil && at[0] == 0 {
		return notSubstituted
	}
	if looksLikeYAML(text) {
		return "it looks like YAML, and is read as JSON here; package asl/template and the command read YAML"
	}
	return ""
}

// yamlField matches the line of a definition in YAML that AWS's tools accept.
var yamlField = regexp.MustCompile(`(?m)^[ \t]*(StartAt|States|QueryLanguage)[ \t]*:`)

// looksLikeYAML reports whether a text was probably meant as a definition in YAML.
func looksLikeYAML(text string) bool {
	return !strings.HasPrefix(strings.TrimSpace(text), "{") && yamlField.MatchString(text)
}
