package jsonpath

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// TestFunctionsPayBeforeTheyMake: a template of a thousand members that each make text of
// a large input fails at the bound, whichever function makes it.
func TestFunctionsPayBeforeTheyMake(t *testing.T) {
	t.Parallel()
	long, short := strings.Repeat("a", 100_000), strings.Repeat("a", 10_000)
	for call, input := range map[string]any{
		`States.Format('{}{}', $, $)`:                             long,
		`States.Format('{}', States.JsonToString($))`:             long,
		`States.JsonToString($)`:                                  []any{long, long},
		`States.StringSplit($, ',')`:                              long,
		`States.StringToJson($)`:                                  `"` + long + `"`,
		`States.Base64Encode($)`:                                  short,
		`States.Base64Decode($)`:                                  short,
		`States.Format('` + strings.Repeat("x", 9000) + `{}', $)`: "",
	} {
		t.Run(call[:min(len(call), 40)], func(t *testing.T) {
			var b value.Builder
			for i := range 1_000 {
				b.Set("m"+strconv.Itoa(i)+".$", call)
			}
			template, err := CompileTemplate(b.Object())
			require.NoError(t, err)
			_, err = template.Eval(input, nil)
			assert.ErrorContains(t, err, "would make more than 8388608 bytes")
		})
	}
	once, err := CompileExpression(`States.Format('{}{}', $, $)`)
	require.NoError(t, err)
	v, err := once.Eval(long, nil)
	require.NoError(t, err)
	assert.Len(t, v, 200_000)
}
