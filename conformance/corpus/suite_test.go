package corpus

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files writes files into a new folder and returns it.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func fixed(name string, err error) Test {
	return Test{Name: name, run: func(conformance.Driver) error { return err }}
}

func TestASuiteCountsByVerdict(t *testing.T) {
	boom := errors.New("boom")
	doubtful := fixed("doubtful", boom)
	doubtful.Doubtful = true
	tests := []Test{
		fixed("passes", nil), fixed("fails", boom), doubtful,
		fixed("known", boom), fixed("known but passes", nil),
	}
	verdicts := map[string]Result{}
	suite := Suite{
		Known:  map[string]string{"known": "a reason", "known but passes": "a reason", "gone": "a reason"},
		Report: func(test *Test, r Result) { verdicts[test.Name] = r },
	}
	sum := suite.Run(tests)
	assert.Equal(t, Summary{Passed: 1, Failed: 2, Skipped: 1, Known: 1}, sum)
	assert.Equal(t, "1 passed, 2 failed, 1 skipped, 1 known failures", sum.String())
	assert.False(t, sum.OK())
	assert.Equal(t, Result{Verdict: Failed, Err: boom}, verdicts["fails"])
	assert.Equal(t, Result{Verdict: KnownFailure, Err: boom, Reason: "a reason"}, verdicts["known"])
	assert.ErrorContains(t, verdicts["known but passes"].Err, "it passes, but is listed as a known failure: a reason")
	assert.Equal(t, []string{"gone"}, suite.Unused(tests))
}

func TestNothingRunIsNoSuccess(t *testing.T) {
	assert.False(t, Summary{}.OK())
	assert.False(t, Summary{Skipped: 3}.OK())
	assert.True(t, Summary{Passed: 1}.OK())
	assert.Equal(t, "0 passed, 0 failed", Summary{}.String())
}

func TestKnownFailuresNeedAReason(t *testing.T) {
	dir := files(t, map[string]string{
		"good.json": `{"a case": "a reason"}`, "empty.json": `{"a case": " "}`, "list.json": `[]`, "broken.json": `{`,
	})
	known, err := LoadKnown(filepath.Join(dir, "good.json"))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a case": "a reason"}, known)
	for _, name := range []string{"empty.json", "list.json", "broken.json", "missing.json"} {
		_, err := LoadKnown(filepath.Join(dir, name))
		assert.Error(t, err, name)
	}
}

func TestAnUnknownKindIsNamed(t *testing.T) {
	_, err := LoadKind("pictures", "x")
	unknown, ok := errors.AsType[*UnknownKindError](err)
	require.True(t, ok)
	assert.Equal(t, `unknown kind of case "pictures"; there are api, definitions, executions, histories, jsonata, jsonpath, rejections, templates, teststate, validity`, unknown.Error())
}

func TestACaseThatCannotBeReadFails(t *testing.T) {
	dir := files(t, map[string]string{"cases.jsonl": `{"name":"a","valid":"no bool"}` + "\n{\n" +
		`{"name":"b","doubtful":true}` + "\n" + `{"name":"c","valid":true,"definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}}`})
	tests, err := LoadKind(Validities, dir)
	require.NoError(t, err)
	require.Len(t, tests, 4)
	assert.Equal(t, "a", tests[0].Name)
	assert.Equal(t, "cases.jsonl, case 2", tests[1].Name)
	assert.True(t, tests[2].Doubtful)
	for i := range 3 {
		assert.ErrorContains(t, tests[i].Run(nil), "the case can't be read")
	}
	assert.NoError(t, tests[3].Run(nil))
}
