package engine

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
)

// Mocks answers tasks in place of their handlers, by the test case that an execution was started
// with ([TestCase]). One that has a method Check(machine, testCase string) error is asked by
// it before an execution starts, and the start fails with its error.
type Mocks interface {
	// Mock returns what answers the tasks of a state in a test case of a machine, nil to have
	// the Resolver's handler do them. The handler's answer is the task's output as it is, for
	// lambda:invoke too; an activity is answered without a worker, and a task with a Task Token
	// is answered by a handler that sends the token. Several goroutines may ask at a time.
	Mock(machine, testCase, state string) Handler
}

// ErrTestCaseDoesNotExist is returned for a start with a [TestCase] that [Config.Mocks] does not
// have.
var ErrTestCaseDoesNotExist = errors.New("engine: no such test case of mocks")

// mockOf returns what answers a call in place of its handler, nil for nothing.
func (e *Engine) mockOf(c *call) Handler {
	if c.execution.testCase == "" || e.config.Mocks == nil {
		return nil
	}
	return e.config.Mocks.Mock(c.execution.identity.Machine, c.execution.testCase, c.state().Name())
}

// factsToStart returns the facts of a machine, or why no execution of it can start. Whether all
// handlers are there is not asked for a test case, which may answer for them.
func (e *Engine) factsToStart(machine *asl.StateMachine, s *start) (*machineFacts, error) {
	if s.test == "" {
		return e.machines.check(e.config.Resolver, machine)
	}
	if e.config.Mocks == nil {
		return nil, fmt.Errorf("%w: '%s' was asked for, and there are no mocks", ErrTestCaseDoesNotExist, s.test)
	}
	if checks, ok := e.config.Mocks.(interface {
		Check(machine, testCase string) error
	}); ok {
		name := s.machine
		if name == "" {
			name = machineName(machine)
		}
		if err := checks.Check(name, s.test); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTestCaseDoesNotExist, err)
		}
	}
	if err := e.machines.lacks(machine); err != nil {
		return nil, err
	}
	facts := e.machines.look(machine)
	facts.noteHandled(e.config.Resolver)
	return facts, nil
}
