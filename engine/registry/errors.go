package registry

import (
	"errors"

	"github.com/gostates/gostates/engine"
)

// The conditions that a [Registry] reports, by AWS's names for them, besides
// [engine.ErrStateMachineDoesNotExist], [engine.ErrInvalidARN] and
// [engine.ErrInvalidName].
var (
	// ErrStateMachineAlreadyExists is returned for the name of a machine that is
	// registered with another definition.
	ErrStateMachineAlreadyExists = errors.New("StateMachineAlreadyExists")
	// ErrResourceNotFound is returned when a method that changes a machine is given a
	// version or an alias that the machine does not have, and when tags are given to a
	// machine that is not registered.
	ErrResourceNotFound = errors.New("ResourceNotFound")
	// ErrResourceConflict is returned for a change that the machine's present state
	// forbids, such as the removal of a version that an alias leads to.
	ErrResourceConflict = errors.New("ConflictException")
	// ErrServiceQuotaExceeded is returned for more versions or aliases than a machine
	// can have.
	ErrServiceQuotaExceeded = errors.New("ServiceQuotaExceededException")
	// ErrTooManyTags is returned for more tags than a machine can have.
	ErrTooManyTags = engine.ErrTooManyTags
	// ErrInvalidRequest is returned for a description, a route or a tag that is not
	// valid; the text says why.
	ErrInvalidRequest = engine.ErrInvalidRequest
)
