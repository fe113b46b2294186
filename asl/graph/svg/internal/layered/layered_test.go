package layered

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// random returns a graph with a start, such as machines have: every node can be got to.
func random(r *rand.Rand) Graph {
	g := Graph{Nodes: make([]Node, 1+r.IntN(40))}
	for i := range g.Nodes {
		g.Nodes[i] = Node{Width: 10 + 200*r.Float64(), Height: 10 + 100*r.Float64()}
		if i > 0 {
			g.Edges = append(g.Edges, edge(r, r.IntN(i), i))
		}
	}
	for range r.IntN(2 * len(g.Nodes)) {
		g.Edges = append(g.Edges, edge(r, r.IntN(len(g.Nodes)), r.IntN(len(g.Nodes))))
	}
	return g
}

func edge(r *rand.Rand, from, to int) Edge {
	e := Edge{From: from, To: to, Weight: r.IntN(5)}
	if r.IntN(2) == 0 {
		e.LabelWidth, e.LabelHeight = 100*r.Float64(), 10+30*r.Float64()
	}
	return e
}

// A box is what takes room in a layout.
type box struct{ left, top, right, bottom float64 }

func around(p Point, width, height float64) box {
	return box{p.X - width/2, p.Y - height/2, p.X + width/2, p.Y + height/2}
}

func (b box) overlaps(o box) bool {
	const touch = 1e-6
	return b.left+touch < o.right && o.left+touch < b.right && b.top+touch < o.bottom && o.top+touch < b.bottom
}

// TestPlace lays random graphs out: nothing overlaps, everything is inside, edges meet
// their nodes, and no edge runs through a node or another one's label.
func TestPlace(t *testing.T) {
	for seed := range uint64(300) {
		g := random(rand.New(rand.NewPCG(seed, 7)))
		l := Place(g)
		require.Equal(t, l, Place(g), "seed %d: the same graph has the same layout", seed)
		boxes := make([]box, 0, len(g.Nodes)+len(g.Edges))
		for i, n := range g.Nodes {
			boxes = append(boxes, around(l.Nodes[i], n.Width, n.Height))
		}
		labels := make(map[int]int)
		for i, e := range g.Edges {
			if e.LabelHeight > 0 {
				labels[i] = len(boxes)
				boxes = append(boxes, around(l.Edges[i].Label, e.LabelWidth, e.LabelHeight))
			}
		}
		for i, b := range boxes {
			require.True(t, b.left >= -1e-6 && b.top >= -1e-6 && b.right <= l.Width+1e-6 && b.bottom <= l.Height+1e-6, "seed %d: %v is outside of %v x %v", seed, b, l.Width, l.Height)
			for k := range i {
				require.False(t, b.overlaps(boxes[k]), "seed %d: %v overlaps %v", seed, b, boxes[k])
			}
		}
		for i, e := range g.Edges {
			r := l.Edges[i]
			first, last := r.Points[0], r.Points[len(r.Points)-1]
			if e.From == e.To {
				require.True(t, r.Loop)
				continue
			}
			from, to := boxes[e.From], boxes[e.To]
			require.True(t, onSide(first, from), "seed %d: edge %d begins beside its node", seed, i)
			require.True(t, onSide(last, to), "seed %d: edge %d ends beside its node", seed, i)
			for k := 1; k < len(r.Points); k++ {
				requireFree(t, seed, r.Points[k-1], r.Points[k], boxes, map[int]bool{e.From: true, e.To: true, labels[i]: e.LabelHeight > 0})
			}
		}
	}
}

// onSide reports whether a point is on the upper or lower side of a box.
func onSide(p Point, b box) bool {
	return p.X >= b.left && p.X <= b.right && (math.Abs(p.Y-b.top) < 1e-6 || math.Abs(p.Y-b.bottom) < 1e-6)
}

// requireFree walks along a part of an edge, as it is drawn.
func requireFree(t *testing.T, seed uint64, a, b Point, boxes []box, own map[int]bool) {
	const steps = 20
	for i := range steps + 1 {
		s := float64(i) / steps
		// A cubic curve with control points at half the height.
		x := a.X*(1-s)*(1-s)*(1+2*s) + b.X*s*s*(3-2*s)
		middle := (a.Y + b.Y) / 2
		y := a.Y*(1-s)*(1-s)*(1-s) + 3*middle*s*(1-s) + b.Y*s*s*s
		at := box{x, y, x, y}
		for k, other := range boxes {
			if at.overlaps(box{other.left + 0.01, other.top + 0.01, other.right - 0.01, other.bottom - 0.01}) && !own[k] {
				require.Fail(t, "an edge runs through a box", "seed %d: at %v, %v in %v", seed, x, y, other)
			}
		}
	}
}

// TestStraight: along a chain of heavy edges nothing moves sideways, whatever hangs on it.
func TestStraight(t *testing.T) {
	g := Graph{}
	const length = 8
	for i := range length {
		g.Nodes = append(g.Nodes, Node{Width: 80 + float64(10*i), Height: 40})
		if i > 0 {
			g.Edges = append(g.Edges, Edge{From: i - 1, To: i, Weight: 4})
		}
	}
	g.Nodes = append(g.Nodes, Node{Width: 100, Height: 40})
	for i := range length - 1 {
		g.Edges = append(g.Edges, Edge{From: i, To: length, Weight: 1, LabelWidth: 60, LabelHeight: 20})
	}
	l := Place(g)
	for i := range length {
		require.InDelta(t, l.Nodes[0].X, l.Nodes[i].X, 0.5)
	}
}

// TestEmpty lays out what machines never are.
func TestEmpty(t *testing.T) {
	require.Equal(t, Layout{Nodes: []Point{}, Edges: []Route{}}, Place(Graph{}))
}

// TestLarge takes a moment, not minutes, for a graph of thousands of nodes.
func TestLarge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := Graph{Nodes: make([]Node, 5000)}
	for i := range g.Nodes {
		g.Nodes[i] = Node{Width: 100, Height: 40}
		if i > 0 {
			g.Edges = append(g.Edges, Edge{From: max(i-1-r.IntN(10), 0), To: i})
		}
	}
	require.Len(t, Place(g).Nodes, 5000)
}
