package asl

import (
	"cmp"
	"slices"
)

// readBroken reads a text that is no JSON, of which r has the first mistake in AWS's words.
// It returns the object that can be made out, nil when the text does not begin as one, and
// the problems: all mistakes in the syntax, and those in the parts that are whole.
func (p Parser) readBroken(r *reader) (*element, Diagnostics) {
	tree, slips := mend(r.text)
	if tree == nil {
		return nil, r.problems
	}
	problems := slices.Clone(r.problems)
	for i, s := range slips {
		var fixes []Fix
		if s.fix != nil {
			fixes = []Fix{*s.fix}
		}
		if i == 0 && len(problems) > 0 {
			// It is the mistake that has been reported.
			first := &problems[0]
			first.Fixes = fixes
			first.Detail = cmp.Or(first.Detail, s.message)
			continue
		}
		problems = append(problems, Diagnostic{Severity: Error, Code: InvalidJSON, Message: s.message, Fixes: fixes, offset: s.start, until: s.end})
	}
	inside := &reader{text: r.text, extensions: p.Extensions, aws: p.AWS, reported: make(map[Severity]int)}
	inside.readMachine(root(tree))
	if p.Type == Express {
		inside.problems = append(inside.problems, inside.express...)
	}
	whole := make(map[*element]bool)
	inside.problems = slices.DeleteFunc(inside.problems, func(d Diagnostic) bool { return !d.certain(whole) })
	inside.locate(inside.problems)
	inside.foldConsequences()
	r.locate(problems)
	problems = append(problems, inside.problems...)
	problems.sort()
	return tree, problems
}

// certain reports whether a problem of a broken text stays one when the text is mended: what
// it is about is whole, and it does not depend on what else there may be.
func (d *Diagnostic) certain(whole map[*element]bool) bool {
	if d.at == nil || d.stage == reachabilityStage || d.Code == EndlessGraph || d.Code == UnknownVariable || !d.at.whole(whole) {
		return false
	}
	if d.target != "" {
		states := d.at.statesAround()
		return states != nil && !states.damaged && d.at.parent.whole(whole)
	}
	return true
}

// whole reports whether nothing in an element is damaged. It keeps what it has found.
func (e *element) whole(known map[*element]bool) bool {
	if w, ok := known[e]; ok {
		return w
	}
	w := !e.damaged
	for i := range e.members {
		w = e.members[i].value.whole(known) && w
	}
	for _, item := range e.items {
		w = item.whole(known) && w
	}
	known[e] = w
	return w
}
