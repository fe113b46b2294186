package coverage

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Report is what a [Profile] comes to.
type Report struct {
	Machines []Machine `json:"machines"`
	// Covered counts the parts of all machines that were used, and Parts counts all of
	// them.
	Covered int `json:"covered"`
	Parts   int `json:"parts"`
}

// A Machine is the report of one state machine.
type Machine struct {
	Name    string `json:"name"`
	Covered int    `json:"covered"`
	// Parts are all parts, in the order of the definition.
	Parts []Part `json:"parts"`

	machine *asl.StateMachine
}

// A Part is a part of a definition, and how often it was used.
type Part struct {
	// Kind is the name of the field that the part is in, such as "Retry"; "State" for a state
	// itself, and "MachineTimeoutSeconds" for the machine's TimeoutSeconds.
	Kind string `json:"part"`
	// State is the name of the state; empty for the machine.
	State string `json:"state,omitempty"`
	// Index is the position of a rule, Retrier or Catcher in its list; else 0.
	Index int `json:"index,omitempty"`
	// Text says what the part does, for people: "States.ALL → Sorry".
	Text string `json:"text,omitempty"`
	// Pointer is its place in the definition, an RFC 6901 pointer; Line and Column are that
	// place in the text, from 1.
	Pointer string `json:"pointer"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	// Count is how often executions used it.
	Count int64 `json:"count"`
}

// Label names the part within its state: "Retry[0]", "Next"; "State" for the state itself.
func (p *Part) Label() string {
	switch p.Kind {
	case states.PartRule.String(), states.PartRetrier.String(), states.PartCatcher.String():
		return fmt.Sprintf("%s[%d]", p.Kind, p.Index)
	case states.PartMachineTimeout.String():
		return "TimeoutSeconds"
	}
	return p.Kind
}

// Percent returns how many of all parts are covered, in percent; 100 when there are none.
func (r *Report) Percent() float64 { return percent(r.Covered, r.Parts) }

// Percent returns how many of the machine's parts are covered, in percent.
func (m *Machine) Percent() float64 { return percent(m.Covered, len(m.Parts)) }

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(n) / float64(of)
}

// WriteJSON writes the report as indented JSON. The error is the writer's.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Report returns what the profile comes to so far. Its machines are in the order of their
// names.
func (p *Profile) Report() *Report {
	r := &Report{Machines: []Machine{}}
	for _, c := range p.sorted() {
		machine, err := parse(c.definition)
		if err != nil {
			continue // it was parsed before, or it would not be here
		}
		m := Machine{Name: c.name, machine: machine}
		if m.Name == "" {
			m.Name = "a state machine"
		}
		for part := range states.Parts(machine) {
			m.Parts = append(m.Parts, describe(part, c))
		}
		m.locate()
		for i := range m.Parts {
			if m.Parts[i].Count > 0 {
				m.Covered++
			}
		}
		r.Machines = append(r.Machines, m)
		r.Covered += m.Covered
		r.Parts += len(m.Parts)
	}
	return r
}

// describe returns a part with its count.
func describe(part states.Part, c *counts) Part {
	p := Part{Kind: part.Kind.String(), Index: part.Index}
	k := key{kind: part.Kind, index: part.Index}
	field := p.Kind
	if s := part.State; s != nil {
		p.State, k.state = s.Name(), s.Pointer()
		var retriers []asl.Retrier
		var catchers []asl.Catcher
		next := asl.Transition{}
		switch s := s.(type) {
		case *asl.Task:
			retriers, catchers, next = s.Retry, s.Catch, s.Transition
			if part.Kind == states.PartTimeout && s.Timeout.Path != nil || part.Kind == states.PartHeartbeat && s.Heartbeat.Path != nil {
				field += "Path"
			}
		case *asl.Parallel:
			retriers, catchers, next = s.Retry, s.Catch, s.Transition
		case *asl.Map:
			retriers, catchers, next = s.Retry, s.Catch, s.Transition
		case *asl.Pass:
			next = s.Transition
		case *asl.Wait:
			next = s.Transition
		case *asl.Choice:
			switch part.Kind {
			case states.PartRule:
				p.Text = "→ " + s.Choices[part.Index].Next.Name()
			case states.PartDefault:
				p.Text = "→ " + s.Default.Name()
			}
		}
		switch part.Kind {
		case states.PartState:
			p.Text = s.Type()
		case states.PartNext:
			p.Text = "→ end"
			if next.Next != nil {
				p.Text = "→ " + next.Next.Name()
			} else {
				field = "End"
			}
		case states.PartRetrier:
			p.Text = strings.Join(retriers[part.Index].ErrorEquals, ", ")
		case states.PartCatcher:
			p.Text = strings.Join(catchers[part.Index].ErrorEquals, ", ") + " → " + catchers[part.Index].Next.Name()
		case states.PartCompensate:
			p.Text = "← " + asl.Handler(s).Name()
		}
	}
	p.Count = c.used[k]
	switch part.Kind {
	case states.PartState:
		p.Pointer = k.state
	case states.PartMachineTimeout:
		p.Pointer = "/TimeoutSeconds"
	case states.PartRule, states.PartRetrier, states.PartCatcher:
		p.Pointer = fmt.Sprintf("%s/%s/%d", k.state, field, part.Index)
	default:
		p.Pointer = k.state + "/" + field
	}
	return p
}

// locate gives the parts their lines and columns.
func (m *Machine) locate() {
	places := make(asl.Diagnostics, len(m.Parts))
	for i := range m.Parts {
		places[i] = asl.Diagnostic{Pointer: m.Parts[i].Pointer, Message: m.Parts[i].Pointer}
	}
	m.machine.Locate(places) // which sorts them
	found := make(map[string]asl.Diagnostic, len(places))
	for _, d := range places {
		found[d.Message] = d
	}
	for i := range m.Parts {
		d := found[m.Parts[i].Pointer]
		m.Parts[i].Line, m.Parts[i].Column = d.Line, d.Column
	}
}
