package template

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
)

func (e *evaluator) ref(call, argument *node) (*node, error) {
	name, err := e.str(argument)
	if err != nil {
		return nil, err
	}
	return e.lookUp(call, name.string)
}

// lookUp returns what a name stands for: a parameter's value, a resource's name, one of
// CloudFormation's own values. It is nil for AWS::NoValue.
func (e *evaluator) lookUp(call *node, name string) (*node, error) {
	if strings.HasPrefix(name, "AWS::") {
		return e.pseudo(call, name)
	}
	if p := e.parameters.get(name); p != nil {
		return e.parameter(call, name, p)
	}
	t, err := e.reference(name, call.at)
	if err != nil {
		return nil, err
	}
	return result(call, t), nil
}

// pseudo returns the value of a pseudo parameter.
func (e *evaluator) pseudo(call *node, name string) (*node, error) {
	plausible := map[string]string{
		"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::StackName": "stack",
	}[name]
	switch name {
	case "AWS::NoValue":
		return nil, nil
	case "AWS::NotificationARNs":
		return results(call, e.arn("sns", "notifications")), nil
	case "AWS::Partition":
		return result(call, textAt(e.known(name, "aws"), call.at)), nil
	case "AWS::URLSuffix":
		return result(call, textAt(e.known(name, "amazonaws.com"), call.at)), nil
	case "AWS::StackId":
		plausible = e.arn("cloudformation", "stack/"+e.known("AWS::StackName", "stack")+"/"+someUUID)
	}
	if plausible == "" {
		return nil, mistakeAt(call.at, "%s is none of CloudFormation's values", name)
	}
	return result(call, e.assume(name, plausible, call.at)), nil
}

// known returns what the user has set for a name, else a value that is not worth a note.
func (e *evaluator) known(name, otherwise string) string {
	if s, ok := e.set[name]; ok {
		return s
	}
	return otherwise
}

// parameter returns a parameter's value: what the user has set, else its default.
func (e *evaluator) parameter(call *node, name string, p *node) (*node, error) {
	kind := p.get("Type").written()
	var t text
	_, set := e.set[name]
	switch fallback := p.get("Default"); {
	case set || !fallback.scalar() || strings.HasPrefix(kind, "AWS::SSM::Parameter::Value"):
		t = e.assume(name, plausibleParameter(name, kind, p), call.at)
	default:
		t = fallback.text.moved(call.at)
	}
	if kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") || strings.HasPrefix(kind, "AWS::SSM::Parameter::Value<List<") {
		var all []string
		for item := range strings.SplitSeq(t.string, ",") {
			all = append(all, strings.TrimSpace(item))
		}
		return results(call, all...), nil
	}
	return result(call, t), nil
}

// plausibleParameter returns a value for a parameter that has none.
func plausibleParameter(name, kind string, p *node) string {
	if allowed := p.get("AllowedValues"); allowed != nil && len(allowed.items) > 0 && allowed.items[0].scalar() {
		return allowed.items[0].written()
	}
	if kind == "Number" {
		if least := p.get("MinValue").written(); least != "" {
			return least
		}
		return "1"
	}
	for part, id := range map[string]string{"::Subnet::": "subnet", "::SecurityGroup::": "sg", "::VPC::": "vpc", "::Image::": "ami", "::Instance::": "i", "::Volume::": "vol"} {
		if strings.Contains(kind, part) {
			return id + "-0123456789abcdef0"
		}
	}
	return asl.Substitution{Name: name, Quoted: true, Whole: true}.Plausible()
}

func (e *evaluator) getAtt(call, argument *node) (*node, error) {
	var path string
	switch argument.kind {
	case listKind:
		var parts []string
		for _, item := range argument.items {
			part, err := e.str(item)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part.string)
		}
		path = strings.Join(parts, ".")
	case stringKind:
		path = argument.text.string
	}
	id, attribute, ok := strings.Cut(path, ".")
	if !ok || id == "" || attribute == "" {
		return nil, mistakeAt(call.at, "Fn::GetAtt takes a resource and its attribute")
	}
	t, err := e.attribute(id, attribute, call.at)
	if err != nil {
		return nil, err
	}
	return result(call, t), nil
}

func (e *evaluator) sub(call, argument *node) (*node, error) {
	template := argument
	if argument.kind == listKind {
		items, err := arguments(call, argument, 2, 2)
		if err != nil {
			return nil, err
		}
		if items[1].kind != mapKind {
			return nil, mistakeAt(items[1].at, "Fn::Sub takes a map of its variables here")
		}
		variables := make(map[string]*node, len(items[1].members))
		for _, m := range items[1].members {
			variables[m.key.text.string] = m.value
		}
		e.variables = append(e.variables, variables)
		defer func() { e.variables = e.variables[:len(e.variables)-1] }()
		template = items[0]
	}
	if !template.scalar() {
		return nil, mistakeAt(call.at, "Fn::Sub takes a text, or a list of a text and a map")
	}
	t := template.text
	var b builder
	from := 0
	for from < len(t.string) {
		start := strings.Index(t.string[from:], "${")
		if start < 0 {
			break
		}
		start += from
		length := strings.IndexByte(t.string[start:], '}')
		if length < 0 {
			break
		}
		end := start + length + 1
		name := strings.TrimSpace(t.string[start+2 : end-1])
		b.slice(t, from, start)
		from = end
		if rest, literal := strings.CutPrefix(name, "!"); literal {
			b.slice(t, start, start+2)
			b.slice(t, end-1-len(rest), end)
			continue
		}
		v, known, err := e.variable(name, t.source(start))
		if err != nil {
			return nil, err
		}
		if !known {
			b.slice(t, start, end) // left for what makes the definition's substitutions
			continue
		}
		b.append(v)
		if b.Len() > 2*asl.MaxDefinitionSize {
			return nil, mistakeAt(call.at, "Fn::Sub makes more than the %d bytes allowed", asl.MaxDefinitionSize)
		}
	}
	b.slice(t, from, len(t.string))
	return result(call, b.text()), e.made(call, b.Len())
}

// variable returns what a name in a text of Fn::Sub stands for, and whether the template
// has it.
func (e *evaluator) variable(name string, at int) (v text, known bool, err error) {
	if n := len(e.variables); n > 0 {
		if own, ok := e.variables[n-1][name]; ok {
			outer := e.variables
			e.variables = nil
			v, err = e.str(own)
			e.variables = outer
			return v.moved(at), true, err
		}
	}
	here := &node{kind: stringKind, at: at}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		if !e.resources.has(id) {
			return text{}, false, nil
		}
		v, err = e.attribute(id, attribute, at)
		return v, true, err
	}
	if !strings.HasPrefix(name, "AWS::") && !e.parameters.has(name) && !e.resources.has(name) {
		return text{}, false, nil
	}
	found, err := e.lookUp(here, name)
	if err != nil || found == nil {
		return text{}, true, err
	}
	if found.kind == listKind {
		var all []string
		for _, item := range found.items {
			all = append(all, item.written())
		}
		return textAt(strings.Join(all, ","), at), true, nil
	}
	return found.text.moved(at), true, nil
}

func (e *evaluator) join(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 2, 2)
	if err != nil {
		return nil, err
	}
	delimiter, err := e.str(args[0])
	if err != nil {
		return nil, err
	}
	items, err := e.list(args[1])
	if err != nil {
		return nil, err
	}
	var b builder
	for i, item := range items {
		v, err := e.eval(item)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		t, err := e.str(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.append(delimiter)
		}
		b.append(t)
		if b.Len() > 2*asl.MaxDefinitionSize {
			return nil, mistakeAt(call.at, "Fn::Join makes more than the %d bytes allowed", asl.MaxDefinitionSize)
		}
	}
	return result(call, b.text()), e.made(call, b.Len())
}

func (e *evaluator) selectItem(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 2, 2)
	if err != nil {
		return nil, err
	}
	index, err := e.str(args[0])
	if err != nil {
		return nil, err
	}
	items, err := e.list(args[1])
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(index.string)
	if err != nil || i < 0 {
		return nil, mistakeAt(call.at, "Fn::Select takes the number of an element first, not %q", index.string)
	}
	if i >= len(items) {
		return result(call, e.guess(fmt.Sprintf("Select%d", i), call.at)), nil
	}
	return e.eval(items[i])
}

func (e *evaluator) split(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 2, 2)
	if err != nil {
		return nil, err
	}
	delimiter, err := e.str(args[0])
	if err != nil {
		return nil, err
	}
	t, err := e.str(args[1])
	if err != nil {
		return nil, err
	}
	if delimiter.string == "" {
		return nil, mistakeAt(call.at, "Fn::Split takes a delimiter first, and it is empty")
	}
	if err := e.made(call, len(t.string)+64*strings.Count(t.string, delimiter.string)); err != nil {
		return nil, err
	}
	return results(call, strings.Split(t.string, delimiter.string)...), nil
}

func (e *evaluator) findInMap(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 3, 4)
	if err != nil {
		return nil, err
	}
	found := e.mappings
	var names []string
	for _, arg := range args[:3] {
		name, err := e.str(arg)
		if err != nil {
			return nil, err
		}
		names = append(names, name.string)
		found = found.get(name.string)
	}
	if found == nil && len(args) == 4 {
		found = args[3].get("DefaultValue")
	}
	switch {
	case found == nil:
		// The keys may be ones that were assumed, such as the region.
		return result(call, e.guess(names[2], call.at)), nil
	case found.scalar():
		return result(call, found.text.moved(call.at)), nil
	}
	return e.eval(found)
}

func (e *evaluator) base64(call, argument *node) (*node, error) {
	t, err := e.str(argument)
	if err != nil {
		return nil, err
	}
	if err := e.made(call, len(t.string)); err != nil {
		return nil, err
	}
	return result(call, textAt(base64.StdEncoding.EncodeToString([]byte(t.string)), call.at)), nil
}

func (e *evaluator) zones(call, argument *node) (*node, error) {
	region, err := e.str(argument)
	if err != nil {
		return nil, err
	}
	if region.string == "" {
		region.string = e.known("AWS::Region", "us-east-1")
	}
	return results(call, region.string+"a", region.string+"b", region.string+"c"), nil
}

// cidr gives blocks that stand for those that CloudFormation would calculate.
func (e *evaluator) cidr(call, argument *node) (*node, error) {
	args, err := arguments(call, argument, 2, 3)
	if err != nil {
		return nil, err
	}
	count, err := e.str(args[1])
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(count.string)
	if err != nil || n < 1 || n > 256 {
		return nil, mistakeAt(call.at, "Fn::Cidr makes 1 to 256 blocks, not %q", count.string)
	}
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("10.0.%d.0/24", i))
	}
	return results(call, all...), nil
}

func (e *evaluator) importValue(call, argument *node) (*node, error) {
	name, err := e.str(argument)
	if err != nil {
		return nil, err
	}
	return result(call, e.guess(name.string, call.at)), nil
}

func (e *evaluator) length(call, argument *node) (*node, error) {
	items, err := e.list(argument)
	if err != nil {
		return nil, err
	}
	return result(call, textAt(strconv.Itoa(len(items)), call.at)), nil
}

func (e *evaluator) toJSON(call, argument *node) (*node, error) {
	w := writer{template: true, eval: e.eval}
	v, err := e.eval(argument)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, mistakeAt(call.at, "Fn::ToJsonString has nothing to write")
	}
	if err := w.write(v, "", e.depth); err != nil {
		return nil, err
	}
	return result(call, w.text()), e.made(call, w.Len())
}
