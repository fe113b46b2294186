package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const aGreeting = `{
  "StartAt": "Greet",
  "States": {
    "Greet": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "ResultPath": "$.greeting",
              "Retry": [{"ErrorEquals": ["Busy"]}], "Next": "Rest"},
    "Rest": {"Type": "Wait", "Seconds": 86400, "End": true}
  }
}`

// inFolder writes files into a new folder and makes it the working one.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	t.Chdir(dir)
}

// gostates runs the program.
func gostates(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	code = run(args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func TestHelp(t *testing.T) {
	code, out, _ := gostates("", "help")
	assert.Equal(t, exitOK, code)
	for _, c := range rootCommand().Commands() {
		assert.Contains(t, out, "\n  "+c.Name()+" ")
		code, help, _ := gostates("", "help", c.Name())
		assert.Equal(t, exitOK, code)
		assert.True(t, strings.HasPrefix(help, "usage: gostates "+c.Name()), help)
		code, same, _ := gostates("", c.Name(), "-h")
		assert.Equal(t, exitOK, code)
		assert.Equal(t, help, same)
		for line := range strings.Lines(help) {
			assert.LessOrEqual(t, len(line), 91, line)
		}
	}
	code, same, _ := gostates("", "--help")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, out, same)

	code, out, err := gostates("")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, out)
	assert.Contains(t, err, "commands:")
}

func TestMistakesInTheCommandLine(t *testing.T) {
	inFolder(t, map[string]string{"a.json": aGreeting})
	for _, c := range []struct {
		args    string
		message string
	}{
		{"walk", `gostates: unknown command "walk"; "gostates help" lists them`},
		{"vaildate a.json", `unknown command "vaildate"; did you mean "validate"?`},
		{"help walk", `there is no command "walk"`},
		{"help tets", `there is no command "tets"; did you mean "test"?`},
		{"validate", "which definition?"},
		{"validate --fast a.json", "unknown flag: --fast\nusage: gostates validate "},
		{"validate --expres a.json", "unknown flag: --expres; did you mean --express?"},
		{"validate -aws a.json", "did you mean --aws?"},
		{"run", "expected one definition, found 0"},
		{"run a.json b.json", "expected one definition, found 2"},
		{"run a.json --input", "flag needs an argument: --input"},
		{"test", "which files?"},
		{"test --kind validity", "which files?"},
		{"test --kind executions --crash --store a.db a.json", "--store goes with neither --engine nor --crash"},
		{"test --snapshot --crash a.json", "--snapshot goes with none of --engine, --crash and --store"},
		{"test --kind validity --run ( a.json", "missing closing )"},
		{"version 1", `unknown command "1" for "gostates version"`},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, exitUsage, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Contains(t, err, c.message, c.args)
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := gostates("", "version")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^gostates \S+(, commit \S+)?, go\S+ \w+/\w+\n$`, out)
	code, out, _ = gostates("", "version", "--json")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, `"version": "`)
	code, out, _ = gostates("", "--version")
	assert.Equal(t, exitOK, code)
	assert.Regexp(t, `^gostates \S+\n$`, out)
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, out, err := gostates("", "completion", shell)
		assert.Equal(t, exitOK, code, err)
		assert.Contains(t, out, "gostates", shell)
	}
	for args, want := range map[string]string{
		"v":                     "validate\treport every problem of a definition\nversion\tprint the program's version\n:4\n",
		"test --kind ":          "api\ndefinitions\nexecutions\nhistories\njsonata\njsonpath\nrejections\ntemplates\nteststate\nvalidity\n:4\n",
		"validate ":             "json\nyaml\nyml\nasl\n:8\n",
		"run a.json --answers ": "json\n:8\n",
	} {
		code, out, _ := gostates("", append([]string{"__complete"}, strings.Split(args, " ")...)...)
		assert.Equal(t, exitOK, code)
		assert.Equal(t, want, out, args)
	}
}

// What is printed to a file, a pipe or a buffer has no colours.
func TestColoursAreForTerminals(t *testing.T) {
	assert.Equal(t, "FAIL", paintFor(&strings.Builder{}).red("FAIL"))
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	assert.Equal(t, "FAIL", paintFor(file).red("FAIL"))
	assert.Equal(t, "\x1b[31mFAIL\x1b[0m", paint(true).red("FAIL"))
	assert.Empty(t, paint(true).red(""))
}

func TestFlagsMayStandAnywhere(t *testing.T) {
	inFolder(t, map[string]string{"-a.json": `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`})
	for _, args := range []string{
		"run --input 1 -- -a.json", "run --input=1 ./-a.json", "run ./-a.json --input 1", "run ./-a.json --express --input 1",
	} {
		code, out, err := gostates("", strings.Fields(args)...)
		assert.Equal(t, exitOK, code, err)
		assert.Equal(t, "1\n", out, args)
	}
}

func TestValidate(t *testing.T) {
	inFolder(t, map[string]string{
		"good.json":     aGreeting,
		"bad.json":      "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\"Type\": \"Pass\", \"Next\": \"Shp\"},\n    \"Ship\": {\"Type\": \"Succeed\"}\n  }\n}",
		"express.json":  `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}}}`,
		"warnings.json": `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x":"$.y"},"End":true}}}`,
	})
	code, out, err := gostates("", "validate", "good.json")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, out+err)

	code, out, _ = gostates("", "validate", "good.json", "bad.json")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `(?m)^bad\.json:4:\d+: error: .* \[MISSING_TRANSITION_TARGET\]$`, out)
	assert.Contains(t, out, `did you mean "Ship"?`)

	code, out, _ = gostates("", "validate", "express.json")
	assert.Equal(t, exitOK, code, out)
	code, out, _ = gostates("", "validate", "--express", "express.json")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "[SCHEMA_VALIDATION_FAILED]")

	code, out, _ = gostates("", "validate", "warnings.json")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "warnings.json:1:")
	assert.Contains(t, out, ": warning: ")

	code, out, _ = gostates("{", "validate", "-")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "-:1:")

	code, _, err = gostates("", "validate", "missing.json", "good.json")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, err, "missing.json")
}

func TestRun(t *testing.T) {
	inFolder(t, map[string]string{
		"greet.json": aGreeting,
		"tasks.json": `{"Greet": [{"error": "Busy"}, {"result": "hello"}]}`,
		"fails.json": `{"Greet": {"error": "Rude", "cause": "no"}}`,
		"never.json": `{"Greet": {"unfinished": true}}`,
		"none.json":  `[]`,
		"input.json": `{"name":"Ida"}`,
		"bad.json":   `{"StartAt":"A"}`,
	})
	code, out, err := gostates("", "run", "greet.json", "--input", `{"name":"Ida"}`, "--answers", "tasks.json", "--fast")
	assert.Equal(t, exitOK, code, err)
	assert.Equal(t, `{"name":"Ida","greeting":"hello"}`+"\n", out)
	assert.Equal(t, "skipped 1d1s: \"Greet\" is tried again after 1s, \"Rest\" waits 1d\n", err)

	code, out, err = gostates("", "run", "--fast", "greet.json", "--input", "@input.json", "--tasks", "tasks.json", "--history")
	assert.Equal(t, exitOK, code, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 15)
	assert.Regexp(t, `^#  time +state +event +data$`, lines[0])
	assert.Regexp(t, `^ +0s +Greet +RetryScheduled +tried again in 1s$`, lines[6])
	assert.Regexp(t, `^12  1d1s +ExecutionSucceeded `, lines[13])
	assert.Equal(t, `{"name":"Ida","greeting":"hello"}`, lines[14])

	code, out, err = gostates("", "run", "greet.json", "--fast", "--tasks", "tasks.json", "--history=json")
	assert.Equal(t, exitOK, code, err)
	assert.True(t, strings.HasPrefix(out, "{\n  \"events\": [\n"), out)
	assert.NotContains(t, out, "RetryScheduled")

	code, out, err = gostates(`{"name":"Ida"}`, "run", "greet.json", "--input", "@-", "--tasks", "fails.json")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, out)
	assert.Equal(t, "FAILED in state \"Greet\" (event 5): Rude: no\n", err)

	for _, c := range []struct{ args, message string }{
		{"greet.json --tasks never.json", "RUNNING: it waits for something that never comes"},
		{`greet.json --input {"a":1}`, `state "Greet" asks for the task arn:aws:states:::lambda:invoke: give it an answer with --answers, as {"Greet": {"result": ...}}, ` +
			`or a command with --exec "f=...". It is given` + "\n" + `{"FunctionName":"f"}` + "\n"},
		{"greet.json --tasks none.json", "none.json: "},
		{"greet.json --tasks missing.json", "missing.json"},
		{"greet.json --input {", "the input is no JSON"},
		{"greet.json --input @missing.json", "missing.json"},
		{"missing.json", "missing.json"},
		{"bad.json", "bad.json:1:"},
	} {
		code, out, err := gostates("", append([]string{"run"}, strings.Fields(c.args)...)...)
		assert.Equal(t, exitFailed, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Contains(t, err, c.message, c.args)
	}
}

func TestTest(t *testing.T) {
	pass := `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`
	inFolder(t, map[string]string{
		"cases.jsonl": `{"name":"good/one","definition":` + pass + `,"input":1,"expect":{"status":"SUCCEEDED","output":1}}` + "\n" +
			`{"name":"bad/two","definition":` + pass + `,"input":1,"expect":{"status":"SUCCEEDED","output":2}}` + "\n" +
			`{"name":"doubtful/three","doubtful":true,"definition":` + pass + `,"input":1,"expect":{"status":"SUCCEEDED","output":2}}`,
		"valid.json":   `[{"name":"v","valid":true,"definition":` + pass + `}]`,
		"state.jsonl":  `{"name":"s","definition":{"Type":"Pass","Next":"B"},"inspectionLevel":"INFO","expect":{"status":"SUCCEEDED","output":{},"nextState":"B"}}`,
		"known.json":   `{"bad/two":"one and one is two"}`,
		"fixed.json":   `{"bad/two":"it is hard","good/one":"it is harder"}`,
		"gone.json":    `{"bad/four":"it is hard"}`,
		"empty.jsonl":  "",
		"broken.jsonl": "{\n",
	})
	for _, c := range []struct {
		args string
		code int
		out  string
	}{
		{"--kind executions cases.jsonl", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n1 passed, 1 failed, 1 skipped\n"},
		{"cases.jsonl --kind executions --run ^good", exitOK, "1 passed, 0 failed\n"},
		{"state.jsonl", exitOK, "1 passed, 0 failed\n"},
		{"cases.jsonl valid.json", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n2 passed, 1 failed, 1 skipped\n"},
		{"--history --run two cases.jsonl", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n#  time  state  event               data\n" +
			"1  0s           ExecutionStarted    1\n2  0s    A      PassStateEntered\n3  0s    A      PassStateExited\n4  0s           ExecutionSucceeded  1\n0 passed, 1 failed\n"},
		{"--json --run good|two cases.jsonl", exitFailed, `{"case":"bad/two","verdict":"failed","error":"output: expected 2, actual 1"}` + "\n" +
			`{"failed":1,"known":0,"passed":1,"skipped":0}` + "\n"},
		{"--kind executions --run ^doubtful cases.jsonl", exitFailed, "0 passed, 0 failed, 1 skipped\n"},
		{"--kind executions --run nothing cases.jsonl", exitFailed, "0 passed, 0 failed\n"},
		{"--kind executions empty.jsonl", exitFailed, "0 passed, 0 failed\n"},
		{"--kind executions --engine cases.jsonl", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n1 passed, 1 failed, 1 skipped\n"},
		{"--kind executions --snapshot cases.jsonl", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n1 passed, 1 failed, 1 skipped\n"},
		{"--kind executions --crash cases.jsonl", exitFailed, "FAIL bad/two: output: expected 2, actual 1\n1 passed, 1 failed, 1 skipped\n"},
		{"--kind validity valid.json", exitOK, "1 passed, 0 failed\n"},
		{"--kind validity -v valid.json", exitOK, "ok   v\n1 passed, 0 failed\n"},
		{"--kind executions --known known.json cases.jsonl", exitOK, "1 passed, 0 failed, 1 skipped, 1 known failures\n"},
		{"--kind executions --known fixed.json cases.jsonl", exitFailed,
			"FAIL good/one: it passes, but is listed as a known failure: it is harder\n0 passed, 1 failed, 1 skipped, 1 known failures\n"},
		{"--kind executions --known known.json -v cases.jsonl", exitOK, "ok   good/one\nfail bad/two: known: one and one is two\n" +
			"skip doubtful/three: doubtful: output: expected 2, actual 1\n1 passed, 0 failed, 1 skipped, 1 known failures\n"},
	} {
		code, out, err := gostates("", append([]string{"test"}, strings.Fields(c.args)...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Equal(t, c.out, out, c.args)
		assert.Empty(t, err, c.args)
	}
	code, out, _ := gostates("", "test", "--kind", "executions", "broken.jsonl")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^FAIL broken.jsonl, case 1: the case can't be read: .*\n0 passed, 1 failed\n$`, out)

	for _, c := range []struct{ args, message string }{
		{"--kind pictures cases.jsonl", `unknown kind of case "pictures"; there are api, definitions, executions, histories, jsonata, jsonpath, rejections, templates, teststate, validity`},
		{"--kind executions missing.jsonl", "missing.jsonl"},
		{"--kind executions --known missing.json cases.jsonl", "missing.json"},
		{"--kind executions --known gone.json cases.jsonl", "gone.json lists cases that do not exist: bad/four"},
	} {
		code, out, err := gostates("", append([]string{"test"}, strings.Fields(c.args)...)...)
		assert.Equal(t, exitFailed, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Contains(t, err, c.message, c.args)
	}
}

// The project's own cases pass from the command line, too.
func TestOwnCases(t *testing.T) {
	code, out, err := gostates("", "test", "--kind", "executions", "../../conformance/cases")
	assert.Equal(t, exitOK, code, out+err)
	assert.Regexp(t, `^\d{3} passed, 0 failed\n$`, out)
}

func TestAnswersOfStatesThatThereAreNot(t *testing.T) {
	t.Parallel()
	c := &conformance.Case{Definition: `{"StartAt":"Reserve","States":{"Reserve":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Notify","States":{"Notify":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:n","End":true}}}]}}}`}
	for state, want := range map[string]string{
		"Notify": "", "Notfy": `there is no state "Notfy"; did you mean "Notify"?`, "Zzzzzzz": `there is no state "Zzzzzzz"`,
	} {
		c.Tasks = []conformance.Task{{State: state}}
		if err := c.CheckStates(); want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
	}
}
