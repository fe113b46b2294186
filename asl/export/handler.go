package export

import (
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// handler exports a handler into the scope, with the name that it has there. One of a
// scope inside is copied: what it undoes may have been handed on. ended are the
// variables that it reads and that have ended then.
func (s *scope) handler(h asl.State) (name string, state *value.Object, ended []string) {
	name, raw := h.Name(), s.raw[h.Name()]
	s.size += value.Size(raw)
	if h.Graph() != s.graph {
		inside := s.ownerOf(h)
		ended = s.ended(h, s.graph)
		suffix := " after " + inside.Name()
		if s.around != nil {
			suffix = " within " + inside.Name()
		}
		name = s.name(h.Name() + suffix)
		raw = s.renamed(raw, suffix)
		if s.readsState(raw) {
			s.differ(h.Pointer(), "The handler is called by another name"+suffix, "what is completed inside that is undone by a copy of it, "+name)
		}
	}
	raw = s.rewriteHandler(h, raw, ended)
	if h.Type() != "Pass" {
		if s.broken == "" {
			s.broken = s.named("undo failed")
		}
		raw = raw.With("Catch", []any{object("ErrorEquals", []any{catchAll},
			"Assign", object(s.variable(handlerVariable), h.Name()), "Next", s.broken)})
	}
	return name, follow(raw, value.Member{Key: "Next", Value: s.undo}), ended
}

// ownerOf returns the state of this scope that a handler is inside of.
func (s *scope) ownerOf(h asl.State) asl.State {
	owner := h.Graph().Owner()
	for owner.Graph() != s.graph {
		owner = owner.Graph().Owner()
	}
	return owner
}

// renamed gives new names to the states inside a copied handler, as no name may be
// there twice.
func (s *scope) renamed(state *value.Object, suffix string) *value.Object {
	return mapGraphs(state, func(g *value.Object) *value.Object {
		states, _ := g.Get("States")
		names := make(map[string]string)
		for name := range states.(*value.Object).All() {
			names[name] = s.name(name + suffix)
		}
		inner := &scope{exporter: s.exporter, entries: names}
		start, _ := g.Get("StartAt")
		var all []value.Member
		for name, v := range states.(*value.Object).All() {
			one := inner.retarget(s.renamed(v.(*value.Object), suffix))
			all = append(all, value.Member{Key: names[name], Value: one})
		}
		return g.With("StartAt", names[start.(string)]).With("States", value.NewObject(all...))
	}).Without("Label")
}

// mapGraphs gives a state other graphs inside.
func mapGraphs(state *value.Object, f func(*value.Object) *value.Object) *value.Object {
	if branches, ok := state.Get("Branches"); ok {
		all := slices.Clone(branches.([]any))
		for i, g := range all {
			all[i] = f(g.(*value.Object))
		}
		state = state.With("Branches", all)
	}
	for _, field := range processorFields {
		if g, ok := state.Get(field); ok {
			state = state.With(field, f(g.(*value.Object)))
		}
	}
	return state
}
