package jsonpath

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// suffix marks a field of a template whose value is an expression.
const suffix = ".$"

// A Template is a compiled Payload Template: Parameters, ItemSelector,
// ResultSelector, Assign, Credentials. It may be any JSON; which fields take what is
// for those who read them to say. It is immutable and safe for concurrent use.
//
// Payload Template chapter: https://states-language.net/#payload-template
type Template struct {
	root      node
	variables []string
	warnings  []TemplateProblem
}

// A TemplateProblem is one thing that is wrong with a template.
type TemplateProblem struct {
	Pointer string // the object that has the field: an RFC 6901 pointer inside the template, "" for the template itself
	Field   string // with its suffix: "x.$"
	Code    string // AWS's
	Message string // AWS's
	Err     error  // says more, a *SyntaxError; nil where there is no more to say
}

// A TemplateError holds every problem of a template, in document order.
type TemplateError struct {
	Problems []TemplateProblem
}

func (e *TemplateError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", p.Code, p.Message)
		if p.Pointer != "" {
			b.WriteString(" at " + p.Pointer)
		}
		if p.Err != nil {
			b.WriteString(": " + p.Err.Error())
		}
	}
	return b.String()
}

// CompileTemplate compiles a template. Fields whose names end in ".$", however
// deeply nested, are expressions, be it in arrays and where the template is itself an
// array (reported as run on AWS); everything else stands for itself. The error is a
// *[TemplateError].
func CompileTemplate(v any) (*Template, error) {
	c := templateCompiler{}
	root := c.compile("", v)
	if len(c.problems) > 0 {
		return nil, &TemplateError{Problems: c.problems}
	}
	return &Template{root: root, variables: c.variables, warnings: c.warnings}, nil
}

// Warnings gives what [Expression.Warnings] has to say of the template's fields, in
// document order; these problems have neither a Code nor an Err.
func (t *Template) Warnings() []TemplateProblem { return t.warnings }

// Variables ranges over the names of the variables that the template refers to,
// each once, in the order of their first use.
func (t *Template) Variables() iter.Seq[string] { return each(t.variables) }

// Eval gives the payload. In a template a definite path gives null where its last
// step is an index that the array has not, be it past the end (reported as measured
// on AWS) or negative. A member after such an index fails (reported with an
// execution's own text, for a negative one), as every missing member does, and so
// does such a path as an argument of a function (reported as measured). The error
// is a *[FieldError]. What the template says literally is shared, not copied: a
// template without any expression gives its own value.
func (t *Template) Eval(input any, s Scope) (any, error) {
	if c, ok := t.root.(verbatim); ok {
		return c.v, nil
	}
	return t.root.eval(&environment{input: input, scope: s})
}

// A node is a part of a template. The set of kinds is closed.
type node interface {
	eval(env *environment) (any, error)
}

type (
	verbatim struct{ v any }

	objectNode []fieldNode
	fieldNode  struct {
		key  string
		node node
	}

	arrayNode []node

	expressionNode struct {
		field      string
		expression *Expression
	}
)

func (n verbatim) eval(*environment) (any, error) { return n.v, nil }

func (n objectNode) eval(env *environment) (any, error) {
	members := make([]value.Member, len(n))
	for i := range n {
		v, err := n[i].node.eval(env)
		if err != nil {
			return nil, err
		}
		members[i] = value.Member{Key: n[i].key, Value: v}
	}
	return value.NewObject(members...), nil
}

func (n arrayNode) eval(env *environment) (any, error) {
	elements := make([]any, len(n))
	for i := range n {
		v, err := n[i].eval(env)
		if err != nil {
			return nil, err
		}
		elements[i] = v
	}
	return elements, nil
}

func (n *expressionNode) eval(env *environment) (v any, err error) {
	if n.expression.path != nil {
		v, err = env.path(n.expression.path)
		if missing, ok := err.(*NotFoundError); ok && missing.pastEnd && n.expression.path.definite {
			return nil, nil
		}
	} else {
		v, err = n.expression.call.eval(env)
	}
	if err != nil {
		return nil, n.expression.failed(n.field, env, err)
	}
	return v, nil
}

type templateCompiler struct {
	problems  []TemplateProblem
	warnings  []TemplateProblem
	variables []string
}

func (c *templateCompiler) compile(pointer string, v any) node {
	switch v := v.(type) {
	case *value.Object:
		return c.object(pointer, v)
	case []any:
		nodes := make(arrayNode, len(v))
		literal := true
		for i, e := range v {
			nodes[i] = c.compile(pointer+"/"+strconv.Itoa(i), e)
			_, same := nodes[i].(verbatim)
			literal = literal && same
		}
		if literal {
			return verbatim{v}
		}
		return nodes
	}
	return verbatim{v}
}

func (c *templateCompiler) object(pointer string, o *value.Object) node {
	fields := make(objectNode, 0, o.Len())
	literal := true
	names := make(map[string]bool, o.Len())
	for key, v := range o.All() {
		name, dynamic := strings.CutSuffix(key, suffix)
		if names[name] {
			c.duplicate(pointer, o, name)
			continue
		}
		names[name] = true
		var n node
		if dynamic {
			literal = false
			n = c.expression(pointer, key, v)
		} else {
			n = c.compile(pointer+"/"+escapePointer(key), v)
			_, same := n.(verbatim)
			literal = literal && same
		}
		fields = append(fields, fieldNode{name, n})
	}
	if literal {
		return verbatim{o}
	}
	return fields
}

func (c *templateCompiler) expression(pointer, field string, v any) node {
	text, ok := v.(string)
	if !ok {
		c.problems = append(c.problems, TemplateProblem{
			Pointer: pointer, Field: field, Code: "SCHEMA_VALIDATION_FAILED",
			Message: fmt.Sprintf("The value for the field '%s' must be a STRING that contains a JSONPath but was %s",
				field, awsType(v)),
		})
		return verbatim{}
	}
	e, err := CompileExpression(text)
	if err != nil {
		c.problems = append(c.problems, TemplateProblem{
			Pointer: pointer, Field: field, Code: "SCHEMA_VALIDATION_FAILED",
			Message: fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field),
			Err:     err,
		})
		return verbatim{}
	}
	for name := range e.Variables() {
		if !slices.Contains(c.variables, name) {
			c.variables = append(c.variables, name)
		}
	}
	for _, warning := range e.Warnings() {
		c.warnings = append(c.warnings, TemplateProblem{Pointer: pointer, Field: field, Message: warning})
	}
	return &expressionNode{field: field, expression: e}
}

func (c *templateCompiler) duplicate(pointer string, o *value.Object, name string) {
	field := name + suffix
	if _, ok := o.Get(field); !ok {
		field = name
	}
	c.problems = append(c.problems, TemplateProblem{
		Pointer: pointer, Field: field, Code: "DUPLICATE_FIELD_NAME",
		Message: `A duplicate field will exist after renaming to strip the ".$" suffix from: ` + field,
	})
}

// awsType names a value's type as AWS's diagnostics do; the wording is not
// measured.
func awsType(v any) string {
	switch v.(type) {
	case nil:
		return "NULL"
	case []any:
		return "an ARRAY"
	case *value.Object:
		return "an OBJECT"
	}
	return "a " + strings.ToUpper(value.TypeName(v))
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(key string) string { return pointerEscapes.Replace(key) }
