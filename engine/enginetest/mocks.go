package enginetest

import (
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/mockconfig"
)

// Mocks has the tasks of the machine's executions that start from here on answered by a test case of
// a mock file of AWS Step Functions Local, MockConfigFile.json: see package mockconfig. The states
// that the test case does not name are answered as [Env.On] and [WithMux] say. In the file the
// machine has the name that it has here ([Called]); a test case "NAME#CASE" is that of a machine
// with another name. A file or a test case that there is not ends the test.
func (e *Env) Mocks(file, testCase string) {
	e.t.Helper()
	config, err := mockconfig.Open(file)
	if err != nil {
		e.t.Fatalf("enginetest: Mocks: %v", err)
	}
	m := &mocks{config: config, machine: e.main.name, name: e.main.name, testCase: testCase}
	if name, rest, ok := strings.Cut(testCase, "#"); ok {
		m.name, m.testCase = name, rest
	}
	if err := config.Check(m.name, m.testCase); err != nil {
		e.t.Fatalf("enginetest: Mocks: %s: %v", file, err)
	}
	e.mocks.Store(m)
}

// mocks are a test case of a mock file.
type mocks struct {
	config   *mockconfig.Config
	machine  string // as the environment has it
	name     string // as the file has it
	testCase string
}

// mocked answers tasks by the environment's mocks, if it has any.
type mocked struct{ env *Env }

// Mock implements [engine.Mocks].
func (d mocked) Mock(machine, testCase, state string) engine.Handler {
	if m := d.env.mocks.Load(); m != nil && m.machine == machine && m.testCase == testCase {
		return m.config.Mock(m.name, testCase, state)
	}
	return nil
}
