package asl

import "slices"

func (r *stateReader) readChoice() *Choice {
	s := &Choice{
		node: r.node, Flow: r.readEnds(),
	}
	r.scope.link(r.vertex, r.get("Default"), &s.Default, r.assignedBy(r.fields))
	list := r.get("Choices")
	if list == nil {
		r.vertex.end = true // nobody can tell where it leads
		return s
	}
	// Links point into the slice, so it must not move.
	s.Choices = make([]ChoiceRule, 0, len(list.items))
	ends := s.Flow // a rule has no OutputPath of its own
	for i := range list.items {
		f := r.check(list.item(i), inRule, r.language)
		if f == nil {
			continue
		}
		s.Choices = append(s.Choices, ChoiceRule{
			Condition: r.condition(f), Flow: r.outputs(ends, f, inputSeen), Comment: f.text("Comment"),
		})
		r.scope.link(r.vertex, f.get("Next"), &s.Choices[len(s.Choices)-1].Next, r.assignedBy(f))
	}
	return s
}

// conditionFields are the fields of which a Choice Rule has one, in AWS's order.
var conditionFields = []string{"And", "Or", "Not", "Variable", "Condition"}

// condition reads what a rule asks, nil after a report.
func (r *stateReader) condition(f *fields) Condition {
	if r.language == JSONata {
		return r.test(f.get("Condition"))
	}
	count := 0
	for _, name := range conditionFields {
		if f.has(name) {
			count++
		}
	}
	if count != 1 {
		r.fail(f.place, "The object must have only one of the following fields, [%s]", joined(conditionFields))
		return nil
	}
	switch {
	case f.has("And"):
		r.refuseOperators(f)
		return &And{Conditions: r.conditions(f.get("And"))}
	case f.has("Or"):
		r.refuseOperators(f)
		return &Or{Conditions: r.conditions(f.get("Or"))}
	case f.has("Not"):
		r.refuseOperators(f)
		if nested := f.get("Not"); nested != nil {
			if nf := r.check(nested, inNestedRule, r.language); nf != nil {
				return &Not{Condition: r.condition(nf)}
			}
		}
		return nil
	default:
		return r.comparison(f)
	}
}

func (r *stateReader) conditions(list *place) []Condition {
	if list == nil {
		return nil
	}
	conditions := make([]Condition, 0, len(list.items))
	for i := range list.items {
		if f := r.check(list.item(i), inNestedRule, r.language); f != nil {
			conditions = append(conditions, r.condition(f))
		}
	}
	return conditions
}

// refuseOperators reports comparisons beside And, Or and Not.
func (r *stateReader) refuseOperators(f *fields) {
	for i := range f.members {
		if _, ok := operators[f.members[i].key]; ok {
			r.unsupported(f, f.member(&f.members[i]))
		}
	}
}

// comparison reads a Data-test Expression.
func (r *stateReader) comparison(f *fields) Condition {
	c := &Comparison{Variable: r.nodePath(f, "Variable")}
	var found []string
	for i := range f.members {
		if _, ok := operators[f.members[i].key]; ok && !slices.Contains(found, f.members[i].key) {
			found = append(found, f.members[i].key)
		}
	}
	switch {
	case len(found) == 0:
		d := r.fail(f.place, "A comparison is missing: the rule needs one operator such as StringEquals")
		d.need = need{names: append([]string{""}, r.absent(f)...), any: true} // any field that can't be here was to be it
		return nil
	case len(found) > 1:
		r.fail(f.place, "There should only be one of the following fields: [%s]", joined(found))
		return nil
	}
	operand := f.get(found[0])
	if operand == nil {
		return nil
	}
	op := operators[found[0]]
	c.Operator = op.operator
	if op.path {
		c.Path = r.operandPath(operand)
		return c
	}
	r.readOperand(c, op, operand)
	return c
}

// readOperand reads the literal right side of a comparison.
func (r *stateReader) readOperand(c *Comparison, op operatorField, at *place) {
	switch op.operand {
	case booleanOperand:
		c.Operand = at.truth
		return
	case numericOperand:
		v, _ := r.valueOf(at)
		switch v.(type) {
		case int64, float64:
			c.Operand = v
		default: // an integer beyond int64
			c.Operand = r.number(at.element)
		}
		return
	}
	c.Operand = at.text
	switch op.operand {
	case timestampOperand:
		c.Time = r.timestamp(at)
	case patternOperand:
		p, err := CompilePattern(at.text)
		if err != nil {
			r.fail(at, "The pattern is not valid: %v", errOpenEscape)
		}
		c.Pattern = p
	}
	if looksLikePath(at.text) {
		d := r.warn(NoPath, at, "The value looks like a path, but '%s' compares with a literal", at.key)
		if _, ok := operators[at.key+"Path"]; ok {
			d.Suggestion = at.key + "Path"
		}
	}
}
