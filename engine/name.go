package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/internal/names"
)

// machineName derives a machine's name from its text.
func machineName(m *asl.StateMachine) string {
	sum := sha256.Sum256([]byte(m.Definition()))
	return "machine-" + hex.EncodeToString(sum[:4])
}

// executionARN returns the ARN of a Standard execution.
func (e *Engine) executionARN(machine, name string) string {
	return e.arnPrefix + "execution:" + machine + ":" + name
}

// identityOf returns the names and ARNs that stand in the ARN of a Standard execution.
func identityOf(arn string) Identity {
	id := Identity{ARN: arn}
	if prefix, rest, ok := strings.Cut(arn, ":execution:"); ok {
		id.Machine, id.Name, _ = strings.Cut(rest, ":")
		id.MachineARN = prefix + ":stateMachine:" + id.Machine
	}
	return id
}

// expressARN returns the ARN of an Express execution; id tells executions of the
// same name apart.
func (e *Engine) expressARN(machine, name, id string) string {
	return e.arnPrefix + "express:" + machine + ":" + name + ":" + id
}

// nameExecution sets the ARN of an execution that is new, and its name if it has none, which then
// is a part of the ARN's text. It needs 32 random bytes.
func (e *Engine) nameExecution(id *Identity, express bool, random []byte) {
	var room [256]byte
	b := append(room[:0], e.arnPrefix...)
	if express {
		b = append(b, "express:"...)
	} else {
		b = append(b, "execution:"...)
	}
	b = append(append(b, id.Machine...), ':')
	from := len(b)
	if id.Name == "" {
		b = appendRandomUUID(b, random)
	} else {
		b = append(b, id.Name...)
	}
	to := len(b)
	if express {
		b = appendRandomUUID(append(b, ':'), random[16:])
	}
	id.ARN = string(b)
	id.Name = id.ARN[from:to]
}

// checkARN reports why an ARN cannot be that of a Standard execution.
func checkARN(arn string) error {
	if err := names.CheckARN(arn); err != nil {
		return fmt.Errorf("%w: Invalid Arn: %w", ErrInvalidARN, err)
	}
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "states" {
		return fmt.Errorf("%w: Invalid Arn: 'Invalid ARN prefix: %s'", ErrInvalidARN, arn)
	}
	switch {
	case parts[5] == "express":
		return fmt.Errorf("%w: Express executions are not described, listed or stopped, and have no history: '%s'", ErrTypeNotSupported, arn)
	case parts[5] != "execution":
		return fmt.Errorf("%w: Invalid Arn: 'Resource type not valid in this context: %s'", ErrInvalidARN, parts[5])
	}
	return nil
}
