package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A program is what durable executions run by: the machine, pinned by its text, what it
// was started by, and the options. Executions that have the same share it.
type program struct {
	machine *asl.StateMachine
	facts   *machineFacts
	options states.Options
	logging LogOptions
	terms   string
	origin  origin
	hash    string // of the definition
	record  []byte // the options, the logging and the terms, as Record.Options has them
}

// programs has the programs seen so far. The zero programs has seen none.
type programs struct {
	mu      sync.Mutex
	started map[startedProgram]*program
	stored  map[storedProgram]*program
}

type (
	startedProgram struct {
		facts   *machineFacts
		logging LogOptions
		terms   string
		origin  origin
	}
	storedProgram struct {
		hash, record string
		origin       origin
	}
	// An origin has the ARNs of the registered version and alias that an execution was
	// started by.
	origin struct{ version, alias string }
)

// programRecord is the form of Record.Options.
type programRecord struct {
	Options states.Options `json:"options"`
	Logging LogOptions     `json:"logging"`
	// Within leads to the machine of the children of a Map Run: the names of the Map states.
	Within []string `json:"within,omitempty"`
	Terms  string   `json:"terms,omitempty"`
}

// hashOf returns the hash by which an execution is pinned to a definition.
func hashOf(definition string) string {
	sum := sha256.Sum256([]byte(definition))
	return hex.EncodeToString(sum[:])
}

// maxPrograms bounds the programs remembered; executions keep their own.
const maxPrograms = 1_000

// of returns the program of an execution that is about to start.
func (ps *programs) of(x *Execution, options states.Options) (*program, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	from := origin{x.identity.VersionARN, x.identity.AliasARN}
	key := startedProgram{x.facts, x.logging, x.terms, from}
	if p := ps.started[key]; p != nil {
		return p, nil
	}
	record, err := json.Marshal(programRecord{options, x.logging, x.facts.within, x.terms})
	if err != nil {
		return nil, err
	}
	p := &program{
		machine: x.machine, facts: x.facts, options: options, logging: x.logging, terms: x.terms, origin: from,
		hash: hashOf(x.machine.Definition()), record: record,
	}
	if ps.started == nil || len(ps.started) >= maxPrograms {
		ps.started = make(map[startedProgram]*program)
	}
	ps.started[key] = p
	ps.put(p)
	return p, nil
}

func (ps *programs) put(p *program) {
	if ps.stored == nil || len(ps.stored) >= maxPrograms {
		ps.stored = make(map[storedProgram]*program)
	}
	ps.stored[storedProgram{p.hash, string(p.record), p.origin}] = p
}

// storedProgram returns the program of an execution in the store. A *StoreError
// says that it could not be read; any other error that it can't be used here. The
// machine may name resources that have no handler.
func (a *storeArchive) storedProgram(r *store.Record) (*program, error) {
	ps := &a.programs
	from := origin{r.VersionARN, r.AliasARN}
	if p := ps.find(storedProgram{r.Definition, string(r.Options), from}); p != nil {
		return p, nil
	}
	text, err := a.store.definition(r.Definition)
	if err != nil {
		return nil, &StoreError{ARN: r.ARN, Err: err}
	}
	record, err := readProgram(r)
	if err != nil {
		return nil, err
	}
	machine, err := parseAccepted(text)
	if machine == nil {
		return nil, fmt.Errorf("engine: the definition of %s is refused: %w", r.ARN, err)
	}
	if err := a.machines.lacks(machine); err != nil {
		return nil, fmt.Errorf("engine: %s can't go on: %w", r.ARN, err)
	}
	facts := a.machines.look(machine)
	for _, name := range record.Within {
		m, ok := machine.Find(name).(*asl.Map)
		if !ok || m.Distributed == nil {
			return nil, fmt.Errorf("engine: the definition of %s has no Map state %q in the mode DISTRIBUTED", r.ARN, name)
		}
		facts, machine = a.machines.childFacts(facts, m), m.Distributed.Child
	}
	return ps.remember(&program{
		machine: machine, facts: facts, options: record.Options, logging: record.Logging, terms: record.Terms, origin: from,
		hash: r.Definition, record: r.Options,
	}), nil
}

// find returns the program of a record, nil for one that was not seen before.
func (ps *programs) find(key storedProgram) *program {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.stored[key]
}

// remember remembers a program, or returns the one that somebody else was quicker to make.
func (ps *programs) remember(p *program) *program {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if other := ps.stored[storedProgram{p.hash, string(p.record), p.origin}]; other != nil {
		return other
	}
	ps.put(p)
	return p
}

// parseAccepted parses a definition that was accepted before, with what it then had of
// the extensions.
func parseAccepted(text string) (*asl.StateMachine, error) {
	return asl.Parser{Extensions: true}.Parse([]byte(text))
}

// readProgram returns what a record says of its program.
func readProgram(r *store.Record) (p programRecord, err error) {
	if err := json.Unmarshal(r.Options, &p); err != nil {
		return p, fmt.Errorf("engine: the options of %s can't be read: %w", r.ARN, err)
	}
	return p, nil
}
