package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/gostates/gostates/engine"
)

// An Env is a test's environment: an engine with a virtual clock, a state machine, and the
// answers that its tasks get. Its methods are for the test's own goroutine, unless they say
// something else, and end the test ([testing.TB.Fatalf]) when they are used wrongly.
type Env struct {
	t       testing.TB
	options options
	clock   *Clock
	engine  *engine.Engine
	start   time.Time
	main    *Machine
	events  []*event // of At
	moves   atomic.Int64
	mocks   atomic.Pointer[mocks]
	stalled bool
	checked int // expectations whose names were checked

	mu           sync.Mutex // guards what follows, and is held briefly
	machines     []*Machine
	expectations []*Expectation
	claims       map[string]*claim // by IdempotencyKey
	records      map[string]*record
	order        []*record // of the records, as their executions began
	running      map[*running]bool
	tokens       []*Token
}

// An Option adjusts an environment.
type Option func(*options)

type options struct {
	mux        *engine.Mux
	stallAfter time.Duration
	start      time.Time
	name       string
	extensions bool
	set        map[string]string
	configure  []func(*engine.Config)
}

// WithMux has tasks that no expectation names done by the handlers of a Mux.
func WithMux(mux *engine.Mux) Option { return func(o *options) { o.mux = mux } }

// StallAfter sets how long, in real time, an environment waits for handlers while neither
// they nor the clock move on; then the test fails. Default: 5 seconds.
func StallAfter(d time.Duration) Option { return func(o *options) { o.stallAfter = d } }

// StartingAt sets the clock's first time. Default: 2024-01-01T00:00:00Z.
func StartingAt(at time.Time) Option { return func(o *options) { o.start = at } }

// Called names the machine, as it stands in ARNs and the Context Object. Default: "machine".
func Called(name string) Option { return func(o *options) { o.name = name } }

// WithExtensions reads definitions with what package asl adds to the language: Compensate.
func WithExtensions() Option { return func(o *options) { o.extensions = true } }

// Set gives the values of substitutions, ${Name}, in definitions and templates that are read from
// files, by their names. What is not set stands for a plausible value: "${ChargeFunction.Arn}" for
// the ARN of a function ChargeFunction.
func Set(values map[string]string) Option {
	return func(o *options) { o.set = values }
}

// WithConfig changes the engine's configuration before the engine is made, such as its Limits or
// its Region. Resolver and Clock are the environment's own.
func WithConfig(change func(*engine.Config)) Option {
	return func(o *options) { o.configure = append(o.configure, change) }
}

// New returns an environment for a test of a machine, which is an *asl.StateMachine, the text
// of a definition (a string or a []byte that begins with "{"), or the path of a file with one: a
// definition in JSON or YAML, or a template of SAM or CloudFormation, where "template.yaml#Orders"
// names one machine of several.
// When the test ends, the environment reports the answers that nobody called for, shows the
// histories of a test that failed, and closes its engine.
func New(t testing.TB, machine any, opts ...Option) *Env {
	t.Helper()
	e := &Env{
		t:       t,
		options: options{stallAfter: 5 * time.Second, name: "machine"},
		claims:  make(map[string]*claim), records: make(map[string]*record), running: make(map[*running]bool),
	}
	for _, option := range opts {
		option(&e.options)
	}
	e.main = e.Machine(e.options.name, machine)
	e.clock = NewClock(e.options.start)
	e.clock.observer = recorder{e}
	e.start = e.clock.Now()
	config := engine.Config{
		// What waits for ever is found out at once, and not after AWS's bound of a year.
		Limits:       engine.Limits{Standard: -1, Retention: -1, Retained: -1},
		CloseTimeout: time.Second,
	}
	for _, change := range e.options.configure {
		change(&config)
	}
	config.Resolver, config.Clock = resolver{e}, e.clock
	if config.Mocks == nil {
		config.Mocks = mocked{e}
	}
	var err error
	if e.engine, err = engine.New(config); err != nil {
		t.Fatalf("enginetest: %v", err)
	}
	e.engine.UseMachines(machines{e})
	t.Cleanup(e.finish)
	return e
}

// Engine returns the environment's engine, to use all of its API. Whatever waits for an
// execution elsewhere than [Env.Run] and [Run.Wait] lets the clock go on by itself.
func (e *Env) Engine() *engine.Engine { return e.engine }

// Clock returns the environment's clock. A handler that takes time calls its Sleep.
func (e *Env) Clock() *Clock { return e.clock }

// A Machine is one of the state machines of an environment.
type Machine struct {
	env     *Env
	name    string
	machine *asl.StateMachine
}

// Machine adds a machine that tasks start executions of by its name or its ARN, such as those of
// arn:aws:states:::states:startExecution.sync. The definition is given as to [New]. What On and
// Calls of the returned Machine name is meant of this machine alone.
//
// A task whose state or resource an expectation names gets its answer from there, and starts
// no execution.
func (e *Env) Machine(name string, definition any) *Machine {
	e.t.Helper()
	parsed, err := e.parse(definition)
	if err != nil {
		e.t.Fatalf("enginetest: the machine %q: %v", name, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if slices.ContainsFunc(e.machines, func(m *Machine) bool { return m.name == name }) {
		e.t.Fatalf("enginetest: two machines are called %q", name)
	}
	m := &Machine{env: e, name: name, machine: parsed}
	if profile := covers(); profile != nil {
		called := name
		if path, ok := definition.(string); ok && !isDefinition(path) {
			called = filepath.ToSlash(path)
		}
		profile.Add(parsed, called)
	}
	e.machines = append(e.machines, m)
	return m
}

// Called returns the machine's name.
func (m *Machine) Called() string { return m.name }

// ARN returns the machine's ARN.
func (m *Machine) ARN() string { return m.env.engine.MachineARN(m.name) }

// parse reads what New and Machine are given.
func (e *Env) parse(definition any) (*asl.StateMachine, error) {
	var text []byte
	switch d := definition.(type) {
	case *asl.StateMachine:
		if d == nil {
			return nil, fmt.Errorf("it is nil")
		}
		return d, nil
	case []byte:
		text = d
	case JSON:
		text = d
	case string:
		text = []byte(d)
	default:
		return nil, fmt.Errorf("a %T is no state machine: it must be an *asl.StateMachine, a definition, or the path of one", definition)
	}
	if path, ok := definition.(string); ok && !isDefinition(path) {
		return e.parseFile(path)
	}
	return asl.Parser{Extensions: e.options.extensions}.Parse(bytes.TrimPrefix(text, []byte("\uFEFF")))
}

// parseFile reads the machine in a file, which a "#" and a name after its path tell from others.
func (e *Env) parseFile(path string) (*asl.StateMachine, error) {
	path, name, chosen := strings.Cut(path, "#")
	file, err := template.Reader{Files: template.Disk(), Set: e.options.set}.ReadFile(filepath.ToSlash(path))
	if err != nil {
		return nil, err
	}
	var names []string
	var found *template.Machine
	for _, m := range file.Machines {
		names = append(names, m.ID)
		if !chosen && len(file.Machines) == 1 || chosen && (m.ID == name || m.Name == name) {
			found = m
		}
	}
	switch {
	case found != nil:
		return found.Parse(asl.Parser{Extensions: e.options.extensions})
	case len(names) == 0:
		return nil, fmt.Errorf("%s has no state machine", path)
	case !chosen:
		return nil, fmt.Errorf("%s has several state machines: name one, as in %s#%s; there are %s", path, path, names[0], strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%s has no state machine %q; there are %s", path, name, strings.Join(names, ", "))
}

// isDefinition reports whether a text is a definition, and not the path of one.
func isDefinition(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "{") }

// machines are the environment's, as its engine finds them.
type machines struct{ env *Env }

// Target implements [engine.Machines].
func (m machines) Target(_ context.Context, reference string, _ engine.Seed) (engine.Target, error) {
	e := m.env
	if known := e.called(reference); known != nil {
		return engine.Target{Machine: known.machine, Name: known.name}, nil
	}
	e.t.Errorf("enginetest: an execution of %q was to be started, which is no machine of the environment: add it by Machine, or expect the call by On", reference)
	return engine.Target{}, fmt.Errorf("%w: State Machine Does Not Exist: '%s'", engine.ErrStateMachineDoesNotExist, reference)
}

// called returns the machine of a name or an ARN, nil when there is none.
func (e *Env) called(reference string) *Machine {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.machines {
		if reference == m.name || reference == m.ARN() || strings.HasPrefix(reference, m.ARN()+":") {
			return m
		}
	}
	return nil
}

// finish ends the environment with its test.
func (e *Env) finish() {
	e.t.Helper()
	if !e.stalled {
		e.checkNames()
		e.unmet()
	}
	if err := e.engine.Close(); err != nil && !e.stalled {
		e.t.Errorf("enginetest: the engine was not closed: %v", err)
	}
	if err := writeCoverage(); err != nil {
		e.t.Errorf("enginetest: %v", err)
	}
	if e.t.Failed() {
		e.show()
	}
}
