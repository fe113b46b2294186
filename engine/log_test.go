package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logged runs an execution and returns the lines it logs, as JSON objects, which are the same through
// zap and through slog.
func logged(t *testing.T, mux *engine.Mux, m *asl.StateMachine, input any, config engine.Config, options ...engine.StartOption) []map[string]any {
	t.Helper()
	var lines bytes.Buffer
	encoder := zapcore.EncoderConfig{MessageKey: "message", LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder}
	config.Logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.AddSync(&lines), zap.DebugLevel))
	var others bytes.Buffer
	config.Slog = slogTo(&others)
	config.Resolver = mux
	e, _ := startVirtual(t, config)
	x := run(t, e, m, input, append(options, engine.Named("n"), engine.Machine("m"))...)
	_, _ = x.Wait(t.Context())
	require.NoError(t, e.Close())
	all := jsonLines(t, &lines)
	require.Equal(t, all, jsonLines(t, &others))
	return all
}

// slogTo returns a slog.Logger that writes JSON with the names that the tests' zap.Logger has.
func slogTo(to io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey:
			return slog.Attr{}
		case slog.LevelKey:
			return slog.String("level", strings.ToLower(a.Value.String()))
		case slog.MessageKey:
			a.Key = "message"
		}
		return a
	}}))
}

func jsonLines(t *testing.T, from io.Reader) (all []map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(from)
	for decoder.More() {
		var line map[string]any
		require.NoError(t, decoder.Decode(&line))
		all = append(all, line)
	}
	return all
}

func typesOf(lines []map[string]any) (types []string) {
	for _, line := range lines {
		types = append(types, line["message"].(string))
	}
	return types
}

// failing catches an error, aborts a branch and fails.
const failing = `{"StartAt":"Try","States":{
	"Try":{"Type":"Task","Resource":"fail","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Both"}],"Next":"Both"},
	"Both":{"Type":"Parallel","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Fail"}],"Next":"Fail","Branches":[
		{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":10,"End":true}}},
		{"StartAt":"Task","States":{"Task":{"Type":"Task","Resource":"fail","End":true}}}]},
	"Fail":{"Type":"Fail","Error":"E","Cause":"C"}}}`

// unsuccessful is the message for the end of an execution whose log events are off.
const unsuccessful = "gostates: an execution did not succeed"

func TestLogLevels(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"fail": fail("X")})
	all := []string{
		"ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "TaskStateExited",
		"ParallelStateEntered", "ParallelStateStarted", "WaitStateEntered", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed",
		"TaskStateAborted", "WaitStateAborted", "ParallelStateFailed", "ParallelStateExited", "FailStateEntered", "ExecutionFailed",
	}
	for level, want := range map[engine.LogLevel][]string{
		engine.LogOff:   {unsuccessful},
		"":              {unsuccessful},
		engine.LogFatal: {"ExecutionFailed"},
		engine.LogError: {"TaskFailed", "TaskFailed", "TaskStateAborted", "WaitStateAborted", "ParallelStateFailed", "FailStateEntered", "ExecutionFailed"},
		engine.LogAll:   all,
	} {
		options := engine.LogOptions{Level: level}
		assert.ElementsMatch(t, want, typesOf(logged(t, mux, machine(t, failing), nil, engine.Config{}, engine.Logging(options))), level)
		assert.ElementsMatch(t, want, typesOf(logged(t, mux, machine(t, failing), nil, engine.Config{}, engine.Logging(options), engine.Express)), level)
		assert.ElementsMatch(t, want, typesOf(logged(t, mux, machine(t, failing), nil, engine.Config{Logging: options})), level)
	}
	assert.Equal(t, []string{unsuccessful}, typesOf(logged(t, mux, machine(t, failing), nil, engine.Config{Logging: engine.LogOptions{Level: engine.LogAll}}, engine.Logging(engine.LogOptions{}))))
}

func TestEvaluationFailuresAreErrors(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $error('no') %}","End":true}`)
	for level, want := range map[engine.LogLevel][]string{
		engine.LogFatal: {"ExecutionFailed"},
		engine.LogError: {"EvaluationFailed", "ExecutionFailed"},
	} {
		lines := logged(t, engine.NewMux(), m, nil, engine.Config{}, engine.Logging(engine.LogOptions{Level: level}))
		assert.Equal(t, want, typesOf(lines))
	}
}

// TestLogLines: the form was recorded on AWS, where a line in CloudWatch Logs has
// these fields besides the message and the level.
func TestLogLines(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Pass","Result":{"a":"<1>"},"End":true}`)
	const arn = "arn:aws:states:us-east-1:123456789012:execution:m:n"
	line := func(id, previous, kind, details string) map[string]any {
		var d any
		require.NoError(t, json.Unmarshal([]byte(details), &d))
		return map[string]any{
			"level": "info", "message": kind, "id": id, "type": kind, "details": d, "previous_event_id": previous,
			"event_timestamp": "1704067200000", "execution_arn": arn, "redrive_count": "0",
		}
	}
	assert.Equal(t, []map[string]any{
		line("1", "0", "ExecutionStarted", `{"input":"{\"x\":1}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::123456789012:role/gostates"}`),
		line("2", "0", "PassStateEntered", `{"input":"{\"x\":1}","inputDetails":{"truncated":false},"name":"S"}`),
		line("3", "2", "PassStateExited", `{"name":"S","output":"{\"a\":\"<1>\"}","outputDetails":{"truncated":false}}`),
		line("4", "3", "ExecutionSucceeded", `{"output":"{\"a\":\"<1>\"}","outputDetails":{"truncated":false}}`),
	}, logged(t, engine.NewMux(), m, json.RawMessage(`{"x":1}`), engine.Config{}, engine.Logging(engine.LogOptions{Level: engine.LogAll, IncludeExecutionData: true})))
	assert.Equal(t, []map[string]any{
		line("1", "0", "ExecutionStarted", `{"roleArn":"arn:aws:iam::123456789012:role/gostates"}`),
		line("2", "0", "PassStateEntered", `{"name":"S"}`),
		line("3", "2", "PassStateExited", `{"name":"S"}`),
		line("4", "3", "ExecutionSucceeded", `{}`),
	}, logged(t, engine.NewMux(), m, json.RawMessage(`{"x":1}`), engine.Config{}, engine.Logging(engine.LogOptions{Level: engine.LogAll})))
}

func TestLogKeepsErrorsWithoutExecutionData(t *testing.T) {
	t.Parallel()
	lines := logged(t, engine.NewMux(), one(t, `{"Type":"Fail","Error":"E","Cause":"C"}`), nil, engine.Config{}, engine.Logging(engine.LogOptions{Level: engine.LogFatal}), engine.Express)
	require.Len(t, lines, 1)
	assert.Equal(t, map[string]any{"error": "E", "cause": "C"}, lines[0]["details"])
	assert.Equal(t, "error", lines[0]["level"])
	assert.Regexp(t, "^arn:aws:states:us-east-1:123456789012:express:m:n:", lines[0]["execution_arn"])
}

func TestUnknownLogLevel(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	_, err := e.StartExecution(t.Context(), one(t, succeed), nil, engine.Logging(engine.LogOptions{Level: "all"}))
	assert.EqualError(t, err, `unknown log level "all": must be one of ALL, ERROR, FATAL, OFF`)
}

// TestFailuresAreLogged of executions that have no log events: those that fail and time out, and no
// others.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"fail": fail("X")})
	for name, c := range map[string]struct {
		definition string
		want       map[string]any // nil for nothing
	}{
		"success": {`{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`, nil},
		"failure": {`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["X"],"IntervalSeconds":1,"MaxAttempts":1}],"End":true}}}`,
			map[string]any{"status": "FAILED", "error": "X", "cause": "because", "state": "S", "attempt": 1.0, "duration": 1e9}},
		"timeout": {`{"StartAt":"S","TimeoutSeconds":5,"States":{"S":{"Type":"Wait","Seconds":60,"End":true}}}`,
			map[string]any{"status": "TIMED_OUT", "error": "", "cause": "", "state": "S", "attempt": 0.0, "duration": 5e9}},
		"failure that is caught": {`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"fail","Catch":[{"ErrorEquals":["X"],"Next":"T"}],"End":true},"T":{"Type":"Succeed"}}}`, nil},
	} {
		lines := logged(t, mux, machine(t, c.definition), nil, engine.Config{})
		if c.want == nil {
			assert.Empty(t, lines, name)
			continue
		}
		c.want["level"], c.want["message"], c.want["execution_arn"] = "error", unsuccessful, "arn:aws:states:us-east-1:123456789012:execution:m:n"
		assert.Equal(t, []map[string]any{c.want}, lines, name)
	}
}

// TestEitherLoggerWillDo: the engine logs through the one that there is, without stacks.
func TestEitherLoggerWillDo(t *testing.T) {
	t.Parallel()
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "message", LevelKey: "level", StacktraceKey: "stacktrace", EncodeLevel: zapcore.LowercaseLevelEncoder})
	for name, config := range map[string]func(io.Writer) engine.Config{
		"zap": func(to io.Writer) engine.Config {
			return engine.Config{Logger: zap.New(zapcore.NewCore(encoder, zapcore.AddSync(to), zap.InfoLevel), zap.AddStacktrace(zap.InfoLevel))}
		},
		"slog": func(to io.Writer) engine.Config { return engine.Config{Slog: slogTo(to)} },
	} {
		var out bytes.Buffer
		c := config(&out)
		c.Resolver = tasks(map[string]engine.HandlerFunc{"panic": func(context.Context, engine.Task) (any, error) { panic("ouch") }})
		e, _ := startVirtual(t, c)
		run(t, e, one(t, `{"Type":"Pass","End":true}`), nil, engine.Logging(engine.LogOptions{Level: engine.LogAll}))
		x := run(t, e, one(t, `{"Type":"Task","Resource":"panic","End":true}`), nil)
		_, _ = x.Wait(t.Context())
		require.NoError(t, e.Close())
		lines := jsonLines(t, &out)
		assert.Equal(t, []string{"ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded", "gostates: a handler panicked", unsuccessful}, typesOf(lines), name)
		for _, line := range lines {
			assert.NotContains(t, line, "stacktrace", name)
			if stack, panicked := line["stack"]; panicked {
				assert.Contains(t, stack, "TestEitherLoggerWillDo", name)
			}
		}
		assert.Contains(t, lines[4], "stack", name)
	}
	_, err := engine.New(engine.Config{Resolver: engine.NewMux(), Slog: new(slog.Logger)})
	require.ErrorContains(t, err, "Config.Slog is a zero slog.Logger")
}

func TestPanicsFailTheTaskAndAreLogged(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"panic": func(context.Context, engine.Task) (any, error) { panic("ouch") }})
	var lines bytes.Buffer
	e := start(t, engine.Config{Resolver: mux, Logger: zap.New(zapcore.NewCore(
		zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "message"}), zapcore.AddSync(&lines), zap.DebugLevel))})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"panic","End":true}`), nil)
	failed := failure(t, x)
	assert.Equal(t, "Panic", failed.Name)
	assert.Equal(t, `{"errorMessage":"the handler panicked: ouch","errorType":"Panic"}`, failed.Cause)
	require.NoError(t, e.Close())
	line := jsonLines(t, &lines)[0]
	assert.Equal(t, "gostates: a handler panicked", line["message"])
	assert.Equal(t, x.ARN(), line["execution_arn"])
	assert.Equal(t, "S", line["state"])
	assert.Contains(t, line["stack"], "TestPanicsFailTheTaskAndAreLogged")
}
