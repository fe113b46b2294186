//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// serveVariable has the test binary be the command itself.
const serveVariable = "GOSTATES_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// A served process is gostates serve at work.
type served struct {
	*testing.T
	process *exec.Cmd
	url     string
	log     *bytes.Buffer // complete when the process has ended
}

// serve starts the command, and returns when it listens.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	return listening(t, "serve", args...)
}

// listening starts a command that listens, and returns when it does.
func listening(t *testing.T, command string, args ...string) *served {
	t.Helper()
	s := &served{T: t, process: exec.Command(os.Args[0], append([]string{command, "--addr", "127.0.0.1:0"}, args...)...), log: new(bytes.Buffer)}
	s.process.Env = append(os.Environ(), serveVariable+"=yes")
	s.process.Stderr = s.log
	out, err := s.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	t.Cleanup(func() { _ = s.process.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = s.process.Wait()
		require.NoError(t, err, s.log.String())
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return s
}

// end sends a signal and waits for the end of the process.
func (s *served) end(signal os.Signal) error {
	s.Helper()
	require.NoError(s, s.process.Process.Signal(signal))
	return s.process.Wait()
}

// call makes a request, and returns its status and answer.
func (s *served) call(operation string, input any) (int, map[string]any) {
	s.Helper()
	body, err := json.Marshal(input)
	require.NoError(s, err)
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	require.NoError(s, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer answer.Body.Close()
	var output map[string]any
	require.NoError(s, json.NewDecoder(answer.Body).Decode(&output))
	return answer.StatusCode, output
}

// start starts an execution, and returns its ARN.
func (s *served) start(machine, name string, input string) string {
	s.Helper()
	status, answer := s.call("StartExecution", map[string]any{
		"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:" + machine, "name": name, "input": input,
	})
	require.Equal(s, 200, status, answer)
	return answer["executionArn"].(string)
}

// ended waits for the end of an execution, and returns its description.
func (s *served) ended(arn string) map[string]any {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		_, d := s.call("DescribeExecution", map[string]any{"executionArn": arn})
		if d["status"] != "RUNNING" {
			return d
		}
		require.True(s, time.Now().Before(deadline), "%v", d)
		<-time.After(2 * time.Millisecond) // the other process has the processor
	}
}

// write writes files into a folder and returns their names.
func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	return folder
}

// TestServe: machines of files, and tasks by each of the means.
func TestServe(t *testing.T) {
	t.Parallel()
	functions := http.NewServeMux()
	functions.HandleFunc("/2015-03-31/functions/ship/invocations", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"shipped": %s}`, body)
	})
	lambda := httptest.NewServer(functions)
	defer lambda.Close()
	folder := write(t, map[string]string{
		"order.asl.json": `{"StartAt": "Charge", "States": {
			"Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "charge", "Payload.$": "$"}, "OutputPath": "$.Payload", "Next": "Pack"},
			"Pack": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$"}, "Next": "Ship"},
			"Ship": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "ship", "Payload.$": "$"}, "OutputPath": "$.Payload", "End": true}}}`,
		"lacks.asl.json": `{"StartAt": "X", "States": {"X": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"Message": "m", "TopicArn": "t"}, "End": true}}}`,
		"ask.asl.json": `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}}`,
		"template.yaml": `Resources:
  Approval:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: approval
      Definition:
        StartAt: Wait
        States:
          Wait: {Type: Wait, Seconds: 3600, Next: Done}
          Done: {Type: Succeed}
`,
		"mocks.json":   `{"StateMachines": {"order": {"TestCases": {"RetryPath": {"Ship": "Shipped"}}}}, "MockedResponses": {"Shipped": {"0": {"Return": {"StatusCode": 200, "Payload": "by mock"}}}}}`,
		"answers.json": `{"Pack": {"result": {"packed": true}}, "Ask": {"result": "yes", "submitted": {"MessageId": "1"}, "after": 0.01}}`,
	})
	s := serve(t, "--exec", `charge=cat >/dev/null; echo '{"paid": 7}'`, "--tasks", filepath.Join(folder, "answers.json"), "--lambda-endpoint", lambda.URL, "--mock-config", filepath.Join(folder, "mocks.json"),
		"--wait-time-scale", "0.00001",
		filepath.Join(folder, "order.asl.json"), filepath.Join(folder, "lacks.asl.json"), filepath.Join(folder, "ask.asl.json"), filepath.Join(folder, "template.yaml"))

	d := s.ended(s.start("order", "one", `{}`))
	assert.Equal(t, "SUCCEEDED", d["status"], d)
	assert.JSONEq(t, `{"shipped": {"packed": true}}`, d["output"].(string))
	d = s.ended(s.start("order#RetryPath", "two", `{}`))
	assert.Equal(t, `"by mock"`, d["output"], d)
	assert.NotContains(t, d["stateMachineArn"], "#")
	status, refused := s.call("StartExecution", map[string]any{"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:order#Path"})
	assert.Equal(t, 400, status)
	assert.Contains(t, refused["message"], "it has RetryPath")
	d = s.ended(s.start("lacks", "one", `{}`))
	assert.Equal(t, "FAILED", d["status"])
	assert.Contains(t, d["cause"], `"X"`)
	d = s.ended(s.start("ask", "one", `{}`))
	assert.Equal(t, `"yes"`, d["output"], d)
	d = s.ended(s.start("approval", "one", `{}`))
	assert.Equal(t, "SUCCEEDED", d["status"], "an hour takes 36 milliseconds")

	answer, err := http.Get(s.url)
	require.NoError(t, err)
	hint, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	answer.Body.Close()
	assert.Contains(t, string(hint), "sync-")
	require.NoError(t, s.end(os.Interrupt), s.log.String())
	assert.Contains(t, s.log.String(), "sync-")
	assert.Contains(t, s.log.String(), `"operation":"StartExecution"`)
}

// TestServeIsKilled: whatever executions do when the process is killed, they go on when it is
// started again.
func TestServeIsKilled(t *testing.T) {
	t.Parallel()
	const each = 60
	folder := write(t, map[string]string{
		"sleeps.json":  `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "B"}, "B": {"Type": "Pass", "Result": "slept", "End": true}}}`,
		"retries.json": `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:flaky", "Retry": [{"ErrorEquals": ["Exit.3"], "IntervalSeconds": 1}], "End": true}}}`,
		"waits.json":   `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:work", "End": true}}}`,
		"runs.json":    `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:slow", "End": true}}}`,
		"asks.json": `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": true}}}`,
		"answers.json": `{"Ask": {"result": "yes", "submitted": {"MessageId": "1"}, "after": 0.5}}`,
	})
	args := []string{"--quiet", "--tasks", filepath.Join(folder, "answers.json"), "--store", filepath.Join(folder, "s.db"), "--exec", "slow=sleep 0.2; echo 1", "--exec", `flaky=test "$GOSTATES_ATTEMPT" -gt 0 && echo 2 || exit 3`}
	machines := []string{"sleeps", "retries", "waits", "runs", "asks"}
	for _, m := range machines {
		args = append(args, filepath.Join(folder, m+".json"))
	}
	s := serve(t, args...)
	status, answer := s.call("CreateActivity", map[string]any{"name": "work"})
	require.Equal(t, 200, status, answer)
	var all []string
	for i := range each {
		for _, m := range machines {
			all = append(all, s.start(m, fmt.Sprint("x", i), `{}`))
		}
	}
	require.EqualError(t, s.end(syscall.SIGKILL), "signal: killed")

	s = serve(t, args...)
	for range each {
		_, task := s.call("GetActivityTask", map[string]any{"activityArn": "arn:aws:states:us-east-1:123456789012:activity:work"})
		require.NotNil(t, task["taskToken"], task)
		status, answer := s.call("SendTaskSuccess", map[string]any{"taskToken": task["taskToken"], "output": `"worked"`})
		require.Equal(t, 200, status, answer)
	}
	for _, arn := range all {
		d := s.ended(arn)
		require.Equal(t, "SUCCEEDED", d["status"], d)
	}
	require.NoError(t, s.end(syscall.SIGTERM), s.log.String())
}

// TestServeInspector: the pages stand beside the API, unless a flag or an access key keeps them out.
func TestServeInspector(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"m.json": `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`})
	for flags, want := range map[string]int{"": 200, "--inspector=read-only": 200, "--inspector=off": 404, "--key=id=secret": 404, "--key=id=secret --inspector=on": 200} {
		s := serve(t, append(strings.Fields(flags), filepath.Join(folder, "m.json"))...)
		answer, err := http.Get(s.url + "/inspector/")
		require.NoError(t, err)
		page, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		if want == http.StatusOK {
			assert.Equal(t, want, answer.StatusCode, flags)
			assert.Contains(t, string(page), "machines/arn:aws:states:us-east-1:123456789012:stateMachine:m", flags)
			assert.Equal(t, strings.Contains(flags, "read-only"), strings.Contains(string(page), "read-only"), flags)
		} else {
			assert.NotContains(t, string(page), "State machines", flags)
		}
		require.NoError(t, s.end(os.Interrupt), s.log.String())
		assert.Equal(t, want == http.StatusOK, strings.Contains(s.log.String(), "The inspector is at http://127.0.0.1:"), flags)
	}
}

// TestServeTakesOver from a process that ends, with what is left to do.
func TestServeTakesOver(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{
		"m.json": `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:slow", "Next": "B"},
			"B": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": {"Type": "Pass", "End": true}}}`,
	})
	args := []string{"--quiet", "--store", filepath.Join(folder, "s.db"), "--exec", "slow=touch " + filepath.Join(folder, "begun") + "; sleep 0.5; echo 1", filepath.Join(folder, "m.json")}
	old := serve(t, args...)
	arn := old.start("m", "x", `{}`)
	for deadline := time.Now().Add(time.Minute); ; <-time.After(2 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(folder, "begun")); err == nil {
			break
		}
		require.True(t, time.Now().Before(deadline))
	}
	require.NoError(t, old.process.Process.Signal(syscall.SIGTERM))
	s := serve(t, append([]string{"--wait"}, args...)...)
	require.NoError(t, old.process.Wait(), old.log.String())
	d := s.ended(arn)
	require.Equal(t, []any{"SUCCEEDED", "1"}, []any{d["status"], d["output"]})
	_, history := s.call("GetExecutionHistory", map[string]any{"executionArn": arn})
	scheduled := 0
	for _, event := range history["events"].([]any) {
		if event.(map[string]any)["type"] == "LambdaFunctionScheduled" {
			scheduled++
		}
	}
	require.Equal(t, 1, scheduled)
	require.NoError(t, s.end(syscall.SIGTERM), s.log.String())
}

// TestServeFindsDefinitions wherever templates name them, with the values of --set.
func TestServeFindsDefinitions(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"workflow.asl.json": `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Who}", "End": true}}}`})
	require.NoError(t, os.Mkdir(filepath.Join(folder, "stack"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "stack", "template.yaml"), []byte(`Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {Type: String}
Resources:
  Greet:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: greet
      DefinitionUri: ../workflow.asl.json
      DefinitionSubstitutions: {Who: !Ref Name}
`), 0o600))
	s := serve(t, "--set", "Name=Ada", filepath.Join(folder, "stack", "template.yaml"))
	assert.Equal(t, `"Ada"`, s.ended(s.start("greet", "x", `{}`))["output"])
	require.NoError(t, s.end(syscall.SIGTERM), s.log.String())
	code, _, text := gostates("", "serve", "--addr", "127.0.0.1:0", "--set", "Name", filepath.Join(folder, "stack", "template.yaml"))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, text, "--set takes NAME=VALUE")
}

// TestServeWithKeys: whoever has no key gets no answer.
func TestServeWithKeys(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"keys": "one=secret\r\n\ntwo=other=secret\n"})
	s := serve(t, "--key", "id=secret", "--key", "@"+filepath.Join(folder, "keys"))
	status, answer := s.call("ListStateMachines", map[string]any{})
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, "MissingAuthenticationTokenException", answer["__type"])
	require.NoError(t, s.end(os.Interrupt), s.log.String())

	keys, err := readKeys([]string{"id=secret", "@" + filepath.Join(folder, "keys")})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"id": "secret", "one": "secret", "two": "other=secret"}, keys)
	for _, wrong := range []string{"id", "=secret", "id=", "@" + filepath.Join(folder, "none")} {
		_, err := readKeys([]string{wrong})
		assert.Error(t, err, wrong)
	}
}
