package jsonata

import "cmp"

// A Budget bounds an evaluation by what it does, not by the clock, so that the
// same expression over the same input stops at the same place on any machine. A
// field that is zero has its default; what exceeds it fails with U1001.
//
// Whatever is looked at, made or compared is paid for before, or piece by piece: a
// value that holds another one twice, which holds another one twice, is small in
// memory, but every walk over it, also that over the result, sees it as a tree.
type Budget struct {
	Steps    int // items visited and functions called; default 10,000,000
	Depth    int // nesting of expressions, through the functions they call; default 10,000
	Elements int // array items and object members made, ranges included; default 12,000,000
	Bytes    int // text made; default 256 MiB
	Result   int // bytes of the result as JSON text; default 256 MiB
}

func (b Budget) withDefaults() Budget {
	return Budget{
		Steps:    cmp.Or(b.Steps, 10_000_000),
		Depth:    cmp.Or(b.Depth, 10_000),
		Elements: cmp.Or(b.Elements, 12_000_000),
		Bytes:    cmp.Or(b.Bytes, 256<<20),
		Result:   cmp.Or(b.Result, 256<<20),
	}
}

func (ev *evaluation) exceeded(what string) error {
	return &Error{Code: "U1001", given: what}
}

// read pays for looking at a text, of which the bytes of a word are a step.
func (ev *evaluation) read(s string) error { return ev.steps(1 + len(s)>>6) }

// step pays for one visit of an item or one call.
func (ev *evaluation) step() error {
	if ev.left.Steps--; ev.left.Steps < 0 {
		return ev.exceeded("steps")
	}
	return nil
}

// steps pays for work in proportion to n.
func (ev *evaluation) steps(n int) error {
	if ev.left.Steps -= n; ev.left.Steps < 0 {
		return ev.exceeded("steps")
	}
	return nil
}

// weight is what a function pays for looking at its arguments, which may be long.
func weight(args []any) int {
	n := 0
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			n += len(v) >> 6
		case []any:
			n += len(v) >> 6
		case *array:
			n += v.len() >> 6
		}
	}
	return n
}

// elements pays for a list or an object of n entries.
func (ev *evaluation) elements(n int) error {
	ev.built++
	if n < 0 || n > ev.left.Elements {
		return ev.exceeded("elements")
	}
	ev.left.Elements -= n
	return nil
}

// bytes pays for n bytes of text.
func (ev *evaluation) bytes(n int) error {
	if n < 0 || n > ev.left.Bytes {
		return ev.exceeded("bytes")
	}
	ev.left.Bytes -= n
	return nil
}
