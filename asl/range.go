package asl

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Position is a place in a text, in all the ways in which editors count. Lines and
// columns count from 1, and a column is the number of what stands before it on its line,
// plus one.
type Position struct {
	// Offset is the number of bytes before it in the text.
	Offset int
	// Line ends with each line feed.
	Line int
	// Column counts characters, ByteColumn bytes of UTF-8, and UTF16Column the units of
	// UTF-16 that the Language Server Protocol counts by default (from 0, as the lines).
	Column, ByteColumn, UTF16Column int
}

// A Range is a part of a text: from Start up to and without End.
type Range struct{ Start, End Position }

// Contains reports whether an offset is in the range, or at its end.
func (r Range) Contains(offset int) bool {
	return r.Start.Offset <= offset && offset <= r.End.Offset
}

// span is the range between two offsets, whose lines and columns are not known yet.
func span(start, end int) Range {
	return Range{Start: Position{Offset: start}, End: Position{Offset: max(start, end)}}
}

// settle gives positions their lines and columns, by their offsets. It goes over the text
// once.
func settle(text string, positions []*Position) {
	slices.SortFunc(positions, func(a, b *Position) int { return cmp.Compare(a.Offset, b.Offset) })
	at := Position{Line: 1, Column: 1, ByteColumn: 1, UTF16Column: 1}
	for _, p := range positions {
		p.Offset = min(max(p.Offset, 0), len(text))
		passed := text[at.Offset:p.Offset]
		if newlines := strings.Count(passed, "\n"); newlines > 0 {
			at = Position{Line: at.Line + newlines, Column: 1, ByteColumn: 1, UTF16Column: 1}
			passed = passed[strings.LastIndexByte(passed, '\n')+1:]
		}
		at.Offset = p.Offset
		at.ByteColumn += len(passed)
		at.Column += utf8.RuneCountInString(passed)
		at.UTF16Column += javaLength(passed)
		*p = at
	}
}

// tokenEnd returns where the token at an offset ends: a string with its quotes, a word or a
// number, or a single sign.
func tokenEnd(text string, offset int) int {
	if offset >= len(text) {
		return len(text)
	}
	switch c := text[offset]; {
	case c == '"':
		for i := offset + 1; i < len(text) && text[i] != '\n'; i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return lineEnd(text, offset)
	case isWord(c) || c == '-' || c == '+' || c == '.':
		end := offset
		for end < len(text) && (isWord(text[end]) || strings.IndexByte("-+.", text[end]) >= 0) {
			end++
		}
		return end
	}
	_, size := utf8.DecodeRuneInString(text[offset:])
	return offset + size
}

// endOfLine returns where the line of an offset ends: at its line feed, or with the text.
func endOfLine(text string, offset int) int {
	if n := strings.IndexByte(text[offset:], '\n'); n >= 0 {
		return offset + n
	}
	return len(text)
}

// lineEnd returns where the line of an offset ends, without white space.
func lineEnd(text string, offset int) int {
	return offset + len(strings.TrimRight(text[offset:endOfLine(text, offset)], " \t\r"))
}

// rangeOf returns the part of the text that a diagnostic is about: the field's name, the
// text or number that is wrong, of an expression the rest of it, of an object or a list that
// lacks something the sign that opens it.
func (r *reader) rangeOf(d *Diagnostic) Range {
	start := min(d.offset, len(r.text))
	if d.until > 0 {
		return span(start, d.until)
	}
	if at := d.at; at != nil && at.kind == stringKind && at.start < start && start < at.end {
		return span(start, at.end-1)
	}
	return span(start, tokenEnd(r.text, start))
}
