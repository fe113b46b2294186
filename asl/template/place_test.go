package template_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPlaces: each file has one misspelt transition, "Shipp". The diagnostic about it begins
// where that stands in the file, wherever that is.
func TestPlaces(t *testing.T) {
	const states = `{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "Next": "Shipp"}, "Ship": {"Type": "Succeed"}}}`
	escaped := strings.ReplaceAll(states, `"`, `\"`)
	block := "States:\n  Pack: {Type: Pass, Next: Shipp}\n  Ship:\n    Type: Succeed\nStartAt: Pack\n"
	indented := func(text, by string) string { return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) }
	machine := func(property string) string {
		return "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      " + property + "\n"
	}
	for name, text := range map[string]string{
		"definition.json":   states,
		"definition.yaml":   block,
		"plain.yaml":        strings.ReplaceAll(block, "Shipp", "\n      Shipp"),
		"double.yaml":       strings.ReplaceAll(block, "Shipp", `"Shipp"`),
		"single.yaml":       strings.ReplaceAll(block, "Shipp", `'Shipp'`),
		"flow.yaml":         strings.NewReplacer(`"Shipp"`, "Shipp", `"Next"`, "Next").Replace(states),
		"tagged.yaml":       strings.ReplaceAll(block, "Shipp", "!!str Shipp"),
		"anchored.yaml":     strings.ReplaceAll(block, "Shipp", "&there Shipp"),
		"comment.yaml":      strings.ReplaceAll(block, "{Type: Pass, Next: Shipp}", "\n    Type: Pass\n    Next: !!str # a comment\n      Shipp # another\n"),
		"windows.yaml":      strings.ReplaceAll(block, "\n", "\r\n"),
		"wide.yaml":         "Comment: \"äöü €\U0001F600\"\n" + strings.ReplaceAll(block, "Type: Pass,", "Type: Pass, Comment: ü€\U0001F600,"),
		"object.yaml":       machine("Definition:\n" + indented(block, "        ")),
		"flowobject.yaml":   machine("Definition: " + states),
		"literal.yaml":      machine("DefinitionString: |\n" + indented(states, "        ")),
		"literals.yaml":     machine("DefinitionString: !Sub |-\n" + indented(strings.ReplaceAll(states, "{", "{\n\n  "), "        ")),
		"indicator.yaml":    machine("DefinitionString: |2\n" + indented("  "+states, "        ")),
		"folded.yaml":       machine("DefinitionString: >\n" + indented(strings.ReplaceAll(states, ", ", ",\n"), "        ")),
		"foldeddeeper.yaml": machine("DefinitionString: >-\n" + indented(strings.ReplaceAll(states, ", ", ",\n\n    "), "        ")),
		"quoted.yaml":       machine(`DefinitionString: "` + escaped + `"`),
		"quotedlines.yaml":  machine(`DefinitionString: "` + strings.ReplaceAll(escaped, ", ", ",\n        ") + `"`),
		"continued.yaml":    machine(`DefinitionString: "` + strings.ReplaceAll(escaped, ", ", ",\\\n        ") + `"`),
		"singles.yaml":      machine(`DefinitionString: '` + strings.Replace(states, `"Pass"`, `"Pass", "Comment": "it''s ''packed''"`, 1) + `'`),
		"escapes.yaml":      machine(`DefinitionString: "` + strings.Replace(escaped, `\"Pass\"`, `\"Pass\", \"Comment\": \"\u00e4\x41\\\\\U0001F600\_\"`, 1) + `"`),
		"sub.yaml":          machine(`DefinitionString: !Sub '` + strings.Replace(states, `"Pass"`, `"Pass", "Comment": "${AWS::Region}${!No}"`, 1) + `'`),
		"sublist.yaml":      machine("DefinitionString: !Sub\n        - '" + strings.Replace(states, `"Pass"`, `"Pass", "Comment": "${A} and ${B}"`, 1) + "'\n        - {A: 1, B: !Ref M}"),
		"join.yaml":         machine("DefinitionString: !Join\n        - ''\n        - - '" + strings.Replace(states, `"Pack": {`, `"Pack": {"Comment": "'`+"\n          - !Ref M\n          - '\", ", 1) + "'"),
		"lines.yaml":        machine("DefinitionString:\n        Fn::Join:\n        - \"\\n\"\n        - - '" + strings.ReplaceAll(states, `, `, ",'\n          - '") + "'"),
		"condition.yaml":    "Conditions: {Yes: !Equals [a, a]}\n" + machine("Definition: !If [Yes, "+states+", {}]"),
		"anchor.yaml":       machine("Definition: &it " + states + "\n  N:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {Definition: *it}"),
		"merge.yaml":        "Base: &base {Next: Shipp}\n" + machine("Definition: {StartAt: Pack, States: {Pack: {Type: Pass, <<: *base}, Ship: {Type: Succeed}}}"),
		"cdk.json": `{"Resources":{"M":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":{"Fn::Join":["",["` +
			strings.Replace(escaped, `\"Pass\"`, `\"Pass\",\"Comment\":\"`, 1) + `"]]}}}}}`,
		"cdkjoin.json": `{"Resources":{"M":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":{"Fn::Join":["",["` +
			strings.Replace(escaped, `\"Pass\"`, `\"Pass\",\"Comment\":\"a\ud83d\ude00\u00e4\/ `+`",{"Ref":"AWS::Partition"},"\"`, 1) + `"]]}}}}}`,
		"object.json": `{"Resources":{"M":{"Type":"AWS::Serverless::StateMachine","Properties":{"Definition":` + states + `}}}}`,
		"text":        block,
		"text2":       "\ufeff" + states,
	} {
		if name == "cdk.json" {
			text = strings.Replace(text, `\"Comment\":\"`, `\"Comment\":\"\"`, 1)
		}
		t.Run(name, func(t *testing.T) {
			file, err := template.Reader{}.Read(name, []byte(text))
			require.NoError(t, err, text)
			require.NotEmpty(t, file.Machines)
			for _, m := range file.Machines {
				var found template.Diagnostics
				for _, d := range m.Validate(asl.Parser{}) {
					if d.Severity == asl.Error {
						found = append(found, d)
					}
				}
				require.Len(t, found, 1, "%s\n%v", text, found)
				d := found[0]
				assert.Equal(t, asl.MissingTransitionTarget, d.Code)
				assert.Equal(t, "/States/Pack/Next", d.Pointer)
				text := strings.TrimPrefix(text, "\ufeff")
				// The place is that of the value: its quote, where it has one.
				rest := text[d.Range.Start.Offset:]
				assert.Equal(t, "Shipp", strings.TrimLeft(rest, `"'\`)[:5], "line %d, column %d of\n%s", d.Line, d.Column, text)
				assert.Equal(t, strings.Count(text[:d.Range.Start.Offset], "\n")+1, d.Line)
				line := text[strings.LastIndex(text[:d.Range.Start.Offset], "\n")+1 : d.Range.Start.Offset]
				assert.Equal(t, len([]rune(line))+1, d.Column)
				assert.Equal(t, "Shipp", strings.Trim(text[d.Range.Start.Offset:d.Range.End.Offset], `"'\`))
			}
		})
	}
}

// TestPlacesInOtherFiles: a diagnostic about a definition in a file that the template names
// is about that file, and a substitution moves nothing.
func TestPlacesInOtherFiles(t *testing.T) {
	const text = `Resources:
  M:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: ../asl/ship.asl.EXT
      DefinitionSubstitutions:
        Comment: a text that is longer than its name
        Seconds: 5
`
	files := fstest.MapFS{
		"sam/template.json.yaml": &fstest.MapFile{Data: []byte(strings.Replace(text, "EXT", "json", 1))},
		"sam/template.yaml.yaml": &fstest.MapFile{Data: []byte(strings.Replace(text, "EXT", "yaml", 1))},
		"asl/ship.asl.json": &fstest.MapFile{Data: []byte("{\"StartAt\": \"Pack\", \"States\": {\n" +
			` "Pack": {"Type": "Wait", "Comment": "${Comment}", "Seconds": ${Seconds}, "Next": "Shipp"}, "Ship": {"Type": "Succeed"}}}`)},
		"asl/ship.asl.yaml": &fstest.MapFile{Data: []byte("StartAt: Pack\nStates:\n  Pack: {Type: Wait, Comment: \"${Comment}\", Seconds: ${Seconds}, Next: Shipp}\n  Ship: {Type: Succeed}\n")},
	}
	for _, extension := range []string{"json", "yaml"} {
		file, err := template.Reader{Files: files}.ReadFile("sam/template." + extension + ".yaml")
		require.NoError(t, err)
		ds := file.Machines[0].Validate(asl.Parser{})
		require.Len(t, ds, 1)
		d := ds[0]
		assert.Equal(t, "asl/ship.asl."+extension, d.File)
		source := string(files[d.File].Data)
		assert.Equal(t, "Shipp", strings.Trim(source[d.Range.Start.Offset:d.Range.End.Offset], `"`))
		if extension == "json" {
			require.Len(t, d.Fixes, 1, "a fix of a file that is the definition")
			edit := d.Fixes[0].Edits[0]
			assert.Equal(t, `"Shipp"`, source[edit.Range.Start.Offset:edit.Range.End.Offset])
			assert.Equal(t, `"Ship"`, edit.Text)
		} else {
			assert.Empty(t, d.Fixes)
		}
	}
}

// TestExpressionPlaces: a mistake in an expression is where it stands in the expression.
func TestExpressionPlaces(t *testing.T) {
	for name, text := range map[string]string{
		"a.yaml": "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A:\n    Type: Pass\n    Output: >-\n      {% $states.input.a +\n      ) %}\n    End: true\n",
		"b.yaml": "QueryLanguage: JSONata\nStartAt: A\nStates:\n  A: {Type: Pass, Output: '{% ''a'' & ) %}', End: true}\n",
		"c.json": `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% \"a\" + ) %}","End":true}}}`,
	} {
		file, err := template.Reader{}.Read(name, []byte(text))
		require.NoError(t, err)
		ds := file.Machines[0].Validate(asl.Parser{})
		require.Len(t, ds, 1)
		assert.Equal(t, asl.InvalidJSONata, ds[0].Code)
		assert.Equal(t, ")", text[ds[0].Range.Start.Offset:][:1], "%s: %v", name, ds[0])
	}
}
