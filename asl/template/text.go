package template

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"

	"github.com/gostates/gostates/asl"
)

// A text is a string whose bytes know where in a file they come from.
type text struct {
	string
	runs []run
}

// A run is a part of a text that was taken from one part of the file. It ends where the
// next one begins.
type run struct {
	start  int // its offset in the text
	source int // its offset in the file
	// exact says that byte n of the run stands n bytes after source. Otherwise all of its
	// bytes stand for what is at source.
	exact bool
}

// textAt returns a text all of which stands for what is at an offset of the file.
func textAt(s string, source int) text { return text{s, []run{{source: source}}} }

// copied returns a text that stands in the file as it is.
func copied(s string, source int) text { return text{s, []run{{source: source, exact: true}}} }

// source returns the offset in the file of a byte of the text.
func (t text) source(at int) int {
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].start > at }) - 1
	if i < 0 {
		return 0
	}
	if r := t.runs[i]; r.exact {
		return r.source + at - r.start
	}
	return t.runs[i].source
}

// end returns where in the file the part of the text ends that ends at an offset.
func (t text) end(at int) int {
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].start >= at }) - 1
	if i < 0 {
		return t.source(at)
	}
	if r := t.runs[i]; r.exact {
		return r.source + at - r.start
	}
	return t.runs[i].source
}

// slice returns a part of the text.
func (t text) slice(start, end int) text {
	var b builder
	b.slice(t, start, end)
	return b.text()
}

// moved returns the text with all of it standing for what is at an offset of the file.
func (t text) moved(source int) text { return textAt(t.string, source) }

// A builder puts a text together.
type builder struct {
	strings.Builder
	runs []run
}

func (b *builder) text() text { return text{b.String(), b.runs} }

// add appends a string from a place of the file.
func (b *builder) add(s string, source int, exact bool) {
	if s == "" {
		return
	}
	b.run(b.Len(), source, exact)
	b.WriteString(s)
}

// run notes where a run begins, unless it goes on with the last one.
func (b *builder) run(start, source int, exact bool) {
	if n := len(b.runs); n > 0 {
		last := b.runs[n-1]
		if last.exact == exact && (exact && last.source+start-last.start == source || !exact && last.source == source) {
			return
		}
	}
	b.runs = append(b.runs, run{start, source, exact})
}

// append appends a whole text.
func (b *builder) append(t text) { b.slice(t, 0, len(t.string)) }

// slice appends a part of a text.
func (b *builder) slice(t text, start, end int) {
	b.runsOf(t, start, end)
	b.WriteString(t.string[start:end])
}

// runsOf appends the runs of a part of a text, and not the part itself.
func (b *builder) runsOf(t text, start, end int) {
	if start >= end {
		return
	}
	at := b.Len()
	first := max(sort.Search(len(t.runs), func(i int) bool { return t.runs[i].start > start })-1, 0)
	for _, r := range t.runs[first:] {
		if r.start >= end {
			return
		}
		passed := max(start-r.start, 0)
		source := r.source
		if r.exact {
			source += passed
		}
		b.run(at+max(r.start-start, 0), source, r.exact)
	}
}

// A replacement is what to put in the place of a part of a text.
type replacement struct {
	start, end int
	with       string
}

// replace makes replacements in a text, which must be in order and may not overlap. What
// is put in stands for what it replaces.
func (t text) replace(all []replacement) text {
	if len(all) == 0 {
		return t
	}
	var b builder
	at := 0
	for _, r := range all {
		b.slice(t, at, r.start)
		b.add(r.with, t.source(r.start), false)
		at = r.end
	}
	b.slice(t, at, len(t.string))
	return b.text()
}

// A source is a file that places are in.
type source struct {
	name  string
	text  string
	lines []int // the offsets at which lines begin
}

func newSource(name, text string) *source {
	s := &source{name: name, text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// position returns the place of an offset.
func (s *source) position(at int) asl.Position {
	at = min(max(at, 0), len(s.text))
	i, found := slices.BinarySearch(s.lines, at)
	if !found {
		i--
	}
	before := s.text[s.lines[i]:at]
	p := asl.Position{Offset: at, Line: i + 1, Column: 1, ByteColumn: len(before) + 1, UTF16Column: 1}
	for _, c := range before {
		p.Column++
		p.UTF16Column += max(utf16.RuneLen(c), 1)
	}
	return p
}

// problem returns a diagnostic about what stands at an offset.
func (s *source) problem(severity asl.Severity, code asl.Code, at int, format string, args ...any) Diagnostic {
	p := s.position(at)
	return Diagnostic{s.name, asl.Diagnostic{
		Severity: severity, Code: code, Message: fmt.Sprintf(format, args...),
		Line: p.Line, Column: p.Column, Range: asl.Range{Start: p, End: p},
	}}
}
