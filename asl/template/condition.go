package template

// ifElse evaluates Fn::If.
func (e *evaluator) ifElse(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 3, 3)
	if err != nil {
		return nil, err
	}
	name, err := e.str(args[0])
	if err != nil {
		return nil, err
	}
	holds, err := e.named(call, name.string)
	if err != nil {
		return nil, err
	}
	if holds {
		return e.eval(args[1])
	}
	return e.eval(args[2])
}

// named reports whether a condition of the template holds.
func (e *evaluator) named(call *node, name string) (bool, error) {
	c := e.conditions.get(name)
	if c == nil {
		return false, mistakeAt(call.at, "the template has no condition %q", name)
	}
	return e.condition(c)
}

// condition evaluates a condition.
func (e *evaluator) condition(n *node) (bool, error) {
	if err := e.enter(n); err != nil {
		return false, err
	}
	defer e.leave()
	if n.kind != mapKind || len(n.members) != 1 {
		return false, mistakeAt(n.at, "a condition must stand here")
	}
	name, argument := n.members[0].key.text.string, n.members[0].value
	switch name {
	case "Condition":
		return e.named(n, argument.written())
	case "Fn::Equals":
		return e.equals(n, argument)
	case "Fn::Not":
		args, err := arguments(n, argument, 1, 1)
		if err != nil {
			return false, err
		}
		holds, err := e.condition(args[0])
		return !holds, err
	case "Fn::And", "Fn::Or":
		args, err := arguments(n, argument, 2, 10)
		if err != nil {
			return false, err
		}
		for _, arg := range args {
			holds, err := e.condition(arg)
			if err != nil || holds == (name == "Fn::Or") {
				return holds, err
			}
		}
		return name == "Fn::And", nil
	}
	return false, mistakeAt(n.at, "the condition %s is not known", name)
}

func (e *evaluator) equals(n, argument *node) (bool, error) {
	args, err := arguments(n, argument, 2, 2)
	if err != nil {
		return false, err
	}
	a, err := e.str(args[0])
	if err != nil {
		return false, err
	}
	b, err := e.str(args[1])
	if err != nil {
		return false, err
	}
	return a.string == b.string, nil
}
