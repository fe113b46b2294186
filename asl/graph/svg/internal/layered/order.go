package layered

import (
	"cmp"
	"slices"
)

// sweeps bounds the passes that look for an order with fewer crossings.
const sweeps = 24

// large is how many vertices are too many for swapping neighbours, whose cost grows faster
// than the graph.
const large = 4000

// arrange fills the layers, and orders each so that few edges cross.
func (d *drawing) arrange() {
	last := 0
	for i := range d.vertices {
		last = max(last, d.vertices[i].layer)
	}
	d.layers = make([][]int, last+1)
	seen := make([]bool, len(d.vertices))
	for root := range d.graph.Nodes {
		d.drop(root, seen)
	}
	d.number()
	best, fewest := d.snapshot(), d.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		d.sweep(i%2 == 0, i%4 >= 2)
		if len(d.vertices) < large {
			d.swap()
		}
		if n := d.crossings(); n < fewest {
			best, fewest = d.snapshot(), n
		}
	}
	d.layers = best
	d.number()
}

// drop puts a vertex and all below it that are new into their layers, depth first, so that
// what belongs together stands together.
func (d *drawing) drop(root int, seen []bool) {
	for stack := []int{root}; len(stack) > 0; {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[v] {
			continue
		}
		seen[v] = true
		d.layers[d.vertices[v].layer] = append(d.layers[d.vertices[v].layer], v)
		for _, to := range slices.Backward(d.vertices[v].below) {
			stack = append(stack, to)
		}
	}
}

func (d *drawing) number() {
	for _, layer := range d.layers {
		for i, v := range layer {
			d.vertices[v].order = i
		}
	}
}

func (d *drawing) snapshot() [][]int {
	layers := make([][]int, len(d.layers))
	for i := range d.layers {
		layers[i] = slices.Clone(d.layers[i])
	}
	return layers
}

// sweep orders each layer by where the neighbours in the layer before are, downwards or
// upwards. Vertices with the same middle keep their order, or change it, by turns.
func (d *drawing) sweep(down, turn bool) {
	for i := range d.layers {
		at := i
		if !down {
			at = len(d.layers) - 1 - i
		}
		middle := make(map[int]float64, len(d.layers[at]))
		for _, v := range d.layers[at] {
			near := d.vertices[v].above
			if !down {
				near = d.vertices[v].below
			}
			middle[v] = d.middle(near, float64(d.vertices[v].order))
		}
		layer := d.layers[at]
		if turn {
			slices.Reverse(layer)
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
		for k, v := range layer {
			d.vertices[v].order = k
		}
	}
}

// middle returns the mean of the places of some vertices, or own for none.
func (d *drawing) middle(near []int, own float64) float64 {
	if len(near) == 0 {
		return own
	}
	sum := 0
	for _, v := range near {
		sum += d.vertices[v].order
	}
	return float64(sum) / float64(len(near))
}

// swap changes neighbours as long as fewer edges cross then.
func (d *drawing) swap() {
	for range 4 {
		better := false
		for _, layer := range d.layers {
			for i := 1; i < len(layer); i++ {
				a, b := layer[i-1], layer[i]
				now := d.crossed(a, b, true) + d.crossed(a, b, false)
				then := d.crossed(b, a, true) + d.crossed(b, a, false)
				if then < now {
					layer[i-1], layer[i] = b, a
					d.vertices[a].order, d.vertices[b].order = i, i-1
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// crossed counts the crossings between the edges of two neighbours on one side of them.
func (d *drawing) crossed(left, right int, above bool) int {
	l, r := d.vertices[left].below, d.vertices[right].below
	if above {
		l, r = d.vertices[left].above, d.vertices[right].above
	}
	n := 0
	for _, a := range l {
		for _, b := range r {
			if d.vertices[a].order > d.vertices[b].order {
				n++
			}
		}
	}
	return n
}

// crossings counts all crossings.
func (d *drawing) crossings() int {
	n := 0
	for _, layer := range d.layers {
		// The ends of edges below, in the order of those above: each pair that is out of
		// order crosses. A tree of sums counts them.
		var ends []int
		width := 0
		for _, v := range layer {
			from := len(ends)
			for _, to := range d.vertices[v].below {
				ends = append(ends, d.vertices[to].order)
				width = max(width, d.vertices[to].order+1)
			}
			slices.Sort(ends[from:])
		}
		sums := make([]int, width+1)
		for i, end := range ends {
			greater := i
			for k := end + 1; k > 0; k -= k & -k {
				greater -= sums[k]
			}
			n += greater
			for k := end + 1; k <= width; k += k & -k {
				sums[k]++
			}
		}
	}
	return n
}
