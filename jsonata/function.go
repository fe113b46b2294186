package jsonata

import (
	"time"
)

// A Function is a function of the language as a value: one built in, one
// written in an expression, or a regular expression. It can appear in the
// result of [Expr.Eval], where it says no more than that.
type Function interface {
	// Arity is the number of arguments the function takes.
	Arity() int
	function()
}

type (
	// A native is a function written in Go.
	native struct {
		name      string
		signature *signature
		arity     int
		call      func(c Call, args []any) (any, error)
	}
	// A lambda is a function written in the expression, with what it saw there.
	lambda struct {
		node  *lambdaNode
		input any
		env   *frame
	}
	// A partial is a function some of whose arguments are given already.
	partial struct {
		base  Function
		args  []any
		holes []int
	}
	// A composed function applies one function to the result of another.
	composed struct{ first, second Function }
	// A transformer is |pattern|update,delete|.
	transformer struct {
		node *transformNode
		env  *frame
	}
	// A matcher is a regular expression.
	matcher struct {
		program  *pattern
		position int
	}
	// A nextMatch continues a regular expression after one of its matches.
	nextMatch struct {
		matcher *matcher
		text    string
		from    int
		at      int // from, in UTF-16 code units
	}
)

func (f *native) Arity() int      { return f.arity }
func (f *lambda) Arity() int      { return f.node.params }
func (f *partial) Arity() int     { return len(f.holes) }
func (f *composed) Arity() int    { return 1 }
func (f *transformer) Arity() int { return 1 }
func (f *matcher) Arity() int     { return 2 }
func (f *nextMatch) Arity() int   { return 0 }

func (*native) function()      {}
func (*lambda) function()      {}
func (*partial) function()     {}
func (*composed) function()    {}
func (*transformer) function() {}
func (*matcher) function()     {}
func (*nextMatch) function()   {}

// A Call is one call of a function, and what the function may draw on.
type Call struct {
	ev    *evaluation
	input any
	env   *frame
	given int // how many arguments the call has
}

// Now is the time of the evaluation; it is the same in all of its calls.
func (c Call) Now() time.Time { return c.ev.env.Now }

// Random gives 64 random bits of the evaluation's stream.
func (c Call) Random() uint64 { return c.ev.random() }

// Elements pays for a list or object of n entries, before it is made. A
// function must give up with the error when there is one.
func (c Call) Elements(n int) error { return c.ev.elements(n) }

// Bytes pays for n bytes of text, before they are made, as Elements does.
func (c Call) Bytes(n int) error { return c.ev.bytes(n) }

// Invoke calls a function that came as an argument. It gives Undefined where
// the function yields nothing.
func (c Call) Invoke(f Function, args ...any) (any, error) {
	v, err := c.apply(f, args)
	if err != nil {
		return nil, err
	}
	return c.ev.plain(settled(v), 0)
}

// apply calls a function that came as an argument.
func (c Call) apply(f Function, args []any) (any, error) {
	if err := c.ev.deeper(); err != nil {
		return nil, err
	}
	v, err := c.ev.apply(f, args, nil, c.env)
	c.ev.nested--
	return v, err
}

// reaches tells whether the evaluation may go level deeper than the function that
// is running; level is 0 where something evaluated earlier is as deep.
func (ev *evaluation) reaches(level int) error {
	if level > 0 && ev.depth+level > ev.maxDepth {
		return ev.exceeded("depth")
	}
	return nil
}

// deeper notes a call that Go makes within another, which no expression stands
// for, such as that of $map's function; whoever calls it takes the note back. It
// keeps the stack from running out where the language counts no depth.
func (ev *evaluation) deeper() error {
	if ev.nested++; ev.nested > maxDescent {
		return ev.exceeded("depth")
	}
	return nil
}

// invoke calls f with as many of the arguments as it takes, but at least one.
func (c Call) invoke(f Function, first, second, third any) (any, error) {
	ev := c.ev
	if l, ok := f.(*lambda); ok && l.node.signature == nil {
		frame := l.frame()
		args := [3]any{first, second, third}
		for i := range l.node.params {
			if i < len(args) {
				frame.set(i, args[i])
			} else {
				frame.set(i, Undefined{})
			}
		}
		if err := ev.deeper(); err != nil {
			return nil, err
		}
		v, err := l.run(ev, frame)
		if t, ok := v.(*tailCall); ok && err == nil {
			v, err = ev.follow(t, nil, c.env)
		}
		ev.nested--
		return v, err
	}
	base := len(ev.args)
	ev.args = append(ev.args, first, second, third)[:base+min(3, max(1, f.Arity()))]
	v, err := c.apply(f, ev.args[base:len(ev.args):len(ev.args)])
	ev.args = ev.args[:base]
	return v, err
}

// A tailCall is what a function's body yields instead of its result when the
// result is that of another call. The one in the evaluation is the next to do.
type tailCall struct {
	f     Function
	args  []any
	frame *frame // of a lambda whose arguments are in place already
	name  string
	pos   int
}
