//go:build unix

package exectask_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/exectask"
	"github.com/stretchr/testify/require"
)

func TestCommand(t *testing.T) {
	input, err := value.Parse(`{"n": 1}`)
	require.NoError(t, err)
	task := engine.Task{Input: input, State: "Add", Resource: "add", Attempt: 2, Token: "token", IdempotencyKey: "key", Execution: engine.Identity{ARN: "arn"}}
	for line, want := range map[string]string{
		"cat":                    `{"n":1}`,
		"echo '[1, 2]'":          `[1,2]`,
		"echo  hello world":      `"hello world"`,
		`printf 'a\n b\n'`:       `"a\n b"`,
		"true":                   `null`,
		"echo '{\"a\":'":         `"{\"a\":"`,
		"echo noise >&2; echo 1": `1`,
		`printf '\377'`:          "\"\ufffd\"",
		"echo $GOSTATES_STATE $GOSTATES_RESOURCE $GOSTATES_ATTEMPT $GOSTATES_TASK_TOKEN $GOSTATES_IDEMPOTENCY_KEY $GOSTATES_EXECUTION $MORE": `"Add add 2 token key arn yes"`,
	} {
		out, err := exectask.Command{Line: line, Env: []string{"MORE=yes"}}.Handle(t.Context(), task)
		require.NoError(t, err, line)
		require.Equal(t, want, value.String(out), line)
	}
	out, err := exectask.Command{Line: "pwd", Dir: "/"}.Handle(t.Context(), task)
	require.NoError(t, err)
	require.Equal(t, "/", out)
}

func TestCommandThatFails(t *testing.T) {
	for line, want := range map[string]engine.TaskError{
		"echo out; echo why >&2; exit 3": {Name: "Exit.3", Cause: "why"},
		"exit 1":                         {Name: "Exit.1", Cause: "exit status 1"},
		"kill -9 $$":                     {Name: "Exit.signal", Cause: "signal: killed"},
		" ":                              {Name: "Exit.empty", Cause: "the command line is empty"},
	} {
		_, err := exectask.Command{Line: line}.Handle(t.Context(), engine.Task{})
		require.Equal(t, &want, err, line)
	}
	_, err := exectask.Command{Line: "no-such-command"}.Handle(t.Context(), engine.Task{})
	require.ErrorContains(t, err, "Exit.127: ")
	require.ErrorContains(t, err, "no-such-command")
	_, err = exectask.Command{Line: "true", Dir: filepath.Join(t.TempDir(), "none")}.Handle(t.Context(), engine.Task{})
	require.ErrorContains(t, err, "Exit.failed: the command can't be run: ")
	_, err = exectask.Command{Line: "head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1"}.Handle(t.Context(), engine.Task{})
	failed := err.(*engine.TaskError)
	require.LessOrEqual(t, len(failed.Cause), 32_768)
	require.True(t, strings.HasSuffix(failed.Cause, "xxend"), "the end says most")
}

// A command is killed with what it has started, when its task is over.
func TestCommandIsKilled(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for {
			if _, err := os.Stat(ready); err == nil || t.Context().Err() != nil {
				return
			}
			<-time.After(time.Millisecond)
		}
	}()
	_, err := exectask.Command{Line: "(echo; sleep 1000) | (read x; touch " + ready + "; sleep 1000)"}.Handle(ctx, engine.Task{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestParse(t *testing.T) {
	name, line, err := exectask.Parse(" ship = ./ship.sh a=b ")
	require.NoError(t, err)
	require.Equal(t, []string{"ship", "./ship.sh a=b"}, []string{name, line})
	for _, text := range []string{"", "ship", "=x", "ship="} {
		_, _, err := exectask.Parse(text)
		require.ErrorContains(t, err, "is not NAME=COMMAND", text)
	}
}

// Commands are the tasks of an engine, by the names that a Mux takes.
func TestMux(t *testing.T) {
	mux, err := exectask.Mux("double=read n; echo $((n * 2))", "arn:aws:states:::sns:*=echo sent")
	require.NoError(t, err)
	eng, err := engine.New(engine.Config{Resolver: mux})
	require.NoError(t, err)
	defer eng.Close()
	machine, err := asl.Parse(`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"double","Payload.$":"$"},"OutputPath":"$.Payload","Next":"B"},
		"B":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"TopicArn":"t","Message":"m"},"ResultPath":null,"End":true}}}`)
	require.NoError(t, err)
	x, err := eng.StartExecution(t.Context(), machine, 21)
	require.NoError(t, err)
	result, err := x.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "42", string(result.Output()))

	for _, text := range []string{"a=b|a=c", "a"} {
		_, err = exectask.Mux(strings.Split(text, "|")...)
		require.Error(t, err, text)
	}
}
