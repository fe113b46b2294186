package engine

import (
	"fmt"
	"strings"
)

// A reference is what a user calls a registered machine, or a version or an alias of
// one, by: "orders", "orders:3", "orders:PROD", or an ARN that ends in one of these.
type reference struct {
	machine   string
	qualifier string // the number of a version or the name of an alias; may be empty
	foreign   bool   // of another region or account, where this engine has no machines
	text      string
}

func (e *Engine) reference(text string) (reference, error) {
	r := reference{text: text}
	name := text
	if strings.HasPrefix(text, "arn:") {
		parts := strings.SplitN(text, ":", 7)
		if len(parts) < 7 || parts[2] != "states" {
			return r, fmt.Errorf("%w: Invalid Arn: 'Invalid ARN prefix: %s'", ErrInvalidARN, text)
		}
		if parts[5] != "stateMachine" {
			return r, fmt.Errorf("%w: Invalid Arn: 'Resource type not valid in this context: %s'", ErrInvalidARN, parts[5])
		}
		name, r.foreign = parts[6], !strings.HasPrefix(text, e.arnPrefix)
	}
	var qualified bool
	r.machine, r.qualifier, qualified = strings.Cut(name, ":")
	if r.machine == "" || qualified && (r.qualifier == "" || strings.Contains(r.qualifier, ":")) {
		return r, fmt.Errorf("%w: Invalid Arn: '%s' is not the name of a state machine, or of a version or an alias of one", ErrInvalidARN, text)
	}
	return r, nil
}

// ofMachine is reference for what a machine itself is meant by.
func (e *Engine) ofMachine(text string) (reference, error) {
	r, err := e.reference(text)
	if err == nil && r.qualifier != "" {
		err = fmt.Errorf("%w: Invalid Arn: '%s' is a version or an alias, and a state machine is asked for", ErrInvalidARN, text)
	}
	return r, err
}

// key is the key of the machine's document. No document has that of a machine which is
// none of this engine's.
func (r *reference) key() string {
	if r.foreign {
		return ""
	}
	return r.machine
}

// referenceARN returns the whole ARN of what a reference is of.
func (e *Engine) referenceARN(r *reference) string {
	switch {
	case r.foreign:
		return r.text
	case r.qualifier == "":
		return e.machineARN(r.machine)
	}
	return e.machineARN(r.machine) + ":" + r.qualifier
}

// doesNotExist says that there is no such machine, version or alias.
func (e *Engine) doesNotExist(r *reference) error {
	return fmt.Errorf("%w: State Machine Does Not Exist: '%s'", ErrStateMachineDoesNotExist, e.referenceARN(r))
}
