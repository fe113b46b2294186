package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/places"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/jsonpath"
)

// A Throttle bounds the calls of handlers: how many are made at a time, and how many a
// second. A task that may not begin yet waits in a queue, without a goroutine, and its
// TaskStarted event, its TimeoutSeconds and its HeartbeatSeconds wait with it. Places are
// given to state machines in turn, and among the tasks of a machine to the one that has
// waited longest. [Engine.Queues] shows who waits.
//
// A handler has its place until it returns, also when the execution wants its answer no more.
// What a task with a Task Token waits for after its handler has returned takes no place.
//
// Tasks that were in flight when the process ended queue as others do when the engine is
// opened again; the TimeoutSeconds of one that has a Throttle begin anew when its handler is
// called again, unless the history says of it that it waited before.
type Throttle struct {
	// Resource says which tasks are bounded: a name as [Mux.Handle] takes it, also with stars.
	// A task of lambda:invoke is bounded by its function's name, and by its resource. Empty is
	// every task but those that the engine does itself: activities, and the executions that
	// tasks start.
	Resource string
	// Key is a Reference Path into the input that the handler is given, such as "$.customer":
	// tasks whose inputs have different values there are bounded each by themselves. Inputs
	// that have nothing there share one bound. Empty is one bound for all tasks.
	Key string
	// Concurrency is how many handlers are at work at a time; 0 for any number.
	Concurrency int
	// Rate is how many calls of handlers begin in a second, on average; 0 for any number.
	Rate float64
	// Burst is how many may begin at once after a pause, with a Rate; default 1.
	Burst int
}

// throttles are the Throttles of an engine.
type throttles struct {
	gate  *places.Gate
	keeps int // how many tasks wait before executions that wait leave memory
	rules []throttleRule

	mu    sync.Mutex
	armed bool // timer is in the heap
	timer timers.Timer
}

// A throttleRule is a Throttle, compiled.
type throttleRule struct {
	Throttle
	names *asl.Pattern // nil for every resource
	key   *jsonpath.ReferencePath
}

// newThrottles compiles Throttles. It returns nil for none.
func newThrottles(all []Throttle) (*throttles, error) {
	if len(all) == 0 {
		return nil, nil
	}
	t := &throttles{keeps: queuedInMemory}
	rules := make([]places.Rule, len(all))
	var errs []error
	for i, one := range all {
		r := throttleRule{Throttle: one}
		bad := func(format string, arguments ...any) {
			errs = append(errs, fmt.Errorf("engine: Config.Throttles[%d]: %w", i, fmt.Errorf(format, arguments...)))
		}
		if one.Concurrency < 0 || one.Burst < 0 || one.Rate < 0 || math.IsNaN(one.Rate) || math.IsInf(one.Rate, 0) {
			bad("its numbers must not be negative")
			continue
		}
		if one.Concurrency == 0 && one.Rate == 0 {
			bad("it has neither Concurrency nor Rate")
		}
		if one.Burst > 0 && one.Rate == 0 {
			bad("its Burst needs a Rate")
		}
		var err error
		if one.Resource != "" {
			if r.names, err = asl.CompilePattern(strings.ReplaceAll(one.Resource, `\`, `\\`)); err != nil {
				bad("Resource: %w", err)
			}
		}
		if one.Key != "" {
			if r.key, err = jsonpath.CompileReference(one.Key); err != nil {
				bad("Key: %w", err)
			} else if r.key.Path().Root() != jsonpath.Input {
				bad("Key: %s must begin with $ and a point: it leads into the input", one.Key)
			}
		}
		t.rules = append(t.rules, r)
		rules[i] = places.Rule{Places: one.Concurrency, Burst: one.Burst}
		if one.Rate > 0 {
			rules[i].Every = max(time.Duration(float64(time.Second)/one.Rate), 1)
		}
	}
	t.gate = places.New(rules)
	return t, errors.Join(errs...)
}

// applies reports whether the rule bounds the tasks of a resource, or of a function that has
// this name, ARN or unqualified ARN.
func (r *throttleRule) applies(resource string) bool {
	if r.names == nil {
		return true
	}
	if r.names.Match(resource) {
		return true
	}
	name, qualified := functionName(resource)
	return name != "" && r.names.Match(name) ||
		qualified && r.names.Match(resource[:strings.LastIndexByte(resource, ':')])
}

// ofCall returns the needs of a call; none for one that nothing bounds.
func (t *throttles) ofCall(c *call) []places.Need {
	own := c.isActivity() || nestedOf(c.resource) != nil
	input, function := c.input, ""
	if invokesFunction(&c.state().Resource) {
		parameters, _ := input.(*value.Object)
		if function = functionIn(parameters); function != "" {
			input = value.NewObject()
			if payload, ok := parameters.Get("Payload"); ok {
				input = payload
			}
		}
	}
	var needs []places.Need
	for i := range t.rules {
		r := &t.rules[i]
		if r.names == nil && own || !r.applies(c.state().Resource.Text) && (function == "" || !r.applies(function)) {
			continue
		}
		n := places.Need{Rule: i}
		if r.key != nil {
			n.Value = placeKey(r.key, input)
		}
		needs = append(needs, n)
	}
	return needs
}

// placeKey returns the value at a path as JSON text, or for a long one its hash, and empty for
// none.
func placeKey(path *jsonpath.ReferencePath, input any) string {
	v, err := path.Get(input)
	if err != nil {
		return ""
	}
	text := value.String(v)
	if len(text) > 256 {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	}
	return text
}

// A Queue is how the calls stand that one [Throttle] bounds, for one value of its Key.
type Queue struct {
	// Throttle is the one of Config.Throttles.
	Throttle Throttle
	// Key is the value of the Throttle's Key as JSON text, or the SHA-256 of a long one; empty
	// for none.
	Key string
	// Running is how many handlers are at work, and Waiting how many tasks wait for a place. A
	// task that waits for places of several Throttles is counted in each.
	Running, Waiting int
	// Since is when the task began to wait that has waited longest; zero when none waits.
	Since time.Time
}

// Queues returns how the calls of handlers stand that Config.Throttles bound, in the order of
// the Throttles and of their keys, without those that are idle.
func (e *Engine) Queues() []Queue {
	if e == nil || e.throttles == nil {
		return nil
	}
	var all []Queue
	for _, q := range e.throttles.gate.Queues() {
		all = append(all, Queue{
			Throttle: e.throttles.rules[q.Rule].Throttle,
			Key:      q.Value, Running: q.Held, Waiting: q.Waiting, Since: q.Since,
		})
	}
	return all
}
