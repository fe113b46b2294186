package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
)

// hashOf returns the hash by which executions and versions are pinned to a definition.
func hashOf(definition string) string {
	sum := sha256.Sum256([]byte(definition))
	return hex.EncodeToString(sum[:])
}

// Machine returns the state machine of a name or ARN as it is now, or that of a version,
// which stays as it is. An alias has none of its own: [ErrInvalidARN]. It returns
// [ErrStateMachineDoesNotExist], and the error of asl.Parse for a definition that this
// release refuses.
func (r *Registry) Machine(ctx context.Context, reference string) (*asl.StateMachine, error) {
	return r.machine(ctx, reference, nil)
}

// machine finds the machine that a reference is of. The function, if there is one, may
// change the reference to another of the same machine.
func (r *Registry) machine(ctx context.Context, text string, choose func(*reference, *entry)) (*asl.StateMachine, error) {
	for last := (*entry)(nil); ; {
		of, m, err := r.find(ctx, text)
		if err != nil {
			return nil, err
		}
		if choose != nil {
			choose(&of, m)
		}
		hash, err := r.pinned(&of, m)
		if err != nil {
			return nil, err
		}
		machine, err := r.definition(ctx, of.machine, hash)
		if machine != nil || err != nil {
			return machine, err
		}
		// The definition was removed after the entry was read, unless that is the same.
		if m == last {
			return nil, r.damaged(of.machine, fmt.Errorf("its definition %s is missing", hash))
		}
		last = m
	}
}

// pinned returns the hash of the definition that a reference to a registered machine is
// of.
func (r *Registry) pinned(of *reference, m *entry) (string, error) {
	if of.qualifier == "" {
		return m.Definition, nil
	}
	v := m.numbered(of.qualifier)
	switch {
	case v != nil:
		return v.Definition, nil
	case m.alias(of.qualifier) != nil:
		return "", fmt.Errorf("%w: Invalid Arn: '%s' is an alias, which has no definition of its own", ErrInvalidARN, of.text)
	}
	return "", r.engine.doesNotExist(of)
}

// know has a machine found by the hash of its definition, which it returns.
func (r *Registry) know(machine *asl.StateMachine) (string, error) {
	if machine == nil || machine.Graph == nil {
		return "", errEmptyMachine
	}
	hash := hashOf(machine.Definition())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parsed[hash] == nil {
		if r.parsed == nil || len(r.parsed) >= maxMachines {
			r.parsed = make(map[string]*asl.StateMachine)
		}
		r.parsed[hash] = machine
	}
	return hash, nil
}

// definition returns the machine with a definition of a registered machine, nil when the
// registered one has it no more.
func (r *Registry) definition(ctx context.Context, name, hash string) (*asl.StateMachine, error) {
	r.mu.Lock()
	machine := r.parsed[hash]
	r.mu.Unlock()
	if machine != nil {
		return machine, nil
	}
	var text string
	err := r.use(func(s store.DocumentStore) (err error) {
		text, err = s.Document(ctx, definitionDocuments, name+"/"+hash)
		return err
	})
	if err != nil || text == "" {
		return nil, err
	}
	machine, err = parseAccepted(text)
	if machine == nil {
		return nil, fmt.Errorf("engine: the definition of the registered machine %s is refused: %w", name, err)
	}
	_, err = r.know(machine)
	return machine, err
}

// definitions returns the changes of documents for a machine that needed some definitions
// and is to need others, of which only that of a new machine may be unknown.
func (r *Registry) definitions(ctx context.Context, s store.DocumentStore, name string, before, after []string, machine *asl.StateMachine) (changes []store.DocumentChange, err error) {
	for _, hash := range after {
		if !slices.Contains(before, hash) {
			changes = append(changes, store.DocumentChange{Collection: definitionDocuments, Key: name + "/" + hash, New: machine.Definition()})
		}
	}
	for _, hash := range before {
		if slices.Contains(after, hash) {
			continue
		}
		c := store.DocumentChange{Collection: definitionDocuments, Key: name + "/" + hash}
		if c.Old, err = s.Document(ctx, c.Collection, c.Key); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}
