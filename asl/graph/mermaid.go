package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Mermaid returns the picture as a Mermaid flowchart, which GitHub, GitLab and many editors
// draw where Markdown has it in a code block of the language mermaid. It is colourful on a
// light page and on a dark one. Mark.Note is not in it.
func (p *Picture) Mermaid(marks Marks) string {
	m := mermaid{marks: marks, classes: make(map[string][]string)}
	m.line(0, "flowchart TD")
	m.group(p.Root, 1)
	for _, class := range mermaidClasses {
		if ids := m.classes[class.name]; len(ids) > 0 {
			m.line(1, "classDef %s %s", class.name, class.style)
			m.line(1, "class %s %s", strings.Join(ids, ","), class.name)
		}
	}
	for _, style := range []struct {
		name, style string
	}{{string(Catch), "stroke:#d97706"}, {string(Compensate), "stroke:#7c3aed"}, {Taken, "stroke:#16a34a,stroke-width:3px"}, {Unreached, "stroke:#9ca3af"}} {
		if links := m.links[style.name]; len(links) > 0 {
			m.line(1, "linkStyle %s %s", strings.ReplaceAll(strings.Trim(fmt.Sprint(links), "[]"), " ", ","), style.style)
		}
	}
	return strings.ReplaceAll(m.b.String(), "\r", "")
}

// mermaidClasses are the looks of the state types and of marks.
var mermaidClasses = []struct{ name, style string }{
	{"task", "stroke:#2563eb,stroke-width:2px"},
	{"choice", "stroke:#b45309,stroke-width:2px"},
	{"wait", "stroke:#7c3aed,stroke-width:2px"},
	{"succeed", "stroke:#15803d,stroke-width:2px"},
	{"fail", "stroke:#b91c1c,stroke-width:2px"},
	{Succeeded, "fill:#bbf7d0,stroke:#15803d,color:#052e16"},
	{Failed, "fill:#fecaca,stroke:#b91c1c,color:#450a0a"},
	{Caught, "fill:#fed7aa,stroke:#c2410c,color:#431407"},
	{Aborted, "fill:#e5e7eb,stroke:#4b5563,color:#111827"},
	{Running, "fill:#bfdbfe,stroke:#1d4ed8,color:#172554"},
	{Unreached, "stroke-dasharray:4 3"},
	{Covered, "fill:#bbf7d0,stroke:#15803d,color:#052e16"},
	{Partly, "fill:#fef08a,stroke:#a16207,color:#422006"},
	{Missed, "fill:#fecaca,stroke:#b91c1c,color:#450a0a"},
}

type mermaid struct {
	b       strings.Builder
	marks   Marks
	classes map[string][]string // IDs by class
	links   map[string][]int    // numbers of edges by their looks
	edges   int
}

func (m *mermaid) line(depth int, format string, args ...any) {
	m.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&m.b, format, args...)
	m.b.WriteByte('\n')
}

func (m *mermaid) group(g *Group, depth int) {
	m.line(depth, "%s((\" \"))", start(g))
	for _, n := range g.Nodes {
		m.node(n, depth)
	}
	if g.Ends() {
		m.line(depth, "%s(((\" \")))", end(g))
	}
	for _, e := range g.Edges {
		m.edge(g, e, depth)
	}
}

// start and end are the IDs of the points where a group begins and ends.
func start(g *Group) string { return g.ID + "-start" }
func end(g *Group) string   { return g.ID + "-end" }

func (m *mermaid) node(n *Node, depth int) {
	mark := m.marks.node(n)
	label := caption(n, mark)
	if len(n.Groups) > 0 {
		m.line(depth, "subgraph %s[\"%s\"]", n.ID, strings.Join(mapped(label, mermaidText), " · "))
		m.line(depth+1, "direction TB")
		if len(n.Groups) == 1 {
			m.group(n.Groups[0], depth+1)
		} else {
			for _, g := range n.Groups {
				m.line(depth+1, "subgraph %s[\" \"]", g.ID)
				m.line(depth+2, "direction TB")
				m.group(g, depth+2)
				m.line(depth+1, "end")
			}
		}
		m.line(depth, "end")
	} else {
		open, close := "[", "]"
		switch n.Type() {
		case "Choice":
			open, close = "{{", "}}"
		case "Succeed", "Fail":
			open, close = "([", "])"
		}
		m.line(depth, "%s%s\"%s\"%s", n.ID, open, strings.Join(mapped(label, mermaidText), "<br/>"), close)
		m.class(strings.ToLower(n.Type()), n.ID)
	}
	m.class(mark.Class, n.ID)
}

func (m *mermaid) class(name, id string) { m.classes[name] = append(m.classes[name], id) }

func (m *mermaid) edge(g *Group, e *Edge, depth int) {
	mark := m.marks.edge(e)
	from, to := start(g), end(g)
	if e.From != nil {
		from = e.From.ID
	}
	if e.To != nil {
		to = e.To.ID
	}
	line := "-->"
	if e.Kind == Catch || e.Kind == Compensate {
		line = "-.->"
	}
	label := e.caption()
	if mark.Badge != "" {
		label = strings.TrimSpace(label + " " + mark.Badge)
	}
	if label != "" {
		line += "|\"" + mermaidText(label) + "\"|"
	}
	m.line(depth, "%s %s %s", from, line, to)
	looks := mark.Class
	if looks == "" {
		looks = string(e.Kind)
	}
	if m.links == nil {
		m.links = make(map[string][]int)
	}
	m.links[looks] = append(m.links[looks], m.edges)
	m.edges++
}

// caption is what stands on a node: its name, what it does, and its mark.
func caption(n *Node, mark Mark) []string {
	lines := []string{n.Name()}
	if n.Detail != "" {
		lines = append(lines, n.Detail)
	}
	if len(n.Retries) > 0 {
		lines[0] += " ↻"
	}
	if mark.Badge != "" {
		lines[0] += " " + mark.Badge
	}
	return lines
}

// caption is what stands on an edge.
func (e *Edge) caption() string {
	switch e.Kind {
	case Catch:
		return "on " + e.Label
	case Compensate:
		return "undone by"
	}
	return e.Label
}

func mapped(texts []string, f func(string) string) []string {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i] = f(texts[i])
	}
	return texts
}

// mermaidText writes a text for a label in quotes. Mermaid takes HTML and Markdown there,
// and '#' begins a character's number.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range oneLine(text) {
		if strings.ContainsRune("\"#&<>`*_~\\{}[]|;", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
