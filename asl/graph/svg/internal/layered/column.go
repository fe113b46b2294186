package layered

import (
	"math"
	"slices"
)

// columns finds where in its layer each vertex stands, by the method of Brandes and Köpf:
// vertices are put below one another in four ways, which lean to the left or right and start
// from the top or bottom, and each takes the mean of its two middle places. Long edges
// become straight.
func (d *drawing) columns() {
	conflicts := d.conflicts()
	var ways [4][]float64
	narrowest, least := 0, math.Inf(1)
	for i := range ways {
		ways[i] = d.way(conflicts, i&1 != 0, i&2 != 0)
		left, right := d.extent(ways[i])
		if right-left < least {
			narrowest, least = i, right-left
		}
	}
	left, right := d.extent(ways[narrowest])
	for i := range ways {
		l, r := d.extent(ways[i])
		shift := left - l
		if i&2 != 0 {
			shift = right - r
		}
		for v := range ways[i] {
			ways[i][v] += shift
		}
	}
	for v := range d.vertices {
		places := []float64{ways[0][v], ways[1][v], ways[2][v], ways[3][v]}
		slices.Sort(places)
		d.vertices[v].x = (places[1] + places[2]) / 2
	}
	d.shift()
}

// shift moves everything so that the leftmost edge of a vertex is at 0.
func (d *drawing) shift() {
	left := math.Inf(1)
	for v := range d.vertices {
		left = min(left, d.vertices[v].x-d.vertices[v].width/2)
	}
	for v := range d.vertices {
		d.vertices[v].x -= left
	}
}

func (d *drawing) extent(x []float64) (left, right float64) {
	left, right = math.Inf(1), math.Inf(-1)
	for v := range x {
		left = min(left, x[v]-d.vertices[v].width/2)
		right = max(right, x[v]+d.vertices[v].width/2)
	}
	return left, right
}

// A segment is a link between vertices of two layers, by the upper and the lower one.
type segment struct{ upper, lower int }

// conflicts are the segments that cross an inner one of a long edge, which stays straight.
func (d *drawing) conflicts() map[segment]bool {
	marked := make(map[segment]bool)
	inner := func(v int) int {
		if d.vertices[v].node >= 0 {
			return -1
		}
		for _, u := range d.vertices[v].above {
			if d.vertices[u].node < 0 {
				return u
			}
		}
		return -1
	}
	for i := 1; i < len(d.layers); i++ {
		before, from := 0, 0
		layer := d.layers[i]
		for k, v := range layer {
			u := inner(v)
			if u < 0 && k < len(layer)-1 {
				continue
			}
			upto := len(d.layers[i-1])
			if u >= 0 {
				upto = d.vertices[u].order
			}
			for _, w := range layer[from : k+1] {
				for _, a := range d.vertices[w].above {
					at := d.vertices[a].order
					if (at < before || at > upto) && !(d.vertices[a].node < 0 && d.vertices[w].node < 0) {
						marked[segment{a, w}] = true
					}
				}
			}
			from, before = k+1, upto
		}
	}
	d.prefer(marked)
	return marked
}

// prefer marks the segments at nodes that heavier ones stand beside, so that the edges that
// matter most become straight.
func (d *drawing) prefer(marked map[segment]bool) {
	weight := make(map[segment]int)
	for i, chain := range d.chains {
		w := d.graph.Edges[i].weight()
		if d.reversed[i] {
			w = 0
		}
		for k := 1; k < len(chain); k++ {
			s := segment{chain[k-1], chain[k]}
			weight[s] = max(weight[s], w)
		}
	}
	heaviest := make(map[int]int)
	for s, w := range weight {
		heaviest[s.upper], heaviest[^s.lower] = max(heaviest[s.upper], w), max(heaviest[^s.lower], w)
	}
	for s, w := range weight {
		if w < heaviest[s.upper] || w < heaviest[^s.lower] {
			marked[s] = true
		}
	}
}

// way returns the columns of one of the four ways: upward starts from the bottom, and
// rightward leans to the right.
func (d *drawing) way(conflicts map[segment]bool, upward, rightward bool) []float64 {
	layers := d.snapshot()
	if upward {
		slices.Reverse(layers)
	}
	if rightward {
		for _, layer := range layers {
			slices.Reverse(layer)
		}
	}
	place := make([]int, len(d.vertices))
	for _, layer := range layers {
		for i, v := range layer {
			place[v] = i
		}
	}
	root := d.align(layers, place, conflicts, upward)
	x := d.compact(layers, root, rightward)
	if rightward {
		for v := range x {
			x[v] = -x[v]
		}
	}
	return x
}

// align puts each vertex below the middle one of those above it, if nothing stands between,
// and returns for each the first vertex of its column.
func (d *drawing) align(layers [][]int, place []int, conflicts map[segment]bool, upward bool) []int {
	root, below := make([]int, len(d.vertices)), make([]int, len(d.vertices))
	for v := range root {
		root[v], below[v] = v, v
	}
	for _, layer := range layers {
		last := -1
		for _, v := range layer {
			near := d.vertices[v].above
			if upward {
				near = d.vertices[v].below
			}
			if len(near) == 0 {
				continue
			}
			near = slices.Clone(near)
			slices.SortStableFunc(near, func(a, b int) int { return place[a] - place[b] })
			for k := (len(near) - 1) / 2; k <= len(near)/2; k++ {
				u := near[k]
				link := segment{u, v}
				if upward {
					link = segment{v, u}
				}
				if below[v] == v && last < place[u] && !conflicts[link] {
					below[u] = v
					root[v] = root[u]
					below[v] = root[v]
					last = place[u]
				}
			}
		}
	}
	return root
}

// compact puts the columns as far to the left as they can be, and then to the right as far
// as their neighbours leave room, which brings them together.
func (d *drawing) compact(layers [][]int, root []int, rightward bool) []float64 {
	type link struct {
		to  int
		gap float64
	}
	after, before := make([][]link, len(root)), make([][]link, len(root))
	waits := make([]int, len(root))
	for _, layer := range layers {
		for i := 1; i < len(layer); i++ {
			l, r := layer[i-1], layer[i]
			gap := d.gap(l, r)
			if rightward {
				gap = d.gap(r, l)
			}
			a, b := root[l], root[r]
			after[a] = append(after[a], link{b, gap})
			before[b] = append(before[b], link{a, gap})
			waits[b]++
		}
	}
	var order []int
	for v := range root {
		if root[v] == v && waits[v] == 0 {
			order = append(order, v)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, l := range after[order[i]] {
			if waits[l.to]--; waits[l.to] == 0 {
				order = append(order, l.to)
			}
		}
	}
	x := make([]float64, len(root))
	for _, v := range order {
		for _, l := range before[v] {
			x[v] = max(x[v], x[l.to]+l.gap)
		}
	}
	for _, v := range slices.Backward(order) {
		limit := math.Inf(1)
		for _, l := range after[v] {
			limit = min(limit, x[l.to]-l.gap)
		}
		if !math.IsInf(limit, 1) {
			x[v] = max(x[v], limit)
		}
	}
	for v := range x {
		x[v] = x[root[v]]
	}
	return x
}
