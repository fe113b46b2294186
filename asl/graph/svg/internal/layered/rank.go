package layered

import "slices"

// rank gives every node its layer: as high as it can be, and lower where that makes edges
// shorter altogether.
func (d *drawing) rank() {
	order := d.topological()
	in, out := make([][]int, len(d.graph.Nodes)), make([][]int, len(d.graph.Nodes))
	for i, e := range d.graph.Edges {
		if e.From != e.To {
			upper, lower := d.ends(i)
			out[upper], in[lower] = append(out[upper], i), append(in[lower], i)
		}
	}
	layer := func(v int) *int { return &d.vertices[v].layer }
	highest := func(v int) int {
		at := 0
		for _, e := range in[v] {
			upper, _ := d.ends(e)
			at = max(at, *layer(upper)+d.graph.Edges[e].length())
		}
		return at
	}
	lowest := func(v int) int {
		at := int(^uint(0) >> 1)
		for _, e := range out[v] {
			_, lower := d.ends(e)
			at = min(at, *layer(lower)-d.graph.Edges[e].length())
		}
		return at
	}
	pull := func(edges []int) int {
		sum := 0
		for _, e := range edges {
			sum += d.graph.Edges[e].weight()
		}
		return sum
	}
	for _, v := range order {
		*layer(v) = highest(v)
	}
	for range 8 {
		moved := false
		for _, v := range slices.Backward(order) {
			at := *layer(v)
			switch up, down := pull(in[v]), pull(out[v]); {
			case down > up && len(out[v]) > 0:
				at = lowest(v)
			case up > down:
				at = highest(v)
			}
			moved = moved || at != *layer(v)
			*layer(v) = at
		}
		if !moved {
			break
		}
	}
	d.close()
}

// close leaves out layers without a node, but for those that labels need: an edge with a
// label keeps two.
func (d *drawing) close() {
	used := make(map[int]bool)
	for i := range d.graph.Nodes {
		used[d.vertices[i].layer] = true
	}
	for i, e := range d.graph.Edges {
		if e.LabelHeight > 0 && e.From != e.To {
			upper, lower := d.ends(i)
			if d.reversed[i] {
				used[d.vertices[lower].layer-1] = true
			} else {
				used[d.vertices[upper].layer+1] = true
			}
		}
	}
	layers := make([]int, 0, len(used))
	for layer := range used {
		layers = append(layers, layer)
	}
	slices.Sort(layers)
	place := make(map[int]int, len(layers))
	for i, layer := range layers {
		place[layer] = i
	}
	for i := range d.graph.Nodes {
		d.vertices[i].layer = place[d.vertices[i].layer]
	}
}

// topological returns the nodes in an order in which edges lead from earlier to later ones.
func (d *drawing) topological() []int {
	waits := make([]int, len(d.graph.Nodes))
	out := make([][]int, len(d.graph.Nodes))
	for i, e := range d.graph.Edges {
		if e.From != e.To {
			upper, lower := d.ends(i)
			waits[lower]++
			out[upper] = append(out[upper], lower)
		}
	}
	order := make([]int, 0, len(waits))
	for v, n := range waits {
		if n == 0 {
			order = append(order, v)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, to := range out[order[i]] {
			if waits[to]--; waits[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}
