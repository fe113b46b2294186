package template

import "strings"

// serverless reads the state machines of a configuration of the Serverless Framework: of the
// plugin serverless-step-functions, whose section is called stepFunctions. Its definitions
// may have CloudFormation's functions in them. What the framework's own variables, such as
// ${self:custom.stage}, stand for is for [Reader.Set] to say.
func (d *document) serverless() []*Machine {
	d.resources = d.root.get("resources", "Resources")
	if d.resources == nil {
		d.resources = &node{kind: mapKind}
	}
	// Functions are resources that the framework makes: of "charge" ChargeLambdaFunction.
	resources := &node{kind: mapKind, members: d.resources.members}
	if functions := d.root.get("functions"); functions != nil && functions.kind == mapKind {
		for _, f := range functions.members {
			resources.members = append(resources.members, functionResource(f))
		}
	}
	d.resources = resources
	machines := d.root.get("stepFunctions", "stateMachines")
	if machines == nil || machines.kind != mapKind {
		return nil
	}
	var all []*Machine
	for _, m := range machines.members {
		all = append(all, d.serverlessMachine(m))
	}
	return all
}

// functionResource returns the resource that a function of the framework's becomes. A name
// that its configuration doesn't give is the function's own here.
func functionResource(f member) member {
	name := f.key.text.string
	called := f.value.get("name")
	if called == nil {
		called = &node{kind: stringKind, at: f.key.at, text: f.key.text}
	}
	field := func(key string, value *node) member {
		return member{&node{kind: stringKind, at: f.key.at, text: textAt(key, f.key.at)}, value}
	}
	properties := &node{kind: mapKind, at: f.key.at, members: []member{field("FunctionName", called)}}
	kind := &node{kind: stringKind, at: f.key.at, text: textAt("AWS::Lambda::Function", f.key.at)}
	return field(normalized(name)+"LambdaFunction",
		&node{kind: mapKind, at: f.key.at, members: []member{field("Type", kind), field("Properties", properties)}})
}

// normalized returns a function's name as the framework has it in logical IDs: with a capital
// letter, and words for - and _.
func normalized(name string) string {
	var id []byte
	for i, c := range []byte(name) {
		switch {
		case c == '-':
			id = append(id, "Dash"...)
		case c == '_':
			id = append(id, "Underscore"...)
		case i == 0 && 'a' <= c && c <= 'z':
			id = append(id, c-'a'+'A')
		default:
			id = append(id, c)
		}
	}
	return string(id)
}

// serverlessMachine reads one of the state machines.
func (d *document) serverlessMachine(m member) *Machine {
	r := &resource{
		evaluator: &evaluator{document: d, set: d.reader.Set},
		Machine:   &Machine{ID: m.key.text.string},
		at:        m.key.at,
	}
	begin := d.file.position(r.at)
	r.Line, r.Column = begin.Line, begin.Column
	if err := r.fromServerless(m.value); err != nil {
		r.fail(d.file, err)
	}
	r.Machine.Assumptions = r.evaluator.assumptions
	return r.Machine
}

// fromServerless reads what a state machine of the framework's has, by CloudFormation's names
// of its fields.
func (r *resource) fromServerless(n *node) error {
	r.properties = renamed(n, map[string]string{
		"name": "StateMachineName", "role": "RoleArn", "type": "StateMachineType",
		"tracingConfig": "TracingConfiguration", "loggingConfig": "LoggingConfiguration",
		"enabled": "Enabled", "level": "Level", "includeExecutionData": "IncludeExecutionData",
	})
	if err := r.describe(); err != nil {
		return err
	}
	if groups := n.get("loggingConfig", "destinations"); groups != nil {
		items, err := r.list(groups)
		if err != nil {
			return err
		}
		for _, item := range items {
			group, err := r.str(item)
			if err != nil {
				return err
			}
			r.Logging.Groups = append(r.Logging.Groups, group.string)
		}
	}
	return r.definedByServerless(n)
}

// renamed returns those fields of a map that have another name, with that name; so for the
// fields of a configuration.
func renamed(n *node, names map[string]string) *node {
	if n.kind != mapKind {
		return n
	}
	as := &node{kind: mapKind, at: n.at}
	for _, m := range n.members {
		name, ok := names[m.key.text.string]
		if !ok {
			continue
		}
		v := m.value
		if strings.HasSuffix(name, "Configuration") {
			v = renamed(v, names)
		}
		as.members = append(as.members, member{&node{kind: stringKind, at: m.key.at, text: textAt(name, m.key.at)}, v})
	}
	return as
}

func (r *resource) definedByServerless(n *node) error {
	definition := n.get("definition")
	switch {
	case definition == nil:
		return mistakeAt(r.at, "the state machine has no definition")
	case definition.kind == stringKind:
		if file, ok := fileVariable(definition.text.string); ok {
			where := &node{kind: stringKind, at: definition.at, text: textAt(file, definition.at)}
			return r.elsewhere("definition", where, nil)
		}
		return r.inline(definition.text, nil)
	}
	w := writer{eval: r.eval}
	if err := w.write(definition, "", 0); err != nil {
		return err
	}
	r.doubt(r.file, definition)
	return r.inline(w.text(), nil)
}

// fileVariable returns the path in a variable of the framework's: ${file(ship.asl.yml)}.
func fileVariable(s string) (path string, ok bool) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(s), "${file(")
	if !ok {
		return "", false
	}
	path, rest, ok := strings.Cut(inner, ")")
	return path, ok && rest == "}"
}
