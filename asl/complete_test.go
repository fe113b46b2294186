package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/require"
)

// TestComplete has texts with a bar where somebody writes, what is offered there, and what of
// the text a choice replaces.
func TestComplete(t *testing.T) {
	for name, c := range map[string]struct {
		text, replaced string
		fields         bool
		some, none     []string // what is among the choices, and what is not
	}{
		"fields of a machine":      {`{"StartAt": "A", |}`, "", true, []string{"States", "Comment", "TimeoutSeconds"}, []string{"StartAt", "Type"}},
		"a field half written":     {`{"StartAt": "A", "States": {"A": {"Type": "Wait", "Sec|`, `"Sec`, true, []string{"Seconds", "SecondsPath", "Next"}, []string{"Type", "Resource"}},
		"a field in a whole text":  {`{"StartAt": "A", "States": {"A": {"Type": "Task", "Res|ource": "r", "End": true}}}`, `"Resource"`, true, []string{"Retry", "TimeoutSeconds"}, []string{"Branches", "Compensate"}},
		"fields of no type yet":    {`{"States": {"A": {|}}}`, "", true, []string{"Type", "Resource", "Branches", "Seconds"}, []string{"StartAt"}},
		"fields of a Retrier":      {`{"States": {"A": {"Type": "Task", "Retry": [{"ErrorEquals": ["X"], |}]}}}`, "", true, []string{"MaxAttempts", "BackoffRate"}, []string{"ErrorEquals", "Next"}},
		"fields of a rule":         {`{"States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", |}]}}}`, "", true, []string{"StringEquals", "StringEqualsPath", "Next", "And"}, []string{"Variable", "Condition"}},
		"fields of a rule inside":  {`{"States": {"A": {"Type": "Choice", "Choices": [{"Not": {|}}]}}}`, "", true, []string{"Variable", "IsPresent"}, []string{"Next"}},
		"fields in JSONata":        {`{"QueryLanguage": "JSONata", "States": {"A": {"Type": "Task", |}}}`, "", true, []string{"Arguments", "Output"}, []string{"Parameters", "InputPath"}},
		"fields of one in JSONata": {`{"States": {"A": {"Type": "Task", "QueryLanguage": "JSONata", |}}}`, "", true, []string{"Arguments"}, []string{"Parameters"}},
		"fields inside a Map":      {`{"States": {"M": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {|`, "", true, []string{"Mode", "ExecutionType"}, nil},
		"states after Next":        {`{"States": {"A": {"Type": "Pass", "Next": |}, "B": {"Type": "Pass"}, "C": {}}}`, "", false, []string{"B", "C"}, []string{"A"}},
		"a state half written":     {"{\"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"B|\n}, \"Bee\": {}}}", `"B`, false, []string{"Bee"}, []string{"A"}},
		"states of the own graph":  {`{"States": {"P": {"Type": "Parallel", "Branches": [{"StartAt": "|", "States": {"X": {}, "Y": {}}}]}, "Z": {}}}`, `""`, false, []string{"X", "Y"}, []string{"P", "Z"}},
		"states of a Catcher":      {`{"States": {"A": {"Type": "Task", "Catch": [{"Next": "|"}]}, "B": {}}}`, `""`, false, []string{"B"}, []string{"A"}},
		"types":                    {`{"States": {"A": {"Type": "|"}}}`, `""`, false, []string{"Pass", "Task", "Map"}, nil},
		"options":                  {`{"States": {"A": {"Type": "Task", "Retry": [{"JitterStrategy": "F|"}]}}}`, `"F"`, false, []string{"FULL", "NONE"}, nil},
		"nothing in a payload":     {`{"States": {"A": {"Type": "Pass", "Result": {"Type": "|"}}}}`, "", false, nil, []string{"Pass"}},
		"nothing in a text":        {`{"Comment": "|", "States": {}}`, "", false, nil, []string{"Pass"}},
		"nothing before it":        {`| {"Comment": ""}`, "", false, nil, []string{"States"}},
		"no name of a state":       {`{"States": {"|": {}}}`, "", false, nil, []string{"Type"}},
	} {
		t.Run(name, func(t *testing.T) {
			at := strings.IndexByte(c.text, '|')
			text := c.text[:at] + c.text[at+1:]
			got := asl.Parser{}.Outline([]byte(text)).Complete(at)
			require.Subset(t, got.Choices, c.some)
			for _, name := range c.none {
				require.NotContains(t, got.Choices, name)
			}
			require.Equal(t, c.fields, got.Fields)
			require.Equal(t, c.replaced, text[got.Range.Start.Offset:got.Range.End.Offset])
			require.Equal(t, 1+strings.Count(text[:got.Range.Start.Offset], "\n"), got.Range.Start.Line)
		})
	}
	extended := asl.Parser{Extensions: true}.Outline([]byte(`{"States": {"A": {"Type": "Task", }}}`)).Complete(34)
	require.Contains(t, extended.Choices, "Compensate")
}
