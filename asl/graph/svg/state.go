package svg

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/graph"
)

// state draws a state in a group whose upper left corner is at a place.
func (d *drawing) state(b *stateBox, x, y float64) {
	n := b.node
	left, top := x+b.x-b.width/2, y+b.y-b.height/2
	kind := strings.ToLower(n.Type())
	classes := []string{"state", kind}
	if n.Handler {
		classes = append(classes, "handler")
	}
	if b.mark.Class != "" {
		classes = append(classes, b.mark.Class)
	}
	d.print(`<g id="%s" class="%s" data-state="%s" data-type="%s" data-pointer="%s">`,
		quote(d.options.Prefix+n.ID), quote(strings.Join(classes, " ")), quote(n.Name()), n.Type(), quote(n.State.Pointer()))
	d.print("<title>%s</title>", quote(about(n, b.mark)))
	d.outline(b, left, top)
	d.texts(b, left, top)
	if d.options.Link != nil {
		d.link(b, d.options.Link(n), left, top)
	}
	for i := range b.inner {
		in := &b.inner[i]
		d.print(`<g id="%s" class="group">`, quote(d.options.Prefix+in.group.ID))
		d.print(`<rect class="frame" x="%s" y="%s" width="%s" height="%s" rx="8"/>`, number(left+in.x), number(top+in.y), number(in.frameWidth), number(in.frameHeight))
		d.group(in.plan, left+in.x+framePad, top+in.y+framePad)
		d.print("</g>")
	}
	if b.mark.Badge != "" {
		d.badge(b.mark.Badge, left+b.width, top)
	}
	d.print("</g>")
}

// outline draws the shape of a state: a Choice has points at its sides, what ends a graph
// is round, and a Map stands before others like it.
func (d *drawing) outline(b *stateBox, left, top float64) {
	w, h := b.width, b.height
	switch b.node.Type() {
	case "Choice":
		const tip = 14.0
		points := [][2]float64{{left, top + h/2}, {left + tip, top}, {left + w - tip, top}, {left + w, top + h/2}, {left + w - tip, top + h}, {left + tip, top + h}}
		texts := make([]string, len(points))
		for i, p := range points {
			texts[i] = number(p[0]) + "," + number(p[1])
		}
		d.print(`<polygon class="box" points="%s"/>`, strings.Join(texts, " "))
	case "Succeed", "Fail":
		d.box(left, top, w, h, h/2)
	case "Map":
		d.print(`<rect class="box behind" x="%s" y="%s" width="%s" height="%s" rx="8"/>`, number(left+5), number(top+5), number(w), number(h))
		d.box(left, top, w, h, 8)
	default:
		d.box(left, top, w, h, 8)
	}
	if len(b.inner) == 0 && b.node.Type() != "Choice" && b.node.Type() != "Succeed" && b.node.Type() != "Fail" {
		d.print(`<path class="stripe" d="M%s %sh-1a7 7 0 0 0 -7 7v%sa7 7 0 0 0 7 7h1z"/>`, number(left+8), number(top+0.5), number(h-15))
	}
}

// link lays a link over a state, under what is inside of it.
func (d *drawing) link(b *stateBox, address string, left, top float64) {
	if address == "" {
		return
	}
	says := b.node.Name() + ", " + b.node.Type()
	if b.mark.Note != "" {
		says += ", " + b.mark.Note
	}
	d.print(`<a class="link" href="%s" aria-label="%s"><rect class="target" x="%s" y="%s" width="%s" height="%s" rx="10"/></a>`,
		quote(address), quote(says), number(left-3), number(top-3), number(b.width+6), number(b.height+6))
}

func (d *drawing) box(left, top, w, h, radius float64) {
	d.print(`<rect class="box" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`, number(left), number(top), number(w), number(h), number(radius))
}

// texts writes the name and the detail, and the sign of a state that is tried again.
func (d *drawing) texts(b *stateBox, left, top float64) {
	middle, y := left+b.width/2, top+10+12
	if len(b.node.Retries) > 0 {
		d.again(left+b.width-17, top+15, b.node.Retries)
		middle -= 6
	}
	for _, line := range b.name {
		d.print(`<text class="name" x="%s" y="%s" text-anchor="middle">%s</text>`, number(middle), number(y), quote(line))
		y += nameLine
	}
	y -= 1
	for _, line := range b.detail {
		d.print(`<text class="detail" x="%s" y="%s" text-anchor="middle">%s</text>`, number(middle), number(y), quote(line))
		y += detailLine
	}
}

// again draws a ring with an arrow: the state has Retriers.
func (d *drawing) again(x, y float64, retries []string) {
	d.print(`<g class="retry"><title>Retry: %s</title><rect class="target" x="%s" y="%s" width="18" height="18"/><path d="M%s %sa5 5 0 1 0 5 5"/><path class="tip" d="M%s %sl5 -3.5v7z" transform="rotate(180 %s %s)"/></g>`,
		quote(strings.Join(retries, "\n")), number(x-9), number(y-9), number(x), number(y-5), number(x-1), number(y-5), number(x+1), number(y-5))
}

// badge draws a short text at the corner of a state.
func (d *drawing) badge(text string, right, top float64) {
	w := labelFont.width(text) + 12
	d.print(`<g class="badge"><rect x="%s" y="%s" width="%s" height="17" rx="8.5"/><text x="%s" y="%s" text-anchor="middle">%s</text></g>`,
		number(right-w+7), number(top-9), number(w), number(right-w/2+7), number(top+3.5), quote(text))
}

// about tells all there is to know of a state to a reader who points at it.
func about(n *graph.Node, m graph.Mark) string {
	lines := []string{n.Name() + " (" + n.Type() + ")"}
	if m.Note != "" {
		lines = append(lines, m.Note)
	}
	if n.Detail != "" {
		lines = append(lines, n.Detail)
	}
	if c := n.State.Comment(); c != "" {
		lines = append(lines, c)
	}
	for _, r := range n.Retries {
		lines = append(lines, "Retry on "+r)
	}
	return strings.Join(lines, "\n")
}

// aboutEdge does what about does for an edge.
func aboutEdge(e *graph.Edge, m graph.Mark) string {
	from, to := "Start", "the end"
	if e.From != nil {
		from = e.From.Name()
	}
	if e.To != nil {
		to = e.To.Name()
	}
	text := from + " → " + to
	switch e.Kind {
	case graph.Rule:
		text += "\nrule " + strconv.Itoa(e.Index+1) + ": " + e.Label
	case graph.Default:
		text += "\nwhen no rule holds"
	case graph.Catch:
		text += "\nCatcher " + strconv.Itoa(e.Index+1) + ", on " + e.Label
	case graph.Compensate:
		text = to + " undoes " + from
	}
	if e.Comment != "" {
		text += "\n" + e.Comment
	}
	if m.Note != "" {
		text += "\n" + m.Note
	}
	return text
}
