package registry

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/store"
)

// A Registry registers state machines under names, with versions and aliases, and starts
// executions of them; the package comment has an example. [New] makes one.
//
// A Registry is safe for use by any number of goroutines, also beside others on the same
// engine or the same store: what one of them changes all of them find. Every method may
// return [engine.ErrInvalidARN], [engine.ErrClosed] and a [*engine.StoreError], and
// returns ctx's error when ctx has ended before.
//
// A Registry is an [engine.Machines].
type Registry struct {
	host Host

	mu     sync.Mutex
	parsed map[string]*asl.StateMachine // by the hash of the definition
	seen   map[string]seenEntry         // by the name of the machine
}

// A Host is what a Registry needs of an engine. An *engine.Engine is one.
type Host interface {
	// Documents returns the documents in which the machines are kept.
	Documents() store.DocumentStore
	// MachineARN returns the ARN of the machine of a name.
	MachineARN(name string) string
	// Now returns the time that creations and updates get.
	Now() time.Time
	// StartExecutionFrom and those below it start executions of the machines
	// that the Registry finds.
	StartExecutionFrom(ctx context.Context, machines engine.Machines, reference string, input any, options ...engine.StartOption) (*engine.Execution, error)
	StartSyncExecutionFrom(ctx context.Context, machines engine.Machines, reference string, input any, options ...engine.StartOption) (*engine.Result, error)
	RunSyncExecutionFrom(ctx context.Context, machines engine.Machines, reference string, input any, options ...engine.StartOption) (*engine.Description, error)
	// ListExecutions lists executions.
	ListExecutions(ctx context.Context, options engine.ListOptions) (*engine.Page, error)
	// DescribeStateMachineForExecution returns what an execution runs by.
	DescribeStateMachineForExecution(ctx context.Context, arn string) (*engine.ExecutedMachine, error)
}

// New returns the machines that are registered with an engine. Calls for the same engine
// return registries of the same machines. From then on tasks of
// arn:aws:states:::states:startExecution and its kin start executions of them: see
// [engine.Engine.UseMachines].
//
// With a host that is nil every call of the Registry returns an error.
func New(host Host) *Registry {
	if v := reflect.ValueOf(host); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		host = nobody{}
	}
	r := &Registry{host: host}
	if e, ok := host.(interface{ UseMachines(engine.Machines) }); ok {
		e.UseMachines(r)
	}
	return r
}

// hosted returns the host. A Registry that New did not make has one that returns errors.
func (r *Registry) hosted() Host {
	if r == nil || r.host == nil {
		return nobody{}
	}
	return r.host
}

// A seenEntry is a document that was read before. The entry must not be changed.
type seenEntry struct {
	text  string
	entry *entry
}

// The collections of documents. The key of a machine's document is its name. The key of
// a definition is the name of the machine, a slash and the definition's hash, so that
// the definitions of a machine are removed together with it.
const (
	machineDocuments    = "machines"
	definitionDocuments = "definitions"
)

const (
	// maxCached bounds the definitions, and the machines, that a Registry has in mind.
	maxCached = 1_000
	// pageSize is how many documents All reads at a time.
	pageSize = 1_000
)

// Create registers a machine under a name, which obeys the rules of [engine.Named], with
// what the options say. When a machine of that name has the same definition and the same
// [Settings] already, Create returns that machine as it is, whatever its role and its tags
// (documented by AWS); when it has others, Create returns [ErrStateMachineAlreadyExists].
func (r *Registry) Create(ctx context.Context, name string, machine *asl.StateMachine, options ...Option) (*Registered, error) {
	if err := names.Check(name); err != nil {
		return nil, err
	}
	asked, err := changeOf(options)
	if err != nil {
		return nil, err
	}
	hash, err := r.remember(machine)
	if err != nil {
		return nil, err
	}
	return r.change(ctx, reference{machine: name, text: name}, machine, func(m *entry) (*entry, error) {
		if m == nil {
			now := r.hosted().Now()
			m = &entry{Definition: hash, Settings: asked.apply(Settings{}), Revision: InitialRevision, Created: now, Updated: now, Tags: asked.tags}
			if asked.publish {
				if _, err := m.publish(asked.description, now); err != nil {
					return nil, err
				}
			}
			return m, nil
		}
		if m.Definition == hash && m.Settings.sameBut(asked.apply(Settings{})) && m.publishedAs(asked) {
			return m, nil
		}
		return nil, fmt.Errorf("%w: State Machine Already Exists: '%s'", ErrStateMachineAlreadyExists, r.hosted().MachineARN(name))
	})
}

// publishedAs reports whether the machine has a version as a creation asks for one.
func (m *entry) publishedAs(asked *change) bool {
	v := m.current()
	return !asked.publish || v != nil && v.Description == asked.description
}

// Update gives a machine another definition, or what the options say, or both, and a new
// revision. A machine that is nil stands for the definition that there is. Running
// executions and published versions keep theirs. With the definition and the [Settings]
// that the machine has already, Update changes nothing, but one with [Role] makes a
// revision in any case. Update returns [engine.ErrStateMachineDoesNotExist] when no machine
// has that name.
func (r *Registry) Update(ctx context.Context, name string, machine *asl.StateMachine, options ...Option) (*Registered, error) {
	of, err := r.machineReference(name)
	if err != nil {
		return nil, err
	}
	asked, err := changeOf(options)
	if err != nil {
		return nil, err
	}
	hash := ""
	if machine != nil {
		if hash, err = r.remember(machine); err != nil {
			return nil, err
		}
	}
	return r.change(ctx, of, machine, func(m *entry) (*entry, error) {
		if m == nil {
			return nil, r.doesNotExist(&of)
		}
		definition, settings := cmp.Or(hash, m.Definition), asked.apply(m.Settings)
		if settings.Type != m.Settings.Type {
			return nil, fmt.Errorf("%w: the type of '%s' can't be changed", ErrInvalidRequest, name)
		}
		// Measured on AWS: the same definition once more keeps the revision. An update that
		// names a role was measured to make one; whether the role was another one then, the
		// recording doesn't tell.
		if m.Definition != definition || !m.Settings.same(settings) || asked.named {
			m.Definition, m.Settings, m.Revision, m.Updated = definition, settings, newRevision(), r.hosted().Now()
		}
		if asked.publish {
			if _, err := m.publish(asked.description, r.hosted().Now()); err != nil {
				return nil, err
			}
		}
		return m, nil
	})
}

// newRevision returns a random UUID.
func newRevision() string {
	var bits [16]byte
	rand.Read(bits[:]) // never fails
	return chance.UUID(binary.BigEndian.Uint64(bits[:8]), binary.BigEndian.Uint64(bits[8:]))
}

// Delete removes a machine with its versions and aliases, or one version, or one alias,
// depending on the reference. Running executions go on, and the engine keeps those of a
// removed machine as it keeps others. To delete a machine, version or alias that does
// not exist is no error, as on AWS. (AWS keeps a name from being used again until the
// last execution has ended.) A version that an alias leads to is not removed; the error
// is [ErrResourceConflict].
func (r *Registry) Delete(ctx context.Context, reference string) error {
	of, err := r.reference(reference)
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

// Describe returns the machine of a reference. For a version or an alias, it returns the
// machine that the version or alias belongs to. It returns
// [engine.ErrStateMachineDoesNotExist] when there is no such machine, version or alias.
func (r *Registry) Describe(ctx context.Context, reference string) (*Registered, error) {
	of, m, err := r.find(ctx, reference)
	if err != nil {
		return nil, err
	}
	if of.qualifier != "" && m.numbered(of.qualifier) == nil && m.alias(of.qualifier) == nil {
		return nil, r.doesNotExist(&of)
	}
	return m.registered(of.machine, r.hosted().MachineARN(of.machine)), nil
}

// List returns a page of the executions of the machine, version or alias that a reference
// names, as [engine.Engine.ListExecutions] does; options.Machine is not used. It leaves out what
// started before the machine, the version or the alias was created, to the millisecond:
// executions of a machine of the same name that was deleted, or that was never registered.
// List returns [engine.ErrStateMachineDoesNotExist] when there is no such machine, version
// or alias.
func (r *Registry) List(ctx context.Context, reference string, options engine.ListOptions) (*engine.Page, error) {
	of, m, err := r.find(ctx, reference)
	if err != nil {
		return nil, err
	}
	created := m.Created
	if of.qualifier != "" {
		v, a := m.numbered(of.qualifier), m.alias(of.qualifier)
		switch {
		case v != nil:
			created = v.Created
		case a != nil:
			// A guess: AWS doesn't say what becomes of the executions of an alias that is
			// deleted and created anew.
			created = a.Created
		default:
			return nil, r.doesNotExist(&of)
		}
	}
	if options.Machine = r.arn(&of); options.StartedSince.Before(created) {
		options.StartedSince = created
	}
	return r.hosted().ListExecutions(ctx, options)
}

// All yields every machine, in the order of the bytes of their names. Other methods may
// be called meanwhile; All may leave out a machine that is registered meanwhile. When All
// fails, it yields the error and ends.
func (r *Registry) All(ctx context.Context) iter.Seq2[*Registered, error] { return r.After(ctx, "") }

// After yields the machines that [Registry.All] yields after the one of a name, whether
// there is such a machine or not.
func (r *Registry) After(ctx context.Context, name string) iter.Seq2[*Registered, error] {
	return func(yield func(*Registered, error) bool) {
		for after, done := name, false; !done; {
			page, err := r.hosted().Documents().Documents(ctx, machineDocuments, after, pageSize)
			if err != nil {
				yield(nil, err)
				return
			}
			done = len(page) < pageSize
			for _, d := range page {
				m, err := readEntry(d.Text)
				if err != nil {
					yield(nil, damaged(d.Key, err))
					return
				}
				if after = d.Key; !yield(m.registered(d.Key, r.hosted().MachineARN(d.Key)), nil) {
					return
				}
			}
		}
	}
}

// damaged returns the error for a document that can't be read.
func damaged(name string, err error) error {
	return &engine.StoreError{Err: fmt.Errorf("the document of the machine %q: %w", name, err)}
}

// entry returns the entry that a machine's document has as its text. The caller must not
// change the entry. A start by name reads the document every time, because other
// registries may have changed it; but mostly they have not, and a document with many
// versions takes long to decode.
func (r *Registry) entry(name, text string) (*entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seen := r.seen[name]; seen.text == text {
		return seen.entry, nil
	}
	m, err := readEntry(text)
	if err != nil {
		return nil, damaged(name, err)
	}
	if r.seen == nil || len(r.seen) >= maxCached {
		r.seen = make(map[string]seenEntry)
	}
	r.seen[name] = seenEntry{text, m}
	return m, nil
}

// find reads a reference and returns it with the entry of its machine, which the caller
// must not change. The version or alias of the reference may be missing.
func (r *Registry) find(ctx context.Context, text string) (reference, *entry, error) {
	of, err := r.reference(text)
	if err != nil {
		return of, nil, err
	}
	document, err := r.hosted().Documents().Document(ctx, machineDocuments, of.key())
	if err != nil {
		return of, nil, err
	}
	if document == "" {
		return of, nil, r.doesNotExist(&of)
	}
	m, err := r.entry(of.machine, document)
	return of, m, err
}

// change changes the entry of a machine and returns the machine. The function edit gets
// the entry that is stored, nil when there is none, and returns the entry to store, nil
// to remove it. change calls edit again when another writer has changed the document
// meanwhile. A new definition that edit puts into the entry must be the one of machine,
// which is nil where edit puts in none.
func (r *Registry) change(ctx context.Context, of reference, machine *asl.StateMachine, edit func(*entry) (*entry, error)) (*Registered, error) {
	for {
		old, err := r.hosted().Documents().Document(ctx, machineDocuments, of.key())
		if err != nil {
			return nil, err
		}
		var m *entry
		if old != "" {
			if m, err = readEntry(old); err != nil {
				return nil, damaged(of.machine, err)
			}
		}
		before := m.definitions()
		if m, err = edit(m); err != nil {
			return nil, err
		}
		var text string
		if m != nil {
			if text, err = m.text(); err != nil {
				return nil, err
			}
		}
		if text != old {
			var changes []store.DocumentChange
			if changes, err = r.definitionChanges(ctx, of.machine, before, m.definitions(), machine); err == nil {
				changes = append(changes, store.DocumentChange{Collection: machineDocuments, Key: of.key(), Old: old, New: text})
				err = r.hosted().Documents().ChangeDocuments(ctx, changes)
			}
		}
		switch {
		case errors.Is(err, store.ErrDocumentChanged):
			continue
		case err != nil || m == nil:
			return nil, err
		}
		return m.registered(of.machine, r.hosted().MachineARN(of.machine)), nil
	}
}
