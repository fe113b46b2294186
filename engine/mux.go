package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gostates/gostates/asl"
)

// A Mux is a [Resolver] that finds handlers by name. The zero Mux knows none. It is safe for use by several
// goroutines; handlers may be added while engines use it.
type Mux struct {
	mu         sync.RWMutex
	exact      map[string]*added
	patterns   []pattern // the most particular first
	all        []*added  // in the order in which they were added
	middleware []func(Handler) Handler
	err        error
	watchers   map[*func()]bool // that are called for every handler
}

type pattern struct {
	text  string
	names *asl.Pattern // what the text stands for
	added *added
}

// NewMux returns a Mux that knows no handler.
func NewMux() *Mux { return &Mux{exact: make(map[string]*added)} }

// Handle adds a handler. The name is one of
//
//   - a resource as a Task state's Resource field has it, whole:
//     "arn:aws:states:::sqs:sendMessage";
//   - the name of a Lambda function or an activity, which stands for its ARN in
//     any region and account, with any qualifier: "ship";
//   - either of them with stars, each of which stands for any run of characters:
//     "arn:aws:states:::dynamodb:*".
//
// A name without stars goes before one with, then the one with more characters
// besides the stars, then the one that was added first. An unusable handler, which is nil
// or has a method Err() error that returns one, or a
// name that is empty or taken is an error that [Mux.Err] tells, and New returns.
//
// A task of arn:aws:states:::lambda:invoke goes to the handler of its function, if the
// Mux has one by any of these rules, also by a star. Only else it goes to the handler of
// the resource: see [Resolver].
func (m *Mux) Handle(name string, h Handler) {
	err := unusable(name, h) // without the lock: a method Err may ask the Mux
	m.mu.Lock()
	if err == nil {
		err = m.add(name, h)
	}
	m.err = errors.Join(m.err, err)
	watchers := slices.Collect(maps.Keys(m.watchers))
	m.mu.Unlock()
	if err == nil {
		for _, f := range watchers {
			(*f)()
		}
	}
}

// OnChange has a function called after every handler that is added from now on, on the
// goroutine that adds it, until stop is called.
func (m *Mux) OnChange(f func()) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watchers == nil {
		m.watchers = make(map[*func()]bool)
	}
	m.watchers[&f] = true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, &f)
	}
}

// HandleFunc adds a function as a handler, as [Mux.Handle] does.
func (m *Mux) HandleFunc(name string, f HandlerFunc) {
	if f == nil {
		m.Handle(name, nil)
		return
	}
	m.Handle(name, f)
}

// unusable returns what is wrong with a handler itself, nil for nothing.
func unusable(name string, h Handler) error {
	if isNil(h) {
		return fmt.Errorf("engine: Mux: handler for %q is nil", name)
	}
	if h, ok := h.(interface{ Err() error }); ok {
		if err := h.Err(); err != nil {
			return fmt.Errorf("engine: Mux: handler for %q: %w", name, err)
		}
	}
	if name == "" {
		return errors.New("engine: Mux: a handler without a name")
	}
	return nil
}

// add adds a handler that is usable. m.mu is locked.
func (m *Mux) add(name string, h Handler) error {
	if !strings.Contains(name, "*") {
		if m.exact[name] != nil {
			return fmt.Errorf("engine: Mux: two handlers for %q", name)
		}
		if m.exact == nil {
			m.exact = make(map[string]*added)
		}
		m.exact[name] = m.entry(name, h)
		return nil
	}
	if slices.ContainsFunc(m.patterns, func(p pattern) bool { return p.text == name }) {
		return fmt.Errorf("engine: Mux: two handlers for %q", name)
	}
	names, err := asl.CompilePattern(strings.ReplaceAll(name, `\`, `\\`)) // a backslash stands for itself
	if err != nil {
		return fmt.Errorf("engine: Mux: %w", err)
	}
	m.patterns = append(m.patterns, pattern{text: name, names: names, added: m.entry(name, h)})
	slices.SortStableFunc(m.patterns, func(a, b pattern) int { return cmp.Compare(b.literal(), a.literal()) })
	return nil
}

// entry notes a handler that is added. m.mu is locked.
func (m *Mux) entry(name string, h Handler) *added {
	a := &added{name: name, handler: h}
	m.all = append(m.all, a)
	return a
}

// Err returns everything that was wrong with the handlers and the middleware added so far. It
// calls middleware that was not called for a handler yet.
func (m *Mux) Err() error {
	m.mu.RLock()
	all, middleware, err := slices.Clone(m.all), m.middleware, m.err
	m.mu.RUnlock()
	errs := []error{err}
	for _, a := range all {
		if bad, ok := a.within(middleware).(badHandler); ok {
			errs = append(errs, bad.err)
		}
	}
	return errors.Join(errs...)
}

// Resources returns the names that handlers were added for, in alphabetical order.
func (m *Mux) Resources() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	names := make([]string, 0, len(m.exact)+len(m.patterns))
	for name := range m.exact {
		names = append(names, name)
	}
	for _, p := range m.patterns {
		names = append(names, p.text)
	}
	slices.Sort(names)
	return names
}

// Resolve returns the handler of a resource within the middleware of the Mux, nil when there is
// none. The ARN of a function or an activity is looked up as it is written, without its
// qualifier, and by its name alone.
func (m *Mux) Resolve(resource string) Handler {
	a, middleware := m.find(resource)
	if a == nil {
		return nil
	}
	return a.within(middleware)
}

// find returns what was added for a resource, and the middleware there is.
func (m *Mux) find(resource string) (*added, []func(Handler) Handler) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if a := m.exact[resource]; a != nil {
		return a, m.middleware
	}
	name, qualified := functionName(resource)
	unqualified := resource
	if qualified {
		unqualified = resource[:strings.LastIndexByte(resource, ':')]
		if a := m.exact[unqualified]; a != nil {
			return a, m.middleware
		}
	}
	if name != "" {
		if a := m.exact[name]; a != nil {
			return a, m.middleware
		}
	}
	for i := range m.patterns {
		p := &m.patterns[i]
		if p.matches(resource) || qualified && p.matches(unqualified) || name != "" && p.matches(name) {
			return p.added, m.middleware
		}
	}
	return nil, nil
}

// literal is the number of characters besides the stars.
func (p *pattern) literal() int { return len(p.text) - strings.Count(p.text, "*") }

func (p *pattern) matches(text string) bool { return p.names.Match(text) }

// nearest returns the name most like the wanted one, empty when none is like it. A
// function's ARN is compared by its name first.
func nearest(wanted string, names []string) string {
	if name := asl.Nearest(bareName(wanted), names); name != "" {
		return name
	}
	return asl.Nearest(wanted, names)
}

func bareName(resource string) string {
	if name, _ := functionName(resource); name != "" {
		return name
	}
	return resource
}
