package stepfunctions

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPageTokens: each leads to its position, in its own list only, and none begins with a
// hyphen, which command lines take for an option.
func TestPageTokens(t *testing.T) {
	for i := range 500 {
		p := pager(fmt.Sprint("list ", i))
		token := p.token("here")
		assert.NotEqual(t, byte('-'), token[0], token)
		position, err := p.position(&token)
		require.NoError(t, err)
		assert.Equal(t, "here", position)
		_, err = pager("another").position(&token)
		assert.ErrorIs(t, err, errToken)
	}
}
