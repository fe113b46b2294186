package states_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
)

// TestSealedTokens: the key of an execution knows its Task Tokens, and no other text.
func TestSealedTokens(t *testing.T) {
	d := states.StartedDetails{Seed: states.Seed{1}, Execution: states.Execution{TokenSuffix: "-whose", SealedTokens: true}}
	key, token := d.Seed.TokenKey(), d.TaskToken(7)
	assert.True(t, key.Sealed(token))
	assert.True(t, key.Sealed(d.TaskToken(8)))
	assert.NotEqual(t, token, d.TaskToken(8))
	const secret = 43
	for i := range secret - 1 {
		other := byte('A')
		if token[i] == other {
			other = 'B'
		}
		assert.False(t, key.Sealed(token[:i]+string(other)+token[i+1:]), "changed at %d", i)
	}
	for _, bad := range []string{"", "x", token[1:], token[:secret-1], strings.Repeat("!", secret), strings.Repeat("A", secret)} {
		assert.False(t, key.Sealed(bad), bad)
	}
	other := states.Seed{2}
	otherKey := other.TokenKey()
	assert.False(t, otherKey.Sealed(token))
	unsealed := d
	unsealed.Execution.SealedTokens = false
	assert.False(t, key.Sealed(unsealed.TaskToken(7)))
}

// TestTokensAreNoOptions: none begins with a hyphen, which command lines take for an option.
func TestTokensAreNoOptions(t *testing.T) {
	d := states.StartedDetails{Seed: states.Seed{1}, Execution: states.Execution{SealedTokens: true}}
	key, seen := d.Seed.TokenKey(), map[string]bool{}
	for id := range states.EventID(1000) {
		token := d.TaskToken(id)
		assert.NotEqual(t, byte('-'), token[0], token)
		assert.True(t, key.Sealed(token))
		seen[token] = true
	}
	assert.Len(t, seen, 1000)
}
