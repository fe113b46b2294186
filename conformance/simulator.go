package conformance

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Simulator is the Driver that needs nothing else: it gives a
// [states.Interpreter] its inputs, on a virtual clock that jumps from one to the
// next. Whatever happens at the same moment it gives in one step.
//
// After every step of a Standard execution it also checks that one restored from
// the events so far is the same as the live one.
type Simulator struct {
	// Options are the interpreter's.
	Options states.Options
	// Observe, if there is one, is told of every event of the execution as it comes, hidden
	// ones included, and not of those of a Map Run's children.
	Observe func(*states.Event)
	// Used, if there is one, is told of every part of its machine that an execution uses. The
	// children of Map Runs execute machines of their own.
	Used func(machine *asl.StateMachine, part states.Part)
	// RealTime has time pass as it does, instead of jumping: what comes later is waited for.
	// The case should start now. The children of a Map Run take no time of their own.
	RealTime bool
	// Perform, if there is one, is asked for tasks before the script is. It returns nil for
	// a task that is the script's, else what does the task: on a goroutine of its own, and
	// with a context that ends when the task is over without it. A virtual clock stands
	// still until then.
	Perform func(Request) func(context.Context) Task
	// Stop, if there is one, stops the execution when it can be received from or is closed, as
	// StopExecution does: while something is waited for.
	Stop <-chan struct{}
	// Log, if there is one, makes the driver restart after every step of a
	// Standard execution: it writes the step's events to the log, drops the
	// interpreter, and goes on with one that is restored from what the log has.
	Log Log
	// Snapshots has the driver go on after every step with an interpreter that is resumed
	// from a snapshot, by turns from one of this moment and from an earlier one with the
	// events since. It checks that each is the same as the one before it.
	Snapshots bool
}

// A Log keeps executions as lines, one for each event.
type Log interface {
	// Append adds lines to the log of an execution. They must be there when it
	// returns, whatever happens to the process.
	Append(name string, lines [][]byte) error
	// Lines returns the whole log of an execution.
	Lines(name string) ([][]byte, error)
}

// How an execution and its machine are called in a case that this package runs.
const (
	region       = "us-east-1"
	account      = "111111111111"
	roleARN      = "arn:aws:iam::" + account + ":role/sfn_role"
	machineName  = "machine"
	machineARN   = "arn:aws:states:" + region + ":" + account + ":stateMachine:" + machineName
	caseName     = "execution"
	executionARN = "arn:aws:states:" + region + ":" + account + ":execution:" + machineName + ":" + caseName
	expressARN   = "arn:aws:states:" + region + ":" + account + ":express:" + machineName + ":" + caseName +
		":00000000-0000-4000-8000-000000000000"
)

// redriveBegan is when AWS introduced redrive, and RedriveCount with it.
var redriveBegan = time.Date(2023, time.November, 15, 0, 0, 0, 0, time.UTC)

// defaultTimeout is AWS's TimeoutSeconds for a task that sets none.
const defaultTimeout = 99_999_999 * time.Second

// expressDuration is how long an Express execution may take on AWS.
const expressDuration = 5 * time.Minute

// These keep a machine that never ends from running forever: maxSteps bounds the
// inputs, maxStrides the steps in a row in which time does not go on.
const (
	maxSteps   = 100_000
	maxStrides = 20
)

// Execute implements [Driver].
func (s Simulator) Execute(machine *asl.StateMachine, c *Case, script *Script) (*Execution, error) {
	r := s.newRun(machine, c, script)
	defer r.cancelAll()
	if err := r.start(identity(c)); err != nil {
		return nil, err
	}
	if err := r.toEnd(); err != nil {
		return nil, err
	}
	x := &Execution{Status: r.live.Status(), History: r.history}
	if end := r.live.Result(); end != nil {
		x.Output, x.Failure = end.Output, end.Failure
	}
	return x, nil
}

// newRun returns an execution that has not started.
func (s Simulator) newRun(machine *asl.StateMachine, c *Case, script *Script) *run {
	options := s.Options
	if c.Express {
		options.MaxEvents = cmp.Or(options.MaxEvents, -1) // the bound is of the history, which Express has none of
		options.MaxDuration = cmp.Or(options.MaxDuration, expressDuration)
	}
	if options.HasActivity == nil {
		options.HasActivity = func(arn string) bool { return script.HasActivity(machine, arn) }
	}
	return &run{
		simulator: s,
		c:         c, machine: machine, options: options, script: script, log: s.Log,
		live: states.New(machine, options),
		now:  c.Start,
		open: make(map[states.EventID]bool),
	}
}

// A run is one execution on the virtual clock.
type run struct {
	simulator Simulator

	c       *Case
	machine *asl.StateMachine
	options states.Options
	script  *Script
	log     Log
	live    *states.Interpreter
	now     time.Time
	agenda  agenda
	open    map[states.EventID]bool // commands under way
	history []states.Event
	more    bool               // the interpreter can go on without an input
	redrive int                // how many there were
	work    work               // of Simulator.Perform
	runs    map[string]*mapRun // by their ARNs

	snapshots []snapshot // of Simulator.Snapshots
}

// toEnd runs the execution until it ends, or until nothing is left to happen.
func (r *run) toEnd() error {
	for range maxSteps {
		if err := r.goOn(); err != nil {
			return err
		}
		if r.live.Result() != nil {
			if r.redrive == len(r.c.Redrives) {
				return nil
			}
			if err := r.again(); err != nil {
				return err
			}
			continue
		}
		r.wait()
		batch := r.agenda.next()
		if len(batch) == 0 {
			return nil // it waits for something that never comes
		}
		if err := r.keep(batch); err != nil {
			return err
		}
	}
	return fmt.Errorf("the execution does not end within %d steps", maxSteps)
}

// identity is what a case's execution knows of itself.
func identity(c *Case) states.Execution {
	x := states.Execution{
		ARN: executionARN, Name: caseName, RoleARN: roleARN,
		StateMachineARN: machineARN, StateMachineName: machineName, Region: region,
		WithoutRedriveCount:      c.Sync || c.Start.Before(redriveBegan),
		StopsWithoutCompensation: c.StopsWithoutCompensation,
	}
	if c.Express {
		x.ARN = expressARN
	}
	return x
}

func (r *run) start(identity states.Execution) error {
	for s := r.c.Stop; s != nil; s = s.Again {
		at := r.now.Add(seconds(s.After))
		r.agenda.add(appointment{due: at, input: states.Stopped{At: at, Failure: states.Failure{
			Error: s.Error, HasError: s.HasError, Cause: s.Cause, HasCause: s.HasCause,
		}}})
	}
	seed := sha256.Sum256([]byte(r.c.Name))
	return r.step(states.Started{At: r.now, Input: r.c.Input, Execution: identity, Seed: seed})
}

// again redrives an execution that has ended.
func (r *run) again() error {
	r.now = r.now.Add(seconds(r.c.Redrives[r.redrive]))
	r.redrive++
	return r.redriveNow()
}

func (r *run) redriveNow() (err error) {
	r.agenda, r.snapshots = nil, nil
	clear(r.open)
	r.cancelAll()
	if r.live, err = states.Restore(r.machine, r.history, r.options); err != nil {
		return err
	}
	return r.step(states.Redriven{At: r.now})
}

// goOn lets the interpreter do what it can without an input.
func (r *run) goOn() error {
	for range maxStrides {
		if !r.more {
			return nil
		}
		if err := r.step(); err != nil {
			return err
		}
	}
	return errors.New("the execution goes round and round without an end")
}

// keep gives the inputs of appointments that are kept at once.
func (r *run) keep(batch []appointment) error {
	r.now = batch[0].due
	inputs := make([]states.Input, len(batch))
	for i, p := range batch {
		inputs[i] = p.input
		if p.then == nil && p.answers != 0 {
			r.close(p.answers)
		}
	}
	if err := r.step(inputs...); err != nil {
		return err
	}
	for _, p := range batch {
		if p.then != nil && r.open[p.answers] {
			p.then()
		}
	}
	return nil
}

// step gives inputs to the interpreter and arranges what it wants done.
func (r *run) step(inputs ...states.Input) error {
	if used := r.simulator.Used; used != nil {
		r.live.Observe(func(p states.Part) { used(r.machine, p) })
	}
	effects, err := r.live.Step(inputs...)
	if err != nil {
		return fmt.Errorf("the interpreter refuses %v: %w", inputs, err)
	}
	r.more = effects.More
	r.history = append(r.history, effects.Events...)
	if observe := r.simulator.Observe; observe != nil {
		for i := range effects.Events {
			observe(&effects.Events[i])
		}
	}
	for _, command := range effects.Commands {
		switch command := command.(type) {
		case *states.InvokeTask:
			err = errors.Join(err, r.invoke(command))
		case *states.StartMapRun:
			err = errors.Join(err, r.startMapRun(command))
		case *states.StartTimer:
			r.open[command.ID] = true
			due := later(command.Due, r.now)
			r.agenda.add(appointment{due: due, answers: command.ID, input: states.TimerFired{At: due, Timer: command.ID}})
		case *states.Cancel:
			r.close(command.ID)
		}
	}
	if err == nil && r.simulator.Snapshots {
		err = r.resume()
	}
	if err != nil || r.c.Express {
		return err
	}
	if err := r.checkRestore(r.history); err != nil || r.log == nil {
		return err
	}
	return r.restart(effects.Events)
}

// restart goes on with an execution restored from the log.
func (r *run) restart(events []states.Event) error {
	lines := make([][]byte, len(events))
	for i := range events {
		lines[i] = events[i].AppendLog(nil)
	}
	if err := r.log.Append(r.c.Name, lines); err != nil {
		return fmt.Errorf("the log: %w", err)
	}
	lines, err := r.log.Lines(r.c.Name)
	if err != nil {
		return fmt.Errorf("the log: %w", err)
	}
	history := make([]states.Event, len(lines))
	for i, line := range lines {
		if history[i], err = states.ParseLog(line); err != nil {
			return fmt.Errorf("the log, line %d: %w", i+1, err)
		}
	}
	if err := r.checkRestore(history); err != nil {
		return err
	}
	r.live, err = states.Restore(r.machine, history, r.options)
	return err
}

// close forgets a command that was answered or withdrawn.
func (r *run) close(id states.EventID) {
	delete(r.open, id)
	r.agenda.drop(id)
	r.work.cancel(id)
}

// checkRestore holds a history against the execution: one made from it must be the
// same.
func (r *run) checkRestore(history []states.Event) error {
	restored, err := states.Restore(r.machine, history, r.options)
	if err != nil {
		return fmt.Errorf("the history does not restore after %d events: %w", len(history), err)
	}
	return r.sameAs(restored, fmt.Sprintf("the execution restored from %d events", len(history)))
}

// sameAs holds another interpreter against the execution.
func (r *run) sameAs(other *states.Interpreter, what string) error {
	live, again := strings.Split(r.live.String(), "\n"), strings.Split(other.String(), "\n")
	for i := range max(len(live), len(again)) {
		d := Difference{At: what, Expected: nothing, Actual: nothing}
		if i < len(live) {
			d.Expected = live[i]
		}
		if i < len(again) {
			d.Actual = again[i]
		}
		if d.Expected != d.Actual {
			return &d
		}
	}
	return nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
