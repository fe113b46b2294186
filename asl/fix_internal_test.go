package asl

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryFieldHasFixes misspells every field of every type of state, and puts each where it
// cannot be: a misspelt one is replaced by the right one, and any can be removed.
func TestEveryFieldHasFixes(t *testing.T) {
	seen := 0
	for typ, in := range stateOwners {
		for _, language := range []QueryLanguage{JSONPath, JSONata} {
			for i := range fieldTable {
				row := &fieldTable[i]
				if len(row.name) < 5 || row.extension || row.name == "QueryLanguage" {
					continue
				}
				allowed := row.in&in != 0 && row.languages.has(language)
				written := row.name
				if allowed {
					n := len(written)
					written = written[:n-2] + written[n-1:] + written[n-2:n-1] // the last two letters change places
				}
				if fieldOf(written, in, language) != nil && allowed {
					continue // it is a field of another name
				}
				text := fmt.Sprintf(`{"QueryLanguage": %q, "StartAt": "A", "States": {"A": {"Type": %q, %q: null}}}`, language, typ, written)
				for _, d := range (Parser{}).Validate([]byte(text)) {
					if d.Pointer != "/States/A/"+written || !d.misplaced {
						continue
					}
					seen++
					require.NotEmpty(t, d.Fixes, "%s: %s", text, d.Message)
					require.Equal(t, fmt.Sprintf("%q", written), text[d.Range.Start.Offset:d.Range.End.Offset])
					for _, fix := range d.Fixes {
						mended, err := fix.Apply(text)
						require.NoError(t, err)
						for _, left := range (Parser{}).Validate([]byte(mended)) {
							require.NotEqual(t, d.Pointer, left.Pointer, "%s: %s", mended, left.Message)
						}
					}
					if allowed {
						require.Equal(t, fmt.Sprintf("%q", row.name), d.Fixes[0].Edits[0].Text, text)
					}
				}
			}
		}
	}
	require.Greater(t, seen, 500)
}

// TestMendReadsJSON: of a text that is JSON the mender makes what the scanner makes.
func TestMendReadsJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, ` {"a" : [ ] , "b":{"c":[1,-2.5e+3,true,false,null,"x\u00e9\n"]}} `, `{"a":1,"a":2,"":{"":[[],{}]}}`, `{"\ud800":"\udfff\ud800", "ä":"𝄞"}`,
	} {
		want, err := scan(text)
		require.NoError(t, err)
		got, slips := mend(text)
		require.Empty(t, slips)
		require.Equal(t, want, got)
	}
}
