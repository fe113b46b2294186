package corpus

import (
	"encoding/json"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A Rejection is a definition and what AWS says of it, in AWS's words. Its JSON
// form has name, type, definition (as JSON, or as a string that need not be
// JSON), operation, params (the rest of the request) and expect:
//
//   - create_state_machine and update_state_machine expect {"error": {"code",
//     "message"}}; an empty or absent error means that the definition is accepted;
//   - validate_state_machine_definition expects {"result", "diagnostics",
//     "truncated"}, of at most params.maxResults diagnostics.
//
// An update may leave out the definition, or have null for it. Whatever else such
// a request says (names, logging, versions) is no business of this package.
//
// CodeOnly says that the message is not AWS's; then the code alone binds.
type Rejection struct {
	Name, Operation string
	Express         bool
	Definition      string
	// Parameters are the rest of the request, such as loggingConfiguration.
	Parameters *value.Object
	// Expect is the answer, and CodeOnly says that its message does not bind.
	Expect   *value.Object
	CodeOnly bool
}

func decodeRejection(text []byte, dir string) (Test, error) {
	var raw struct {
		Name       string          `json:"name"`
		Operation  string          `json:"operation"`
		Type       string          `json:"type"`
		Definition json.RawMessage `json:"definition"`
		CodeOnly   bool            `json:"message_from_localstack"`
		Doubtful   bool            `json:"doubtful"`
		Params     casefile.Field  `json:"params"`
		Expect     casefile.Field  `json:"expect"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	r := &Rejection{Name: raw.Name, Operation: raw.Operation, Express: raw.Type == "EXPRESS", CodeOnly: raw.CodeOnly}
	var ok bool
	if r.Expect, ok = raw.Expect.Value.(*value.Object); !ok {
		return Test{}, fmt.Errorf(`%s: "expect" is no object`, r.Name)
	}
	r.Parameters, _ = raw.Params.Value.(*value.Object)
	if string(raw.Definition) == "null" {
		raw.Definition = nil
	}
	var err error
	if r.Definition, err = casefile.Definition(raw.Definition, "", dir); err != nil {
		return Test{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	return Test{Name: r.Name, Doubtful: raw.Doubtful, run: func(conformance.Driver) error { return r.Run() }}, nil
}

// Run parses the definition and compares what AWS would say with what was
// expected. The error is nil or a [*conformance.Difference].
func (r *Rejection) Run() error {
	parser := asl.Parser{AWS: true}
	if r.Express {
		parser.Type = asl.Express
	}
	var diagnostics asl.Diagnostics
	if r.Operation != "update_state_machine" || r.Definition != "" {
		diagnostics = parser.Validate([]byte(r.Definition))
	}
	var answer *value.Object
	if r.Operation == "validate_state_machine_definition" {
		answer = validation(diagnostics.AWS(), r.Parameters)
	} else if answer = creation(diagnostics); answer.Len() == 0 {
		if refused := refusal(r.Parameters); refused != nil {
			answer = refused
		}
	}
	expected := r.Expect
	if v, _ := expected.Get("error"); r.CodeOnly {
		if e, ok := v.(*value.Object); ok {
			expected = expected.With("error", e.With("message", "<any>"))
		}
	}
	if d := conformance.Match(expected, answer); d != nil {
		return d
	}
	return nil
}

// creation is what CreateStateMachine answers, as far as it concerns the
// definition.
func creation(diagnostics asl.Diagnostics) *value.Object {
	if diagnostics.Err() == nil {
		return value.NewObject()
	}
	message := diagnostics.AWSMessage()
	if message == "" {
		message = diagnostics.Err().Error() // AWS would accept it
	}
	return value.NewObject(value.Member{Key: "error", Value: value.NewObject(
		value.Member{Key: "code", Value: "InvalidDefinition"},
		value.Member{Key: "message", Value: message},
	)})
}

// maxResults is how many diagnostics ValidateStateMachineDefinition gives when the
// request asks for no smaller number (documented).
const maxResults = 100

// validation is what ValidateStateMachineDefinition answers.
func validation(diagnostics asl.Diagnostics, parameters *value.Object) *value.Object {
	result := "OK"
	limit := int64(maxResults)
	if parameters != nil {
		v, _ := parameters.Get("maxResults")
		if n, ok := v.(int64); ok && 0 < n && n < limit {
			limit = n
		}
	}
	truncated := int64(len(diagnostics)) > limit
	if truncated {
		diagnostics = diagnostics[:limit]
	}
	list := make([]any, 0, len(diagnostics))
	for _, d := range diagnostics {
		result = "FAIL"
		var b value.Builder
		b.Set("code", string(d.Code))
		if d.Location != "" {
			b.Set("location", d.Location)
		}
		b.Set("message", d.Message)
		b.Set("severity", string(d.Severity))
		list = append(list, b.Object())
	}
	return value.NewObject(
		value.Member{Key: "diagnostics", Value: list},
		value.Member{Key: "result", Value: result},
		value.Member{Key: "truncated", Value: truncated},
	)
}
