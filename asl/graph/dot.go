package graph

import (
	"fmt"
	"strings"
)

// DOT returns the picture in the language of Graphviz. Its IDs and classes are in what
// Graphviz makes of it, too. Mark.Note becomes the tooltip.
func (p *Picture) DOT(marks Marks) string {
	d := dot{marks: marks}
	d.line(0, "digraph %s {", dotText(p.Title()))
	d.line(1, `compound=true; rankdir=TB; nodesep=0.35; ranksep=0.45; fontname="Helvetica"; bgcolor="transparent";`)
	d.line(1, `node [shape=box, style="rounded,filled", fillcolor="white", color="#4b5563", fontname="Helvetica", fontsize=12, margin="0.15,0.08"];`)
	d.line(1, `edge [fontname="Helvetica", fontsize=10, color="#6b7280", fontcolor="#374151", arrowsize=0.7];`)
	d.group(p.Root, 1)
	d.line(0, "}")
	return d.b.String()
}

type dot struct {
	b     strings.Builder
	marks Marks
}

func (d *dot) line(depth int, format string, args ...any) {
	d.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&d.b, format, args...)
	d.b.WriteByte('\n')
}

// dotFills are the colours of marked nodes, dotStrokes those of marked edges.
var (
	dotFills = map[string]string{
		Succeeded: "#bbf7d0", Failed: "#fecaca", Caught: "#fed7aa", Aborted: "#e5e7eb", Running: "#bfdbfe",
		Covered: "#bbf7d0", Partly: "#fef08a", Missed: "#fecaca",
	}
	dotStrokes = map[string]string{Taken: "#15803d", Covered: "#15803d", Missed: "#b91c1c", Partly: "#a16207", Unreached: "#d1d5db"}
)

func (d *dot) group(g *Group, depth int) {
	d.line(depth, `%s [shape=circle, label="", width=0.16, style=filled, fillcolor="#374151", tooltip="start"];`, dotText(start(g)))
	for _, n := range g.Nodes {
		d.node(n, depth)
	}
	if g.Ends() {
		d.line(depth, `%s [shape=doublecircle, label="", width=0.11, style=filled, fillcolor="#374151", tooltip="end"];`, dotText(end(g)))
	}
	for _, e := range g.Edges {
		d.edge(g, e, depth)
	}
}

func (d *dot) node(n *Node, depth int) {
	mark := d.marks.node(n)
	kind := strings.ToLower(n.Type())
	class := strings.TrimSpace("state " + kind + " " + mark.Class)
	tooltip := n.Name() + ": " + n.Type()
	if mark.Note != "" {
		tooltip += ", " + mark.Note
	}
	attributes := fmt.Sprintf(`id=%s, class=%s, label=%s, tooltip=%s`, dotText(n.ID), dotText(class), dotLines(caption(n, mark)), dotText(tooltip))
	if fill := dotFills[mark.Class]; fill != "" {
		attributes += fmt.Sprintf(", fillcolor=%q", fill)
	}
	switch n.Type() {
	case "Choice":
		attributes += `, shape=hexagon, style=filled, color="#b45309"`
	case "Task":
		attributes += `, color="#2563eb"`
	case "Wait":
		attributes += `, color="#7c3aed"`
	case "Succeed":
		attributes += `, color="#15803d", penwidth=2`
	case "Fail":
		attributes += `, color="#b91c1c", penwidth=2`
	}
	if mark.Class == Unreached {
		attributes += `, style="rounded,dashed"`
	}
	if len(n.Groups) == 0 {
		d.line(depth, "%s [%s];", dotText(n.ID), attributes)
		return
	}
	// Graphviz draws edges from and to nodes only, so a node stands at the head of what is
	// inside, for the state itself.
	d.line(depth, "subgraph %s {", dotText("cluster-"+n.ID))
	d.line(depth+1, `style=rounded; color="#9ca3af"; label="";`)
	d.line(depth+1, "%s [%s];", dotText(n.ID), attributes)
	for _, g := range n.Groups {
		d.line(depth+1, "subgraph %s {", dotText("cluster-"+g.ID))
		d.line(depth+2, `style="rounded,dashed"; color="#d1d5db";`)
		d.group(g, depth+2)
		d.line(depth+1, "}")
		d.line(depth+1, "%s -> %s [style=dotted, arrowhead=none];", dotText(n.ID), dotText(start(g)))
	}
	d.line(depth, "}")
}

// leaving returns the node that an edge of Graphviz's leaves a state from, and the cluster
// at whose border it is to begin, "" for none. What follows a state with others inside stands
// below them, so the edge comes from where the middle one of its groups ends.
func leaving(n *Node) (id, cluster string) {
	if len(n.Groups) == 0 {
		return n.ID, ""
	}
	g := n.Groups[len(n.Groups)/2]
	for !g.Ends() {
		last := g.Nodes[len(g.Nodes)-1]
		if len(last.Groups) == 0 {
			return last.ID, "cluster-" + n.ID
		}
		g = last.Groups[len(last.Groups)/2]
	}
	return end(g), "cluster-" + n.ID
}

func (d *dot) edge(g *Group, e *Edge, depth int) {
	mark := d.marks.edge(e)
	from, to := start(g), end(g)
	tail := ""
	if e.From != nil {
		from, tail = leaving(e.From)
	}
	if e.To != nil {
		to = e.To.ID
	}
	label := wrap(e.caption(), 30)
	if mark.Badge != "" {
		label = append(label, mark.Badge)
	}
	attributes := fmt.Sprintf(`id=%s, class=%s`, dotText(e.ID), dotText(strings.TrimSpace("edge "+string(e.Kind)+" "+mark.Class)))
	if tail != "" {
		attributes += ", ltail=" + dotText(tail)
	}
	if len(label) > 0 {
		attributes += ", label=" + dotLines(label)
	}
	if mark.Note != "" {
		attributes += ", tooltip=" + dotText(mark.Note)
	}
	switch e.Kind {
	case Catch:
		attributes += `, style=dashed, color="#d97706"`
	case Compensate:
		attributes += `, style=dashed, color="#7c3aed"`
	}
	if stroke := dotStrokes[mark.Class]; stroke != "" {
		attributes += fmt.Sprintf(", color=%q", stroke)
		if mark.Class != Unreached {
			attributes += ", penwidth=2"
		}
	}
	d.line(depth, "%s -> %s [%s];", dotText(from), dotText(to), attributes)
}

// dotText writes a text in quotes. Backslashes would begin an escape of Graphviz's.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(text) + `"`
}

// dotLines writes lines of text, which stand one below the other.
func dotLines(lines []string) string {
	for i, line := range lines {
		quoted := dotText(line)
		lines[i] = quoted[1 : len(quoted)-1]
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// wrap breaks a text into lines of about width characters, at spaces; none for "".
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
