package svg

import (
	"strings"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg/internal/layered"
)

// attributes are those of an edge's element.
func (d *drawing) attributes(e *graph.Edge, class string) string {
	end := func(n *graph.Node) string {
		if n == nil {
			return ""
		}
		return n.Name()
	}
	classes := strings.TrimSpace("edge " + string(e.Kind) + " " + class)
	return `class="` + quote(classes) + `" data-from="` + quote(end(e.From)) + `" data-to="` + quote(end(e.To)) + `" data-kind="` + string(e.Kind) + `"`
}

// edge draws the line of a bundle. It looks like the edge that is most worth seeing.
func (d *drawing) edge(b *bundle, x, y float64) {
	shown := 0
	for i, m := range b.marks {
		if m.Class != "" && m.Class != graph.Unreached && m.Class != graph.Missed {
			shown = i
			break
		}
	}
	notes := make([]string, len(b.edges))
	for i, e := range b.edges {
		notes[i] = aboutEdge(e, b.marks[i])
	}
	d.print(`<g id="%s" %s>`, quote(d.options.Prefix+b.edges[0].ID+lineSuffix(b)), d.attributes(b.edges[0], b.marks[shown].Class))
	d.print("<title>%s</title>", quote(strings.Join(notes, "\n")))
	line, tip := lead(b.route, x, y)
	d.print(`<path class="reach" d="%s"/><path class="line" d="%s"/><path class="tip" d="%s"/>`, line, line, tip)
	d.print("</g>")
}

// lineSuffix ends the ID of a line that several edges share: theirs are on the labels.
func lineSuffix(b *bundle) string {
	if len(b.edges) > 1 {
		return "-line"
	}
	return ""
}

// labels writes the labels of a bundle's edges.
func (d *drawing) labels(b *bundle, x, y float64) {
	if b.height == 0 {
		return
	}
	middle, top := x+b.route.Label.X, y+b.route.Label.Y-b.height/2
	for i, label := range b.labels {
		if len(label) == 0 {
			continue
		}
		id := ""
		if len(b.edges) > 1 {
			id = ` id="` + quote(d.options.Prefix+b.edges[i].ID) + `"`
		}
		d.print(`<g%s %s>`, id, d.attributes(b.edges[i], "label "+b.marks[i].Class))
		d.print("<title>%s</title>", quote(aboutEdge(b.edges[i], b.marks[i])))
		w, h := labelFont.widest(label)+2*labelPad, labelLine*float64(len(label))+2*labelPad-2
		d.print(`<rect x="%s" y="%s" width="%s" height="%s" rx="5"/>`, number(middle-w/2), number(top+1), number(w), number(h))
		for k, text := range label {
			d.print(`<text x="%s" y="%s" text-anchor="middle">%s</text>`, number(middle), number(top+labelPad+10+labelLine*float64(k)), quote(text))
		}
		d.print("</g>")
		top += labelLine*float64(len(label)) + 2*labelPad
	}
}

// lead writes the way of an edge as the data of a path, and that of the tip at its end.
func lead(r layered.Route, x, y float64) (line, tip string) {
	at := func(p layered.Point) string { return number(x+p.X) + " " + number(y+p.Y) }
	points := append([]layered.Point(nil), r.Points...)
	last := points[len(points)-1]
	const length, half = 8.0, 4.0
	if r.Loop {
		tip = "M" + at(last) + "l" + number(length) + " " + number(-half) + "v" + number(2*half) + "z"
		points[len(points)-1].X += length - 1
		line = "M" + at(points[0])
		for _, p := range points[1:] {
			line += "L" + at(p)
		}
		return line, tip
	}
	down := 1.0
	if before := points[len(points)-2]; before.Y > last.Y {
		down = -1
	}
	tip = "M" + at(last) + "l" + number(-half) + " " + number(-length*down) + "h" + number(2*half) + "z"
	points[len(points)-1].Y -= (length - 1) * down
	line = "M" + at(points[0])
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if a.X == b.X {
			line += "L" + at(b)
			continue
		}
		middle := (a.Y + b.Y) / 2
		line += "C" + at(layered.Point{X: a.X, Y: middle}) + " " + at(layered.Point{X: b.X, Y: middle}) + " " + at(b)
	}
	return line, tip
}
