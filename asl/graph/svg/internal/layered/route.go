package layered

import (
	"cmp"
	"math"
	"slices"
)

// rows gives each layer its place from the top. Between layers is the more room the further
// edges go sideways there. What is in a layer stands at its top.
func (d *drawing) rows() {
	d.tops, d.heights = make([]float64, len(d.layers)), make([]float64, len(d.layers))
	y := 0.0
	for i, layer := range d.layers {
		d.tops[i] = y
		sideways := 0.0
		for _, v := range layer {
			d.heights[i] = max(d.heights[i], d.vertices[v].height, d.vertices[v].tall)
			for _, to := range d.vertices[v].below {
				sideways = max(sideways, math.Abs(d.vertices[to].x-d.vertices[v].x))
			}
		}
		for _, v := range layer {
			at := &d.vertices[v]
			at.y = y + at.height/2
			if at.edge >= 0 && d.reversed[at.edge] {
				at.y = y + d.heights[i] - at.height/2 // near where the edge begins
			}
		}
		y += d.heights[i] + layerGap + min(sideways*0.08, 48)
	}
}

// A port is where an edge meets a node, left or right of the node's middle.
type port struct {
	edge  int
	other float64 // the column that the edge goes to from there
}

// narrow is the width of nodes that edges meet in one point.
const narrow = 20

// ports distributes the edges along one side of a node. One that goes straight has the
// middle.
func ports(list []port, node *vertex, apart float64, offset []float64) {
	if len(list) < 2 {
		return
	}
	slices.SortStableFunc(list, func(a, b port) int { return cmp.Compare(a.other, b.other) })
	middle := float64(len(list)-1) / 2
	for i, p := range list {
		if math.Abs(p.other-node.x) < 0.5 {
			middle = float64(i)
		}
	}
	if node.width < narrow {
		return
	}
	most := max(middle, float64(len(list)-1)-middle)
	apart = min(apart, node.width*0.4/most)
	for i, p := range list {
		offset[p.edge] = (float64(i) - middle) * apart
	}
}

// layout returns what has been found.
func (d *drawing) layout() Layout {
	upper, lower := make([]float64, len(d.chains)), make([]float64, len(d.chains))
	below, above := make([][]port, len(d.graph.Nodes)), make([][]port, len(d.graph.Nodes))
	for i, chain := range d.chains {
		if len(chain) > 0 {
			first, last := chain[0], chain[len(chain)-1]
			below[first] = append(below[first], port{i, d.vertices[chain[1]].x})
			above[last] = append(above[last], port{i, d.vertices[chain[len(chain)-2]].x})
		}
	}
	l := Layout{Nodes: make([]Point, len(d.graph.Nodes)), Edges: make([]Route, len(d.chains))}
	for i := range d.graph.Nodes {
		v := &d.vertices[i]
		ports(below[i], v, 22, upper)
		ports(above[i], v, 14, lower)
		l.Nodes[i] = Point{v.x, v.y}
	}
	for i := range d.vertices {
		v := &d.vertices[i]
		l.Width = max(l.Width, v.x+v.width/2+v.room)
		l.Height = max(l.Height, v.y-v.height/2+max(v.height, v.tall))
	}
	for i, chain := range d.chains {
		if len(chain) == 0 {
			l.Edges[i] = d.loop(i)
			continue
		}
		l.Edges[i] = d.route(i, upper[i], lower[i])
	}
	return l
}

// route leads an edge along its chain.
func (d *drawing) route(e int, upper, lower float64) Route {
	chain := d.chains[e]
	var points []Point
	for k, v := range chain {
		at := &d.vertices[v]
		top, bottom := d.tops[at.layer], d.tops[at.layer]+d.heights[at.layer]
		switch k {
		case 0:
			points = append(points, Point{at.x + upper, at.y + at.height/2}, Point{at.x + upper, bottom})
		case len(chain) - 1:
			points = append(points, Point{at.x + lower, top})
		default:
			points = append(points, Point{at.x, top}, Point{at.x, bottom})
		}
	}
	points = slices.Compact(points)
	if d.reversed[e] {
		slices.Reverse(points)
	}
	r := Route{Points: points}
	if v := d.labels[e]; v >= 0 {
		r.Label = Point{d.vertices[v].x, d.vertices[v].y}
	}
	return r
}

// loop leads an edge from the right side of a node back to it.
func (d *drawing) loop(e int) Route {
	v := &d.vertices[d.graph.Edges[e].From]
	right, high := v.x+v.width/2, min(v.height/4, 12)
	far := right + d.loops[e] + loopRoom - 8
	return Route{
		Points: []Point{{right, v.y + high}, {far, v.y + high}, {far, v.y - high}, {right, v.y - high}},
		Label:  Point{far + 4 + d.graph.Edges[e].LabelWidth/2, v.y + (max(v.height, d.graph.Edges[e].LabelHeight)-v.height)/2},
		Loop:   true,
	}
}
