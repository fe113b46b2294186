package temporal

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/gostates/gostates/asl"
)

// programs are the machines that this process has parsed. A workflow that is replayed parses no
// definition anew, which could take longer than Temporal lets a workflow task be.
var programs = parsed{machines: make(map[string]*asl.StateMachine)}

// maxPrograms bounds the machines that are remembered.
const maxPrograms = 1_000

// A parsed remembers machines. It is safe for use by any number of goroutines.
type parsed struct {
	mu       sync.Mutex
	machines map[string]*asl.StateMachine
}

// machine returns the machine of a packed definition, or that of the children of the Map states
// whose names lead to it.
func (p *parsed) machine(definition []byte, within []string) (*asl.StateMachine, error) {
	sum := sha256.Sum256(definition)
	key := string(sum[:]) + strings.Join(within, "\x00")
	p.mu.Lock()
	m := p.machines[key]
	p.mu.Unlock()
	if m != nil {
		return m, nil
	}
	text, err := unpack(definition)
	if err != nil {
		return nil, err
	}
	// It was accepted when the execution started.
	m, err = asl.Parser{Extensions: true}.Parse(text)
	if m == nil {
		return nil, fmt.Errorf("temporal: the definition is refused: %w", err)
	}
	for _, name := range within {
		s, ok := m.Find(name).(*asl.Map)
		if !ok || s.Distributed == nil {
			return nil, fmt.Errorf("temporal: the definition has no Map state %q in the mode DISTRIBUTED", name)
		}
		m = s.Distributed.Child
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.machines) >= maxPrograms {
		clear(p.machines)
	}
	p.machines[key] = m
	return m, nil
}
