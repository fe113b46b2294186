package template

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/gostates/gostates/asl"
)

// A document is a template, or another file that may have several state machines.
type document struct {
	reader     Reader
	file       *source
	root       *node
	parameters *node
	mappings   *node
	conditions *node
	resources  *node
}

// The types of resources that are state machines.
const (
	plainMachine = "AWS::StepFunctions::StateMachine"
	samMachine   = "AWS::Serverless::StateMachine"
)

// machines reads the state machines of a template.
func (d *document) machines() []*Machine {
	d.parameters, d.mappings = d.root.get("Parameters"), d.root.get("Mappings")
	d.conditions, d.resources = d.root.get("Conditions"), d.root.get("Resources")
	var all []*Machine
	if d.resources.kind != mapKind {
		return nil
	}
	for _, r := range d.resources.members {
		switch kind := r.value.get("Type").written(); kind {
		case plainMachine, samMachine:
			all = append(all, d.machine(r, kind == samMachine))
		}
	}
	return all
}

// A resource is one of a template that is a state machine, while it is read.
type resource struct {
	*evaluator
	*Machine
	sam        bool
	properties *node
	at         int // where its name stands
}

// machine reads a resource that is a state machine.
func (d *document) machine(m member, sam bool) *Machine {
	r := &resource{
		evaluator: &evaluator{document: d, set: d.reader.Set},
		Machine:   &Machine{ID: m.key.text.string},
		sam:       sam, properties: m.value.get("Properties"), at: m.key.at,
	}
	begin := d.file.position(r.at)
	r.Line, r.Column = begin.Line, begin.Column
	if sam {
		r.properties = merged(d.root.get("Globals", "StateMachine"), r.properties)
	}
	if err := r.describe(); err != nil {
		r.fail(d.file, err)
	} else if err := r.define(); err != nil {
		r.fail(d.file, err)
	}
	r.Machine.Assumptions = r.evaluator.assumptions
	return r.Machine
}

// merged returns a resource's properties with those that SAM's Globals has for all of its
// type. Maps are merged, lists are put one after the other, all else is the resource's own.
func merged(global, own *node) *node {
	switch {
	case global == nil || own == nil:
		if own == nil {
			return global
		}
		return own
	case global.kind == listKind && own.kind == listKind:
		return &node{kind: listKind, at: own.at, items: append(append([]*node(nil), global.items...), own.items...)}
	case global.kind != mapKind || own.kind != mapKind:
		return own
	}
	both := &node{kind: mapKind, at: own.at}
	for _, m := range own.members {
		both.members = append(both.members, member{m.key, merged(global.get(m.key.text.string), m.value)})
	}
	for _, m := range global.members {
		if !own.has(m.key.text.string) {
			both.members = append(both.members, m)
		}
	}
	return both
}

// property evaluates a property; nil when there is none. SAM and CloudFormation have
// different names for some.
func (r *resource) property(plain, sam string) (*node, error) {
	name := plain
	if r.sam {
		name = sam
	}
	n := r.properties.get(name)
	if n == nil {
		return nil, nil
	}
	return r.eval(n)
}

// field evaluates a field of a property, to "" when there is none.
func (r *resource) field(n *node, name string) (text, error) {
	v := n.get(name)
	if v == nil {
		return text{}, nil
	}
	return r.str(v)
}

// describe reads what the template says of the machine besides its definition.
func (r *resource) describe() error {
	name, err := r.property("StateMachineName", "Name")
	if err != nil {
		return err
	}
	r.Name = name.written()
	role, err := r.property("RoleArn", "Role")
	if err != nil {
		return err
	}
	r.Role = role.written()
	kind, err := r.property("StateMachineType", "Type")
	if err != nil {
		return err
	}
	if kind.scalar() {
		r.typed(r.file, kind.text)
	}
	tracing, err := r.property("TracingConfiguration", "Tracing")
	if err != nil {
		return err
	}
	enabled, err := r.field(tracing, "Enabled")
	if err != nil {
		return err
	}
	r.Tracing = strings.EqualFold(enabled.string, "true")
	logging, err := r.property("LoggingConfiguration", "Logging")
	if err != nil || logging == nil {
		return err
	}
	return r.logging(logging)
}

func (r *resource) logging(n *node) error {
	level, err := r.field(n, "Level")
	if err != nil {
		return err
	}
	data, err := r.field(n, "IncludeExecutionData")
	if err != nil {
		return err
	}
	r.Logging.Level = level.string
	r.Logging.IncludeExecutionData = strings.EqualFold(data.string, "true")
	destinations := n.get("Destinations")
	if destinations == nil {
		return nil
	}
	items, err := r.list(destinations)
	if err != nil {
		return err
	}
	for _, item := range items {
		item, err := r.eval(item)
		if err != nil {
			return err
		}
		group, err := r.field(item.get("CloudWatchLogsLogGroup"), "LogGroupArn")
		if err != nil {
			return err
		}
		if group.string != "" {
			r.Logging.Groups = append(r.Logging.Groups, group.string)
		}
	}
	return nil
}

// define reads the definition, wherever the template has it.
func (r *resource) define() error {
	names := []string{"Definition", "DefinitionString", "DefinitionS3Location", "DefinitionUri"}
	var found string
	var where *node
	for _, name := range names {
		n := r.properties.get(name)
		if n == nil {
			continue
		}
		v, err := n, error(nil)
		if function, _ := call(n); function != "Fn::Transform" {
			v, err = r.eval(n)
		}
		switch {
		case err != nil:
			return err
		case v.null():
		case found != "":
			// The texts are those of CloudFormation's handler, of which the source is public.
			return mistakeAt(v.at, "Property validation failed. Please use either [DefinitionS3Location], [Definition] or [DefinitionString] but not both.")
		default:
			found, where = name, v
		}
	}
	substitutions, err := r.substitutions()
	if err != nil {
		return err
	}
	if found == "" {
		return mistakeAt(r.at, "Property validation failed. Required key [DefinitionS3Location], [Definition] or [DefinitionString] not found.")
	}
	if function, argument := call(where); function == "Fn::Transform" {
		return r.include(where, argument, substitutions)
	}
	switch found {
	case "DefinitionString":
		if !where.scalar() {
			return mistakeAt(where.at, "DefinitionString must be a text")
		}
		return r.inline(where.text, substitutions)
	case "Definition":
		if where.kind != mapKind {
			return mistakeAt(where.at, "Definition must be an object; a text is called DefinitionString")
		}
		w := writer{template: true, eval: r.eval}
		if err := w.write(where, "", 0); err != nil {
			return err
		}
		r.doubt(r.file, where)
		return r.inline(w.text(), substitutions)
	default:
		return r.elsewhere(found, where, substitutions)
	}
}

// inline takes a definition that stands in the template.
func (r *resource) inline(t text, substitutions map[string]string) error {
	t, err := r.substitute(r.evaluator, r.file, t, substitutions)
	if err != nil {
		return err
	}
	r.Machine.define(r.evaluator, r.file, t)
	return nil
}

// substitutions evaluates DefinitionSubstitutions; nil when there is none.
func (r *resource) substitutions() (map[string]string, error) {
	n, err := r.property("DefinitionSubstitutions", "DefinitionSubstitutions")
	if err != nil || n == nil {
		return nil, err
	}
	if n.kind != mapKind {
		return nil, mistakeAt(n.at, "DefinitionSubstitutions must be an object")
	}
	all := make(map[string]string, len(n.members))
	for _, m := range n.members {
		v, err := r.eval(m.value)
		switch {
		case err != nil:
			return nil, err
		case v == nil:
			continue
		case !v.scalar():
			return nil, mistakeAt(v.at, "the substitution %s must be a text, a number or a boolean", m.key.text.string)
		}
		all[m.key.text.string] = v.written()
	}
	return all, nil
}

// include reads a definition that the transform AWS::Include puts in.
func (r *resource) include(where, argument *node, substitutions map[string]string) error {
	location := argument.get("Parameters", "Location")
	if transformName(argument) != "AWS::Include" || location == nil {
		return mistakeAt(where.at, "what %s makes of this is known to AWS alone", transformName(argument))
	}
	v, err := r.eval(location)
	if err != nil {
		return err
	}
	return r.elsewhere("AWS::Include", v, substitutions)
}

// elsewhere reads a definition of another file.
func (r *resource) elsewhere(property string, where *node, substitutions map[string]string) error {
	var candidates []string
	var named string
	if where.scalar() {
		named = where.written()
		candidates = []string{named}
	} else {
		bucket, err := r.field(where, "Bucket")
		if err != nil {
			return err
		}
		key, err := r.field(where, "Key")
		if err != nil {
			return err
		}
		named = "s3://" + bucket.string + "/" + key.string
		// cdk synth writes the files that it will upload beside the template.
		if key.string != "" {
			candidates = []string{"asset." + path.Base(key.string)}
		}
	}
	reason := "its text is kept elsewhere"
	for _, candidate := range candidates {
		if strings.Contains(candidate, "://") {
			continue
		}
		name := path.Join(path.Dir(r.file.name), candidate)
		if path.IsAbs(candidate) {
			name = path.Clean(candidate)
			if _, disk := r.reader.Files.(disk); !disk {
				name = name[1:]
			}
		}
		file, err := r.reader.open(name)
		if err == nil {
			src := newSource(name, strings.TrimPrefix(string(file), "\ufeff"))
			r.read(r.evaluator, src, substitutions)
			return nil
		}
		reason = err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			reason = "there is no such file"
		}
	}
	r.report(r.file, asl.Error, asl.UnreadableDefinition, where.at, "the definition that %s names can't be read: %s: %s", property, named, reason)
	return nil
}
