package coverage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Profile counts what executions use of state machines. Machines with the same definition are
// one. The zero Profile is empty, and a Profile is safe for use by any number of goroutines.
// encoding/json writes and reads it, with the definitions.
type Profile struct {
	mu       sync.Mutex
	machines map[string]*counts // by definition
	known    map[*asl.StateMachine]*counts
}

// counts are those of one definition.
type counts struct {
	name       string
	definition string
	used       map[key]int64
}

// A key names a part of a definition.
type key struct {
	kind  states.PartKind
	state string // the state's pointer; "" for the machine
	index int
}

// Add makes a machine known, so that it is in reports though nothing of it may be used. A name,
// such as that of its file, tells people which it is; that of the first call counts that has
// one.
func (p *Profile) Add(machine *asl.StateMachine, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.of(machine)
	c.name = cmp.Or(c.name, name)
}

// Use counts that an execution of a machine has used a part. The machine may be that which the
// children of a Map Run execute; the part then is one of the whole machine.
func (p *Profile) Use(machine *asl.StateMachine, part states.Part) {
	k := key{kind: part.Kind, index: part.Index}
	if part.State != nil {
		k.state = part.State.Pointer()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of(machine).used[k]++
}

// of returns the counts of a machine. p.mu is locked.
func (p *Profile) of(machine *asl.StateMachine) *counts {
	c := p.known[machine]
	if c == nil {
		c = p.defined(machine.Definition())
		if p.known == nil {
			p.known = make(map[*asl.StateMachine]*counts)
		}
		p.known[machine] = c
	}
	return c
}

// defined returns the counts of a definition. p.mu is locked.
func (p *Profile) defined(definition string) *counts {
	c := p.machines[definition]
	if c == nil {
		if p.machines == nil {
			p.machines = make(map[string]*counts)
		}
		c = &counts{definition: definition, used: make(map[key]int64)}
		p.machines[definition] = c
	}
	return c
}

// Merge adds what another profile has counted.
func (p *Profile) Merge(other *Profile) {
	theirs := other.sorted()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range theirs {
		c := p.defined(o.definition)
		c.name = cmp.Or(c.name, o.name)
		for k, n := range o.used {
			c.used[k] += n
		}
	}
}

// sorted returns copies of all counts, in the order of their names and definitions.
func (p *Profile) sorted() []*counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*counts
	for _, c := range p.machines {
		all = append(all, &counts{name: c.name, definition: c.definition, used: maps.Clone(c.used)})
	}
	slices.SortFunc(all, func(a, b *counts) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.definition, b.definition))
	})
	return all
}

// The form of a profile in JSON.
type (
	profileText struct {
		Machines []machineText `json:"machines"`
	}
	machineText struct {
		Name       string    `json:"name,omitempty"`
		Definition string    `json:"definition"`
		Used       []useText `json:"used"`
	}
	useText struct {
		Part  string `json:"part"`
		State string `json:"state,omitempty"`
		Index int    `json:"index,omitempty"`
		Count int64  `json:"count"`
	}
)

// MarshalJSON writes the profile.
func (p *Profile) MarshalJSON() ([]byte, error) {
	text := profileText{Machines: []machineText{}}
	for _, c := range p.sorted() {
		m := machineText{Name: c.name, Definition: c.definition, Used: []useText{}}
		for k, n := range c.used {
			m.Used = append(m.Used, useText{k.kind.String(), k.state, k.index, n})
		}
		slices.SortFunc(m.Used, func(a, b useText) int {
			return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Index, b.Index))
		})
		text.Machines = append(text.Machines, m)
	}
	return json.Marshal(text)
}

// UnmarshalJSON adds what a text says to the profile. The text is one of MarshalJSON's.
func (p *Profile) UnmarshalJSON(data []byte) error {
	var text profileText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text.Machines == nil {
		return fmt.Errorf("coverage: the text is no profile: it has no machines")
	}
	var read Profile
	for _, m := range text.Machines {
		if _, err := parse(m.Definition); err != nil {
			return fmt.Errorf("coverage: the definition of the machine %q: %w", m.Name, err)
		}
		c := read.defined(m.Definition)
		c.name = m.Name
		for _, u := range m.Used {
			kind, ok := kindOf(u.Part)
			if !ok || u.Count < 0 || u.Index < 0 {
				return fmt.Errorf("coverage: the machine %q has %d uses of a part %q with the index %d", m.Name, u.Count, u.Part, u.Index)
			}
			c.used[key{kind, u.State, u.Index}] += u.Count
		}
	}
	p.Merge(&read)
	return nil
}

// kindOf returns the kind of a name.
func kindOf(name string) (states.PartKind, bool) {
	for kind := states.PartState; kind <= states.PartMachineTimeout; kind++ {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}

// parse reads a definition that was accepted before.
func parse(definition string) (*asl.StateMachine, error) {
	return asl.Parser{Extensions: true}.Parse([]byte(definition))
}
