package coverage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/gostates/gostates/states"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// WriteHTML writes the report as an HTML page, without scripts and without anything that is
// loaded from elsewhere: for each machine its picture, its states and its definition, coloured
// by what was used. The error is the writer's.
func (r *Report) WriteHTML(w io.Writer) error {
	type machine struct {
		ID      string
		Name    string
		Percent string
		Class   string
		Covered int
		All     int
		Sums    []sum
		Picture template.HTML
		States  []stateRow
		Lines   []sourceLine
	}
	data := struct {
		Percent        string
		Covered, Parts int
		Machines       []machine
	}{Percent: format(r.Percent()), Covered: r.Covered, Parts: r.Parts}
	for i := range r.Machines {
		m := &r.Machines[i]
		id := fmt.Sprintf("m%d", i)
		data.Machines = append(data.Machines, machine{
			ID: id, Name: m.Name, Percent: format(m.Percent()), Class: class(m.Covered, len(m.Parts)),
			Covered: m.Covered, All: len(m.Parts), Sums: m.sums(),
			Picture: template.HTML(svg.Draw(graph.New(m.machine), svg.Options{Marks: m.marks(), Prefix: id + "-", Transparent: true, Title: m.Name})),
			States:  m.rows(), Lines: m.source(),
		})
	}
	return page.Execute(w, data)
}

// format writes a percentage that is 100 only if it is.
func format(percent float64) string {
	if percent < 100 && percent > 99.95 {
		return "99.9%"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", percent), ".0") + "%"
}

// class names how something looks of which so many parts are covered.
func class(covered, all int) string {
	switch covered {
	case all:
		return graph.Covered
	case 0:
		return graph.Missed
	}
	return graph.Partly
}

// marks colour the picture: a state by all of its parts, an edge by its own.
func (m *Machine) marks() graph.Marks {
	type edge struct {
		kind, state string
		index       int
	}
	counts := make(map[edge]int64)
	covered, all := make(map[string]int), make(map[string]int)
	for i := range m.Parts {
		p := &m.Parts[i]
		counts[edge{p.Kind, p.State, p.Index}] = p.Count
		all[p.State]++
		if p.Count > 0 {
			covered[p.State]++
		}
	}
	edges := map[graph.EdgeKind]states.PartKind{
		graph.Next: states.PartNext, graph.End: states.PartNext, graph.Rule: states.PartRule, graph.Default: states.PartDefault,
		graph.Catch: states.PartCatcher, graph.Compensate: states.PartCompensate,
	}
	return graph.Marks{
		Node: func(n *graph.Node) graph.Mark {
			name := n.Name()
			return graph.Mark{
				Class: class(covered[name], all[name]), Badge: fmt.Sprintf("%d×", counts[edge{states.PartState.String(), name, 0}]),
				Note: fmt.Sprintf("%d of %d parts covered", covered[name], all[name]),
			}
		},
		Edge: func(e *graph.Edge) graph.Mark {
			kind, known := edges[e.Kind]
			if !known || e.From == nil {
				return graph.Mark{}
			}
			n := counts[edge{kind.String(), e.From.Name(), e.Index}]
			if n == 0 {
				return graph.Mark{Class: graph.Missed, Note: "never taken"}
			}
			return graph.Mark{Class: graph.Covered, Note: fmt.Sprintf("taken %d×", n)}
		},
	}
}

// A stateRow is a state in the page's table, with its parts.
type stateRow struct {
	Name, Type, Class string
	Line              int
	Parts             []chip
}

// A chip is a part in the table.
type chip struct {
	Label, Text, Class string
	Count              int64
	Line               int
}

// rows returns the states in the order of the definition.
func (m *Machine) rows() (rows []stateRow) {
	for i := range m.Parts {
		p := &m.Parts[i]
		c := chip{Label: p.Label(), Text: p.Text, Class: graph.Missed, Count: p.Count, Line: p.Line}
		if p.Count > 0 {
			c.Class = graph.Covered
		}
		at := slices.IndexFunc(rows, func(r stateRow) bool { return r.Name == p.State })
		if at < 0 {
			rows = append(rows, stateRow{Name: p.State, Line: p.Line})
			at = len(rows) - 1
		}
		if p.Kind == states.PartState.String() {
			rows[at].Type = p.Text
			c.Label, c.Text = "entered", ""
		}
		rows[at].Parts = append(rows[at].Parts, c)
	}
	for i := range rows {
		covered := 0
		for _, c := range rows[i].Parts {
			if c.Count > 0 {
				covered++
			}
		}
		rows[i].Class = class(covered, len(rows[i].Parts))
	}
	return rows
}

// A sourceLine is a line of the definition.
type sourceLine struct {
	Number int
	Spans  []span
}

// A span is a piece of a line that looks the same; Class is "" where there is no part.
type span struct{ Text, Class, Title string }

// source returns the lines of the definition, in which the parts are coloured: a rule, Retrier or
// Catcher as a whole, of the others the key.
func (m *Machine) source() (lines []sourceLine) {
	text := m.machine.Definition()
	type mark struct {
		start, end int
		part       *Part
	}
	starts := []int{0} // of the lines
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	var marks []mark
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Line < 1 || p.Line > len(starts) {
			continue
		}
		at := starts[p.Line-1]
		for range p.Column - 1 {
			at += width(text[at:])
		}
		marks = append(marks, mark{at, at + extent(text[at:]), p})
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return a.start - b.start })
	next := 0
	for n, start := range starts {
		end := len(text)
		if n+1 < len(starts) {
			end = starts[n+1] - 1
		}
		line := sourceLine{Number: n + 1}
		plain := func(to int) {
			if to > start {
				line.Spans = append(line.Spans, span{Text: text[start:to]})
				start = to
			}
		}
		for next < len(marks) && marks[next].start < end {
			k := marks[next]
			plain(min(max(k.start, start), end))
			to := min(k.end, end)
			s := span{Class: graph.Missed, Title: strings.TrimSpace(k.part.State+" "+k.part.Label()) + ": never"}
			if k.part.Count > 0 {
				s.Class, s.Title = graph.Covered, strings.TrimSpace(k.part.State+" "+k.part.Label())+fmt.Sprintf(": %d×", k.part.Count)
			}
			plain(min(start+len(text[start:to])-len(strings.TrimLeft(text[start:to], " \t")), to))
			if to > start {
				s.Text = text[start:to]
				line.Spans = append(line.Spans, s)
				start = to
			}
			if k.end > end {
				break // it goes on in the next line
			}
			next++
		}
		plain(end)
		lines = append(lines, line)
	}
	return lines
}

// width is that of the first character of a text, in bytes.
func width(text string) int {
	for i := range text {
		if i > 0 {
			return i
		}
	}
	return len(text)
}

// extent returns how long the value is that JSON begins with: a string, or an object or an
// array with all that is inside.
func extent(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return min(i+1, len(text))
		}
	}
	return len(text)
}
