package jsonata

// A compiler turns the syntax of one expression into nodes. Names become slots
// only at the end (resolve.go), because a variable may be bound further on.
type compiler struct {
	lib        *library
	scope      *scope
	depth      int  // how many expressions stand around this one and itself, within its function
	checked    int  // how deep what is evaluated before this one goes
	nesting    int  // how many stand around it in the whole text
	nodes      int  // compiled so far
	onInput    bool // the expression being compiled is evaluated over the input itself
	paths      []*pathNode
	variables  []*variableNode
	binds      []*bindNode
	blocks     []*blockNode
	references []Reference
	closures   int    // functions compiled so far
	evals      bool   // $eval occurs: variables must be found by name
	outer      *frame // of the expression that called $eval
}

func (l *library) compile(text string, outer *frame) (*Expr, error) {
	tree, err := l.parse(text)
	if err != nil {
		return nil, settleError(err)
	}
	c := compiler{lib: l, onInput: outer == nil, outer: outer}
	c.scope = c.own(nil)
	root, err := c.compile(tree)
	if err == nil && (len(root.seeking) > 0 || isParent(root)) {
		err = &Error{Code: "S0217", Position: root.pos, Token: "parent"}
	}
	if err != nil {
		return nil, settleError(err)
	}
	e := &Expr{text: text, lib: l, scope: c.scope}
	e.root = lower(root)
	c.resolve()
	e.references = c.references
	return e, nil
}

func settleError(err error) error {
	if e, ok := err.(*Error); ok {
		return e.settle()
	}
	return err
}

// own opens the scope of a function's body, or of the whole expression.
func (c *compiler) own(params []string) *scope {
	s := &scope{parent: c.scope, names: params, size: len(params)}
	s.owner = s
	return s
}

// lower makes one node of an expression and what was hung on it.
func lower(s *step) node {
	if p, ok := s.node.(*pathNode); ok {
		p.keepResult = p.keepResult || s.keep
		return p
	}
	if len(s.predicates) == 0 && s.group == nil && !s.keep {
		return s.node
	}
	return &postNode{inner: s.node, predicates: s.predicates, group: s.group, keep: s.keep}
}

// operand compiles a part of the expression that parent stands for.
func (c *compiler) operand(parent *step, s syntax) (node, error) {
	part, err := c.compile(s)
	if err != nil {
		return nil, err
	}
	parent.inherit(part)
	return lower(part), nil
}

// elsewhere compiles a part that is not evaluated over the input.
func (c *compiler) elsewhere(parent *step, s syntax) (node, error) {
	saved := c.onInput
	c.onInput = false
	defer func() { c.onInput = saved }()
	return c.operand(parent, s)
}

func (c *compiler) compile(s syntax) (*step, error) {
	c.nodes++
	if c.nesting++; c.nesting > 2*maxNesting {
		return nil, tooDeep(s.at().pos)
	}
	c.depth++
	out := &step{pos: s.at().pos}
	err := c.fill(&out, s)
	c.depth--
	c.nesting--
	if err != nil {
		return nil, err
	}
	if s.at().keep {
		out.keep = true
	}
	return out, nil
}

// fill compiles s into *out, or lets *out be a step that a part of s gave.
func (c *compiler) fill(out **step, s syntax) error {
	o := *out
	switch s := s.(type) {
	case *numberSyntax:
		o.node = &numberNode{value: fromFloat(s.value), level: c.level()}
	case *stringSyntax:
		o.node = &literalNode{value: s.value, level: c.level()}
	case *valueSyntax:
		o.node = &literalNode{value: s.value, level: c.level()}
	case *nameSyntax:
		c.reference(Reference{Name: s.name, Position: s.pos})
		step := &step{node: &nameNode{key: s.name}, pos: s.pos, keep: s.keep}
		path := c.path(step)
		c.depth++
		path.level = c.level()
		c.depth--
		o.node = path
	case *variableSyntax:
		c.variable(o, s.name)
	case *wildcardSyntax:
		c.reference(Reference{Name: "*", Position: s.pos})
		o.node = &wildcardNode{level: c.level()}
	case *descendantSyntax:
		c.reference(Reference{Name: "**", Position: s.pos})
		o.node = &descendantNode{level: c.level()}
	case *parentSyntax:
		t := c.tuple()
		o.node = &parentNode{tuple: t, slot: &ancestor{label: t.slot("%" + s.labels(t)), level: 1}, level: c.level()}
	case *regexSyntax:
		o.node = &literalNode{value: &matcher{program: s.program, position: s.pos}, level: c.level()}
	case *negateSyntax:
		return c.negate(out, s)
	case *arraySyntax:
		return c.array(o, s)
	case *objectSyntax:
		group, err := c.grouping(o, s.pairs, s.pos)
		if len(s.pairs) == 0 {
			group.level = c.level()
		}
		o.node = &objectNode{group}
		return err
	case *binarySyntax:
		return c.binary(out, s)
	case *sortSyntax:
		return c.sort(out, s)
	case *groupSyntax:
		return c.group(out, s)
	case *conditionSyntax:
		return c.condition(o, s)
	case *callSyntax:
		return c.call(o, s)
	case *lambdaSyntax:
		return c.lambda(o, s)
	case *blockSyntax:
		return c.block(o, s)
	case *transformSyntax:
		return c.transform(o, s)
	case *endSyntax:
		return &Error{Code: "S0207", Position: s.pos, Token: "(end)"}
	case *holeSyntax:
		return &Error{Code: "S0201", Position: s.pos, Token: "?"}
	}
	return nil
}

// reference notes that the expression reaches for a part of its input.
func (c *compiler) reference(r Reference) {
	if c.onInput || r.Variable || r.Name == "$$" {
		c.references = append(c.references, r)
	}
}

func (c *compiler) variable(o *step, name string) {
	if name == "" {
		c.reference(Reference{Name: "$", Position: o.pos})
		o.node = &contextNode{level: c.level()}
		return
	}
	v := &variableNode{name: name, scope: c.scope, pos: o.pos, builtin: c.lib.function(name), level: c.level()}
	c.evals = c.evals || name == "eval"
	c.variables = append(c.variables, v)
	o.node = v
}

// negate compiles -x. Before a number as it is written the sign is part of it, also
// where a predicate follows: -5[$ < 0] is -5.
func (c *compiler) negate(out **step, s *negateSyntax) error {
	part, err := c.within(isNumber(s.operand), s.operand)
	if err != nil {
		return err
	}
	if n, ok := part.node.(*numberNode); ok {
		f, _ := number(n.value)
		part.node = &numberNode{value: fromFloat(-f), level: n.level}
		*out = part
		return nil
	}
	(*out).inherit(part)
	(*out).node = &negateNode{operand: lower(part), pos: s.pos}
	return nil
}

// isNumber tells whether a piece of syntax becomes a number, with whatever follows it.
func isNumber(s syntax) bool {
	for {
		switch b := s.(type) {
		case *numberSyntax:
			return true
		case *negateSyntax:
			s = b.operand
		case *groupSyntax:
			s = b.left
		case *binarySyntax:
			if b.op != '[' && b.op != '@' {
				return false
			}
			s = b.left
		default:
			return false
		}
	}
}

func (c *compiler) array(o *step, s *arraySyntax) error {
	a := &arrayNode{items: make([]arrayItem, len(s.items))}
	if len(s.items) == 0 {
		a.level = c.level()
	}
	for i, item := range s.items {
		part, err := c.compile(item)
		if err != nil {
			return err
		}
		o.inherit(part)
		_, nested := part.node.(*arrayNode)
		a.items[i] = arrayItem{lower(part), nested}
	}
	o.node = a
	return nil
}

// grouping compiles the pairs of an object constructor.
func (c *compiler) grouping(o *step, pairs []pairSyntax, pos int) (*grouping, error) {
	g := &grouping{pairs: make([]pair, len(pairs)), pos: pos}
	nodes := c.nodes
	if len(pairs) > 0 { // the first key is always evaluated
		c.depth++
		g.level = c.level()
		c.depth--
	}
	for i, p := range pairs {
		key, err := c.operand(o, p.key)
		if err != nil {
			return nil, err
		}
		checked := c.checked
		v, err := c.operand(o, p.value)
		if err != nil {
			return nil, err
		}
		c.checked = checked // the value of a key that is not there is not evaluated
		g.pairs[i] = pair{key: key, value: v}
	}
	g.prepare()
	g.weight = c.weight(nodes)
	return g, nil
}

func (c *compiler) condition(o *step, s *conditionSyntax) (err error) {
	n := &conditionNode{}
	if n.test, err = c.operand(o, s.test); err != nil {
		return err
	}
	checked := c.checked
	if n.yes, err = c.operand(o, s.yes); err != nil {
		return err
	}
	if c.checked = checked; s.no != nil {
		n.no, err = c.operand(o, s.no)
	}
	c.checked = checked
	o.node = n
	return err
}

func (c *compiler) block(o *step, s *blockSyntax) error {
	saved, closures := c.scope, c.closures
	b := &blockNode{scope: &scope{parent: c.scope, owner: c.scope.owner}}
	b.scope.home = b.scope
	if len(s.items) == 0 {
		b.level = c.level()
	}
	c.scope = b.scope
	defer func() { c.scope = saved }()
	for _, item := range s.items {
		part, err := c.compile(item)
		if err != nil {
			return err
		}
		o.inherit(part)
		if p, ok := part.node.(*pathNode); part.cons || ok && p.steps[0].cons {
			o.cons = true
		}
		b.last = part
		b.items = append(b.items, lower(part))
	}
	b.closes = c.closures > closures
	c.blocks = append(c.blocks, b)
	o.node = b
	return nil
}

func (c *compiler) binary(out **step, s *binarySyntax) (err error) {
	o := *out
	switch s.op {
	case '.':
		return c.dot(out, s)
	case '[':
		return c.predicate(out, s)
	case '@', '#':
		return c.position(out, s)
	case opBind:
		return c.bind(o, s)
	case opApply:
		return c.apply(o, s)
	}
	left, err := c.operand(o, s.left)
	if err != nil {
		return err
	}
	checked := c.checked
	right, err := c.operand(o, s.right)
	if err != nil {
		return err
	}
	switch s.op {
	case opAnd, opOr, opDefault, opCoalesce: // the right side may not be evaluated
		c.checked = checked
	}
	o.node = c.operation(s.op, left, right, s.pos)
	return nil
}

func (c *compiler) bind(o *step, s *binarySyntax) (err error) {
	b := &bindNode{name: s.left.(*variableSyntax).name, scope: c.scope}
	if b.value, err = c.operand(o, s.right); err != nil {
		return err
	}
	if b.name != "" {
		c.scope.slot(b.name)
		c.binds = append(c.binds, b)
	}
	o.node = b
	return nil
}
