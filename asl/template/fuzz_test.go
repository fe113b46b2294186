package template

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gostates/gostates/asl"
)

// FuzzRead: no file panics or takes long. What is read of one has places in it, and what is
// said to stand in the file as it is does so.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", "{}", "[]", "StartAt: A\nStates: {A: {Type: Succeed}}\n",
		`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":${S},"End":true}}}`,
		"Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: !Sub |-\n        {\"StartAt\": \"${A}\",\n         \"States\": {}}\n",
		"Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: a.yaml, DefinitionSubstitutions: {S: !Ref M}}}}",
		"Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionString: \"a\\u00e4\\\n  b\\_\\xe4 ${S}\"}}}",
		"Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionString: !Join [',', [a, 'b''c', !GetAtt M.Arn]]}}}",
		"a: &a {b: 1}\nResources: {M: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {<<: *a, c: !If [C, 1, 2]}}}}\nConditions: {C: !Equals [a, !Ref P]}\nParameters: {P: {Type: Number}}",
		`{"Resources":{"M":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"DefinitionString":{"Fn::Join":["",["{\"a\ud83d\ude00\":\"",{"Ref":"AWS::Region"},"\"}"]]}}}}}`,
		"stepFunctions: {stateMachines: {m: {type: EXPRESS, definition: '${file(a.yaml)}'}, n: {definition: {StartAt: ${x}}}}}",
		"Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: >2-\n          a\n\n         b\n        c\n      Definition: ? x\n",
	} {
		f.Add("a.json", text)
		f.Add("t.yaml", text)
	}
	files := fstest.MapFS{"a.yaml": &fstest.MapFile{Data: []byte("StartAt: Yes\nStates:\n  Yes: {Type: Wait, Seconds: ${S}, End: true}\n")}}
	f.Fuzz(func(t *testing.T, name, text string) {
		file, err := Reader{Files: files, Set: map[string]string{"x": "${S}", "S": "5"}}.Read(name, []byte(text))
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a message")
			}
			return
		}
		for _, m := range file.Machines {
			for _, d := range append(m.Validate(asl.Parser{}), m.Inspect(asl.Parser{})...) {
				if d.Message == "" || d.File == "" && name != "" {
					t.Fatalf("no text or file: %v", d)
				}
			}
			if _, err := m.Parse(asl.Parser{}); err == nil && m.Definition == nil {
				t.Fatal("a machine without a definition can be parsed")
			}
			for i, r := range m.text.runs {
				end := len(m.text.string)
				if i+1 < len(m.text.runs) {
					end = m.text.runs[i+1].start
				}
				if r.exact && !strings.HasPrefix(m.source.text[r.source:], m.text.string[r.start:end]) {
					t.Fatalf("%q does not stand at %d", m.text.string[r.start:end], r.source)
				}
			}
		}
	})
}
