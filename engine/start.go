package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/states"
)

// StartExecution starts an execution and returns as soon as it waits for a
// handler or for time. Input is anything that encoding/json can marshal, or a
// json.RawMessage; nil means no input, which is {} as on AWS, while
// json.RawMessage("null") is null.
//
// JSON text must be given as a json.RawMessage. A Go string is one JSON string, whatever
// is in it: the string `{"id":1}` is not the object {"id":1}. A []byte is
// [ErrInvalidExecutionInput].
//
// With the name of a Standard execution of the same machine that still runs, and
// an equal input, it returns that execution and starts none; with any other name
// in use it returns [ErrExecutionAlreadyExists].
//
// With a Store a [Named] Standard execution needs a [Machine] option, too: else the error
// is [ErrInvalidName]. The machine's name is then the same in every release of the
// program, and so is the execution that a name stands for.
//
// With a Store the execution is durable when StartExecution returns. After a
// [*StoreError] it may have started all the same: start it again by its name.
//
// Other errors: [ErrInvalidName], [ErrInvalidExecutionInput], [*ResourceError],
// several joined, when the machine names resources that the Resolver doesn't know,
// and [ErrTypeNotSupported] when an Express execution of the machine can't be.
// When ctx has ended nothing is started; afterwards it has no effect.
func (e *Engine) StartExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...StartOption) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	x, calls, err := e.start(context.Background(), machine, input, start{caller: ctx, logging: e.config.Logging}, options)
	if err != nil {
		return nil, e.refused(ctx, err)
	}
	e.spawn(calls)
	return x, nil
}

// StartOrGetExecution is [Engine.StartExecution], but returns the execution that has the
// name already, whether it runs or has ended, with whatever input. So a program or a
// handler that is run again after a crash finds what it has started: give the execution a
// name by [Named], and [Execution.Wait] for it. Without a name, a handler's ctx gives the
// execution one that is always the same for the handler's task; in that way a task can start
// one execution of each machine.
func (e *Engine) StartOrGetExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...StartOption) (*Execution, error) {
	return e.startOrGet(ctx, func(s start) (*Execution, *call, error) {
		return e.start(context.Background(), machine, input, s, options)
	})
}

// startOrGet starts an execution by a function, or returns the one of its name.
func (e *Engine) startOrGet(ctx context.Context, begin func(start) (*Execution, *call, error)) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	s := start{caller: ctx, logging: e.config.Logging, gets: true}
	if task := TaskFrom(ctx); task.call != nil {
		s.name = childName(task.IdempotencyKey)
	}
	x, calls, err := begin(s)
	if err != nil {
		return nil, e.refused(ctx, err)
	}
	e.spawn(calls)
	return x, nil
}

// StartSyncExecution runs an Express execution to its end and returns its result; [Express]
// need not be among the options. The input is as for [Engine.StartExecution]: JSON text must
// be a json.RawMessage, not a string or a []byte. Handlers see the values of ctx. When ctx
// ends first the execution is stopped, because nobody else could ask for its result; the
// error is ctx's. StartSyncExecution returns then, and when the machine's TimeoutSeconds or
// [Limits.Express] is over, even if a handler ignores that its own context has ended.
// Otherwise the errors are those of
// [Engine.StartExecution] and [Execution.Wait].
func (e *Engine) StartSyncExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...StartOption) (*Result, error) {
	return e.runSync(ctx, func() (*Execution, *call, error) {
		return e.start(context.WithoutCancel(ctx), machine, input, start{caller: ctx, logging: e.config.Logging, express: true, sync: true}, options)
	})
}

// runSync runs an execution that a function starts to its end.
func (e *Engine) runSync(ctx context.Context, start func() (*Execution, *call, error)) (*Result, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	x, calls, err := start()
	if err != nil {
		e.busy(-1)
		return nil, e.refused(ctx, err)
	}
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() {
			e.goOn(x, arrival{kind: stopped, from: ctx, failure: states.Fail("Canceled", context.Cause(ctx).Error())})
		})
		defer stop()
	}
	// Not on this goroutine: a handler that ignores its context must not hold up who waits
	// for the execution.
	e.spawn(calls)
	e.busy(-1)
	result, err := x.Wait(ctx)
	if failed, ok := errors.AsType[*ExecutionError](err); ok && failed.Status == states.StatusAborted {
		err = ctx.Err() // nothing else stops an Express execution
	}
	return result, err
}

var errEmptyMachine = errors.New("engine: the state machine is empty: it must come from asl.Parse")

// start makes an execution and takes its first step.
func (e *Engine) start(ctx context.Context, machine *asl.StateMachine, input any, s start, options []StartOption) (*Execution, *call, error) {
	if machine == nil || machine.Graph == nil {
		return nil, nil, errEmptyMachine
	}
	s.apply(options)
	return e.startAs(ctx, machine, input, &s)
}

// startAs makes an execution, with its options applied, and takes its first step.
func (e *Engine) startAs(ctx context.Context, machine *asl.StateMachine, input any, s *start) (*Execution, *call, error) {
	if s.err != nil {
		return nil, nil, s.err
	}
	if s.name != "" && s.machine == "" && !s.express && e.config.Store != nil {
		return nil, nil, errUnnamedMachine(s.name)
	}
	m, err := e.factsToStart(machine, s)
	if err != nil {
		return nil, nil, err
	}
	if s.express && m.standardOnly != nil {
		return nil, nil, m.standardOnly
	}
	v, err := e.input(input)
	if err != nil {
		return nil, nil, err
	}
	s.text = e.textOf(input, v)
	x, err := e.newExecution(ctx, machine, m, v, s)
	if err != nil {
		return nil, nil, err
	}
	other, calls, err := e.launch(x, s)
	if (s.gets || s.getsOwn) && errors.Is(err, ErrExecutionAlreadyExists) {
		found, failed := e.archive.find(x.identity.ARN)
		if failed == nil && (s.gets || found.parent == s.parent) {
			return found, nil, nil
		}
	}
	return other, calls, err
}

// errUnnamedMachine refuses the name of a durable execution whose machine has none.
func errUnnamedMachine(name string) error {
	return fmt.Errorf("%w: Invalid Name: the execution is named '%s' but its machine is not: without a name from "+
		"engine.Machine, the machine is named by its definition, and once that changes the same name starts a second execution", ErrInvalidName, name)
}

// input gives an execution's input as a value.
func (e *Engine) input(input any) (any, error) { return inputOf(input, e.config.Limits.Payload) }

// inputOf gives an input as a value, which may have so many bytes; most below 1 sets no bound.
func inputOf(input any, most int) (any, error) {
	if input == nil {
		return value.NewObject(), nil
	}
	v, err := convert.Of(input)
	if err != nil {
		return nil, inputRefused(input, err)
	}
	if n := value.Size(v); most > 0 && n > most {
		return nil, fmt.Errorf("%w: the input has %d bytes, at most %d are allowed", ErrInvalidExecutionInput, n, most)
	}
	return v, nil
}

// textOf returns the JSON text that an input was given as, "" where it was not, or is the
// value's own text.
func (e *Engine) textOf(input, v any) string { return textOf(input, v, e.config.Limits.Payload) }

func textOf(input, v any, most int) string {
	raw, ok := input.(json.RawMessage)
	if !ok {
		return ""
	}
	var room [512]byte
	if len(raw) == value.Size(v) && bytes.Equal(raw, value.Append(room[:0], v)) {
		return ""
	}
	if most > 0 && len(raw) > most {
		return "" // it is too long but for its white space
	}
	return string(raw)
}

// inputRefused returns the error for an input that is no JSON, which an error of this package
// says: in AWS's words if the input is text.
func inputRefused(input any, err error) error {
	const what = "%w: Invalid State Machine Execution Input: '%w'"
	text, ok := input.(json.RawMessage)
	if problem := asl.JSONProblem(string(text)); ok && problem != "" {
		err = errors.New(problem)
		if len(text) == 0 {
			//lint:ignore ST1005 AWS's words, measured
			err = errors.New("Invalid execution input.")
		}
	}
	return fmt.Errorf(what, ErrInvalidExecutionInput, err)
}

func (e *Engine) newExecution(ctx context.Context, machine *asl.StateMachine, m *machineFacts, input any, s *start) (*Execution, error) {
	var chance [64]byte
	rand.Read(chance[:]) // never fails
	if !s.seeded {
		s.seed = states.Seed(chance[:32])
	}
	id := Identity{Name: s.name, Machine: s.machine, VersionARN: s.version, AliasARN: s.alias}
	if id.Machine == "" {
		id.Machine = m.name()
	}
	id.MachineARN = m.machineARN(e, id.Machine)
	e.nameExecution(&id, s.express, chance[32:])
	if s.arn != "" {
		id.ARN = s.arn
	}
	x := &Execution{
		engine:   e,
		archive:  e.archive,
		identity: id,
		machine:  machine,
		facts:    m,
		express:  s.express,
		logging:  s.logging,
		terms:    s.terms,
		text:     s.text,
		trace:    s.trace,
		events:   !s.express || s.logging.on() || e.observer != nil || len(e.config.Observers) > 0,
		input:    input,
		ctx:      ctx,
		parent:   s.parent,
		testCase: s.test,
	}
	x.calls, x.timers = x.first.call[:0], x.first.timer[:0]
	o := e.standardOptions()
	if x.express {
		x.archive = e.expresses
		// Documented: the bound on a history is that of Standard executions.
		o.WithoutEvents, o.MaxDuration, o.MaxEvents = !x.events, e.config.Limits.Express, -1
	}
	if err := x.archive.prepare(x, o); err != nil {
		return nil, err
	}
	x.interpreter = interpreters.Get().(*states.Interpreter)
	x.interpreter.Reset(machine, x.asking(o))
	s.kept = x.watchStart(s.caller)
	return x, nil
}

// standardOptions are those of Standard executions.
func (e *Engine) standardOptions() states.Options {
	o := e.options
	o.MaxDuration = e.config.Limits.Standard
	return o
}

// randomUUID makes a random UUID of 16 random bytes.
func randomUUID(b []byte) string {
	return chance.UUID(binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]))
}

// appendRandomUUID appends what randomUUID makes of the first 16 bytes of random ones.
func appendRandomUUID(to, random []byte) []byte {
	return chance.AppendUUID(to, binary.BigEndian.Uint64(random), binary.BigEndian.Uint64(random[8:]))
}

// launch makes an execution known and takes its first step. It returns another
// execution when one has the same name and input.
func (e *Engine) launch(x *Execution, s *start) (*Execution, *call, error) {
	x.lock()
	defer x.unlock()
	x.tick()
	x.startDate = x.now
	for {
		other, err := x.archive.add(x)
		if err != nil {
			return nil, nil, err
		}
		if other == nil {
			break
		}
		if other, err = other.same(x); other != nil || err != nil {
			return other, nil, err
		}
	}
	defer x.afterInput()
	input := x.input
	calls, err := x.step(nil, false, states.Started{
		At:    x.now,
		Input: input,
		Seed:  s.seed,
		Execution: states.Execution{
			ARN:                    x.identity.ARN,
			Name:                   x.identity.Name,
			RoleARN:                cmp.Or(s.role, e.config.RoleARN),
			StateMachineARN:        x.identity.MachineARN,
			StateMachineName:       x.identity.Machine,
			StateMachineVersionARN: x.identity.VersionARN,
			StateMachineAliasARN:   x.identity.AliasARN,
			InputText:              s.text,
			TraceHeader:            s.trace,
			Region:                 e.config.Region,
			TokenSuffix:            x.tokenSuffix(),
			SealedTokens:           !x.express,
			WithoutRedriveCount:    s.sync,
			Parent:                 x.parent,
			TestCase:               x.testCase,
			TraceContext:           s.kept,

			StopsWithoutCompensation: s.leaves,
		},
	})
	if err != nil {
		x.input = input // which it has given up with all that it had, and which says who is the same
		other, err := x.archive.failed(x, err)
		return other, nil, err
	}
	return x, calls, nil
}

// same returns the execution if it runs with the input of another that is about to
// start in its place. It returns nil, without an error, when it is gone.
func (x *Execution) same(starting *Execution) (*Execution, error) {
	x.lock()
	defer x.unlock()
	defer x.afterInput()
	err := x.ready()
	switch {
	case errors.Is(err, ErrExecutionDoesNotExist) || errors.Is(err, ErrExecutionAlreadyExists):
		return nil, nil // it never started
	case errors.Is(err, ErrRunsElsewhere):
		return nil, starting.exists()
	case err != nil && x.end == nil:
		return nil, err
	}
	if x.end != nil || !value.Equal(x.input, starting.input) {
		return nil, starting.exists()
	}
	return x, nil
}

// exists says that the execution's name is taken.
func (x *Execution) exists() error {
	return fmt.Errorf("%w: Execution Already Exists: '%s'", ErrExecutionAlreadyExists, x.identity.ARN)
}
