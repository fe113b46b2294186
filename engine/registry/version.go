package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/engine/internal/names"
)

// A machine can have so many versions and aliases, and a description so many characters
// (documented by AWS).
const (
	maxVersions    = 1_000
	maxAliases     = 100
	maxDescription = 256
)

// PublishOptions are options of [Registry.Publish]. The zero value publishes the current
// revision without a description.
type PublishOptions struct {
	// Revision is the revision to publish. When the machine has another revision by
	// now, Publish returns ErrResourceConflict. Empty stands for the current revision.
	Revision string
	// Description is for people; at most 256 characters.
	Description string
}

// Publish makes a version of the machine's current revision and returns it. When the
// revision has a version already, Publish returns that version as it is.
//
// Errors: [engine.ErrStateMachineDoesNotExist] when no machine has that name,
// [ErrResourceConflict] when options name another revision than the current one,
// [ErrInvalidRequest] for a description that is too long, and [ErrServiceQuotaExceeded]
// when the machine has 1,000 versions.
func (r *Registry) Publish(ctx context.Context, name string, options PublishOptions) (*Version, error) {
	of, err := r.machineReference(name)
	if err != nil {
		return nil, err
	}
	if err := validDescription(options.Description); err != nil {
		return nil, err
	}
	var published *versionEntry
	_, err = r.change(ctx, of, nil, func(m *entry) (*entry, error) {
		switch {
		case m == nil:
			return nil, r.doesNotExist(&of)
		case options.Revision != "" && options.Revision != m.Revision:
			return nil, fmt.Errorf("%w: %s", ErrResourceConflict, fmt.Sprintf(otherRevision, options.Revision, m.Revision))
		}
		published, err = m.publish(options.Description, r.hosted().Now())
		return m, err
	})
	if err != nil {
		return nil, err
	}
	v := published.shown(r.hosted().MachineARN(of.machine))
	return &v, nil
}

// publish returns the version of the machine's revision, which it makes if there is none.
func (m *entry) publish(description string, now time.Time) (*versionEntry, error) {
	if v := m.current(); v != nil {
		return v, nil
	}
	if len(m.Versions) >= maxVersions {
		return nil, fmt.Errorf("%w: the machine has %d versions, and no machine can have more", ErrServiceQuotaExceeded, maxVersions)
	}
	m.Published++
	m.Versions = append(m.Versions, versionEntry{
		Number: m.Published, Description: description, Definition: m.Definition, Settings: m.Settings, Revision: m.Revision,
		Created: now, Updated: m.Updated,
	})
	return &m.Versions[len(m.Versions)-1], nil
}

// current returns the version of the machine's revision, nil when there is none.
func (m *entry) current() *versionEntry {
	i := slices.IndexFunc(m.Versions, func(v versionEntry) bool { return v.Revision == m.Revision })
	if i < 0 {
		return nil
	}
	return &m.Versions[i]
}

// deleteVersion removes a version. It returns ErrResourceConflict when an alias leads to
// the version.
func (m *entry) deleteVersion(number int) error {
	var leading []string
	for _, a := range m.Aliases {
		if slices.ContainsFunc(a.Routes, func(r Route) bool { return r.Version == number }) {
			leading = append(leading, a.Name)
		}
	}
	if len(leading) > 0 {
		return fmt.Errorf("%w: Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [%s]",
			ErrResourceConflict, strings.Join(leading, ", "))
	}
	m.Versions = slices.DeleteFunc(m.Versions, func(v versionEntry) bool { return v.Number == number })
	return nil
}

// validDescription returns an error for a description that is too long or no UTF-8.
func validDescription(text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: the description %q is no UTF-8", ErrInvalidRequest, names.Short(text))
	}
	if n := utf8.RuneCountInString(text); n > maxDescription {
		return fmt.Errorf("%w: the description has %d characters, at most %d are allowed", ErrInvalidRequest, n, maxDescription)
	}
	return nil
}
