package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
)

var errEmptyMachine = errors.New("registry: the state machine is empty: it must come from asl.Parse")

// Machine returns the state machine of a reference: for a machine the definition that it
// has now, for a version the definition that the version keeps. An alias has no
// definition of its own; the error is [engine.ErrInvalidARN]. Machine returns
// [engine.ErrStateMachineDoesNotExist] when there is no such machine or version, and the
// error of asl.Parse for a stored definition that this release refuses.
func (r *Registry) Machine(ctx context.Context, reference string) (*asl.StateMachine, error) {
	return r.load(ctx, reference, nil)
}

// load returns the definition of a reference. Before it looks the definition up it calls
// choose, if that is not nil, which may put a version in the place of an alias.
func (r *Registry) load(ctx context.Context, text string, choose func(*reference, *entry)) (*asl.StateMachine, error) {
	for last := (*entry)(nil); ; {
		of, m, err := r.find(ctx, text)
		if err != nil {
			return nil, err
		}
		if choose != nil {
			choose(&of, m)
		}
		hash, err := r.definitionOf(&of, m)
		if err != nil {
			return nil, err
		}
		machine, err := r.definition(ctx, of.machine, hash)
		if machine != nil || err != nil {
			return machine, err
		}
		// A writer removed the definition after the entry was read, unless the entry is
		// still the same.
		if m == last {
			return nil, damaged(of.machine, fmt.Errorf("its definition %s is missing", hash))
		}
		last = m
	}
}

// definitionOf returns the hash of the definition that the machine or the version of a
// reference has.
func (r *Registry) definitionOf(of *reference, m *entry) (string, error) {
	if of.qualifier == "" {
		return m.Definition, nil
	}
	v := m.numbered(of.qualifier)
	switch {
	case v != nil:
		return v.Definition, nil
	case m.alias(of.qualifier) != nil:
		return "", fmt.Errorf("%w: Invalid Arn: '%s' is an alias, which has no definition of its own", engine.ErrInvalidARN, of.text)
	}
	return "", r.doesNotExist(of)
}

// remember keeps a parsed machine in memory under the hash of its definition, and returns
// the hash.
func (r *Registry) remember(machine *asl.StateMachine) (string, error) {
	if machine == nil || machine.Graph == nil {
		return "", errEmptyMachine
	}
	sum := sha256.Sum256([]byte(machine.Definition()))
	hash := hex.EncodeToString(sum[:])
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parsed[hash] == nil {
		if r.parsed == nil || len(r.parsed) >= maxCached {
			r.parsed = make(map[string]*asl.StateMachine)
		}
		r.parsed[hash] = machine
	}
	return hash, nil
}

// definition returns the parsed definition of a hash, from memory or from the documents
// of the machine of a name. It returns nil without an error when the machine has no such
// definition any more.
func (r *Registry) definition(ctx context.Context, name, hash string) (*asl.StateMachine, error) {
	r.mu.Lock()
	machine := r.parsed[hash]
	r.mu.Unlock()
	if machine != nil {
		return machine, nil
	}
	text, err := r.hosted().Documents().Document(ctx, definitionDocuments, name+"/"+hash)
	if err != nil || text == "" {
		return nil, err
	}
	// The definition was accepted when it was registered, with the extensions of the
	// language that it had then.
	machine, err = asl.Parser{Extensions: true}.Parse([]byte(text))
	if machine == nil {
		return nil, fmt.Errorf("registry: the definition of the registered machine %s is refused: %w", name, err)
	}
	_, err = r.remember(machine)
	return machine, err
}

// definitionChanges returns the changes of documents that add the definitions which the
// machine of a name needs only after a change, and remove those which it needed only
// before. A definition to add is the one of machine.
func (r *Registry) definitionChanges(ctx context.Context, name string, before, after []string, machine *asl.StateMachine) (changes []store.DocumentChange, err error) {
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
		if c.Old, err = r.hosted().Documents().Document(ctx, c.Collection, c.Key); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}
