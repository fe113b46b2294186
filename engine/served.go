package engine

import (
	"context"
	"strings"
	"sync"
)

// UseMachines gives the engine the machines that tasks start executions of by a reference,
// such as those of arn:aws:states:::states:startExecution.sync. The engine serves these
// resources itself then, wherever Config.Resolver has no handler for them. Package registry
// calls it for a new Registry. The last call counts.
//
// With a Store, tasks of executions that were started before wait until the engine has
// machines.
func (e *Engine) UseMachines(machines Machines) {
	if e == nil || e.served == nil {
		return
	}
	if isNil(machines) {
		machines = nil
	}
	s := e.served
	s.mu.Lock()
	s.machines = machines
	changed := s.changed
	s.mu.Unlock()
	if machines != nil && changed != nil && !e.closed.Load() {
		changed()
	}
	if a, ok := e.archive.(*storeArchive); ok && machines != nil {
		a.stopForsakenSoon()
	}
}

// served is the Resolver that an engine asks: the handlers of Config.Resolver go first, and
// where it has none the engine serves some resources itself.
type served struct {
	Resolver

	mu       sync.Mutex
	machines Machines // of UseMachines; nil until then
	changed  func()   // to be told of more resources; nil for nobody
}

// Resolve implements [Resolver].
func (s *served) Resolve(resource string) Handler {
	if h := s.Resolver.Resolve(resource); h != nil {
		return h
	}
	return s.own(resource)
}

// own returns the engine's own handler of a resource, nil when it has none.
func (s *served) own(resource string) Handler {
	if isActivityARN(resource) {
		return activityHandler{}
	}
	n := nestedOf(resource)
	if n == nil || n.starts && s.taskMachines() == nil {
		return nil
	}
	return n
}

// isActivityARN reports whether a resource is an activity.
func isActivityARN(resource string) bool {
	parts := strings.SplitN(resource, ":", 7)
	return len(parts) == 7 && parts[0] == "arn" && parts[2] == "states" && parts[5] == "activity"
}

// taskMachines returns the machines that tasks start executions of, nil when there are none.
func (s *served) taskMachines() Machines {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machines
}

// Resources returns the names that the Resolver of the Config knows.
func (s *served) Resources() []string {
	if r, ok := s.Resolver.(interface{ Resources() []string }); ok {
		return r.Resources()
	}
	return nil
}

// TakesIntegration implements [IntegrationResolver].
func (s *served) TakesIntegration(resource string) bool {
	r, ok := s.Resolver.(IntegrationResolver)
	return ok && r.TakesIntegration(resource)
}

// OnChange has f called when there are more resources than before.
func (s *served) OnChange(f func()) (stop func()) {
	s.mu.Lock()
	s.changed = f
	s.mu.Unlock()
	others := func() {}
	if r, ok := s.Resolver.(interface{ OnChange(f func()) (stop func()) }); ok {
		others = r.OnChange(f)
	}
	return func() {
		s.mu.Lock()
		s.changed = nil
		s.mu.Unlock()
		others()
	}
}

// actionOf returns the service and the action of a resource such as
// arn:aws:states:::states:startExecution.sync: "states" and "startExecution.sync".
func actionOf(resource string) (service, action string) {
	rest, ok := strings.CutPrefix(resource, "arn:")
	if !ok {
		return "", ""
	}
	_, rest, ok = strings.Cut(rest, ":states:::")
	if !ok {
		return "", ""
	}
	at := strings.LastIndexByte(strings.TrimSuffix(rest, ":2"), ':')
	if at < 0 {
		return "", ""
	}
	return rest[:at], rest[at+1:]
}

// Serves reports whether the engine does the tasks of a resource itself where Config.Resolver
// has no handler for it: those of activities that there are, and those that start and steer
// executions, the former with [Engine.UseMachines] only.
func (e *Engine) Serves(resource string) bool {
	if e == nil || e.served == nil {
		return false
	}
	if isActivityARN(resource) {
		_, err := e.DescribeActivity(context.Background(), resource)
		return err == nil
	}
	return e.served.own(resource) != nil
}
