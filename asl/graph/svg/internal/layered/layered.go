// Package layered lays graphs out from top to bottom, in layers, as Sugiyama, Tagawa and
// Toda proposed: edges are made to run downwards, each node gets a layer (rank.go), long
// edges become chains of points, one in each layer between, the layers are ordered so that
// few edges cross (order.go), columns are found by the method of Brandes and Köpf
// (column.go), and edges are led through the room that their points have kept (route.go).
//
// An edge is a vertical line within a layer and bends between layers only, so it never
// crosses a node or the label of another edge.
package layered

// A Graph is what is laid out. Sizes are in pixels, or whatever the caller counts in.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// A Node is a box.
type Node struct{ Width, Height float64 }

// An Edge leads from a node to another one, or to itself, by their positions in Nodes.
type Edge struct {
	From, To int
	// LabelWidth and LabelHeight are the size of the edge's label; without a height there
	// is none.
	LabelWidth, LabelHeight float64
	// Weight says how much it matters that the edge is short; less than 1 counts as 1.
	Weight int
}

// Gaps between what stands side by side, and between layers.
const (
	nodeGap  = 30
	edgeGap  = 18
	layerGap = 30
	loopRoom = 26 // right of a node, for an edge to itself
)

// A Point has its origin at the left and at the top.
type Point struct{ X, Y float64 }

// A Layout says where everything is. The layout of a graph is always the same.
type Layout struct {
	Width, Height float64
	// Nodes are the centres of the nodes, in the order of the graph's.
	Nodes []Point
	// Edges are in the order of the graph's.
	Edges []Route
}

// A Route is the way of an edge, from its From to its To. From one point to the next it
// goes straight, if that is vertical or the route is a loop's, and else bends twice, with
// vertical tangents at both points.
type Route struct {
	Points []Point
	// Label is the centre of the label.
	Label Point
	// Loop is set for an edge from a node to itself.
	Loop bool
}

// A vertex is a node, or a point of a long edge.
type vertex struct {
	width, height float64
	room, tall    float64 // beside it on the right, for edges to itself, and how high that is
	layer, order  int
	x, y          float64 // of the centre
	node          int     // of the graph, -1 for a point
	edge          int     // that the point belongs to
	above, below  []int   // vertices that are linked with it, in the layers next to its own
}

// A drawing is a graph while it is laid out.
type drawing struct {
	graph    Graph
	reversed []bool    // edges that are led upwards
	chains   [][]int   // the vertices of each edge, from top to bottom; nil for loops
	labels   []int     // the vertex of each edge's label, -1 for none
	loops    []float64 // how far from its node each edge from a node to itself begins
	vertices []vertex
	layers   [][]int
	tops     []float64 // of the layers
	heights  []float64
}

// Place lays a graph out.
func Place(g Graph) Layout {
	d := &drawing{graph: g}
	for i, n := range g.Nodes {
		d.vertices = append(d.vertices, vertex{width: n.Width, height: n.Height, node: i, edge: -1})
	}
	d.turn()
	d.rank()
	d.chain()
	d.arrange()
	d.columns()
	d.rows()
	return d.layout()
}

// turn finds the edges that close a ring, which are led upwards.
func (d *drawing) turn() {
	d.reversed = make([]bool, len(d.graph.Edges))
	out := make([][]int, len(d.graph.Nodes))
	for i, e := range d.graph.Edges {
		if e.From != e.To {
			out[e.From] = append(out[e.From], i)
		}
	}
	const (
		unseen = iota
		open
		done
	)
	state := make([]byte, len(d.graph.Nodes))
	next := make([]int, len(d.graph.Nodes))
	for root := range d.graph.Nodes {
		if state[root] != unseen {
			continue
		}
		state[root] = open
		for stack := []int{root}; len(stack) > 0; {
			v := stack[len(stack)-1]
			if next[v] == len(out[v]) {
				state[v] = done
				stack = stack[:len(stack)-1]
				continue
			}
			e := out[v][next[v]]
			next[v]++
			switch to := d.graph.Edges[e].To; state[to] {
			case unseen:
				state[to] = open
				stack = append(stack, to)
			case open:
				d.reversed[e] = true
			}
		}
	}
}

// ends returns the upper and the lower node of an edge.
func (d *drawing) ends(e int) (upper, lower int) {
	edge := d.graph.Edges[e]
	if d.reversed[e] {
		return edge.To, edge.From
	}
	return edge.From, edge.To
}

// length is how many layers lie at least between the ends of an edge, counted from 1: a
// label has one of its own.
func (e Edge) length() int {
	if e.LabelHeight > 0 {
		return 2
	}
	return 1
}

func (e Edge) weight() int { return max(e.Weight, 1) }

// chain puts a point of every edge into each layer between its ends. The label is the point
// next to the edge's own beginning.
func (d *drawing) chain() {
	d.chains, d.labels, d.loops = make([][]int, len(d.graph.Edges)), make([]int, len(d.graph.Edges)), make([]float64, len(d.graph.Edges))
	for i, e := range d.graph.Edges {
		d.labels[i] = -1
		if e.From == e.To {
			v := &d.vertices[e.From]
			d.loops[i] = v.room
			v.room += loopRoom + e.LabelWidth
			v.tall = max(v.tall, e.LabelHeight)
			continue
		}
		upper, lower := d.ends(i)
		chain := []int{upper}
		first, last := d.vertices[upper].layer+1, d.vertices[lower].layer-1
		at := first
		if d.reversed[i] {
			at = last
		}
		for layer := first; layer <= last; layer++ {
			v := vertex{layer: layer, node: -1, edge: i, width: 2}
			if layer == at && e.LabelHeight > 0 {
				v.width, v.height = e.LabelWidth, e.LabelHeight
				d.labels[i] = len(d.vertices)
			}
			chain = append(chain, len(d.vertices))
			d.vertices = append(d.vertices, v)
		}
		chain = append(chain, lower)
		for k := 1; k < len(chain); k++ {
			d.vertices[chain[k-1]].below = append(d.vertices[chain[k-1]].below, chain[k])
			d.vertices[chain[k]].above = append(d.vertices[chain[k]].above, chain[k-1])
		}
		d.chains[i] = chain
	}
}

// gap returns the distance that the centres of two neighbours keep.
func (d *drawing) gap(left, right int) float64 {
	l, r := &d.vertices[left], &d.vertices[right]
	gap := float64(nodeGap)
	if l.node < 0 || r.node < 0 {
		gap = edgeGap
	}
	return l.width/2 + l.room + gap + r.width/2
}
