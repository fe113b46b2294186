package svg

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg/internal/layered"
)

// A plan is a group with the sizes and places of all that is in it.
type plan struct {
	group         *graph.Group
	width, height float64
	start         place
	end           *place
	states        []stateBox
	bundles       []bundle
}

// root reports whether the plan is the machine's own.
func (p *plan) root() bool { return p.group.Owner == nil }

// A place is a box by its centre and its size.
type place struct{ x, y, width, height float64 }

// A stateBox is a state with its texts, broken into lines.
type stateBox struct {
	place
	node   *graph.Node
	mark   graph.Mark
	name   []string
	detail []string
	head   float64 // the height of the texts, above what is inside
	inner  []innerPlan
}

// An innerPlan is a graph inside of a state, by its upper left corner in the state's box.
type innerPlan struct {
	*plan
	x, y, frameWidth, frameHeight float64
}

// A bundle is the edges between the same two states that stand for alternatives: they are
// drawn as one line with a label for each.
type bundle struct {
	edges  []*graph.Edge
	marks  []graph.Mark
	labels [][]string
	route  layered.Route
	width  float64 // of the labels
	height float64
}

// Sizes in pixels.
const (
	padding     = 14 // left and right of a state's texts
	nameLine    = 17
	detailLine  = 15
	labelLine   = 14
	labelPad    = 4
	widestName  = 210
	widestLabel = 200
	framePad    = 12
	frameGap    = 12
	widestRow   = 1500 // of branches side by side
)

func newPlan(g *graph.Group, o *Options) *plan {
	p := &plan{group: g}
	l := layered.Graph{}
	if p.root() {
		p.start = place{width: 54, height: 24}
	} else {
		p.start = place{width: 10, height: 10}
	}
	l.Nodes = append(l.Nodes, layered.Node{Width: p.start.width, Height: p.start.height})
	index := make(map[*graph.Node]int)
	for _, n := range g.Nodes {
		b := newStateBox(n, o)
		index[n] = len(l.Nodes)
		p.states = append(p.states, b)
		l.Nodes = append(l.Nodes, layered.Node{Width: b.width, Height: b.height})
	}
	end := len(l.Nodes)
	if g.Ends() {
		p.end = &place{width: 12, height: 12}
		if p.root() {
			p.end = &place{width: 48, height: 24}
		}
		l.Nodes = append(l.Nodes, layered.Node{Width: p.end.width, Height: p.end.height})
	}
	p.bundles = bundles(g, o)
	for i := range p.bundles {
		e := p.bundles[i].edges[0]
		edge := layered.Edge{To: end, LabelWidth: p.bundles[i].width, LabelHeight: p.bundles[i].height, Weight: weights[e.Kind]}
		if e.From != nil {
			edge.From = index[e.From]
		}
		if e.To != nil {
			edge.To = index[e.To]
		}
		l.Edges = append(l.Edges, edge)
	}
	placed := layered.Place(l)
	p.width, p.height = placed.Width, placed.Height
	p.start.x, p.start.y = placed.Nodes[0].X, placed.Nodes[0].Y
	for i := range p.states {
		p.states[i].x, p.states[i].y = placed.Nodes[i+1].X, placed.Nodes[i+1].Y
	}
	if p.end != nil {
		p.end.x, p.end.y = placed.Nodes[end].X, placed.Nodes[end].Y
	}
	for i := range p.bundles {
		p.bundles[i].route = placed.Edges[i]
	}
	return p
}

// weights say how much it matters that edges are short.
var weights = map[graph.EdgeKind]int{graph.Start: 4, graph.Next: 4, graph.Rule: 2, graph.Default: 2, graph.End: 3, graph.Catch: 1, graph.Compensate: 2}

func newStateBox(n *graph.Node, o *Options) stateBox {
	b := stateBox{node: n}
	if o.Marks.Node != nil {
		b.mark = o.Marks.Node(n)
	}
	detail := n.Type()
	switch {
	case n.Type() == "Parallel":
		detail += " · " + strconv.Itoa(len(n.Groups)) + " branches"
		if len(n.Groups) == 1 {
			detail = "Parallel · 1 branch"
		}
	case n.Detail != "":
		detail += " · " + n.Detail
	}
	if n.Handler {
		detail = "Handler · " + detail
	}
	b.name = nameFont.lines(n.Name(), widestName, 3)
	b.detail = detailFont.lines(detail, widestName, 3)
	b.detail[0] = strings.TrimSuffix(b.detail[0], " ·")
	side := float64(2 * padding)
	if len(n.Retries) > 0 {
		side += 18
	}
	if n.Type() == "Choice" {
		side += 20
	}
	b.width = max(nameFont.widest(b.name), detailFont.widest(b.detail)) + side
	b.width = max(b.width, 96)
	b.head = 10 + nameLine*float64(len(b.name)) + detailLine*float64(len(b.detail)) + 8
	b.height = b.head
	b.fill(o)
	return b
}

// fill puts the graphs inside of a state below its texts, side by side, and in further rows
// when that becomes too wide.
func (b *stateBox) fill(o *Options) {
	if len(b.node.Groups) == 0 {
		return
	}
	x, y, row, wide := float64(framePad), b.head, 0.0, 0.0
	for _, g := range b.node.Groups {
		p := newPlan(g, o)
		inner := innerPlan{plan: p, frameWidth: p.width + 2*framePad, frameHeight: p.height + 2*framePad}
		if x > framePad && x+inner.frameWidth > widestRow {
			x, y, row = framePad, y+row+frameGap, 0
		}
		inner.x, inner.y = x, y
		x += inner.frameWidth + frameGap
		row = max(row, inner.frameHeight)
		wide = max(wide, x-frameGap)
		b.inner = append(b.inner, inner)
	}
	if spare := b.width - (wide + framePad); spare > 0 {
		for i := range b.inner {
			b.inner[i].x += spare / 2
		}
	}
	b.width = max(b.width, wide+framePad)
	b.height = y + row + framePad
	level(b.inner)
}

// level gives the frames of one row the same height.
func level(inner []innerPlan) {
	for i := range inner {
		for k := range inner {
			if inner[i].y == inner[k].y {
				inner[i].frameHeight = max(inner[i].frameHeight, inner[k].frameHeight)
			}
		}
	}
}

// bundles gathers the edges of a group. Rules, and the Default, that lead from one state to
// the same other one are alternatives, and so are Catchers.
func bundles(g *graph.Group, o *Options) []bundle {
	type key struct {
		from, to *graph.Node
		kind     graph.EdgeKind
	}
	var list []bundle
	known := make(map[key]int)
	for _, e := range g.Edges {
		k := key{e.From, e.To, e.Kind}
		if k.kind == graph.Default {
			k.kind = graph.Rule
		}
		i, ok := known[k]
		if !ok {
			i = len(list)
			known[k] = i
			list = append(list, bundle{})
		}
		b := &list[i]
		var m graph.Mark
		if o.Marks.Edge != nil {
			m = o.Marks.Edge(e)
		}
		b.edges = append(b.edges, e)
		b.marks = append(b.marks, m)
		label := labelOf(e, m)
		b.labels = append(b.labels, label)
		if len(label) > 0 {
			b.width = max(b.width, labelFont.widest(label)+2*labelPad+4)
			b.height += labelLine*float64(len(label)) + 2*labelPad
		}
	}
	return list
}

// labelOf returns what stands on an edge.
func labelOf(e *graph.Edge, m graph.Mark) []string {
	text := e.Label
	switch e.Kind {
	case graph.Catch:
		text = "on " + e.Label
	case graph.Compensate:
		text = "undone by"
	}
	lines := labelFont.lines(text, widestLabel, 4)
	if m.Badge != "" {
		lines = append(lines, m.Badge)
	}
	return lines
}
