package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aStack has a machine in a file of its own and one with a mistake, written as cdk synth does.
var aStack = map[string]string{
	"app/template.yaml": `Resources:
  Charge: {Type: AWS::Serverless::Function}
  Ship: {Type: AWS::Serverless::Function}
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionUri: ../asl/orders.asl.yaml
      DefinitionSubstitutions: {ChargeArn: !GetAtt Charge.Arn, Limit: 30}
  Shipping:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString:
        Fn::Join:
        - ""
        - - '{"StartAt":"Ship","States":{"Ship":{"Type":"Task","Resource":"'
          - Fn::GetAtt: [Ship, Arn]
          - '","Next":"Don"},"Done":{"Type":"Succeed"}}}'
`,
	"asl/orders.asl.yaml": "StartAt: Charge\nStates:\n  Charge:\n    Type: Task\n    Resource: ${ChargeArn}\n    TimeoutSeconds: ${Limit}\n    End: true\n",
	"tune.asl.json":       `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${Tune}","TimeoutSeconds":${Limit},"End":true}}}`,
	"broken.yaml":         "Resources:\n  M: [\n",
	"none.yaml":           "Resources: {}\n",
}

func TestValidateTemplates(t *testing.T) {
	inFolder(t, aStack)
	code, out, err := gostates("", "validate", "app/template.yaml")
	assert.Equal(t, exitFailed, code, err)
	assert.Equal(t, `app/template.yaml:9:44: note: arn:aws:lambda:us-east-1:123456789012:function:Charge stands for ${Charge.Arn}, which is not set [ASSUMED_VALUE]
app/template.yaml:17:13: note: arn:aws:lambda:us-east-1:123456789012:function:Ship stands for ${Ship.Arn}, which is not set [ASSUMED_VALUE]
app/template.yaml:18:23: error: Missing 'Next' target: Don at /States/Ship/Next; did you mean "Done"? [MISSING_TRANSITION_TARGET]
`, out)

	code, out, _ = gostates("", "validate", "--set", "Charge.Arn=charge", "--set", "Ship.Arn=ship", "app/template.yaml")
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, 1, strings.Count(out, "\n"), out)
	code, out, _ = gostates("", "validate", "--aws", "--set", "Charge.Arn=charge", "--set", "Ship.Arn=ship", "app/template.yaml")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "asl/orders.asl.yaml:5:15: error: ")

	code, out, _ = gostates("", "validate", "tune.asl.json")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "tune.asl.json:1:57: note: plausible values stand for Tune, Limit, which are not set; --json lists them, --set sets them [ASSUMED_VALUE]\n", out)
	code, out, _ = gostates("", "validate", "tune.asl.json", "--set", "Tune=arn:aws:lambda:us-east-1:123456789012:function:t", "--set", "Limit=5", "--aws")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, out)
	code, out, _ = gostates("", "validate", "tune.asl.json", "--set", "Limit=soon")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "INVALID_JSON_DESCRIPTION")

	code, out, _ = gostates("", "validate", "broken.yaml")
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "broken.yaml:3:1: error: the YAML can't be read: did not find expected node content [INVALID_TEMPLATE]\n", out)
	code, out, err = gostates("", "validate", "none.yaml")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, out+err)

	code, out, _ = gostates("StartAt: A\nStates: {A: {Type: Pass, Next: B}}\n", "validate", "-")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^-:2:32: error: .*MISSING_TRANSITION_TARGET`, out)

	for args, message := range map[string]string{
		"--set Limit":           `--set takes NAME=VALUE, not "Limit"`,
		"--format sarfi":        `unknown format "sarfi"; did you mean "sarif"?; there are text, json and sarif`,
		"--format sarif --json": "--json does not go with --format sarif",
	} {
		code, _, err := gostates("", append([]string{"validate", "none.yaml"}, strings.Fields(args)...)...)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, err, message)
	}
}

// TestPraise: on a terminal a machine without a mistake is told, with the number of all its
// states.
func TestPraise(t *testing.T) {
	for text, want := range map[string]string{
		`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`: "m.json: ok, 1 state",
		`{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Map","ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Pass","Next":"D"},"D":{"Type":"Succeed"}}},"End":true}}}],"End":true}}}`: "m.json: ok, 4 states",
		`{"Resources":{"M":{"Type":"AWS::StepFunctions::StateMachine","Properties":{"Definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}}}}}`:                                                                                        "m.json: M: ok, 1 state",
	} {
		file, err := template.Reader{}.Read("m.json", []byte(text))
		require.NoError(t, err)
		assert.Equal(t, want, (&validation{}).praise("m.json", file.Machines[0]))
	}
}

// TestSARIF holds the log against what the schema of SARIF 2.1.0 requires of the objects in
// it, and against the values that it allows.
func TestSARIF(t *testing.T) {
	inFolder(t, map[string]string{
		"app/template.yaml":   aStack["app/template.yaml"],
		"asl/orders.asl.yaml": aStack["asl/orders.asl.yaml"],
		"a file.json":         "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Comment\":\"\U0001F600\",\"Next\":\"Don\",\"Parameters\":{\"x\":\"$.y\"}},\"Done\":{\"Type\":\"Succeed\"}}}",
	})
	code, out, errs := gostates("", "validate", "--format", "sarif", "app/template.yaml", "a file.json")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, errs)
	var log map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &log))
	requireMembers(t, log, "version", "runs")
	assert.Equal(t, "2.1.0", log["version"])
	runs := log["runs"].([]any)
	require.Len(t, runs, 1)
	run := runs[0].(map[string]any)
	requireMembers(t, run, "tool", "results")
	assert.Contains(t, []any{"utf16CodeUnits", "unicodeCodePoints"}, run["columnKind"])
	driver := run["tool"].(map[string]any)["driver"].(map[string]any)
	requireMembers(t, driver, "name", "rules")
	var rules []any
	for _, rule := range driver["rules"].([]any) {
		requireMembers(t, rule.(map[string]any), "id")
		assert.NotContains(t, rules, rule, "the rules are unique")
		rules = append(rules, rule.(map[string]any)["id"])
	}
	levels := map[any]int{}
	for _, r := range run["results"].([]any) {
		result := r.(map[string]any)
		requireMembers(t, result, "message", "ruleId", "ruleIndex", "level", "locations")
		levels[result["level"]]++
		assert.Equal(t, rules[int(result["ruleIndex"].(float64))], result["ruleId"])
		requireMembers(t, result["message"].(map[string]any), "text")
		for _, l := range result["locations"].([]any) {
			physical := l.(map[string]any)["physicalLocation"].(map[string]any)
			requireMembers(t, physical, "artifactLocation", "region")
			checkRegion(t, physical["region"])
			assert.Contains(t, []any{"app/template.yaml", "a%20file.json"}, physical["artifactLocation"].(map[string]any)["uri"], "a reference of RFC 3986")
		}
		fixes, _ := result["fixes"].([]any)
		for _, f := range fixes {
			requireMembers(t, f.(map[string]any), "artifactChanges")
			for _, c := range f.(map[string]any)["artifactChanges"].([]any) {
				change := c.(map[string]any)
				requireMembers(t, change, "artifactLocation", "replacements")
				require.NotEmpty(t, change["replacements"])
				for _, r := range change["replacements"].([]any) {
					requireMembers(t, r.(map[string]any), "deletedRegion")
					checkRegion(t, r.(map[string]any)["deletedRegion"])
				}
			}
		}
	}
	assert.Equal(t, map[any]int{"error": 2, "warning": 1, "note": 2}, levels)
	assert.Contains(t, out, `"fullyQualifiedName": "/States/A/Next"`)

	code, out, _ = gostates("", "validate", "--format", "sarif", "asl/orders.asl.yaml", "--set", "ChargeArn=a", "--set", "Limit=3")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, `"results": []`, "an array also when it is empty")
	assert.Equal(t, "error", sarifResultOf(template.Diagnostic{Diagnostic: asl.Diagnostic{Severity: asl.Error}}, 0).Level)
}

func requireMembers(t *testing.T, object map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		require.Contains(t, object, name)
	}
}

// checkRegion checks that the lines and columns of a region count from 1 and are in order.
func checkRegion(t *testing.T, region any) {
	t.Helper()
	r := region.(map[string]any)
	requireMembers(t, r, "startLine", "startColumn", "endLine", "endColumn")
	for _, number := range r {
		assert.GreaterOrEqual(t, number, 1.0)
	}
	assert.GreaterOrEqual(t, r["endLine"], r["startLine"])
	if r["endLine"] == r["startLine"] {
		assert.GreaterOrEqual(t, r["endColumn"], r["startColumn"])
	}
}
