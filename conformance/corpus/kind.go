// Package corpus runs collections of cases of all kinds, and counts how they come out.
// Besides the executions of package conformance there are cases for the language's
// parts: definitions and what AWS says of them, paths, templates, choice rules and
// JSONata expressions; see [Kind]. The command's "gostates test" is made of it.
package corpus

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A Kind is a sort of case; each has a form of its own.
type Kind string

// The kinds.
const (
	// Executions are whole executions: see [conformance.Case].
	Executions Kind = "executions"
	// Histories are whole executions of whose histories an outline is known: see
	// [conformance.Outline].
	Histories Kind = "histories"
	// Rejections are definitions and what AWS says of them: see [Rejection].
	Rejections Kind = "rejections"
	// Validities are definitions that are valid or are not: see [Validity].
	Validities Kind = "validity"
	// Definitions are definitions that must parse: see [Validity].
	Definitions Kind = "definitions"
	// Paths are paths, templates, intrinsic functions and choice rules: see
	// [PathCase].
	Paths Kind = "jsonpath"
	// Queries are JSONata expressions: see [QueryCase].
	Queries Kind = "jsonata"
	// Conversations are calls of the AWS Step Functions API and its answers: see
	// [Conversation].
	Conversations Kind = "api"
	// Templates are files of which the state machines must parse: see [TemplateCase].
	Templates Kind = "templates"
	// StateTests are tests of single states: see [StateTest].
	StateTests Kind = "teststate"
)

// decoders reads a case's text, by kind. Files that it names lie in dir.
var decoders = map[Kind]func(text []byte, dir string) (Test, error){
	Executions:  executed(conformance.ReadCase),
	Histories:   executed(conformance.ReadOutlined),
	Rejections:  decodeRejection,
	Validities:  decodeValidity,
	Definitions: decodeDefinition,
	Paths:       decodePathCase,
	Queries:     decodeQuery,

	Conversations: decodeConversation,
	Templates:     decodeTemplate,
	StateTests:    decodeStateTest,
}

// executed makes tests of cases that are executions.
func executed(decode func(text []byte, dir string) (*conformance.Case, error)) func(text []byte, dir string) (Test, error) {
	return func(text []byte, dir string) (Test, error) {
		c, err := decode(text, dir)
		if err != nil {
			return Test{}, err
		}
		return Test{Name: c.Name, Doubtful: c.Doubtful, run: c.Run}, nil
	}
}

// Kinds returns all kinds, in alphabetical order.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(decoders))
	for kind := range decoders {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// An UnknownKindError is returned for a kind of case that there is not.
type UnknownKindError struct {
	Kind Kind
}

// Error names the kinds there are.
func (e *UnknownKindError) Error() string {
	var names []string
	for _, kind := range Kinds() {
		names = append(names, string(kind))
	}
	if near := asl.Nearest(string(e.Kind), names); near != "" {
		return fmt.Sprintf("unknown kind of case %q; did you mean %q? There are %s", string(e.Kind), near, strings.Join(names, ", "))
	}
	return fmt.Sprintf("unknown kind of case %q; there are %s", string(e.Kind), strings.Join(names, ", "))
}

// A Test is a case of any kind, ready to be run.
type Test struct {
	// Name tells the case from others of its file.
	Name string
	// Doubtful marks a case that counts apart: nobody is sure of it.
	Doubtful bool

	run func(conformance.Driver) error
}

// Run runs the case; executions are run by the driver. The error is nil, a
// [*conformance.Difference], or says why the case could not be run.
func (t *Test) Run(d conformance.Driver) error { return t.run(d) }

// marks are fields by which a case shows its kind. The first kind counts all of whose fields
// a case has; a name with a dot is a field within another.
var marks = []struct {
	kind   Kind
	fields []string
}{
	{Conversations, []string{"calls"}},
	{Validities, []string{"definition", "valid"}},
	{Rejections, []string{"operation", "expect"}},
	{Templates, []string{"template", "kind"}},
	{Paths, []string{"kind", "expect"}},
	{Queries, []string{"expr", "expect"}},
	{Histories, []string{"expect.event_types"}},
	{Histories, []string{"expect.event_types_absent"}},
	{Histories, []string{"expect.event_details"}},
	{Histories, []string{"expect.event_details_absent"}},
	{Histories, []string{"expect.previous_event_ids"}},
	{StateTests, []string{"definition", "inspectionLevel"}},
	{StateTests, []string{"definition", "mock"}},
	{StateTests, []string{"definition", "stateName"}},
	{StateTests, []string{"definition", "expect.inspectionData"}},
	{Executions, []string{"definition", "expect.status"}},
	{Executions, []string{"definition_file", "expect.status"}},
	{Definitions, []string{"definition"}},
}

// KindOf returns the kind of a case as its fields tell it; "" when they tell none.
func KindOf(text []byte) Kind {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return ""
	}
	has := func(name string) bool {
		outer, inner, within := strings.Cut(name, ".")
		if !within {
			return fields[name] != nil
		}
		var members map[string]json.RawMessage
		return json.Unmarshal(fields[outer], &members) == nil && members[inner] != nil
	}
	_, expects := fields["expect"]
	for _, m := range marks {
		if m.kind == Definitions && expects {
			return "" // something is expected of it, and not understood
		}
		if !slices.ContainsFunc(m.fields, func(name string) bool { return !has(name) }) {
			return m.kind
		}
	}
	return ""
}

// decoderOf returns what reads a case of a kind, or if that is "" of the kind that its fields
// tell.
func decoderOf(kind Kind) (func(text []byte, dir string) (Test, error), error) {
	if decode, ok := decoders[kind]; ok {
		return decode, nil
	}
	if kind != "" {
		return nil, &UnknownKindError{Kind: kind}
	}
	return func(text []byte, dir string) (Test, error) {
		decode, ok := decoders[KindOf(text)]
		if !ok {
			return Test{}, unknownKind(text)
		}
		return decode(text, dir)
	}, nil
}

// unknownKind returns the error for a case whose kind its fields don't tell.
func unknownKind(text []byte) error {
	var fields struct{ StartAt, States json.RawMessage }
	if json.Unmarshal(text, &fields) == nil && fields.StartAt != nil && fields.States != nil {
		return errors.New("it is a definition, and no case: that has a definition, and what is expected of it")
	}
	return errors.New("its fields don't tell its kind, so that must be said")
}

// LoadKind reads cases of any kind, from files and folders as [conformance.Load] does. For
// the kind "" each case is of the kind that its fields tell, see [KindOf]. A
// case that can't be read is a test that fails. The error is an
// [*UnknownKindError] or says why a file can't be read.
func LoadKind(kind Kind, paths ...string) ([]Test, error) {
	decode, err := decoderOf(kind)
	if err != nil {
		return nil, err
	}
	var tests []Test
	err = casefile.Read(paths, func(text []byte, file string) error {
		test, err := decode(text, filepath.Dir(file))
		if err != nil {
			test = unreadable(text, err)
		}
		if test.Name == "" {
			test.Name = fmt.Sprintf("%s, case %d", filepath.Base(file), len(tests)+1)
		}
		tests = append(tests, test)
		return nil
	})
	return tests, err
}

// unreadable is a test that fails because its case can't be read.
func unreadable(text []byte, err error) Test {
	var known struct {
		Name     string `json:"name"`
		Doubtful bool   `json:"doubtful"`
	}
	// Whatever can be made out of it helps to find the case.
	_ = json.Unmarshal(text, &known)
	return Test{Name: known.Name, Doubtful: known.Doubtful, run: func(conformance.Driver) error {
		return fmt.Errorf("the case can't be read: %w", err)
	}}
}
