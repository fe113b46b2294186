package jsonata

// How deep an evaluation is, is how many expressions stand around the one that is being
// evaluated, through the functions that called one another, as the reference counts them.
// Within a function that is known when it is compiled: the nodes without parts of their own
// carry it, and evaluation.reaches compares. Around the function it is evaluation.depth.

// level is how deep the expression being compiled is evaluated, or 0 where one
// that is evaluated before it is as deep.
func (c *compiler) level() int {
	if c.depth <= c.checked {
		return 0
	}
	c.checked = c.depth
	return c.depth
}

// within compiles a part of an expression that is the expression itself to the
// language, when it is, such as the path that another step is added to: it is no
// deeper then.
func (c *compiler) within(same bool, s syntax) (*step, error) {
	if !same {
		return c.compile(s)
	}
	c.depth--
	out, err := c.compile(s)
	c.depth++
	return out, err
}

// apart compiles what is evaluated when a function is called: how deep it is
// counts from there.
func (c *compiler) apart(compile func() error) error {
	depth, checked := c.depth, c.checked
	c.depth, c.checked = 0, 0
	err := compile()
	c.depth, c.checked = depth, checked
	return err
}

// weight is what evaluating what was compiled since then costs more than a step: an
// expression may be long, and be evaluated for many items.
func (c *compiler) weight(nodes int) int { return (c.nodes - nodes) >> 4 }
