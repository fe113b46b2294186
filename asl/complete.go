package asl

import "slices"

// Completions are what may be written at a place of a definition.
type Completions struct {
	// Range is the name or text at the place, with its quotes, which a choice replaces. Where
	// none is written it is empty.
	Range Range
	// Fields says that the Choices are names of fields; else they are texts.
	Fields bool
	// Choices are the names of fields that the object may have and has not, of the states
	// that a field may name, or the texts that a field may hold. They have no quotes.
	Choices []string
}

// Complete returns what may be written at an offset; there are no Choices inside of payloads,
// and where nothing is known.
func (o *Outline) Complete(offset int) Completions {
	c := completer{o: o, offset: offset, found: Completions{Range: span(offset, offset)}}
	if o.tree != nil && offset >= o.tree.start {
		language := JSONPath
		if m := o.tree.find("QueryLanguage"); m != nil {
			language = languageOf(m)
		}
		c.object(root(o.tree), inMachine, language, nil)
	}
	settle(o.text, []*Position{&c.found.Range.Start, &c.found.Range.End})
	return c.found
}

// A completer looks for the place of an offset.
type completer struct {
	o      *Outline
	offset int
	found  Completions
}

// insides are the objects of the language inside of other ones, by their fields. States are
// told by their Type.
var insides = map[string]struct {
	in, of owner
	list   bool
}{
	"Retry": {inWorker, inRetrier, true}, "Catch": {inWorker, inCatcher, true}, "Choices": {inChoice, inRule, true},
	"And": {inAnyOf, inNestedRule, true}, "Or": {inAnyOf, inNestedRule, true}, "Not": {inAnyOf, inNestedRule, false},
	"Branches": {inParallel, inBranch, true}, "ItemProcessor": {inMap, inProcessor, false}, "Iterator": {inMap, inProcessor, false},
	"ProcessorConfig": {inProcessor, inProcessorConfig, false}, "ItemReader": {inMap, inItemReader, false},
	"ReaderConfig": {inItemReader, inReaderConfig, false}, "ItemBatcher": {inMap, inItemBatcher, false},
	"ResultWriter": {inMap, inResultWriter, false}, "WriterConfig": {inResultWriter, inWriterConfig, false},
}

// holds reports whether the offset is in a part of the text, or at its end.
func (c *completer) holds(start, end int) bool { return start <= c.offset && c.offset <= end }

// object looks into an object of a kind. names are the states of the graph that it is in.
func (c *completer) object(p *place, in owner, language QueryLanguage, names []string) {
	if in&inGraph != 0 {
		names = stateKeys(p)
	}
	for i := range p.members {
		m := &p.members[i]
		key := tokenEnd(c.o.text, m.start)
		next := p.end
		if i+1 < len(p.members) {
			next = p.members[i+1].start - 1
		}
		hole := m.value.damaged && m.value.start == m.value.end
		switch at := p.member(m); {
		case c.holds(m.start, key):
			c.fields(p, in, language)
			c.found.Range = span(m.start, key)
			return
		case hole && c.holds(key, next):
			c.texts(at, in, language, names)
			return
		case c.holds(at.start, at.end):
			c.value(at, in, language, names)
			return
		}
	}
	if c.holds(p.start+1, p.end) {
		c.fields(p, in, language)
	}
}

// value looks into the value of a field.
func (c *completer) value(at *place, in owner, language QueryLanguage, names []string) {
	inside, known := insides[at.key]
	known = known && inside.in&in != 0
	switch {
	case at.kind == stringKind || at.damaged && at.kind == nullKind:
		c.texts(at, in, language, names)
		if len(c.found.Choices) > 0 {
			c.found.Range = span(at.start, at.end)
		}
	case at.kind == objectKind && in&inGraph != 0 && at.key == "States":
		c.states(at, language, names)
	case at.kind == objectKind && known && !inside.list:
		c.object(at, inside.of, language, names)
	case at.kind == arrayKind && known && inside.list:
		for i := range at.items {
			if item := at.item(i); item.kind == objectKind && c.holds(item.start, item.end) {
				c.object(item, inside.of, language, names)
				return
			}
		}
	}
}

// states looks into the states of a graph.
func (c *completer) states(p *place, language QueryLanguage, names []string) {
	for i := range p.members {
		at := p.member(&p.members[i])
		if at.kind != objectKind || !c.holds(at.start, at.end) {
			continue
		}
		if m := at.find("QueryLanguage"); m != nil {
			language = languageOf(m)
		}
		in := typeOf(at.element)
		if in == 0 {
			in = inState
		}
		c.object(at, in, language, slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == at.key }))
	}
}

// fields offers the fields that an object has not.
func (c *completer) fields(p *place, in owner, language QueryLanguage) {
	r := reader{extensions: c.o.kind.Extensions}
	c.found.Fields = true
	c.found.Choices = r.absent(&fields{place: p, in: in, language: language})
	slices.Sort(c.found.Choices)
	c.found.Choices = slices.Compact(c.found.Choices)
}

// texts offers what a field may hold.
func (c *completer) texts(at *place, in owner, language QueryLanguage, names []string) {
	row := fieldOf(at.key, in, language)
	switch {
	case row == nil:
	case at.key == "Type":
		c.found.Choices = slices.Clone(stateTypes)
	case at.key == "StartAt", at.key == "Next", at.key == "Default", at.key == compensateField:
		c.found.Choices = slices.Clone(names)
	default:
		c.found.Choices = slices.Clone(row.options)
	}
}

// stateKeys returns the names of the states of a graph.
func stateKeys(graph *place) []string {
	m := graph.find("States")
	if m == nil {
		return nil
	}
	names := make([]string, len(m.value.members))
	for i := range names {
		names[i] = m.value.members[i].key
	}
	return names
}
