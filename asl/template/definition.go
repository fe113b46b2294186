package template

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/gostates/gostates/asl"
)

// readDefinition reads a file that is a definition.
func (r Reader) readDefinition(src *source) *Machine {
	m := &Machine{Line: 1, Column: 1}
	e := &evaluator{document: &document{file: src}, set: r.Set}
	m.read(e, src, nil)
	m.Assumptions = e.assumptions
	return m
}

// read reads the definition in a file. Substitutions are those of a template; nil when
// there is none.
//
// Substitutions are made before the text is read as JSON or as YAML: published templates of
// AWS's put numbers into both so, without quotes. (An older handler of CloudFormation's, of
// which the source is public, converts YAML to JSON first.)
func (m *Machine) read(e *evaluator, src *source, substitutions map[string]string) {
	t := copied(src.text, 0)
	t, err := m.substitute(e, src, t, substitutions)
	if err != nil {
		m.fail(src, err)
		return
	}
	converted := !json.Valid([]byte(t.string)) && src.yaml()
	if converted {
		root, err := readYAML(t, false)
		if err != nil {
			// In a flow of YAML a ${Name} is none yet.
			if filled := m.assumed(e, src, t); len(filled.string) != len(t.string) {
				if again, _ := readYAML(filled, false); again != nil {
					root, err = again, nil
				}
			}
		}
		if err != nil {
			m.fail(src, err)
			return
		}
		m.doubt(src, root)
		w := writer{}
		if err := w.write(root, "", 0); err != nil {
			m.fail(src, err)
			return
		}
		t = w.text()
	}
	m.whole = !converted
	m.define(e, src, t)
}

// fail reports why a definition can't be read.
func (m *Machine) fail(src *source, err error) {
	code := asl.InvalidTemplate
	if m.ID == "" {
		code = asl.InvalidJSON
	}
	if mistake, ok := errors.AsType[*mistake](err); ok {
		m.report(src, asl.Error, code, mistake.at, "%s", mistake.message)
		return
	}
	m.report(src, asl.Error, code, 0, "%v", err)
}

// define sets the definition, a text of JSON in which nothing is left to be done but to put
// plausible values in the places of substitutions that nobody makes.
func (m *Machine) define(e *evaluator, src *source, t text) {
	m.source, m.File = src, src.name
	m.text = m.assumed(e, src, t)
	m.Definition = []byte(m.text.string)
}

// maxRounds is how often substitutions are made in what substitutions have put in.
const maxRounds = 10

// substitute makes the substitutions of a template, and those that the user has set.
// CloudFormation makes them in the values of others, too.
func (m *Machine) substitute(e *evaluator, src *source, t text, substitutions map[string]string) (text, error) {
	values := maps.Clone(substitutions)
	if values == nil {
		values = make(map[string]string)
	}
	maps.Copy(values, e.set)
	for round := 0; len(values) > 0; round++ {
		var all []replacement
		for from := 0; ; {
			start := strings.Index(t.string[from:], "${")
			if start < 0 {
				break
			}
			start += from
			length := strings.IndexByte(t.string[start:], '}')
			if length < 0 {
				break
			}
			from = start + 2
			if v, ok := values[t.string[start+2:start+length]]; ok {
				from = start + length + 1
				all = append(all, replacement{start, from, v})
			}
		}
		if len(all) == 0 {
			break
		}
		if round == maxRounds {
			return t, mistakeAt(t.source(all[0].start), "the substitution %s leads back to itself", t.string[all[0].start:all[0].end])
		}
		size := len(t.string)
		for _, r := range all {
			size += len(r.with)
		}
		if size > len(src.text)+4*asl.MaxDefinitionSize {
			return t, mistakeAt(t.source(all[0].start), "the substitutions make more than the %d bytes allowed", asl.MaxDefinitionSize)
		}
		t = t.replace(all)
	}
	if substitutions == nil {
		return t, nil
	}
	warned := make(map[string]bool)
	for _, s := range asl.Substitutions(t.string) {
		if s.Expression || warned[s.Name] {
			continue // the reader of definitions says it of an expression
		}
		warned[s.Name] = true
		d := m.report(src, asl.Warning, asl.UnmadeSubstitution, t.source(s.Start), "DefinitionSubstitutions has no value for ${%s}", s.Name)
		d.Suggestion = asl.Nearest(s.Name, slices.Sorted(maps.Keys(substitutions)))
	}
	return t, nil
}

// assumed puts plausible values in the places of substitutions that are not made: of those
// that are a whole value, or a part of a Resource. Within a longer text a ${Name} may be
// one that is meant as it is, in a shell's command for instance.
func (m *Machine) assumed(e *evaluator, src *source, t text) text {
	var all []replacement
	outer := e.document
	e.document = &document{file: src}
	defer func() { e.document = outer }()
	for _, s := range asl.Substitutions(t.string) {
		whole := s.Whole && s.Field != "" || s.Field == "Resource"
		if s.Quoted && (s.Expression || !whole) {
			continue
		}
		v := s.Plausible()
		e.assume(s.Name, strings.Trim(v, `"`), t.source(s.Start))
		all = append(all, replacement{s.Start, s.End, v})
	}
	return t.replace(all)
}

// doubt warns of the words that YAML 1.1 takes for booleans, of which this reader makes
// strings. CloudFormation's documentation says that it reads YAML 1.1.
func (m *Machine) doubt(src *source, root *node) {
	var found []*node
	visited := make(map[*node]bool)
	var look func(n *node)
	look = func(n *node) {
		if visited[n] {
			return
		}
		visited[n] = true
		if n.plain && boolean(n.text.string) {
			found = append(found, n)
		}
		for _, item := range n.items {
			look(item)
		}
		for _, m := range n.members {
			look(m.value)
		}
	}
	look(root)
	sort.SliceStable(found, func(i, j int) bool { return found[i].at < found[j].at })
	for _, n := range found {
		m.report(src, asl.Warning, asl.DoubtfulYAML, n.at, "YAML 1.1 takes %s for a boolean, YAML 1.2 for a string; quotes make it a string for sure", n.text.string)
	}
}

// boolean reports whether a word is a boolean in YAML 1.1 and a string in YAML 1.2.
func boolean(word string) bool {
	switch strings.ToLower(word) {
	case "yes", "no", "on", "off", "y", "n":
		return word == strings.ToLower(word) || word == strings.ToUpper(word) || word[1:] == strings.ToLower(word[1:])
	}
	return false
}
