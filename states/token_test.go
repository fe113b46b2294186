package states_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestATaskTokenLeadsToItsTask, and no two tasks have the same.
func TestATaskTokenLeadsToItsTask(t *testing.T) {
	seeds := []states.Seed{{}, {1}, {31: 1}}
	seen := map[string]bool{}
	for _, seed := range seeds {
		for _, arn := range []string{"", "a", "arn:aws:states:us-east-1:123456789012:execution:m:n", strings.Repeat("ä", 300)} {
			for _, id := range []states.EventID{1, 127, 128, 25_000, 1 << 40} {
				token := seed.TaskToken(arn, id)
				assert.Equal(t, token, seed.TaskToken(arn, id))
				require.False(t, seen[token[:16]], "not even in their beginnings")
				seen[token[:16]] = true
				gotARN, gotID, ok := states.ParseTaskToken(token)
				require.True(t, ok)
				assert.Equal(t, arn, gotARN)
				assert.Equal(t, id, gotID)
			}
		}
	}
}

func TestTextsThatAreNoTaskTokens(t *testing.T) {
	seed := states.Seed{7}
	token := seed.TaskToken("arn", 3)
	for _, text := range []string{
		"", "x", "not a token", token[:43], token + "=", token + "!",
		strings.Repeat("_", 43+20), // the id has no end
	} {
		_, _, ok := states.ParseTaskToken(text)
		assert.False(t, ok, text)
	}
}
