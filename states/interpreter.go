package states

import (
	"errors"

	"github.com/gostates/gostates/asl"
)

// ErrStale is returned for an input that answers a command which is no longer
// open: its task was cancelled, timed out, or answered already. It is normal;
// drop the input.
var ErrStale = errors.New("states: the input answers no open command")

// Options adjust an interpreter. The zero value has AWS's limits. An execution
// must be restored with the options it ran with.
type Options struct {
	// WithoutEvents leaves Effects.Events empty, for executions whose history
	// nobody wants. They can't be restored.
	WithoutEvents bool
	// MaxEvents bounds the history; the last event of a full one is
	// ExecutionFailed. Default 25,000; negative means no bound.
	MaxEvents int
	// MaxPayload bounds each input, result and output, in bytes of UTF-8 JSON.
	// Default 262,144; negative means no bound.
	MaxPayload int
	// MaxVariables bounds all of an execution's variables together, in bytes.
	// One variable, and one Assign, are bounded by MaxPayload. Default
	// 10,485,760; negative means no bound.
	MaxVariables int
	// MapConcurrency is how many iterations of one Map state run at a time when
	// its MaxConcurrency is absent or 0. Default 40.
	MapConcurrency int
}

// An Interpreter is one execution of a state machine. It must not be used by two
// goroutines at a time.
type Interpreter struct {
	machine *asl.StateMachine
	options Options
}

// New returns an execution that has not started: give it a [Started].
func New(machine *asl.StateMachine, options Options) *Interpreter {
	return nil
}

// Restore returns the execution that recorded these events, as it was after the
// last of them: every event it has returned so far, hidden ones included. It
// evaluates no expression of a state that has ended, so it restores histories of
// older releases, and of AWS itself. Follow it with [Interpreter.Open].
func Restore(machine *asl.StateMachine, events []Event, options Options) (*Interpreter, error) {
	return nil, nil
}

// Step takes inputs that happened together and returns what they cause. Most
// steps take one; timers that are due at the same moment belong into one step.
//
// A workflow that fails is no error: it is a Finish command. An error means that
// an input was not usable, and that the execution is as it was: [ErrStale] when
// every input was stale (a stale one among others is dropped).
func (x *Interpreter) Step(inputs ...Input) (Effects, error) {
	return Effects{}, nil
}

// Open returns the commands that have not been answered, in the order of their
// ids: what must be taken up again after [Restore].
func (x *Interpreter) Open() []Command { return nil }

// Status returns how the execution stands.
func (x *Interpreter) Status() Status { return "" }

// Result returns how the execution ended, nil while it runs.
func (x *Interpreter) Result() *Finish { return nil }

// String returns a readable account of where the execution stands: its threads,
// their states, inputs, variables and open commands. Two interpreters with the
// same account behave the same from here on.
func (x *Interpreter) String() string { return "" }
