package onengine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStateTests: a case of a single state passes, and fails when another answer is expected.
func TestStateTests(t *testing.T) {
	for _, c := range []struct{ text, failure string }{
		{`{"definition":{"Type":"Pass","Next":"B"},"input":1,"inspectionLevel":"DEBUG","expect":{"status":"SUCCEEDED","output":1,"nextState":"B",
			"inspectionData":{"input":1,"afterInputPath":1,"afterParameters":1,"afterResultSelector":1,"afterResultPath":1}}}`, ""},
		{`{"definition":{"Type":"Pass","Next":"B"},"inspectionLevel":"INFO","expect":{"status":"SUCCEEDED","output":{},"nextState":"C"}}`, `nextState: expected "C", actual "B"`},
		{`{"definition":{"Type":"Pass","End":true},"inspectionLevel":"DEBUG","expect":{"status":"SUCCEEDED","output":{}}}`, `inspectionData`},
		{`{"definition":{"Type":"Wait","Seconds":299,"End":true},"inspectionLevel":"INFO","expect":{"status":"SUCCEEDED","output":{}}}`, ""},
		{`{"definition":{"Type":"Task","Resource":"r","End":true},"roleArn":"arn:aws:iam::123456789012:role/r","inspectionLevel":"INFO","task":[1],
			"expect":{"status":"SUCCEEDED","output":[1]}}`, ""},
		{`{"definition":{"Type":"Task","Resource":"r","End":true},"inspectionLevel":"INFO","expect":{"exception":{"code":"ValidationException","message":"RoleArn must be specified when testing a Task state"}}}`, ""},
		{`{"definition":{"Type":"Task","Resource":"r","End":true},"inspectionLevel":"INFO","expect":{"status":"SUCCEEDED","output":1}}`, `status: expected "SUCCEEDED"`},
		{`{"definition":{"StartAt":"A"},"stateName":"A","expect":{"exception":{"code":"InvalidDefinition","message":"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"}}}`, ""},
	} {
		file := filepath.Join(t.TempDir(), "cases.jsonl")
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(c.text, "\n", " ")), 0o600))
		tests, err := corpus.LoadKind(corpus.StateTests, file)
		require.NoError(t, err)
		require.Len(t, tests, 1)
		err = tests[0].Run(onengine.Driver{})
		if c.failure == "" {
			assert.NoError(t, err, c.text)
		} else {
			assert.ErrorContains(t, err, c.failure, c.text)
		}
		assert.ErrorContains(t, tests[0].Run(conformance.Simulator{}), "tests no single states")
	}
}
