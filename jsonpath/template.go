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
	root      part
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
	if c, ok := t.root.(fixed); ok {
		return c.Value, nil
	}
	return t.root.Eval(&environment{input: input, scope: s})
}

// A part is a part of a template: its expressions are *fields.
type (
	part  = value.Template[*environment]
	fixed = value.Literal[*environment]
)

// A field is a member of a template whose value is an expression.
type field struct {
	name       string // with its suffix
	expression *Expression
}

// Eval evaluates the expression.
func (f *field) Eval(env *environment) (v any, err error) {
	if f.expression.path != nil {
		v, err = env.path(f.expression.path)
		if missing, ok := err.(*NotFoundError); ok && missing.pastEnd && f.expression.path.definite {
			return nil, nil
		}
	} else {
		v, err = f.expression.call.eval(env)
	}
	if err != nil {
		return nil, f.expression.failed(f.name, env, err)
	}
	return v, nil
}

type templateCompiler struct {
	problems  []TemplateProblem
	warnings  []TemplateProblem
	variables []string
}

func (c *templateCompiler) compile(pointer string, v any) part {
	switch v := v.(type) {
	case *value.Object:
		return c.object(pointer, v)
	case []any:
		parts := make(value.ArrayTemplate[*environment], len(v))
		for i, e := range v {
			parts[i] = c.compile(pointer+"/"+strconv.Itoa(i), e)
		}
		return parts.OrLiteral(v)
	}
	return fixed{Value: v}
}

func (c *templateCompiler) object(pointer string, o *value.Object) part {
	parts := make(value.ObjectTemplate[*environment], 0, o.Len())
	names := make(map[string]bool, o.Len())
	for key, v := range o.All() {
		name, dynamic := strings.CutSuffix(key, suffix)
		if names[name] {
			c.duplicate(pointer, o, name)
			continue
		}
		names[name] = true
		member := value.MemberTemplate[*environment]{Key: name}
		if dynamic {
			member.Value = c.expression(pointer, key, v)
		} else {
			member.Value = c.compile(pointer+"/"+value.EscapePointer(key), v)
		}
		parts = append(parts, member)
	}
	return parts.OrLiteral(o)
}

// expression compiles the value of a field whose name has the suffix. After a problem
// it gives a literal, which nobody evaluates.
func (c *templateCompiler) expression(pointer, name string, v any) part {
	problem := func(err error, format string, args ...any) part {
		c.problems = append(c.problems, TemplateProblem{
			Pointer: pointer, Field: name, Code: "SCHEMA_VALIDATION_FAILED", Message: fmt.Sprintf(format, args...), Err: err,
		})
		return fixed{}
	}
	text, ok := v.(string)
	if !ok {
		return problem(nil, "The value for the field '%s' must be a STRING that contains a JSONPath but was %s", name, awsType(v))
	}
	e, err := CompileExpression(text)
	if err != nil {
		return problem(err, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", name)
	}
	for name := range e.Variables() {
		if !slices.Contains(c.variables, name) {
			c.variables = append(c.variables, name)
		}
	}
	for _, warning := range e.Warnings() {
		c.warnings = append(c.warnings, TemplateProblem{Pointer: pointer, Field: name, Message: warning})
	}
	return &field{name: name, expression: e}
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
