package registry

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/names"
)

// A reference names a registered machine, or a version or an alias of one: "orders",
// "orders:3", "orders:PROD", or an ARN that ends in one of these.
type reference struct {
	machine   string
	qualifier string // the number of a version or the name of an alias; may be empty
	foreign   bool   // the ARN is of another region or account, where the engine has no machines
	text      string // what the user wrote
}

// reference reads a reference. It does not look whether the machine is registered.
func (r *Registry) reference(text string) (reference, error) {
	of := reference{text: text}
	if err := names.CheckARN(text); err != nil {
		return of, fmt.Errorf("%w: Invalid Arn: %w", engine.ErrInvalidARN, err)
	}
	name := text
	if strings.HasPrefix(text, "arn:") {
		parts := strings.SplitN(text, ":", 7)
		if len(parts) < 7 || parts[2] != "states" {
			return of, fmt.Errorf("%w: Invalid Arn: 'Invalid ARN prefix: %s'", engine.ErrInvalidARN, text)
		}
		if parts[5] != "stateMachine" {
			return of, fmt.Errorf("%w: Invalid Arn: 'Resource type not valid in this context: %s'", engine.ErrInvalidARN, parts[5])
		}
		name, of.foreign = parts[6], !strings.HasPrefix(text, r.hosted().MachineARN(""))
	}
	var qualified bool
	of.machine, of.qualifier, qualified = strings.Cut(name, ":")
	if of.machine == "" || qualified && (of.qualifier == "" || strings.Contains(of.qualifier, ":")) {
		return of, fmt.Errorf("%w: Invalid Arn: '%s' is not the name of a state machine, or of a version or an alias of one", engine.ErrInvalidARN, text)
	}
	return of, nil
}

// machineReference reads a reference to a machine. It refuses references to versions and
// aliases.
func (r *Registry) machineReference(text string) (reference, error) {
	of, err := r.reference(text)
	if err == nil && of.qualifier != "" {
		err = fmt.Errorf("%w: Invalid Arn: '%s' is a version or an alias, and a state machine is asked for", engine.ErrInvalidARN, text)
	}
	return of, err
}

// key returns the key of the machine's document. For a machine of another region or
// account it returns "", which is the key of no document.
func (of *reference) key() string {
	if of.foreign {
		return ""
	}
	return of.machine
}

// arn returns the ARN of the machine, version or alias that a reference names.
func (r *Registry) arn(of *reference) string {
	switch {
	case of.foreign:
		return of.text
	case of.qualifier == "":
		return r.hosted().MachineARN(of.machine)
	}
	return r.hosted().MachineARN(of.machine) + ":" + of.qualifier
}

// doesNotExist returns the error for a machine, a version or an alias that is not
// registered.
func (r *Registry) doesNotExist(of *reference) error {
	return fmt.Errorf("%w: State Machine Does Not Exist: '%s'", engine.ErrStateMachineDoesNotExist, r.arn(of))
}
