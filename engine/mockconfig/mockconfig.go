// Package mockconfig answers tasks by the mock file of AWS Step Functions Local,
// MockConfigFile.json, which it reads as it is:
//
//	mocks, err := mockconfig.Open("MockConfigFile.json")
//	eng, err := engine.New(engine.Config{Resolver: tasks, Mocks: mocks})
//	run, err := eng.StartExecution(ctx, machine, input, engine.Machine("LambdaSQS"), engine.TestCase("RetryPath"))
//
// Over the API it is the test case behind the ARN of the machine, ARN#RetryPath. States that the
// test case doesn't name are done by the program's own handlers.
//
// The responses of a state are counted by its invocations in one execution, from 0: retries, visits
// in a loop and iterations of a Map count alike, whatever their order is. In a store the count
// outlives the process. The iterations of a Map that run side by side are counted in the order in
// which they were scheduled.
//
// What goes beyond the original: activities are answered, too, and a file is read again when it
// has changed.
package mockconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/engine"
)

// A Config is what a mock file says. It is an [engine.Mocks]; any number of goroutines may use it.
type Config struct {
	path string // empty for a text

	mu       sync.Mutex
	machines map[string]map[string]map[string]*responses // by machine, test case and state
	read     time.Time                                   // when the file had changed last as it was read
	size     int64
	counts   counts
}

// responses are what a state answers, by its invocations.
type responses struct {
	name string
	all  []response // in order, without gaps
}

// A response is for the invocations up to one, those of the response before it left out.
type response struct {
	last   int
	output json.RawMessage // nil for an error
	failed engine.TaskError
}

// Open reads a file. It is read again when it has changed: an execution that starts then finds
// what is new, and a file that is wrong then fails that start and changes nothing.
func Open(path string) (*Config, error) {
	c := &Config{path: path}
	return c, c.reread()
}

// Parse reads a text in the form of a mock file.
func Parse(text []byte) (*Config, error) {
	machines, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("mockconfig: %w", err)
	}
	return &Config{machines: machines}, nil
}

// reread reads the file if it has changed.
func (c *Config) reread() error {
	if c.path == "" {
		return nil
	}
	info, err := os.Stat(c.path)
	if err != nil {
		return fmt.Errorf("mockconfig: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.machines != nil && info.ModTime().Equal(c.read) && info.Size() == c.size {
		return nil
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return fmt.Errorf("mockconfig: %w", err)
	}
	machines, err := parse(text)
	if err != nil {
		return fmt.Errorf("mockconfig: %s: %w", c.path, err)
	}
	c.machines, c.read, c.size = machines, info.ModTime(), info.Size()
	return nil
}

// Check says why there is no such test case, and which there are.
func (c *Config) Check(machine, testCase string) error {
	if err := c.reread(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	cases, ok := c.machines[machine]
	if !ok {
		return fmt.Errorf("the mock file has no state machine '%s'%s", machine, existing(c.machines))
	}
	if cases[testCase] == nil {
		return fmt.Errorf("the mock file has no test case '%s' of the state machine '%s'%s", testCase, machine, existing(cases))
	}
	return nil
}

// existing lists what there is instead.
func existing[V any](all map[string]V) string {
	if len(all) == 0 {
		return "; it has none"
	}
	return "; it has " + strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}

// Mock implements [engine.Mocks].
func (c *Config) Mock(machine, testCase, state string) engine.Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.machines[machine][testCase][state]; r != nil {
		return &mock{config: c, responses: r}
	}
	return nil
}

// file is the form of a mock file.
type file struct {
	StateMachines   map[string]machine
	MockedResponses map[string]json.RawMessage
	// Pages of AWS's documentation have this name for it.
	MockedResponse map[string]json.RawMessage
}

type machine struct{ TestCases map[string]map[string]string }

// parse reads a mock file.
func parse(text []byte) (map[string]map[string]map[string]*responses, error) {
	var f file
	if err := strictly(text, &f); err != nil {
		return nil, err
	}
	if f.MockedResponses == nil {
		f.MockedResponses = f.MockedResponse
	}
	known := make(map[string]*responses)
	for name, text := range f.MockedResponses {
		r, err := parseResponses(name, text)
		if err != nil {
			return nil, fmt.Errorf("MockedResponses.%s%w", name, err)
		}
		known[name] = r
	}
	machines := make(map[string]map[string]map[string]*responses)
	for name, m := range f.StateMachines {
		machines[name] = make(map[string]map[string]*responses)
		for testCase, states := range m.TestCases {
			all := make(map[string]*responses)
			for state, response := range states {
				if all[state] = known[response]; known[response] == nil {
					return nil, fmt.Errorf("StateMachines.%s.TestCases.%s.%s: there is no response '%s'%s", name, testCase, state, response, existing(known))
				}
			}
			machines[name][testCase] = all
		}
	}
	return machines, nil
}

// strictly reads JSON into a struct. A field that the struct hasn't is an error.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text behind the JSON object")
	}
	return nil
}

// parseResponses reads the responses of one name, by their ranges of invocations. Those that
// leave a gap or overlap are refused, which the original may not do.
func parseResponses(name string, text json.RawMessage) (*responses, error) {
	var ranges map[string]json.RawMessage
	if err := json.Unmarshal(text, &ranges); err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	type ranged struct {
		first int
		key   string
		response
	}
	var all []ranged
	for key, text := range ranges {
		first, last, err := parseRange(key)
		if err != nil {
			return nil, fmt.Errorf(": %w", err)
		}
		r, err := parseResponse(text)
		if err != nil {
			return nil, fmt.Errorf(".%s: %w", key, err)
		}
		r.last = last
		all = append(all, ranged{first, key, r})
	}
	slices.SortFunc(all, func(a, b ranged) int { return a.first - b.first })
	r := &responses{name: name}
	for next, one := range all {
		want := 0
		if next > 0 {
			want = all[next-1].last + 1
		}
		if one.first != want {
			return nil, fmt.Errorf(".%s: it must begin with the invocation %d", one.key, want)
		}
		r.all = append(r.all, one.response)
	}
	if len(r.all) == 0 {
		return nil, errors.New(": it has no responses")
	}
	return r, nil
}

// parseRange reads "3" or "1-2".
func parseRange(key string) (first, last int, err error) {
	from, to, two := strings.Cut(key, "-")
	if !two {
		to = from
	}
	first, err = strconv.Atoi(from)
	if err == nil {
		last, err = strconv.Atoi(to)
	}
	if err != nil || first < 0 || last < first {
		return 0, 0, fmt.Errorf("%q is no number of an invocation, and no range of two", key)
	}
	return first, last, nil
}

// parseResponse reads {"Return": any} or {"Throw": {"Error": text, "Cause": text}}.
func parseResponse(text json.RawMessage) (r response, err error) {
	var one struct {
		Return json.RawMessage
		Throw  *struct{ Error, Cause string }
	}
	if err := strictly(text, &one); err != nil {
		return r, err
	}
	switch {
	case (one.Return == nil) == (one.Throw == nil):
		return r, errors.New("it must have either Return or Throw")
	case one.Throw != nil:
		r.failed = engine.TaskError{Name: one.Throw.Error, Cause: one.Throw.Cause}
	default:
		r.output = one.Return
	}
	return r, nil
}
