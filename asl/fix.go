package asl

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A Fix is a change of the text that mends a problem, or is a step on the way there. It is
// meant to be offered to a person: it may be another one than was wanted.
type Fix struct {
	// Title says what is done: `Replace "Nxt" by "Next"`.
	Title string
	// Edits are what is done. They do not overlap, and are in the order of the text.
	Edits []Edit
}

// An Edit puts a text into the place of a part of the definition.
type Edit struct {
	Range Range
	Text  string
}

// errStale says that a fix does not belong to a text.
var errStale = errors.New("asl: the fix is for another text")

// Apply returns the text with the fix. The error says that the fix cannot be of this text,
// because it is about something behind its end.
func (f Fix) Apply(text string) (string, error) {
	var b strings.Builder
	at := 0
	for _, e := range f.Edits {
		start, end := e.Range.Start.Offset, e.Range.End.Offset
		if start < at || end < start || end > len(text) {
			return "", errStale
		}
		b.WriteString(text[at:start])
		b.WriteString(e.Text)
		at = end
	}
	b.WriteString(text[at:])
	return b.String(), nil
}

// replace returns the fix that puts a text into the place of another one.
func replace(title string, start, end int, text string) Fix {
	return Fix{Title: title, Edits: []Edit{{Range: span(start, end), Text: text}}}
}

// maxFixes bounds the diagnostics of a definition that have fixes.
const maxFixes = 200

// fixesFor returns the fixes of a diagnostic, the best one first.
func (r *reader) fixesFor(d *Diagnostic) []Fix {
	switch {
	case len(d.Fixes) > 0:
		return d.Fixes
	case d.Code == InvalidJSON && d.until == 0:
		return r.fixesOfSyntax()
	case d.at == nil:
		return nil
	case d.Suggestion != "":
		return r.fixesByName(d)
	case d.offset == d.at.at && d.at.at < d.at.start && (d.Code == SchemaValidationFailed || d.Code == DuplicateField || d.Code == InvalidHandler):
		return r.removal(d.at.parent, d.at.at)
	case len(d.surplus) > 0:
		var fixes []Fix
		for _, name := range slices.Backward(d.surplus) {
			if m := d.at.find(name); m != nil {
				fixes = append(fixes, r.removal(d.at, m.start)...)
			}
		}
		return fixes
	case len(d.need.names) > 0:
		return r.fixesOfNeed(d)
	case d.Code == SchemaValidationFailed && d.offset == d.at.start:
		return r.fixesOfType(d)
	}
	return nil
}

// fixesByName puts what was probably meant into the place of what is written.
func (r *reader) fixesByName(d *Diagnostic) []Fix {
	at := d.at
	start, end, text := d.offset, 0, d.Suggestion
	switch {
	case d.misplaced, d.Code == NoDollar, d.Code == NoPath:
		if at.index >= 0 || at.parent == nil {
			return nil
		}
		start = at.at
		end, text = tokenEnd(r.text, start), value.String(text)
	case d.written != "":
		end, text = start+len(d.written), cmp.Or(d.instead, text)
		if !strings.HasPrefix(r.text[start:], d.written) {
			return nil
		}
	case at.kind == stringKind && start == at.start:
		end, text = at.end, value.String(text)
	default:
		return nil
	}
	fixes := []Fix{replace("Replace "+r.text[start:end]+" by "+text, start, end, text)}
	if d.misplaced {
		fixes = append(fixes, r.removal(at.parent, at.at)...)
	}
	return fixes
}

// removal returns the fix that takes a field out of an object, by the offset of its name.
func (r *reader) removal(object *place, start int) []Fix {
	if object == nil || object.kind != objectKind {
		return nil
	}
	i := slices.IndexFunc(object.members, func(m member) bool { return m.start == start })
	if i < 0 {
		return nil
	}
	from, to := start, object.members[i].value.end
	switch {
	case i+1 < len(object.members):
		to = object.members[i+1].start
	case i > 0:
		from = object.members[i-1].value.end
	}
	return []Fix{replace("Remove "+r.text[start:tokenEnd(r.text, start)], from, to, "")}
}

// addition returns the fix that adds a field to an object, behind those that are there and
// like them on a line of its own, if they are.
func (r *reader) addition(object *place, name, text string) []Fix {
	if object.kind != objectKind || object.end <= object.start+1 {
		return nil
	}
	field := value.String(name) + ": " + text
	title := "Add " + field
	if len(object.members) == 0 {
		return []Fix{replace(title, object.start+1, object.start+1, field)}
	}
	last := object.members[len(object.members)-1]
	before := ", "
	if lead := r.text[strings.LastIndexByte(r.text[:last.start], '\n')+1 : last.start]; strings.TrimSpace(lead) == "" && last.start > len(lead) {
		before = ",\n" + lead
	}
	return []Fix{replace(title, last.value.end, last.value.end, before+field)}
}

// fixesOfNeed adds what an object lacks, where that can be guessed.
func (r *reader) fixesOfNeed(d *Diagnostic) []Fix {
	at := d.at
	if d.need.any {
		if slices.Contains(d.need.names, "End") {
			return r.addition(at, "End", "true")
		}
		return nil
	}
	switch name := d.need.names[0]; {
	case len(d.need.names) > 1:
	case name == "Type":
		for i := range at.members {
			if m := &at.members[i]; Nearest(m.key, d.need.names) != "" && m.value.kind == stringKind {
				end := tokenEnd(r.text, m.start)
				return []Fix{replace("Replace "+r.text[m.start:end]+` by "Type"`, m.start, end, `"Type"`)}
			}
		}
		if typ := typeByFields(at); typ != "" {
			return r.addition(at, name, value.String(typ))
		}
	case name == "StartAt":
		if states := at.find("States"); states != nil && len(states.value.members) > 0 {
			return r.addition(at, name, value.String(states.value.members[0].key))
		}
	}
	return nil
}

// typeByFields returns the type that only a state with such fields has, "" when nothing
// tells.
func typeByFields(state *place) string {
	for _, sign := range []struct{ field, typ string }{
		{"Resource", "Task"}, {"Choices", "Choice"}, {"Branches", "Parallel"}, {"ItemProcessor", "Map"}, {"Iterator", "Map"},
		{"Seconds", "Wait"}, {"SecondsPath", "Wait"}, {"Timestamp", "Wait"}, {"TimestampPath", "Wait"}, {"Result", "Pass"},
		{"Cause", "Fail"}, {"CausePath", "Fail"}, {"Error", "Fail"}, {"ErrorPath", "Fail"},
	} {
		if state.has(sign.field) {
			return sign.typ
		}
	}
	return ""
}

// fixesOfType mends a number or a boolean that is written as a text, and a text where a list
// of texts should be.
func (r *reader) fixesOfType(d *Diagnostic) []Fix {
	at := d.at
	if at.kind != stringKind {
		return nil
	}
	text := ""
	switch d.Message {
	case "Expected value of type Integer":
		if n, err := strconv.ParseInt(at.text, 10, 64); err == nil {
			text = strconv.FormatInt(n, 10)
		}
	case "Expected value of type Number":
		if _, err := value.Parse(at.text); err == nil && at.text != "" && (at.text[0] == '-' || '0' <= at.text[0] && at.text[0] <= '9') {
			text = at.text
		}
	case "Expected value of type Boolean":
		if lower := strings.ToLower(at.text); lower == "true" || lower == "false" {
			text = lower
		}
	case "Expected value of type Array":
		text = "[" + r.text[at.start:at.end] + "]"
	}
	if text == "" {
		return nil
	}
	return []Fix{replace("Replace "+r.text[at.start:at.end]+" by "+text, at.start, at.end, text)}
}

// fixesOfSyntax mends what a tolerant reader finds first, which is what a strict one stops at.
func (r *reader) fixesOfSyntax() []Fix {
	if s := firstSlip(r.text); s != nil && s.fix != nil {
		return []Fix{*s.fix}
	}
	return nil
}
