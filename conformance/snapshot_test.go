package conformance

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/states"
)

// TestCasesFromSnapshots: an execution that goes on from a snapshot after every step records the
// same events as one that never stops, to the byte. The environment variable CASES names a folder
// with further cases, among files of other kinds.
func TestCasesFromSnapshots(t *testing.T) {
	cases := append(ownCases(t), casesIn(t, os.Getenv("CASES"))...)
	for _, c := range cases {
		whole, err := c.Execute(Simulator{})
		require.NoError(t, err, c.Name)
		resumed, err := c.Execute(Simulator{Snapshots: true})
		if !assert.NoError(t, err, c.Name) {
			continue
		}
		assert.Equal(t, logOf(whole.History), logOf(resumed.History), c.Name)
		assert.Equal(t, whole.Status, resumed.Status, c.Name)
	}
	t.Logf("%d executions", len(cases))
}

// casesIn returns the cases in the files of a folder that can be read as executions; none for "".
func casesIn(t *testing.T, folder string) (cases []*Case) {
	if folder == "" {
		return nil
	}
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".jsonl") {
			if some, err := Load(path); err == nil {
				cases = append(cases, some...)
			}
		}
		return err
	}))
	require.NotEmpty(t, cases, "%s has no executions", folder)
	return cases
}

// logOf returns events as a log has them, a line for each.
func logOf(events []states.Event) string {
	var w states.LogWriter
	var lines []byte
	for i := range events {
		lines = append(w.Append(lines, &events[i]), '\n')
	}
	return string(lines)
}
