package asl

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestATransitionThatLeadsNowhereIsOneMistake: the states that only it may have led to are
// not reported besides, except as AWS reports them.
func TestATransitionThatLeadsNowhereIsOneMistake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		aws  int
	}{
		"StartAt of no near name": {`{"StartAt":"Zzzzzzz","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`, 2},
		"Next that is no text":    {`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":5},"B":{"Type":"Succeed"}}}`, 1},
		"Default that is no text": {`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"C"}],"Default":5},"B":{"Type":"Succeed"},"C":{"Type":"Succeed"}}}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			var refused *InvalidDefinitionError
			require.ErrorAs(t, err, &refused)
			assert.Len(t, refused.Diagnostics, 1)
			assert.GreaterOrEqual(t, len(refused.Diagnostics.AWS()), c.aws)
		})
	}
}
