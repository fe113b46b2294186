package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/states"
)

// AWS's words, with their full stops.
const (
	otherAlias    = "Failed to create alias because an alias with the same name and a different routing configuration already exists."
	noAlias       = "Request references a resource that does not exist."
	otherRevision = "Failed to publish the State Machine version for revision %s. The current State Machine revision is %s."
)

// CreateAlias makes an alias, such as "orders:PROD", that leads to one or two versions of
// the machine. The alias's name has 1 to 80 of the characters a-z, A-Z, 0-9, "_", "-" and
// ".", and is no number. When the machine has an alias of that name with the same
// description and routes already, CreateAlias returns that alias.
//
// Errors: [engine.ErrInvalidName]; [ErrInvalidRequest] when the routes are none or more
// than two, lead to the same version twice, or have weights that do not come to 100, and
// for a description of more than 256 characters; [engine.ErrStateMachineDoesNotExist]
// when the machine is not registered; [ErrResourceNotFound] when it does not have a
// version of the routes; [ErrResourceConflict] when it has an alias of that name that
// differs; [ErrServiceQuotaExceeded] when it has 100 aliases.
func (r *Registry) CreateAlias(ctx context.Context, alias, description string, routes ...Route) (*Alias, error) {
	if len(routes) == 0 {
		return nil, fmt.Errorf("%w: an alias needs a version to lead to", ErrInvalidRequest)
	}
	return r.alias(ctx, alias, description, routes, func(m *entry, of *reference) error {
		if a := m.alias(of.qualifier); a != nil {
			if a.Description != description || !slices.Equal(a.Routes, routes) {
				return fmt.Errorf("%w: %s", ErrResourceConflict, otherAlias)
			}
			return nil
		}
		if len(m.Aliases) >= maxAliases {
			return fmt.Errorf("%w: '%s' has %d aliases, and no machine can have more", ErrServiceQuotaExceeded, of.machine, maxAliases)
		}
		if err := m.checkRoutes(routes); err != nil {
			return err
		}
		now := r.hosted().Now()
		m.Aliases = append(m.Aliases, aliasEntry{
			Name: of.qualifier, Description: description, Routes: slices.Clone(routes), Created: now, Updated: now,
		})
		return nil
	})
}

// UpdateAlias changes the routes or the description of an alias. An empty description
// keeps the description that the alias has, and no routes keep its routes. The errors are
// those of [Registry.CreateAlias], and [ErrResourceNotFound] also when the machine has no
// such alias.
func (r *Registry) UpdateAlias(ctx context.Context, alias, description string, routes ...Route) (*Alias, error) {
	return r.alias(ctx, alias, description, routes, func(m *entry, of *reference) error {
		a := m.alias(of.qualifier)
		if a == nil {
			return fmt.Errorf("%w: %s", ErrResourceNotFound, noAlias)
		}
		changed := false
		if len(routes) > 0 && !slices.Equal(a.Routes, routes) {
			if err := m.checkRoutes(routes); err != nil {
				return err
			}
			a.Routes, changed = slices.Clone(routes), true
		}
		if description != "" && description != a.Description {
			a.Description, changed = description, true
		}
		if changed {
			a.Updated = r.hosted().Now()
		}
		return nil
	})
}

// alias has the function change add an alias to a machine, or change one, and returns
// the alias.
func (r *Registry) alias(ctx context.Context, alias, description string, routes []Route, change func(*entry, *reference) error) (*Alias, error) {
	of, err := r.reference(alias)
	if err != nil {
		return nil, err
	}
	if err := validAlias(of.qualifier); err != nil {
		return nil, err
	}
	if err := validDescription(description); err != nil {
		return nil, err
	}
	if err := validRoutes(routes); err != nil {
		return nil, err
	}
	machine := reference{machine: of.machine, foreign: of.foreign, text: of.text}
	var changed *aliasEntry
	_, err = r.change(ctx, machine, nil, func(m *entry) (*entry, error) {
		if m == nil {
			return nil, r.doesNotExist(&machine)
		}
		if err := change(m, &of); err != nil {
			return nil, err
		}
		changed = m.alias(of.qualifier)
		return m, nil
	})
	if err != nil {
		return nil, err
	}
	a := changed.shown(r.hosted().MachineARN(of.machine))
	return &a, nil
}

// deleteAlias removes an alias, if the machine has it.
func (m *entry) deleteAlias(name string) {
	m.Aliases = slices.DeleteFunc(m.Aliases, func(a aliasEntry) bool { return a.Name == name })
}

// checkRoutes returns an error when a route leads to a version that the machine doesn't
// have.
func (m *entry) checkRoutes(routes []Route) error {
	for _, route := range routes {
		if m.version(route.Version) == nil {
			return fmt.Errorf("%w: the machine has no version %d for the alias to lead to", ErrResourceNotFound, route.Version)
		}
	}
	return nil
}

// validAlias returns an error for a text that AWS would not take as the name of an alias
// (documented). A number would be taken for a version.
func validAlias(name string) error {
	const digits, others = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-."
	switch {
	case name == "":
		return fmt.Errorf("%w: Invalid Name: an alias is asked for, as in \"orders:PROD\"", engine.ErrInvalidName)
	case len(name) > names.MaxLength:
		return fmt.Errorf("%w: Invalid Name: '%s' has %d characters, at most %d are allowed", engine.ErrInvalidName, names.Short(name), len(name), names.MaxLength)
	case strings.ContainsFunc(name, func(c rune) bool { return !strings.ContainsRune(digits+others, c) }):
		return fmt.Errorf("%w: Invalid Name: '%s' has characters that the name of an alias can't have", engine.ErrInvalidName, name)
	case !strings.ContainsAny(name, others):
		return fmt.Errorf("%w: Invalid Name: '%s' is a number, as only versions are", engine.ErrInvalidName, name)
	}
	return nil
}

// validRoutes returns an error for routes that no alias can have. It lets no routes at
// all pass, by which UpdateAlias keeps the routes of an alias.
func validRoutes(routes []Route) error {
	if len(routes) == 0 {
		return nil
	}
	if len(routes) > 2 {
		return fmt.Errorf("%w: an alias leads to one version or two, not to %d", ErrInvalidRequest, len(routes))
	}
	sum, weights := 0, make([]string, len(routes))
	for i, r := range routes {
		if r.Weight < 0 || r.Weight > 100 {
			return fmt.Errorf("%w: the weight of version %d is %d, it must be between 0 and 100", ErrInvalidRequest, r.Version, r.Weight)
		}
		if i > 0 && r.Version == routes[0].Version {
			return fmt.Errorf("%w: both routes lead to version %d", ErrInvalidRequest, r.Version)
		}
		sum, weights[i] = sum+r.Weight, fmt.Sprint(r.Weight)
	}
	if sum != 100 {
		return fmt.Errorf("%w: Sum of routing configuration weights must equal 100. Received: [%s]", ErrInvalidRequest, strings.Join(weights, ", "))
	}
	return nil
}

// choose returns the number of the version that an execution with a seed runs. The choice
// depends on a hash of the seed, so that it tells nothing of what else the seed decides.
func (a *aliasEntry) choose(seed states.Seed) int {
	sum := sha256.Sum256(append([]byte("route "), seed[:]...))
	chance := int(binary.BigEndian.Uint64(sum[:]) % 100)
	for _, route := range a.Routes {
		if chance < route.Weight {
			return route.Version
		}
		chance -= route.Weight
	}
	return a.Routes[len(a.Routes)-1].Version
}
