// Package svg draws a state machine as an SVG picture: one file or element, without
// scripts and without anything that is loaded from elsewhere.
//
//	err := svg.Write(file, graph.New(machine), svg.Options{})
//
// Every state is an element g with the ID of its graph.Node, the classes "state" and its
// type in lower case, and its name in data-state. Every edge is an element g with the ID of
// its graph.Edge, the classes "edge" and its kind, and its ends in data-from and data-to. A
// page can colour them by [Options.Marks], or find them later.
//
// The picture is laid out from top to bottom. What a Parallel or Map state has inside is
// laid out for itself and stands in the state's frame, since no transition leads in or out.
//
// Where things stand:
//
//	options, the whole       svg.go
//	sizes and places         plan.go, internal/layered
//	how states, edges look   state.go, edge.go, style.go
//	the width of texts       text.go
package svg

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/graph"
)

// A Theme is the colours of a picture.
type Theme uint8

// The themes.
const (
	// Auto is light or dark as the reader's system asks.
	Auto Theme = iota
	Light
	Dark
)

// Options say how a picture is drawn. The zero value draws the machine as it is.
type Options struct {
	// Marks say how states and edges are marked. The classes that package graph names have
	// their looks; others get them by Style.
	Marks graph.Marks
	// Theme is the colours.
	Theme Theme
	// Style is a style sheet that follows the picture's own. Its selectors best begin with
	// ".gostates-graph", the class of the whole.
	Style string
	// Prefix is put before every ID, which several pictures on one page need.
	Prefix string
	// Title says what the picture is of; "" takes the picture's own.
	Title string
	// Transparent leaves the background out.
	Transparent bool
	// Unstyled leaves the picture's own style sheet, and Style, out: for pages that have
	// [StyleSheet] in a file of theirs, because a Content Security Policy forbids others.
	Unstyled bool
	// Link returns the address to which a state leads, "" for none. A nil Link has none.
	Link func(*graph.Node) string
}

// margin is the room around the picture.
const margin = 20

// Write writes a picture as an SVG document, which is also an element that can stand in an
// HTML page. The same picture and options are always drawn alike. The error is that of w.
func Write(w io.Writer, p *graph.Picture, o Options) error {
	_, err := io.WriteString(w, Draw(p, o))
	return err
}

// Draw returns what [Write] writes.
func Draw(p *graph.Picture, o Options) string {
	plan := newPlan(p.Root, &o)
	d := &drawing{options: &o}
	title := o.Title
	if title == "" {
		title = p.Title()
	}
	width, height := plan.width+2*margin, plan.height+2*margin
	d.print(`<svg xmlns="http://www.w3.org/2000/svg" class="gostates-graph %s" viewBox="0 0 %s %s" width="%s" height="%s" role="graphics-document document" aria-roledescription="state machine" aria-labelledby="%stitle">`,
		themeNames[o.Theme], number(width), number(height), number(width), number(height), quote(o.Prefix))
	d.print(`<title id="%stitle">%s</title>`, quote(o.Prefix), quote(title))
	if !o.Unstyled {
		d.print("<style>%s%s</style>", style(o.Theme, o.Link != nil), strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(o.Style))
	}
	if !o.Transparent {
		d.print(`<rect class="paper" width="%s" height="%s"/>`, number(width), number(height))
	}
	d.group(plan, margin, margin)
	d.print("</svg>")
	return d.b.String()
}

var themeNames = [...]string{Auto: "auto", Light: "light", Dark: "dark"}

// A drawing is the text of a picture.
type drawing struct {
	b       strings.Builder
	options *Options
}

func (d *drawing) print(format string, args ...any) {
	fmt.Fprintf(&d.b, format, args...)
	d.b.WriteByte('\n')
}

// group draws a graph with its upper left corner at a place: the edges first, so that no
// line lies on a state.
func (d *drawing) group(p *plan, x, y float64) {
	for i := range p.bundles {
		d.edge(&p.bundles[i], x, y)
	}
	d.point(p.start, x, y, "start", p.root())
	if p.end != nil {
		d.point(*p.end, x, y, "end", p.root())
	}
	for i := range p.states {
		d.state(&p.states[i], x, y)
	}
	for i := range p.bundles {
		d.labels(&p.bundles[i], x, y)
	}
}

// point draws where a graph starts or ends.
func (d *drawing) point(at place, x, y float64, what string, root bool) {
	x, y = x+at.x, y+at.y
	if !root {
		if what == "end" {
			d.print(`<g class="point end"><title>end</title><circle class="ring" cx="%s" cy="%s" r="6"/><circle cx="%s" cy="%s" r="3"/></g>`, number(x), number(y), number(x), number(y))
			return
		}
		d.print(`<g class="point start"><title>start</title><circle cx="%s" cy="%s" r="5"/></g>`, number(x), number(y))
		return
	}
	d.print(`<g class="point %s"><rect x="%s" y="%s" width="%s" height="%s" rx="%s"/><text x="%s" y="%s" text-anchor="middle">%s</text></g>`,
		what, number(x-at.width/2), number(y-at.height/2), number(at.width), number(at.height), number(at.height/2), number(x), number(y+4), strings.ToUpper(what[:1])+what[1:])
}

// number writes a length, to a tenth.
func number(x float64) string {
	x = math.Round(x*10) / 10
	if x == 0 {
		x = 0 // no minus sign
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// quote writes a text for an attribute or between tags. What XML cannot hold becomes U+FFFD.
func quote(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\t', r == '\n', r == '\r':
			fmt.Fprintf(&b, "&#%d;", r)
		case r < ' ', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
