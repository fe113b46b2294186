package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A rewriter gives another text for an expression; in JSONata the text is without the
// braces.
type rewriter func(language asl.QueryLanguage, text string) string

// rewritten returns a state with the expressions rewritten that are in it, and in the
// states inside.
func (x *exporter) rewritten(state *value.Object, f rewriter) *value.Object {
	language := x.machine.QueryLanguage
	if own, ok := state.Get("QueryLanguage"); ok {
		language = asl.QueryLanguage(own.(string))
	}
	state = rewriteFields(state, func(text string) string {
		if language == asl.JSONPath {
			return f(language, text)
		}
		if !asl.IsQuery(text) {
			return text
		}
		return "{%" + f(language, text[len("{%"):len(text)-len("%}")]) + "%}"
	}, language)
	return mapGraphs(state, func(g *value.Object) *value.Object {
		states, _ := g.Get("States")
		all := members(states.(*value.Object))
		for i := range all {
			all[i].Value = x.rewritten(all[i].Value.(*value.Object), f)
		}
		return g.With("States", value.NewObject(all...))
	})
}

// templateFields hold Payload Templates in JSONPath.
var templateFields = []string{"Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials"}

// rewriteFields rewrites the expressions of a state, rule or Catcher, apart from what
// is in graphs.
func rewriteFields(o *value.Object, f func(string) string, language asl.QueryLanguage) *value.Object {
	all := members(o)
	for i, m := range all {
		text, isText := m.Value.(string)
		switch {
		case m.Key == "Branches", slices.Contains(processorFields, m.Key), m.Key == "Comment":
		case language == asl.JSONata:
			all[i].Value = rewriteStrings(m.Value, f, false)
		case slices.Contains(templateFields, m.Key):
			all[i].Value = rewriteStrings(m.Value, f, true)
		case isText && (m.Key == "Variable" || strings.HasSuffix(m.Key, "Path") && m.Key != "ResultPath"):
			all[i].Value = f(text)
		case slices.Contains([]string{"Choices", "Catch", "And", "Or", "Not"}, m.Key):
			all[i].Value = rewriteEach(m.Value, f)
		}
	}
	return value.NewObject(all...)
}

// rewriteEach rewrites the rules or Catchers of a state in JSONPath.
func rewriteEach(v any, f func(string) string) any {
	switch v := v.(type) {
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = rewriteEach(item, f)
		}
		return items
	case *value.Object:
		return rewriteFields(v, f, asl.JSONPath)
	}
	return v
}

// rewriteStrings rewrites the strings in a value; in a template those whose key asks
// to be evaluated.
func rewriteStrings(v any, f func(string) string, template bool) any {
	switch v := v.(type) {
	case string:
		if !template {
			return f(v)
		}
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = rewriteStrings(item, f, template)
		}
		return items
	case *value.Object:
		all := members(v)
		for i, m := range all {
			text, isText := m.Value.(string)
			if template && isText && strings.HasSuffix(m.Key, ".$") {
				all[i].Value = f(text)
			} else {
				all[i].Value = rewriteStrings(m.Value, f, template)
			}
		}
		return value.NewObject(all...)
	}
	return v
}

// A root is where a part of a JSONPath expression begins: "$$" or "$name".
type pathRoot struct {
	start, end int
	name       string // "$" for the Context Object
}

// pathRoots finds the roots in an expression of JSONPath that are not the input.
func pathRoots(text string) []pathRoot {
	var roots []pathRoot
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '$':
			end := i + 1
			if strings.HasPrefix(text[end:], "$") {
				end++
			} else {
				for end < len(text) && asl.IsIdentifier(text[i+1:nextRune(text, end)]) {
					end = nextRune(text, end)
				}
			}
			if end > i+1 {
				roots = append(roots, pathRoot{start: i, end: end, name: text[i+1 : end]})
			}
			i = end - 1
		}
	}
	return roots
}

// nextRune returns the end of the character at a place.
func nextRune(text string, at int) int {
	for end := range text[at:] {
		if end > 0 {
			return at + end
		}
	}
	return len(text)
}

// rewriteHandler has a handler find in generated variables what it looks for in the
// Compensation of the Context Object, and in the variables that ended with a scope.
func (s *scope) rewriteHandler(h asl.State, raw *value.Object, ended []string) *value.Object {
	step, kept := "$"+s.variable(stepVariable), "$"+s.variable(keptVariable)
	return s.rewritten(raw, func(language asl.QueryLanguage, text string) string {
		if language == asl.JSONata {
			return rewriteQuery(text, step, kept, ended)
		}
		for _, root := range slices.Backward(pathRoots(text)) {
			rest := text[root.end:]
			if slices.Contains(ended, root.name) {
				text = text[:root.start] + kept + "['" + root.name + "']" + rest
			}
			if root.name != "$" {
				continue
			}
			n, whole := compensationAfter(rest)
			switch {
			case whole:
				s.refuse(h.Pointer(), "The handler reads the whole Context Object", "its Compensation exists in this package only")
			case n > 0:
				text = text[:root.start] + step + rest[n:]
			}
		}
		return text
	})
}

// compensationAfter returns how many bytes after "$$" lead to Compensation, 0 when
// they lead elsewhere; whole says that they lead to more than one part.
func compensationAfter(rest string) (n int, whole bool) {
	for _, way := range []string{".Compensation", "['Compensation']", `["Compensation"]`} {
		if after, ok := strings.CutPrefix(rest, way); ok && (way[0] == '[' || after == "" || !asl.IsIdentifier("a"+after[:nextRune(after, 0)])) {
			return len(way), false
		}
	}
	if rest == "" {
		return 0, true
	}
	named := strings.HasPrefix(rest, "['") || strings.HasPrefix(rest, `["`) ||
		rest[0] == '.' && len(rest) > 1 && asl.IsIdentifier(rest[1:nextRune(rest, 1)])
	return 0, !named
}

// rewriteQuery does it in JSONata.
func rewriteQuery(text, step, kept string, ended []string) string {
	expr, err := asl.CompileQuery(text)
	if err != nil {
		return text // a string that was not meant as an expression
	}
	const simple = ".context.Compensation"
	for _, ref := range slices.Backward(slices.Collect(expr.References())) {
		if !ref.Variable {
			continue
		}
		start, rest := ref.Position-len("$"+ref.Name), text[ref.Position:]
		switch fields := ref.Fields; {
		case slices.Contains(ended, ref.Name):
			text = text[:start] + "$lookup(" + kept + ", " + quoted(ref.Name) + ")" + rest
		case ref.Name != reservedVariable,
			len(fields) > 0 && fields[0] != "context",
			len(fields) > 1 && fields[1] != "Compensation":
		case len(fields) > 1 && strings.HasPrefix(rest, simple):
			text = text[:start] + step + rest[len(simple):]
		default:
			text = text[:start] + "$merge([$states, {'context': $merge([$states.context, {'Compensation': " + step + "}])}])" + rest
		}
	}
	return text
}

// read returns the variables that a handler and the states inside it read.
func (x *exporter) read(h asl.State) map[string]bool {
	if known, ok := x.reads[h]; ok {
		return known
	}
	read := make(map[string]bool)
	x.rewritten(x.raw[h.Name()], func(language asl.QueryLanguage, text string) string {
		if language == asl.JSONPath {
			for _, root := range pathRoots(text) {
				read[root.name] = true
			}
			return text
		}
		if expr, err := asl.CompileQuery(text); err == nil {
			for ref := range expr.References() {
				read[ref.Name] = read[ref.Name] || ref.Variable
			}
		}
		return text
	})
	x.reads[h] = read
	return read
}

// ended returns the variables that a handler reads and that end with the scopes between
// it and another graph around.
func (x *exporter) ended(h asl.State, around *asl.Graph) []string {
	var names []string
	read := slices.Sorted(maps.Keys(x.read(h)))
	for g := h.Graph(); g != around; g = g.Owner().Graph() {
		assigned := x.assignedBy(g)
		for _, name := range read {
			if assigned.names[name] {
				names = append(names, name)
			}
		}
		for _, name := range assigned.hiding {
			if x.mentions(h, name) {
				x.refuse(h.Pointer(), "The handler reads the variable '"+name+"', which ends with its branch or iteration", "it is called like a function, so what reads it can't be told from a call")
			}
		}
	}
	return names
}

// mentions reports whether a handler has a variable's name in JSONata, where it does not
// count as one because a function has it, too. It says so once.
func (x *exporter) mentions(h asl.State, name string) bool {
	if x.reads[h][name] {
		return false
	}
	x.rewritten(x.raw[h.Name()], func(language asl.QueryLanguage, text string) string {
		if language == asl.JSONata && strings.Contains(text, "$"+name) {
			x.reads[h][name] = true
		}
		return text
	})
	return x.reads[h][name]
}

// An assignment is what the states of a graph assign.
type assignment struct {
	names  map[string]bool
	hiding []string // the names that are functions of JSONata, too
}

// assignedBy returns the variables that the states of a graph assign.
func (x *exporter) assignedBy(g *asl.Graph) *assignment {
	if known, ok := x.assigned[g]; ok {
		return known
	}
	a := &assignment{names: make(map[string]bool)}
	for state := range g.All() {
		for _, name := range assignedIn(x.raw[state.Name()], state.QueryLanguage()) {
			if a.names[name] {
				continue
			}
			a.names[name] = true
			expr, err := asl.CompileQuery("$" + name)
			if err == nil && len(slices.Collect(expr.References())) == 0 {
				a.hiding = append(a.hiding, name)
			}
		}
	}
	x.assigned[g] = a
	return a
}

// assignedIn returns the variables that a state, its rules and its Catchers assign.
func assignedIn(o *value.Object, language asl.QueryLanguage) []string {
	var names []string
	if assigned, ok := o.Get("Assign"); ok {
		for key := range assigned.(*value.Object).All() {
			if language == asl.JSONPath {
				key = strings.TrimSuffix(key, ".$")
			}
			names = append(names, key)
		}
	}
	for _, field := range []string{"Choices", "Catch"} {
		for _, item := range listOf(o, field) {
			names = append(names, assignedIn(item.(*value.Object), language)...)
		}
	}
	return names
}
