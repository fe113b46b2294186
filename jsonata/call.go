package jsonata

// A callNode is f(a, b).
type callNode struct {
	callee node
	args   []node
	name   string        // of the function, for errors
	hint   *variableNode // the function meant, when the $ was forgotten
	pos    int
	level  int  // how deep it stands in the function around it
	guard  int  // the same, for a call that is left to the caller
	tail   bool // its result is that of the function around it
}

func (n *callNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.raw(ev, input, env)
	return settled(v), err
}

func (n *callNode) raw(ev *evaluation, input any, env *frame) (any, error) {
	return n.apply(ev, input, env, nil, false)
}

// apply calls the function; with a first argument given by ~> when piped.
func (n *callNode) apply(ev *evaluation, input any, env *frame, first any, piped bool) (any, error) {
	if err := ev.reaches(n.guard); err != nil {
		return nil, err
	}
	callee, err := n.callee.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	if !defined(callee) && n.hint != nil {
		if known, _ := n.hint.eval(ev, input, env); defined(known) {
			return nil, &Error{Code: "T1005", Position: n.pos, Token: n.name}
		}
	}
	if l, ok := callee.(*lambda); ok && l.node.signature == nil && !piped {
		return n.direct(ev, l, input, env)
	}
	base := len(ev.args)
	if piped {
		ev.args = append(ev.args, first)
	}
	for _, arg := range n.args {
		v, err := arg.eval(ev, input, env)
		if err != nil {
			return nil, err
		}
		ev.args = append(ev.args, v)
	}
	args := ev.args[base:len(ev.args):len(ev.args)]
	f, ok := callee.(Function)
	if !ok {
		return nil, &Error{Code: "T1006", Position: n.pos, Token: n.name}
	}
	if n.tail {
		ev.tail = tailCall{f: f, args: append(make([]any, 0, len(args)), args...), name: n.name, pos: n.pos}
		ev.args = ev.args[:base]
		return &ev.tail, nil
	}
	ev.depth += n.level
	v, err := ev.apply(f, args, input, env)
	ev.depth -= n.level
	ev.args = ev.args[:base]
	if err != nil {
		return nil, at(err, n.pos, n.name)
	}
	return v, nil
}

// direct calls a function of the expression, evaluating the arguments straight
// into its frame.
func (n *callNode) direct(ev *evaluation, l *lambda, input any, env *frame) (any, error) {
	frame := l.frame()
	for i, arg := range n.args {
		v, err := arg.eval(ev, input, env)
		if err != nil {
			return nil, err
		}
		if i < l.node.params {
			frame.set(i, v)
		}
	}
	for i := len(n.args); i < l.node.params; i++ {
		frame.set(i, Undefined{})
	}
	if n.tail {
		ev.tail = tailCall{f: l, frame: frame, name: n.name, pos: n.pos}
		return &ev.tail, nil
	}
	ev.depth += n.level
	v, err := l.run(ev, frame)
	if t, ok := v.(*tailCall); ok && err == nil {
		v, err = ev.follow(t, input, env)
	}
	ev.depth -= n.level
	if err != nil {
		return nil, at(err, n.pos, n.name)
	}
	return v, nil
}

// apply calls a function with arguments that it may change. The result is raw:
// a sequence of one item does not stand for the item yet.
func (ev *evaluation) apply(f Function, args []any, input any, env *frame) (any, error) {
	v, err := ev.invoke(f, args, input, env)
	if t, ok := v.(*tailCall); ok && err == nil {
		return ev.follow(t, input, env)
	}
	return v, err
}

// follow makes the calls that function bodies leave to be made, one after the
// other, so that tail recursion takes no stack.
func (ev *evaluation) follow(_ *tailCall, input any, env *frame) (any, error) {
	for {
		t := ev.tail
		ev.tail = tailCall{}
		var v any
		var err error
		if t.frame != nil {
			v, err = t.f.(*lambda).run(ev, t.frame)
		} else {
			v, err = ev.invoke(t.f, t.args, input, env)
		}
		if err != nil {
			return nil, at(err, t.pos, t.name)
		}
		if _, again := v.(*tailCall); !again {
			return v, nil
		}
	}
}

func (ev *evaluation) invoke(f Function, args []any, input any, env *frame) (any, error) {
	switch f := f.(type) {
	case *native:
		if err := ev.steps(1 + weight(args)); err != nil {
			return nil, err
		}
		given := len(args)
		args, err := f.signature.validate(args, input)
		if err != nil {
			return nil, at(err, 0, f.name)
		}
		v, err := f.call(Call{ev, input, env, given}, args)
		if err != nil {
			return nil, at(err, 0, f.name)
		}
		return v, nil
	case *lambda:
		args, err := f.node.signature.validate(args, input)
		if err != nil {
			return nil, err
		}
		frame := f.frame()
		for i := range f.node.params {
			frame.set(i, argument(args, i))
		}
		return f.run(ev, frame)
	case *partial:
		if err := ev.deeper(); err != nil {
			return nil, err
		}
		v, err := f.invoke(ev, args, input, env)
		ev.nested--
		return v, err
	case *composed:
		// To the language this is function($x){ $second($first($x)) }, whose outer
		// call is left to the caller.
		if err := ev.reaches(2); err != nil {
			return nil, err
		}
		if err := ev.deeper(); err != nil {
			return nil, err
		}
		if len(args) == 0 {
			args = []any{Undefined{}}
		}
		ev.depth++
		v, err := ev.apply(f.first, args[:1], input, env)
		ev.depth--
		ev.nested--
		if err != nil {
			return nil, err
		}
		ev.tail = tailCall{f: f.second, args: []any{settled(v)}}
		return &ev.tail, nil
	case *transformer:
		return f.transform(ev, argument(args, 0))
	case *matcher:
		return f.invoke(ev, args)
	case *nextMatch:
		return f.invoke(ev)
	}
	return nil, fault("T1006", Undefined{})
}

func (f *partial) invoke(ev *evaluation, args []any, input any, env *frame) (any, error) {
	full := append(make([]any, 0, len(f.args)), f.args...)
	for i, hole := range f.holes {
		full[hole] = argument(args, i)
	}
	if l, ok := f.base.(*lambda); ok {
		frame := l.frame()
		for i := range l.node.params {
			frame.set(i, argument(full, i))
		}
		return l.run(ev, frame)
	}
	for len(full) > 0 && !defined(full[len(full)-1]) {
		full = full[:len(full)-1]
	}
	return ev.invoke(f.base, full, input, env)
}

// A lambdaNode is function($a, $b) { body }.
type lambdaNode struct {
	params    int
	signature *signature
	scope     *scope
	body      node
	level     int
	weight    int // of the body
}

func (n *lambdaNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	return &lambda{n, input, env}, ev.reaches(n.level)
}

func (f *lambda) frame() *frame {
	if f.node.scope.size == 0 {
		return f.env
	}
	return newFrame(f.node.scope, f.env)
}

func (f *lambda) run(ev *evaluation, env *frame) (any, error) {
	if err := ev.steps(1 + f.node.weight + env.size()>>4); err != nil {
		return nil, err
	}
	return f.node.body.eval(ev, f.input, env)
}

// A partialNode is f(?, b); a nil argument is a hole.
type partialNode struct {
	callee node
	args   []node
	name   string
	hint   *variableNode
	pos    int
}

func (n *partialNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	p := &partial{args: make([]any, len(n.args))}
	for i, arg := range n.args {
		if arg == nil {
			p.holes = append(p.holes, i)
			continue
		}
		v, err := arg.eval(ev, input, env)
		if err != nil {
			return nil, err
		}
		p.args[i] = v
	}
	callee, err := n.callee.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	base, ok := callee.(Function)
	if !ok {
		if !defined(callee) && n.hint != nil {
			if known, _ := n.hint.eval(ev, input, env); defined(known) {
				return nil, &Error{Code: "T1007", Position: n.pos, Token: n.name}
			}
		}
		return nil, &Error{Code: "T1008", Position: n.pos, Token: n.name}
	}
	p.base = base
	return p, nil
}

// An applyNode is left ~> right: right is called with left as its first
// argument, or, where both are functions, put after it.
type applyNode struct {
	left, right node
	call        *callNode // in place of right
	pos         int
	level       int
}

func (n *applyNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.raw(ev, input, env)
	return settled(v), err
}

func (n *applyNode) raw(ev *evaluation, input any, env *frame) (any, error) {
	left, err := n.left.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	if n.call != nil {
		return n.call.apply(ev, input, env, left, true)
	}
	right, err := n.right.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	f, ok := right.(Function)
	if !ok {
		return nil, at(fault("T2006", right), n.pos, "~>")
	}
	if first, ok := left.(Function); ok {
		return &composed{first, f}, nil
	}
	ev.depth += n.level
	v, err := ev.apply(f, []any{left}, nil, env)
	ev.depth -= n.level
	return v, err
}
