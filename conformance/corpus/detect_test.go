package corpus_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
)

// aCaseOf has a case of every kind, with a field of each that can be misspelt.
var aCaseOf = map[corpus.Kind]struct{ text, misspelt, message string }{
	corpus.Executions: {
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"input":1,"expect":{"status":"SUCCEEDED","output":1}}`,
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"inptu":1,"expect":{"status":"SUCCEEDED","output":{}}}`,
		`unknown field "inptu"; did you mean "input"?`},
	corpus.Histories: {
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"expect":{"status":"SUCCEEDED","event_types_absent":["TaskFailed"]}}`,
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"expect":{"status":"SUCCEEDED","event_types_absent":["TaskFailed"],"event_typs":[]}}`,
		`unknown field "event_typs" in expect`},
	corpus.Rejections: {
		`{"name":"a","operation":"create_state_machine","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"expect":{}}`,
		`{"name":"a","operation":"create_state_machine","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"expect":{},"parms":{}}`,
		`unknown field "parms"; did you mean "params"?`},
	corpus.Validities: {
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"valid":true}`,
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Pass"}}},"valid":false,"doubtfull":true}`,
		`unknown field "doubtfull"; did you mean "doubtful"?`},
	corpus.Definitions: {
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}}`,
		`{"name":"a","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"vlaid":false}`,
		`unknown field "vlaid"; did you mean "valid"?`},
	corpus.Paths: {
		`{"name":"a","kind":"path","expr":"$.a","input":{"a":1},"expect":{"result":1}}`,
		`{"name":"a","kind":"path","expr":"$$","contxt":{"a":1},"expect":{"result":null}}`,
		`unknown field "contxt"; did you mean "context"?`},
	corpus.Queries: {
		`{"name":"a","expr":"1+1","expect":{"result":2}}`,
		`{"name":"a","expr":"$x","bindngs":{"x":1},"expect":{"undefined":true}}`,
		`unknown field "bindngs"; did you mean "bindings"?`},
	corpus.Conversations: {
		`{"name":"a","calls":[{"call":"list_activities","params":{},"response":{"activities":[]}}]}`,
		`{"name":"a","calls":[{"call":"list_activities","params":{},"respnse":{"activities":[1]}}]}`,
		`unknown field "respnse" in calls`},
	corpus.Templates: {
		`{"name":"a.yaml","kind":"definition","template":"{StartAt: A, States: {A: {Type: Succeed}}}"}`,
		`{"name":"a.yaml","kind":"definition","template":"{StartAt: A, States: {A: {Type: Succeed}}}","fiels":{}}`,
		`unknown field "fiels"; did you mean "files"?`},
	corpus.StateTests: {
		`{"name":"a","definition":{"Type":"Succeed"},"inspectionLevel":"INFO","expect":{"status":"SUCCEEDED","output":{}}}`,
		`{"name":"a","definition":{"Type":"Pass","End":true},"inspectionLevel":"INFO","revealSecrts":true,"expect":{"status":"SUCCEEDED","output":{}}}`,
		`unknown field "revealSecrts"; did you mean "revealSecrets"?`},
}

// driver has executions simulated and conversations with an engine.
type driver struct{ conformance.Simulator }

// TestState implements [corpus.StateTester].
func (driver) TestState(request *value.Object, work any) ([]*value.Object, error) {
	return onengine.Driver{}.TestState(request, work)
}

// ServeAPI implements [corpus.APIServer].
func (driver) ServeAPI(start time.Time) (corpus.Endpoint, error) { return onengine.ServeAPI(start) }

// A case is of the kind that its fields tell, and one with a misspelt field is no green test.
func TestKindsAreTold(t *testing.T) {
	for _, kind := range corpus.Kinds() {
		c, ok := aCaseOf[kind]
		require.True(t, ok, "there is no case of the kind %s", kind)
		require.Equal(t, kind, corpus.KindOf([]byte(c.text)))
		file := filepath.Join(t.TempDir(), "cases.jsonl")
		require.NoError(t, os.WriteFile(file, []byte(c.text+"\n"+c.misspelt), 0o644))
		tests, err := corpus.LoadKind("", file)
		require.NoError(t, err)
		require.Len(t, tests, 2)
		require.NoError(t, tests[0].Run(driver{}), kind)
		require.ErrorContains(t, tests[1].Run(driver{}), c.message)
	}
	for _, text := range []string{"[]", "{", `{"name":"a"}`, `{"definition":{},"expect":{"statsu":"SUCCEEDED"}}`} {
		require.Empty(t, corpus.KindOf([]byte(text)), text)
	}
	file := filepath.Join(t.TempDir(), "cases.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"name":"a","definition":{},"expect":{"statsu":"SUCCEEDED"}}`), 0o644))
	tests, err := corpus.LoadKind("", file)
	require.NoError(t, err)
	require.ErrorContains(t, tests[0].Run(conformance.Simulator{}), "its fields don't tell its kind, so that must be said")
	require.NoError(t, os.WriteFile(file, []byte(`{"StartAt":"A","States":{}}`), 0o644))
	tests, err = corpus.LoadKind("", file)
	require.NoError(t, err)
	require.ErrorContains(t, tests[0].Run(conformance.Simulator{}), "it is a definition, and no case")
	_, err = corpus.LoadKind("execution", file)
	require.ErrorContains(t, err, `unknown kind of case "execution"; did you mean "executions"?`)
}
