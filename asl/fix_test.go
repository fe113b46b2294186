package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/require"
)

// TestFixes has definitions with one mistake each, what of the text that is about, and what
// the first fix makes of the line that it changes.
func TestFixes(t *testing.T) {
	pass := func(fields string) string {
		return "{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", " + fields + "},\n\"Second\": {\"Type\": \"Succeed\"}}}"
	}
	task := func(fields string) string {
		return "{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Task\", \"Resource\": \"r\", \"Next\": \"Second\", " + fields + "},\n\"Second\": {\"Type\": \"Succeed\"}}}"
	}
	alone := func(fields string) string {
		return "{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Wait\", \"Seconds\": 1" + fields + "}}}"
	}
	for name, c := range map[string]struct {
		definition, about, title, line string
	}{
		"a misspelt field":                  {pass(`"Nxt": "Second"`), `"Nxt"`, `Replace "Nxt" by "Next"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a misspelt state":                  {pass(`"Next": "Secnd"`), `"Secnd"`, `Replace "Secnd" by "Second"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a misspelt StartAt":                {"{\"StartAt\": \"Strat\", \"States\": {\n\"Start\": {\"Type\": \"Succeed\"}}}", `"Strat"`, `Replace "Strat" by "Start"`, `{"StartAt": "Start", "States": {`},
		"a misspelt type":                   {strings.Replace(pass(`"Next": "Second"`), `"Pass"`, `"Pas"`, 1), `"Pas"`, `Replace "Pas" by "Pass"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a misspelt Type":                   {strings.Replace(pass(`"Next": "Second"`), `"Type"`, `"Tpye"`, 1), `{`, `Replace "Tpye" by "Type"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a misspelt option":                 {task(`"Retry": [{"ErrorEquals": ["X"], "JitterStrategy": "FUL"}]`), `"FUL"`, `Replace "FUL" by "FULL"`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second", "Retry": [{"ErrorEquals": ["X"], "JitterStrategy": "FULL"}]},`},
		"a misspelt error":                  {task(`"Retry": [{"ErrorEquals": ["States.Timeot"]}]`), `"States.Timeot"`, `Replace "States.Timeot" by "States.Timeout"`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second", "Retry": [{"ErrorEquals": ["States.Timeout"]}]},`},
		"no way out":                        {alone(`, "Comment": "c"`), `{`, `Add "End": true`, `"A": {"Type": "Wait", "Seconds": 1, "Comment": "c", "End": true}}}`},
		"two ways out":                      {pass(`"Next": "Second", "End": true`), `{`, `Remove "End"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"two ways out, the other way round": {pass(`"End": true, "Next": "Second"`), `{`, `Remove "End"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a field too many":                  {pass(`"Zebra": [1, {"a": "}"}], "Next": "Second"`), `"Zebra"`, `Remove "Zebra"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a field of the other language":     {pass(`"Next": "Second", "Output": 1`), `"Output"`, `Remove "Output"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a field twice":                     {pass(`"Next": "Second", "Next": "Second"`), `"Next"`, `Remove "Next"`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"an extension":                      {task(`"Compensate": "Second"`), `"Compensate"`, `Remove "Compensate"`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second"},`},
		"a number in quotes":                {task(`"TimeoutSeconds": "30"`), `"30"`, `Replace "30" by 30`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second", "TimeoutSeconds": 30},`},
		"a fraction in quotes":              {task(`"Retry": [{"ErrorEquals": ["X"], "BackoffRate": "1.5"}]`), `"1.5"`, `Replace "1.5" by 1.5`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second", "Retry": [{"ErrorEquals": ["X"], "BackoffRate": 1.5}]},`},
		"a boolean in quotes":               {alone(`, "End": "True"`), `"True"`, `Replace "True" by true`, `"A": {"Type": "Wait", "Seconds": 1, "End": true}}}`},
		"a text for a list":                 {task(`"Retry": [{"ErrorEquals": "X"}]`), `"X"`, `Replace "X" by ["X"]`, `"A": {"Type": "Task", "Resource": "r", "Next": "Second", "Retry": [{"ErrorEquals": ["X"]}]},`},
		"no type":                           {"{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Branches\": [{\"StartAt\": \"B\", \"States\": {\"B\": {\"Type\": \"Succeed\"}}}], \"End\": true}}}", `{`, `Add "Type": "Parallel"`, `"A": {"Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": true, "Type": "Parallel"}}}`},
		"no start":                          {"{\"States\": {\n\"A\": {\"Type\": \"Succeed\"}}}", `{`, `Add "StartAt": "A"`, `"A": {"Type": "Succeed"}}, "StartAt": "A"}`},
		"no dollar":                         {pass(`"Parameters": {"a": "$.b"}, "Next": "Second"`), `"$.b"`, `Replace "a" by "a.$"`, `"A": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "Next": "Second"},`},
		"no Path":                           {strings.Replace(pass(`"Next": "Second"`), `"Succeed"`, `"Fail", "Cause": "$.why"`, 1), `"$.why"`, `Replace "Cause" by "CausePath"`, `"Second": {"Type": "Fail", "CausePath": "$.why"}}}`},
		"an input of its own":               {"{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Output\": \"{% \\\"é\\\" & lines %}\", \"End\": true}}}", `lines %}`, `Replace lines by $states.input.lines`, `"A": {"Type": "Pass", "Output": "{% \"é\" & $states.input.lines %}", "End": true}}}`},
		"a field of $states":                {"{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Output\": \"{% $states.inptu %}\", \"End\": true}}}", `$states.inptu %}`, `Replace $states.inptu by $states.input`, `"A": {"Type": "Pass", "Output": "{% $states.input %}", "End": true}}}`},
		"a misspelt variable":               {"{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Assign\": {\"total\": 1}, \"Next\": \"B\"},\n\"B\": {\"Type\": \"Pass\", \"Output\": \"{% 1 + $totl %}\", \"End\": true}}}", `$totl %}`, `Replace $totl by $total`, `"B": {"Type": "Pass", "Output": "{% 1 + $total %}", "End": true}}}`},
		"a comma too many":                  {pass(`"Next": "Second",`), `}`, `Remove the comma`, `"A": {"Type": "Pass", "Next": "Second"},`},
		"a comma missing":                   {pass(`"Comment": "x" "Next": "Second"`), `"Next"`, `Add a comma`, `"A": {"Type": "Pass", "Comment": "x", "Next": "Second"},`},
	} {
		t.Run(name, func(t *testing.T) {
			ds := asl.Parser{}.Validate([]byte(c.definition))
			require.Len(t, ds, 1)
			d := ds[0]
			require.Equal(t, c.about, c.definition[d.Range.Start.Offset:d.Range.End.Offset])
			require.NotEmpty(t, d.Fixes, d.Message)
			require.Equal(t, c.title, d.Fixes[0].Title)
			mended, err := d.Fixes[0].Apply(c.definition)
			require.NoError(t, err)
			changed := ""
			for i, line := range strings.Split(mended, "\n") {
				if line != strings.Split(c.definition, "\n")[i] {
					changed += line
				}
			}
			require.Equal(t, c.line, changed)
			require.Empty(t, asl.Parser{}.Validate([]byte(mended)), mended)
		})
	}
}

// TestFixOnItsOwnLine adds a field as those before it are written.
func TestFixOnItsOwnLine(t *testing.T) {
	for before, after := range map[string]string{
		"{\n\t\t\"Type\": \"Pass\"\n\t}":              "{\n\t\t\"Type\": \"Pass\",\n\t\t\"End\": true\n\t}",
		"{\n  \"Type\": \"Pass\", \"Comment\": \"\"}": "{\n  \"Type\": \"Pass\", \"Comment\": \"\", \"End\": true}",
	} {
		text := `{"StartAt": "A", "States": {"A": ` + before + `}}`
		ds := asl.Parser{}.Validate([]byte(text))
		mended, err := ds[0].Fixes[0].Apply(text)
		require.NoError(t, err)
		require.Equal(t, `{"StartAt": "A", "States": {"A": `+after+`}}`, mended)
	}
}

func TestFixOfAnotherText(t *testing.T) {
	text := `{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}`
	fix := asl.Parser{}.Validate([]byte(text))[0].Fixes[0]
	_, err := fix.Apply(text[:20])
	require.Error(t, err)
	_, err = asl.Fix{Edits: []asl.Edit{fix.Edits[0], {}}}.Apply(text)
	require.Error(t, err, "the edits are not in the order of the text")
	same, err := asl.Fix{}.Apply(text)
	require.NoError(t, err)
	require.Equal(t, text, same)
}

// TestNoFix: what nobody can guess has none.
func TestNoFix(t *testing.T) {
	for _, definition := range []string{
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Elsewhere"}}}`,
		`{"StartAt": "A", "States": {"A": {}}}`,
		`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r", "TimeoutSeconds": "soon", "End": true}}}`,
		`{"StartAt": "A", "States": {"A": {"Type": "Wait", "End": true}}}`,
		`{"StartAt": "A", "States": {"A": 7}}`,
		`[`, ``, `7`,
	} {
		for _, d := range (asl.Parser{}).Validate([]byte(definition)) {
			require.Empty(t, d.Fixes, "%s: %s", definition, d.Message)
		}
	}
}

// TestManyFixes: what is wrong a thousand times is found in a moment, with fixes for some.
func TestManyFixes(t *testing.T) {
	text := `{"StartAt": "A", "States": {"A": {"Type": "Succeed"` + strings.Repeat(`, "Wrong": 1`, 5000) + `}}}`
	ds := asl.Parser{}.Validate([]byte(text))
	require.NotEmpty(t, ds[0].Fixes)
	require.Empty(t, ds[len(ds)-1].Fixes)
	require.Positive(t, ds[len(ds)-1].Range.End.UTF16Column)
}
