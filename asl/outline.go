package asl

import "slices"

// An Outline is what can be seen of a definition as it is written, be it right, wrong, or
// only half there: its states, and the references that lead from one to another, with their
// places in the text. It is what an editor needs for its outline, for going to what a Next
// names, and for finding what leads to a state. It is immutable and safe for use by any
// number of goroutines.
type Outline struct {
	// Machine is the definition's own graph, nil when the text does not begin as an object.
	Machine *GraphOutline
	// Diagnostics are the problems. Those of a text that is JSON are what [Parser.Validate]
	// returns. One that is not has all mistakes in its syntax, and what is wrong in those
	// parts that can be read.
	Diagnostics Diagnostics

	text string
	tree *element // nil when there is none
	kind Parser
}

// A GraphOutline is the text of a graph: of the machine, of a branch, or of an item processor.
type GraphOutline struct {
	// Pointer is its place in the definition, an RFC 6901 pointer.
	Pointer string
	// Range is the whole object.
	Range Range
	// Owner is the state around it, nil for the machine's own graph.
	Owner *StateOutline
	// StartAt is where it starts, nil when that is not written.
	StartAt *Reference
	// States are its own states, in the order of the text.
	States []*StateOutline
}

// A StateOutline is the text of a state.
type StateOutline struct {
	// Name and Type are as they are written; either may be empty, or wrong.
	Name, Type string
	// Comment is the state's own description.
	Comment string
	// Pointer is its place in the definition, an RFC 6901 pointer.
	Pointer string
	// Range is the state with its name, NameRange the name with its quotes.
	Range, NameRange Range
	// Graph is the graph that it belongs to.
	Graph *GraphOutline
	// References are where it leads, in the order of the text, without those of states inside.
	References []*Reference
	// Graphs are the branches of a Parallel state, or the item processor of a Map state.
	Graphs []*GraphOutline
}

// A Reference is a field that names a state.
type Reference struct {
	// Field is the field's name: StartAt, Next, Default or Compensate.
	Field string
	// Pointer is the field's place in the definition, an RFC 6901 pointer.
	Pointer string
	// Range is the name that it holds, with its quotes.
	Range Range
	// Target is that name.
	Target string
	// From is the state that the field belongs to, nil for a StartAt.
	From *StateOutline
	// State is the state of the same graph that has the name, nil when none has.
	State *StateOutline
}

// Outline reads as much of a definition as can be read, whatever is wrong with it. It takes
// about as long as [Parser.Validate].
func (p Parser) Outline(definition []byte) *Outline {
	r := p.read(string(definition))
	o := &Outline{text: r.text, tree: r.tree, kind: p, Diagnostics: r.problems}
	if o.tree == nil && len(definition) <= MaxDefinitionSize {
		o.tree, o.Diagnostics = p.readBroken(r)
	}
	if o.tree == nil {
		return o
	}
	b := outliner{text: o.text}
	o.Machine = b.graph(root(o.tree), nil)
	settle(o.text, b.places)
	return o
}

// States returns all states, each before those inside it.
func (o *Outline) States() []*StateOutline {
	if o.Machine == nil {
		return nil
	}
	return o.Machine.all(nil)
}

func (g *GraphOutline) all(list []*StateOutline) []*StateOutline {
	for _, s := range g.States {
		list = append(list, s)
		for _, inner := range s.Graphs {
			list = inner.all(list)
		}
	}
	return list
}

// References returns all references, in the order of the text.
func (o *Outline) References() []*Reference {
	if o.Machine == nil {
		return nil
	}
	list := o.Machine.references(nil)
	slices.SortStableFunc(list, func(a, b *Reference) int { return a.Range.Start.Offset - b.Range.Start.Offset })
	return list
}

func (g *GraphOutline) references(list []*Reference) []*Reference {
	if g.StartAt != nil {
		list = append(list, g.StartAt)
	}
	for _, s := range g.States {
		list = append(list, s.References...)
		for _, inner := range s.Graphs {
			list = inner.references(list)
		}
	}
	return list
}

// ReferencesTo returns the references that lead to a state, in the order of the text.
func (o *Outline) ReferencesTo(s *StateOutline) []*Reference {
	return slices.DeleteFunc(o.References(), func(r *Reference) bool { return r.State != s })
}

// ReferenceAt returns the reference whose name is at an offset, nil when there is none.
func (o *Outline) ReferenceAt(offset int) *Reference {
	for _, r := range o.References() {
		if r.Range.Contains(offset) {
			return r
		}
	}
	return nil
}

// StateAt returns the innermost state at an offset, nil when there is none.
func (o *Outline) StateAt(offset int) *StateOutline {
	var found *StateOutline
	for _, s := range o.States() {
		if s.Range.Contains(offset) {
			found = s // those inside come later
		}
	}
	return found
}

// Position returns the place of an offset in the text; one beyond its end is the end.
func (o *Outline) Position(offset int) Position {
	p := Position{Offset: offset}
	settle(o.text, []*Position{&p})
	return p
}

// Offset returns the offset of a place by its line and the column in units of UTF-16, both
// counted from 1 as in a [Position]. A place behind the end of its line is that end.
func (o *Outline) Offset(line, utf16Column int) int {
	at := 0
	for ; line > 1; line-- {
		end := endOfLine(o.text, at)
		if end == len(o.text) {
			return end
		}
		at = end + 1
	}
	for i, c := range o.text[at:endOfLine(o.text, at)] {
		if utf16Column <= 1 {
			return at + i
		}
		utf16Column -= javaLength(string(c))
	}
	return endOfLine(o.text, at)
}

// An outliner builds outlines.
type outliner struct {
	text   string
	places []*Position // to be settled
}

func (b *outliner) note(r *Range) { b.places = append(b.places, &r.Start, &r.End) }

func (b *outliner) graph(p *place, owner *StateOutline) *GraphOutline {
	g := &GraphOutline{Pointer: p.pointer(), Range: span(p.start, p.end), Owner: owner}
	b.note(&g.Range)
	if p.kind != objectKind {
		return g
	}
	byName := make(map[string]*StateOutline)
	if m := p.find("States"); m != nil {
		states := p.member(m)
		for i := range states.members {
			s := b.state(states.member(&states.members[i]), g)
			g.States = append(g.States, s)
			if byName[s.Name] == nil {
				byName[s.Name] = s
			}
		}
	}
	if m := p.find("StartAt"); m != nil {
		g.StartAt = b.reference(p.member(m), nil)
	}
	link := func(r *Reference) {
		if r != nil {
			r.State = byName[r.Target]
		}
	}
	link(g.StartAt)
	for _, s := range g.States {
		for _, r := range s.References {
			link(r)
		}
	}
	return g
}

func (b *outliner) state(p *place, g *GraphOutline) *StateOutline {
	s := &StateOutline{
		Name: p.key, Pointer: p.pointer(), Graph: g,
		NameRange: span(p.at, tokenEnd(b.text, p.at)), Range: span(p.at, p.end),
	}
	b.note(&s.Range)
	b.note(&s.NameRange)
	for i := range p.members {
		at := p.member(&p.members[i])
		switch at.key {
		case "Type":
			s.Type = at.text
		case "Comment":
			s.Comment = at.text
		case "Next", "Default", compensateField:
			b.refer(at, s)
		case "Choices", "Catch":
			for i := range at.items {
				inner := at.item(i)
				if m := inner.find("Next"); m != nil {
					b.refer(inner.member(m), s)
				}
			}
		case "Branches":
			for i := range at.items {
				s.Graphs = append(s.Graphs, b.graph(at.item(i), s))
			}
		case "ItemProcessor", "Iterator":
			s.Graphs = append(s.Graphs, b.graph(at, s))
		}
	}
	return s
}

func (b *outliner) refer(at *place, from *StateOutline) {
	if r := b.reference(at, from); r != nil {
		from.References = append(from.References, r)
	}
}

// reference returns the reference at a field, nil when it holds no name.
func (b *outliner) reference(at *place, from *StateOutline) *Reference {
	if at.kind != stringKind && !(at.damaged && at.text != "") {
		return nil
	}
	r := &Reference{Field: at.key, Pointer: at.pointer(), Range: span(at.start, at.end), Target: at.text, From: from}
	b.note(&r.Range)
	return r
}
