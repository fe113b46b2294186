// Package exectask does tasks by commands of the shell: a state machine can be tried before
// there is code for its tasks, and a task can be a script in any language.
//
//	tasks := engine.NewMux()
//	tasks.Handle("resize", exectask.Command{Line: "./resize.sh --width 200"})
//
// A command gets the task's input as JSON on its standard input. When it exits with 0, what
// it has written to its standard output is the task's output: JSON, or else a text; nothing
// is null. When it exits with another code the task fails: the error's name is "Exit." and
// the code, such as "Exit.3", by which Retry and Catch can tell codes apart, and the cause is
// what it has written to its standard error. A command that a signal ended fails with
// "Exit.signal". When the task is over without it, because of a timeout or because its
// execution was stopped, the command and what it has started are killed.
//
// The environment has besides the process's own: GOSTATES_STATE, GOSTATES_RESOURCE,
// GOSTATES_ATTEMPT, GOSTATES_EXECUTION (the ARN), GOSTATES_IDEMPOTENCY_KEY, and
// GOSTATES_TASK_TOKEN for a task that waits for its Task Token.
package exectask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// A Command does tasks by a command line. It is an [engine.Handler]; any number of
// goroutines may use it.
type Command struct {
	// Line is given to the shell: sh -c, on Windows cmd /c.
	Line string
	// Dir is the folder that the command runs in; empty for the process's own.
	Dir string
	// Env is added to the environment, as "NAME=value".
	Env []string
}

// maxError bounds how much of a command's standard error is kept: its end, of the length
// that a cause may have.
const maxError = 32_768

// killWait is how long the output of a command that was killed is still waited for.
const killWait = 2 * time.Second

// Handle implements [engine.Handler]. The error is an [*engine.TaskError] when the command
// could not be started or failed, and the context's when that ended first.
func (c Command) Handle(ctx context.Context, task engine.Task) (any, error) {
	if strings.TrimSpace(c.Line) == "" {
		return nil, &engine.TaskError{Name: "Exit.empty", Cause: "the command line is empty"}
	}
	var out bytes.Buffer
	errs := &tail{most: maxError}
	cmd := shell(ctx, c.Line)
	cmd.Dir = c.Dir
	cmd.Env = append(append(os.Environ(), environment(&task)...), c.Env...)
	cmd.Stdin = bytes.NewReader(value.Append(nil, task.Input))
	cmd.Stdout, cmd.Stderr = &out, errs
	cmd.WaitDelay = killWait
	together(cmd)
	err := cmd.Run()
	switch ended, exited := errors.AsType[*exec.ExitError](err); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case exited && ended.ExitCode() >= 0:
		return nil, &engine.TaskError{Name: "Exit." + strconv.Itoa(ended.ExitCode()), Cause: errs.text(ended)}
	case exited:
		return nil, &engine.TaskError{Name: "Exit.signal", Cause: errs.text(ended)}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, &engine.TaskError{Name: "Exit.failed", Cause: fmt.Sprintf("the command can't be run: %v", err)}
	}
	return output(out.Bytes()), nil
}

// output returns what a command has written: JSON, or else a text.
func output(text []byte) any {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return nil
	}
	if v, err := value.Parse(trimmed); err == nil {
		return v
	}
	return strings.ToValidUTF8(strings.TrimRight(string(text), "\r\n"), "\ufffd")
}

// environment returns what a command is told of its task.
func environment(task *engine.Task) []string {
	env := []string{
		"GOSTATES_STATE=" + task.State, "GOSTATES_RESOURCE=" + task.Resource,
		"GOSTATES_ATTEMPT=" + strconv.Itoa(task.Attempt), "GOSTATES_EXECUTION=" + task.Execution.ARN,
		"GOSTATES_IDEMPOTENCY_KEY=" + task.IdempotencyKey,
	}
	if task.Token != "" {
		env = append(env, "GOSTATES_TASK_TOKEN="+task.Token)
	}
	return env
}

// shell returns a command line as a command.
func shell(ctx context.Context, line string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.CommandContext(ctx, "cmd", "/c", line)
	}
	return exec.CommandContext(ctx, "sh", "-c", line)
}

// A tail keeps the end of what is written.
type tail struct {
	most int
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.most; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// text returns what was written, or how the command ended when nothing was.
func (t *tail) text(ended *exec.ExitError) string {
	if text := strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "\ufffd")); text != "" {
		return text
	}
	return ended.Error()
}
