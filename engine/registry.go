package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
)

// A Registry has state machines under names, with versions and aliases as AWS has them:
//
//	machines := eng.Registry()
//	_, err := machines.Create(ctx, "orders", machine)
//	v1, err := machines.Publish(ctx, "orders", engine.PublishOptions{})
//	_, err = machines.CreateAlias(ctx, "orders:PROD", "", engine.Route{Version: v1.Number, Weight: 100})
//	run, err := machines.StartExecution(ctx, "orders:PROD", order)
//
// A machine is called by its name or ARN, a version by the machine's with a colon and
// its number, an alias by the machine's with a colon and the alias's name. An execution
// keeps the definition that it started with, whatever becomes of the machine.
//
// With a [Config.Store] that is a [store.DocumentStore] the machines are durable; with one
// that is none, every method returns an error that is [errors.ErrUnsupported]. Without
// a Store they are gone with the engine. Whether an execution is [Express] and what it
// logs are options of its start here, not properties of its machine.
//
// A Registry is safe for use by any number of goroutines, also of several engines on
// one store. All methods may return [ErrInvalidARN], [ErrClosed] and a [*StoreError],
// and return ctx's error when it has ended before.
type Registry struct {
	engine *Engine
	memory memoryDocuments // of an engine without a store

	mu     sync.Mutex
	parsed map[string]*asl.StateMachine // by the hash of the definition
	seen   map[string]seenEntry         // by the name of the machine
}

// A seenEntry is a document that was read before. The entry must not be changed.
type seenEntry struct {
	text  string
	entry *entry
}

// Registry returns the engine's state machines.
func (e *Engine) Registry() *Registry { return &e.registry }

// The collections of documents. The key of a definition is the machine's name, a slash
// and the hash, so that it goes with the machine.
const (
	machineDocuments    = "machines"
	definitionDocuments = "definitions"
)

// Create registers a machine under a name, which obeys the rules of [Named]. When
// there is one of that name and it has the same definition now, Create returns it as it
// is; else it returns [ErrStateMachineAlreadyExists].
func (r *Registry) Create(ctx context.Context, name string, machine *asl.StateMachine) (*Registered, error) {
	if err := validName(name); err != nil {
		return nil, err
	}
	hash, err := r.know(machine)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, reference{machine: name, text: name}, machine, func(m *entry) (*entry, error) {
		switch {
		case m == nil:
			now := r.engine.now()
			return &entry{Definition: hash, Revision: InitialRevision, Created: now, Updated: now}, nil
		case m.Definition == hash:
			return m, nil
		}
		return nil, fmt.Errorf("%w: State Machine Already Exists: '%s'", ErrStateMachineAlreadyExists, r.engine.machineARN(name))
	})
}

// Update gives a machine another definition and a new revision. Executions that run,
// and versions, keep theirs. With the definition that it has, Update changes nothing.
// It returns [ErrStateMachineDoesNotExist] when there is no machine of that name.
func (r *Registry) Update(ctx context.Context, name string, machine *asl.StateMachine) (*Registered, error) {
	of, err := r.engine.ofMachine(name)
	if err != nil {
		return nil, err
	}
	hash, err := r.know(machine)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, of, machine, func(m *entry) (*entry, error) {
		if m == nil {
			return nil, r.engine.doesNotExist(&of)
		}
		// Measured on AWS: the same definition once more keeps the revision.
		if m.Definition != hash {
			var chance [16]byte
			rand.Read(chance[:]) // never fails
			m.Definition, m.Revision, m.Updated = hash, randomUUID(chance[:]), r.engine.now()
		}
		return m, nil
	})
}

// Delete removes a machine with its versions and aliases, or one version, or one alias.
// Executions that run go on, and stay known. What is not there is no error, as on AWS.
// (AWS keeps a name from being used again until the last execution has ended.) A
// version that an alias leads to is not removed: [ErrResourceConflict].
func (r *Registry) Delete(ctx context.Context, reference string) error {
	of, err := r.engine.reference(reference)
	if err != nil {
		return err
	}
	_, err = r.change(ctx, of, nil, func(m *entry) (*entry, error) {
		switch {
		case m == nil || of.qualifier == "":
			return nil, nil
		case m.numbered(of.qualifier) != nil:
			return m, m.deleteVersion(m.numbered(of.qualifier).Number)
		}
		m.deleteAlias(of.qualifier)
		return m, nil
	})
	return err
}

// Describe returns the machine that a name or ARN is of, or that a version or an alias
// so called belongs to. It returns [ErrStateMachineDoesNotExist].
func (r *Registry) Describe(ctx context.Context, reference string) (*Registered, error) {
	of, m, err := r.find(ctx, reference)
	if err != nil {
		return nil, err
	}
	if of.qualifier != "" && m.numbered(of.qualifier) == nil && m.alias(of.qualifier) == nil {
		return nil, r.engine.doesNotExist(&of)
	}
	return m.registered(of.machine, r.engine.machineARN(of.machine)), nil
}

// All yields every machine, in the order of their names. Other methods may be called
// meanwhile; what is registered meanwhile may be among them or not. An error is the
// last that it yields.
func (r *Registry) All(ctx context.Context) iter.Seq2[*Registered, error] {
	return func(yield func(*Registered, error) bool) {
		for after, done := "", false; !done; {
			page, err := r.page(ctx, after)
			if err != nil {
				yield(nil, err)
				return
			}
			done = len(page) < maxPage
			for _, d := range page {
				m, err := readEntry(d.Text)
				if err != nil {
					yield(nil, r.damaged(d.Key, err))
					return
				}
				if after = d.Key; !yield(m.registered(d.Key, r.engine.machineARN(d.Key)), nil) {
					return
				}
			}
		}
	}
}

func (r *Registry) page(ctx context.Context, after string) (page []store.Document, err error) {
	if err := r.engine.begin(ctx); err != nil {
		return nil, err
	}
	defer r.engine.busy(-1)
	err = r.use(func(s store.DocumentStore) error {
		page, err = s.Documents(ctx, machineDocuments, after, maxPage)
		return err
	})
	return page, err
}

// use calls f with where the documents are.
func (r *Registry) use(f func(store.DocumentStore) error) error {
	if r.engine.config.Store == nil {
		return f(&r.memory)
	}
	var refused error
	err := r.engine.store.use(func(s store.Store) error {
		documents, ok := s.(store.DocumentStore)
		if !ok {
			refused = fmt.Errorf("engine: a %T keeps no documents, so that no machines can be registered: %w", s, errors.ErrUnsupported)
			return nil
		}
		err := f(documents)
		if errors.Is(err, store.ErrDocumentChanged) {
			refused, err = err, nil
		}
		return err
	})
	if err != nil {
		return r.engine.storeError("", err)
	}
	return refused
}

// damaged reports a document that can't be read.
func (r *Registry) damaged(name string, err error) error {
	return r.engine.storeError("", fmt.Errorf("the document of the machine %q: %w", name, err))
}

// read returns the text of a machine's document, "" when there is no such machine.
func (r *Registry) read(ctx context.Context, of *reference) (text string, err error) {
	err = r.use(func(s store.DocumentStore) error {
		text, err = s.Document(ctx, machineDocuments, of.key())
		return err
	})
	return text, err
}

// entry returns what a document says, which the caller must not change. Starting by name
// reads the document every time, because others may have changed it, but mostly they
// have not, and it takes long to decode one with many versions.
func (r *Registry) entry(name, text string) (*entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seen := r.seen[name]; seen.text == text {
		return seen.entry, nil
	}
	m, err := readEntry(text)
	if err != nil {
		return nil, r.damaged(name, err)
	}
	if r.seen == nil || len(r.seen) >= maxMachines {
		r.seen = make(map[string]seenEntry)
	}
	r.seen[name] = seenEntry{text, m}
	return m, nil
}

// find returns a machine that there is, for a reference to it or to something of it. The
// caller must not change it.
func (r *Registry) find(ctx context.Context, text string) (reference, *entry, error) {
	of, err := r.engine.reference(text)
	if err != nil {
		return of, nil, err
	}
	if err := r.engine.begin(ctx); err != nil {
		return of, nil, err
	}
	defer r.engine.busy(-1)
	document, err := r.read(ctx, &of)
	if err != nil {
		return of, nil, err
	}
	if document == "" {
		return of, nil, r.engine.doesNotExist(&of)
	}
	m, err := r.entry(of.machine, document)
	return of, m, err
}

// change changes a machine. The function gets the entry as it is, nil when there is
// none, and returns it as it is to be, nil to have none; it is called again when
// somebody else was quicker. machine is the one that the changed entry may need and the
// entry didn't.
func (r *Registry) change(ctx context.Context, of reference, machine *asl.StateMachine, f func(*entry) (*entry, error)) (*Registered, error) {
	if err := r.engine.begin(ctx); err != nil {
		return nil, err
	}
	defer r.engine.busy(-1)
	for {
		old, err := r.read(ctx, &of)
		if err != nil {
			return nil, err
		}
		var m *entry
		if old != "" {
			if m, err = readEntry(old); err != nil {
				return nil, r.damaged(of.machine, err)
			}
		}
		before := m.definitions()
		if m, err = f(m); err != nil {
			return nil, err
		}
		var text string
		if m != nil {
			if text, err = m.text(); err != nil {
				return nil, err
			}
		}
		if text != old {
			changes := []store.DocumentChange{{Collection: machineDocuments, Key: of.key(), Old: old, New: text}}
			err = r.use(func(s store.DocumentStore) error {
				definitions, err := r.definitions(ctx, s, of.machine, before, m.definitions(), machine)
				if err != nil {
					return err
				}
				return s.ChangeDocuments(ctx, append(changes, definitions...))
			})
		}
		switch {
		case errors.Is(err, store.ErrDocumentChanged):
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			continue
		case err != nil || m == nil:
			return nil, err
		}
		return m.registered(of.machine, r.engine.machineARN(of.machine)), nil
	}
}
