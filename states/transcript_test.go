package states_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

var rewrite = flag.Bool("rewrite", false, "write what happens into the transcripts; the diff is the review")

// TestTranscripts plays the scripts in testdata. A script is a machine, then
// inputs, each followed by the events and commands it causes:
//
//	machine
//	{ ...definition... }
//	options MaxEvents=8
//	> start {"n": 1}
//	1<0 ExecutionStarted {"n":1}
//	...
//	invoke#3 Work {"n":1}
//	> return 3 {"n":2}
//
// Inputs: start JSON, began ID [WORKER], submitted ID JSON, return ID JSON,
// fail ID ERROR CAUSE ("-" for none), expire ID, silent ID (heartbeat), fire ID,
// stop ERROR CAUSE, redrive, wait SECONDS (time passes). "+" instead of ">" adds an input to
// the step before. A step that is refused shows its error.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 8, "transcripts are missing")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got := play(t, string(want))
			if *rewrite {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(want), got)
		})
	}
}

// A player keeps what a script has come to.
type player struct {
	t       *testing.T
	out     bytes.Buffer
	machine *asl.StateMachine
	options states.Options
	it      *states.Interpreter
	history []states.Event
	now     time.Time
	pending []states.Input
}

// play runs a script and returns it with what really happens.
func play(t *testing.T, script string) string {
	p := &player{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	lines := bufio.NewScanner(strings.NewReader(script))
	var definition strings.Builder
	inMachine := false
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "machine":
			inMachine = true
			definition.Reset()
			fmt.Fprintln(&p.out, line)
		case inMachine:
			fmt.Fprintln(&p.out, line)
			definition.WriteString(line + "\n")
			if line == "}" {
				inMachine = false
				machine, err := asl.Parser{Extensions: true}.Parse([]byte(definition.String()))
				require.NoError(t, err)
				p.machine, p.options, p.it, p.history = machine, states.Options{}, nil, nil
			}
		case strings.HasPrefix(line, "options "):
			fmt.Fprintln(&p.out, line)
			p.option(strings.TrimPrefix(line, "options "))
		case strings.HasPrefix(line, "> "):
			p.step()
			fmt.Fprintln(&p.out, line)
			p.input(strings.TrimPrefix(line, "> "))
		case strings.HasPrefix(line, "+ "):
			fmt.Fprintln(&p.out, line)
			p.input(strings.TrimPrefix(line, "+ "))
		case line == "" || strings.HasPrefix(line, "#"):
			p.step()
			fmt.Fprintln(&p.out, line)
		}
	}
	p.step()
	return p.out.String()
}

func (p *player) option(text string) {
	name, number, _ := strings.Cut(text, "=")
	n, err := strconv.Atoi(number)
	require.NoError(p.t, err)
	switch name {
	case "MaxEvents":
		p.options.MaxEvents = n
	case "MaxPayload":
		p.options.MaxPayload = n
	case "MaxVariables":
		p.options.MaxVariables = n
	case "MapConcurrency":
		p.options.MapConcurrency = n
	default:
		p.t.Fatalf("no option %q", name)
	}
}

func (p *player) input(text string) {
	verb, rest, _ := strings.Cut(text, " ")
	first, more, _ := strings.Cut(rest, " ")
	id := func() states.EventID {
		n, err := strconv.Atoi(first)
		require.NoError(p.t, err, text)
		return states.EventID(n)
	}
	json := func(text string) any {
		v, err := value.Parse(text)
		require.NoError(p.t, err, text)
		return v
	}
	var in states.Input
	switch verb {
	case "wait":
		n, err := strconv.ParseFloat(rest, 64)
		require.NoError(p.t, err)
		p.now = p.now.Add(time.Duration(n * float64(time.Second)))
		return
	case "start":
		in = states.Started{At: p.now, Input: json(rest), Execution: states.Execution{
			ARN: "arn:aws:states:us-east-1:123456789012:execution:machine:name", Name: "name", Region: "us-east-1",
			RoleARN: "arn:aws:iam::123456789012:role/role", StateMachineName: "machine",
			StateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:machine"}}
	case "began":
		in = states.TaskBegan{At: p.now, Task: id(), Worker: more}
	case "submitted":
		in = states.TaskAcknowledged{At: p.now, Task: id(), Output: json(more)}
	case "return":
		in = states.TaskReturned{At: p.now, Task: id(), Output: json(more)}
	case "fail":
		name, cause, _ := strings.Cut(more, " ")
		in = states.TaskErred{At: p.now, Task: id(), Failure: failure(name, cause)}
	case "expire":
		in = states.TaskExpired{At: p.now, Task: id()}
	case "silent":
		in = states.TaskExpired{At: p.now, Task: id(), Heartbeat: true}
	case "fire":
		in = states.TimerFired{At: p.now, Timer: id()}
	case "ran":
		in = states.MapRunReturned{At: p.now, Run: id(), Output: json(more)}
	case "run-failed":
		name, cause, _ := strings.Cut(more, " ")
		in = states.MapRunErred{At: p.now, Run: id(), Failure: failure(name, cause)}
	case "redrive":
		// Only an execution restored from its history can be.
		var err error
		p.it, err = states.Restore(p.machine, p.history, p.options)
		require.NoError(p.t, err)
		in = states.Redriven{At: p.now}
	case "stop":
		in = states.Stopped{At: p.now, Failure: failure(first, more)}
	default:
		p.t.Fatalf("no input %q", text)
	}
	p.pending = append(p.pending, in)
}

func failure(name, cause string) states.Failure {
	f := states.Failure{Error: name, Cause: cause, HasError: name != "-", HasCause: cause != "-"}
	if !f.HasError {
		f.Error = ""
	}
	if !f.HasCause {
		f.Cause = ""
	}
	return f
}

// step hands the pending inputs over, writes down what they cause and checks that
// the history alone gives the same execution again.
func (p *player) step() {
	if len(p.pending) == 0 {
		return
	}
	if p.it == nil {
		p.it = states.New(p.machine, p.options)
	}
	fx, err := p.it.Step(p.pending...)
	p.pending = nil
	if err != nil {
		fmt.Fprintf(&p.out, "error %s\n", err)
		return
	}
	for i := range fx.Events {
		fmt.Fprintln(&p.out, describe(&fx.Events[i], p.now))
	}
	for _, c := range fx.Commands {
		fmt.Fprintln(&p.out, command(c, p.now))
	}
	p.history = append(p.history, fx.Events...)
	restored, err := states.Restore(p.machine, p.history, p.options)
	require.NoError(p.t, err)
	require.Equal(p.t, p.it.String(), restored.String(), "the history does not restore the execution")
	require.Equal(p.t, p.it.Open(), restored.Open())
	restored, err = states.Restore(p.machine, reread(p.t, p.history), p.options)
	require.NoError(p.t, err)
	require.Equal(p.t, p.it.String(), restored.String(), "the log does not restore the execution")
}

// reread writes events to a log and reads them back.
func reread(t *testing.T, events []states.Event) []states.Event {
	read := make([]states.Event, len(events))
	var w states.LogWriter
	for i := range events {
		line := events[i].AppendLog(nil)
		require.Equal(t, string(line), string(w.Append(nil, &events[i])))
		var err error
		read[i], err = states.ParseLog(line)
		require.NoError(t, err, string(line))
		require.Equal(t, string(line), string(read[i].AppendLog(nil)))
	}
	return read
}

func describe(e *states.Event, now time.Time) string {
	line := fmt.Sprintf("%d<%d %s", e.ID, e.PreviousID, e.Type)
	if e.Hidden() {
		line = fmt.Sprintf("hidden<%d %s", e.PreviousID, e.Type)
	}
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		line += " " + value.String(d.Input)
	case *states.EnteredDetails:
		line += " " + d.Name + " " + value.String(d.Input)
	case *states.ExitedDetails:
		line += " " + d.Name + " " + value.String(d.Output)
		if d.Assigned != nil {
			line += " assigned " + value.String(d.Assigned)
		}
	case *states.ScheduledDetails:
		line += fmt.Sprintf(" %s %s %s", strings.TrimSpace(d.ResourceType+" "+d.Resource), d.Region, value.String(d.Parameters))
		if d.TimeoutSeconds > 0 {
			line += fmt.Sprintf(" timeout %d", d.TimeoutSeconds)
		}
		if d.HeartbeatSeconds > 0 {
			line += fmt.Sprintf(" heartbeat %d", d.HeartbeatSeconds)
		}
		if d.Credentials != nil {
			line += " credentials " + value.String(d.Credentials)
		}
	case *states.OutputDetails:
		line += " " + value.String(d.Output)
	case *states.FailureDetails:
		line += told(d.Failure)
	case *states.WorkerDetails:
		line += " " + d.Worker
	case *states.LengthDetails:
		line += fmt.Sprintf(" length %d", d.Length)
	case *states.IterationDetails:
		line += fmt.Sprintf(" %s %d", d.Name, d.Index)
	case *states.MapRunDetails:
		line += " " + d.ARN
		if d.Redrives > 0 {
			line += fmt.Sprintf(" count %d", d.Redrives)
		}
	case *states.RedriveDetails:
		line += fmt.Sprintf(" count %d", d.Count)
	case *states.EvaluationDetails:
		line += fmt.Sprintf(" %s at %q%s", d.State, d.Location, told(d.Failure))
	case *states.CompensationDetails:
		line += fmt.Sprintf(" of %d in %s%s", d.Steps, d.State, told(d.Failure))
	case *states.CompensationFailedDetails:
		line += fmt.Sprintf(" %s by %s%s remaining %s", d.State, d.Handler, told(d.Failure), strings.Join(d.Remaining, " "))
	case *states.RetryDetails:
		line += fmt.Sprintf(" %s by %d", d.Name, d.Retrier)
	}
	if !e.Due.IsZero() {
		line += " in " + e.Due.Sub(now).String()
	}
	return line
}

func told(f states.Failure) string {
	var s string
	if f.HasError {
		s += " error " + f.Error
	}
	if f.HasCause {
		s += " cause " + f.Cause
	}
	return s
}

func command(c states.Command, now time.Time) string {
	switch c := c.(type) {
	case *states.InvokeTask:
		s := fmt.Sprintf("invoke#%d %s %s", c.ID, c.State.Name(), value.String(c.Input))
		if c.Attempt > 0 {
			s += fmt.Sprintf(" attempt %d", c.Attempt)
		}
		if c.Token != "" {
			s += " token"
		}
		if !c.Deadline.IsZero() {
			s += " within " + c.Deadline.Sub(now).String()
		}
		if c.Heartbeat > 0 {
			s += " heartbeat " + c.Heartbeat.String()
		}
		return s
	case *states.StartMapRun:
		s := fmt.Sprintf("run#%d %s items %s", c.ID, c.State.Name(), value.String(c.Items))
		if r := c.Reader; r != nil {
			s += fmt.Sprintf(" reader list %t %s %+v", r.List, value.String(r.Arguments), r.Config)
		}
		if c.MaxConcurrency > 0 {
			s += fmt.Sprintf(" concurrency %d", c.MaxConcurrency)
		}
		if c.Tolerance != (states.Tolerance{}) {
			s += fmt.Sprintf(" tolerance %+v", c.Tolerance)
		}
		if b := c.Batch; b != nil {
			s += fmt.Sprintf(" batch %d %d %t %s", b.MaxItems, b.MaxBytes, b.HasInput, value.String(b.Input))
		}
		if w := c.Writer; w != nil {
			s += fmt.Sprintf(" writer %t %s %t %s %s", w.Exports, value.String(w.Arguments), w.Configured, w.OutputType, w.Transformation)
		}
		if c.Redrives > 0 {
			s += fmt.Sprintf(" redrive %d", c.Redrives)
		}
		return s
	case *states.StartTimer:
		return fmt.Sprintf("timer#%d in %s", c.ID, c.Due.Sub(now))
	case *states.Cancel:
		return fmt.Sprintf("cancel#%d", c.ID)
	case *states.Finish:
		if c.Status == states.StatusSucceeded {
			return "finish SUCCEEDED " + value.String(c.Output)
		}
		return "finish " + string(c.Status) + told(c.Failure)
	}
	return fmt.Sprintf("%T", c)
}
