package engine

import (
	"context"
	"fmt"

	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/states"
)

// A StartOption adjusts one execution.
type StartOption func(*start)

// start is what an execution is started with.
type start struct {
	name    string
	machine string
	version string // the ARN of the registered version that runs
	alias   string // the ARN of the alias that led to it
	express bool
	sync    bool   // synchronous: AWS makes its Context Object without a RedriveCount
	role    string // what it says it runs as; empty for Config.RoleARN
	logging LogOptions
	logs    bool   // as an option says
	terms   string // Target.Terms
	text    string // of the input, where it is another one than the value's own
	trace   string
	leaves  bool // stops and timeouts undo nothing
	seed    states.Seed
	seeded  bool
	parent  states.Parent
	gets    bool            // an execution of the name that there is already, whatever it is
	getsOwn bool            // one that has the same parent
	arn     string          // of the execution; empty makes one of the names
	test    string          // the test case of Config.Mocks
	caller  context.Context // of the call that starts it, for Observers; nil for none
	kept    string          // what the engine's Tracer keeps with the start
	err     error
}

// apply takes options. One that is nil is an error.
func (s *start) apply(options []StartOption) {
	if len(options) == 0 {
		return // it needs no memory of its own
	}
	applied := *s
	for i, option := range options {
		if option == nil {
			applied.err = fmt.Errorf("engine: option %d of %d is a StartOption that is nil", i+1, len(options))
			break
		}
		option(&applied)
	}
	*s = applied
}

// Named gives the execution its name: 1 to 80 characters, without whitespace,
// control characters and any of ? * < > { } [ ] " # % \ ^ | ~ ` $ & , ; : /.
// Default: a random UUID.
//
// A Standard execution's name is unique among those of its machine, for as long
// as the engine keeps the execution. See [Engine.StartExecution] for what a
// second start with the same name does. With a Store it must go with [Machine],
// because the default name of a machine changes with its definition.
func Named(name string) StartOption {
	return func(s *start) {
		s.name = name
		if err := names.Check(name); err != nil {
			s.err = err
		}
	}
}

// Machine names the state machine, which a definition doesn't do. The name stands
// in ARNs and in the Context Object, and List filters by it. It obeys the rules of
// [Named]. Default: "machine-" and the first eight hexadecimal digits of the
// SHA-256 of the definition's text. It changes with the definition, so that with a
// Store a [Named] execution needs this option.
func Machine(name string) StartOption {
	return func(s *start) {
		s.machine = name
		if err := names.Check(name); err != nil {
			s.err = err
		}
	}
}

// TestCase has tasks of the execution answered by [Config.Mocks], as far as the test case has
// answers for their states.
func TestCase(name string) StartOption {
	return func(s *start) { s.test = name }
}

// getsOwn returns an execution of the name that the same task has started before.
func getsOwn(s *start) { s.getsOwn = true }

// Express makes it an Express execution: it lasts five minutes at most
// ([Limits.Express]), has no history but its log events ([Logging]), its name
// need not be unique, and Describe, List, GetExecutionHistory and StopExecution
// don't know it. It is not kept after its end: only the *Execution gives its
// result. The machine must have no .sync, .waitForTaskToken or activity task.
func Express(s *start) { s.express = true }

// StopsWithoutCompensation has StopExecution, and the machine's timeout, end the
// execution at once and leave what it has completed as it is. Without it the handlers
// that states name with Compensate are called first. A failure is always compensated.
func StopsWithoutCompensation(s *start) { s.leaves = true }

// Logging sends the execution's events to the engine's logger, in place of
// Config.Logging.
func Logging(options LogOptions) StartOption {
	return func(s *start) {
		s.logging, s.logs = options, true
		if !options.Level.valid() {
			s.err = options.Level.err()
		}
	}
}

// Traced gives the execution an X-Ray trace header, which [Description.TraceHeader] shows.
func Traced(header string) StartOption {
	return func(s *start) { s.trace = header }
}

// Seeded gives the execution its supply of chance, which is drawn from
// crypto/rand otherwise. The same machine, inputs and seed give the same history.
// It is for tests: who knows the seed knows the execution's Task Tokens.
func Seeded(seed states.Seed) StartOption {
	return func(s *start) { s.seed, s.seeded = seed, true }
}

// A LogLevel says which events of an execution are logged.
type LogLevel string

// The levels, as AWS has them.
const (
	// LogOff logs nothing. It is the default.
	LogOff LogLevel = "OFF"
	// LogFatal logs that the execution failed, timed out or was stopped.
	LogFatal LogLevel = "FATAL"
	// LogError logs every failure, timeout and abort, handled ones too, and the
	// entry into Fail states.
	LogError LogLevel = "ERROR"
	// LogAll logs every event.
	LogAll LogLevel = "ALL"
)

// LogOptions say what an execution logs. The zero value logs nothing.
type LogOptions struct {
	// Level says which events.
	Level LogLevel
	// IncludeExecutionData keeps inputs, outputs, parameters and variables in
	// the log events; causes and error names are there in any case.
	IncludeExecutionData bool
}

func (l LogLevel) valid() bool {
	switch l {
	case "", LogOff, LogFatal, LogError, LogAll:
		return true
	}
	return false
}

func (l LogLevel) err() error {
	return fmt.Errorf("unknown log level %q: must be one of ALL, ERROR, FATAL, OFF", string(l))
}

func (o LogOptions) on() bool { return o.Level != "" && o.Level != LogOff }
