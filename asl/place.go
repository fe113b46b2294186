package asl

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A place is a value of the definition, together with the way to it. It can
// name itself in both notations that diagnostics need.
type place struct {
	*element
	parent *place
	key    string // in an object
	index  int    // in an array; -1 in an object
	at     int    // offset of the key, or of the value itself
}

// root is the place of a whole definition.
func root(e *element) *place { return &place{element: e, index: -1, at: e.start} }

// member is the place of an object's field.
func (p *place) member(m *member) *place {
	return &place{element: m.value, parent: p, key: m.key, index: -1, at: m.start}
}

// item is the place of an array's element.
func (p *place) item(i int) *place {
	return &place{element: p.items[i], parent: p, index: i, at: p.items[i].start}
}

// pointer gives the place as an RFC 6901 pointer.
func (p *place) pointer() string {
	return p.render(func(b *strings.Builder, step *place) {
		b.WriteByte('/')
		if step.index >= 0 {
			b.WriteString(strconv.Itoa(step.index))
			return
		}
		b.WriteString(value.EscapePointer(step.key))
	})
}

// location gives the place as AWS prints it.
func (p *place) location() string {
	if p.parent == nil {
		return "/"
	}
	return p.render(func(b *strings.Builder, step *place) {
		if step.index >= 0 {
			b.WriteString("[" + strconv.Itoa(step.index) + "]")
			return
		}
		b.WriteString("/" + step.key)
	})
}

func (p *place) render(write func(*strings.Builder, *place)) string {
	var way []*place
	for step := p; step.parent != nil; step = step.parent {
		way = append(way, step)
	}
	var b strings.Builder
	for i := len(way) - 1; i >= 0; i-- {
		write(&b, way[i])
	}
	return b.String()
}
