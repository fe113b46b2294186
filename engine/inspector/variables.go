package inspector

import (
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// variables returns the variables that each visit found when it began, in the order of the
// visits. Those of a branch or an iteration begin with those of the state around it.
func (s *story) variables() []*value.Object {
	s.once.variables.Do(func() {
		if s.path == nil {
			return
		}
		s.vars = make([]*value.Object, len(s.path.Visits))
		for n, v := range s.path.Visits {
			entry := s.event(v.Events[0])
			if before := s.visitOf(entry.PreviousID); before > 0 && isExit(s.event(entry.PreviousID)) {
				s.vars[n] = s.after(before - 1)
			} else if v.Around != nil {
				s.vars[n] = s.vars[s.visitOf(v.Around.Events[0])-1]
			}
		}
	})
	return s.vars
}

// after returns the variables that a visit left behind.
func (s *story) after(n int) *value.Object {
	vars := s.vars[n]
	events := s.path.Visits[n].Events
	if d, ok := s.event(events[len(events)-1]).Details.(*states.ExitedDetails); ok && d.Assigned != nil {
		members := make(map[string]bool, d.Assigned.Len())
		var all []value.Member
		for name, v := range d.Assigned.All() {
			members[name] = true
			all = append(all, value.Member{Key: name, Value: v})
		}
		var kept []value.Member
		for name, v := range vars.All() {
			if !members[name] {
				kept = append(kept, value.Member{Key: name, Value: v})
			}
		}
		vars = value.NewObject(append(kept, all...)...)
	}
	return vars
}

func isExit(e *states.Event) bool {
	_, ok := e.Details.(*states.ExitedDetails)
	return ok
}
