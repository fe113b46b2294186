package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestValidateForEditors reads what an editor does: ranges, fixes, and all mistakes of a text
// that is not finished.
func TestValidateForEditors(t *testing.T) {
	const text = "{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Comment\": \"é😀\", \"Nxt\": \"B\"},\n\"B\": {\"Type\": \"Wait\", \"Seconds\": }}"
	code, out, _ := gostates(text, "validate", "--json", "-")
	assert.Equal(t, exitFailed, code)
	var list []problem
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	require.Len(t, list, 3)
	nxt := list[0]
	assert.Equal(t, "Field 'Nxt' is not supported", nxt.Message)
	assert.Equal(t, textRange{textPosition{72, 2, 40, 44, 41}, textPosition{77, 2, 45, 49, 46}}, *nxt.Range)
	require.Equal(t, `Replace "Nxt" by "Next"`, nxt.Fixes[0].Title)
	assert.Equal(t, []textEdit{{*nxt.Range, `"Next"`}}, nxt.Fixes[0].Edits)
	assert.Equal(t, "The field has no value", list[1].Detail)
	assert.Equal(t, "INVALID_JSON_DESCRIPTION", list[1].Code)
	assert.Equal(t, "}", list[2].Fixes[0].Edits[0].Text)

	code, out, _ = gostates(`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, "validate", "--json", "-")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "[]\n", out)
}
