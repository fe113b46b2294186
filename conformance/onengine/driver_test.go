package onengine_test

import (
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	cases = "../cases"

	// Why an engine can't meet some cases.
	hasBegun = "a task has begun when its handler is called"
)

// unmet are the cases that no engine can meet.
var unmet = map[string]string{
	"an activity that nobody polls for times out": hasBegun,
	"an activity that cannot be scheduled":        hasBegun,
	"a function that cannot be scheduled":         hasBegun,
	"a function that cannot be started":           hasBegun,
	"an integration that cannot be started":       hasBegun,
}

// beginsAnew are the cases whose history is another one after a crash: the time of a task that
// sends heartbeats by its Task Token begins anew, because the last may be lost.
var beginsAnew = map[string]string{
	"a task between whose signs of life lies too much time": "its HeartbeatSeconds begin anew",
	"a worker that is silent is followed by another":        "its HeartbeatSeconds begin anew",
}

// simultaneous are the cases in which tasks of several branches end at the same moment.
var simultaneous = []string{
	"a Parallel that is tried again begins clean",
	"a Parallel that was undone begins anew",
	"a branch that is undoing is not cut off",
	"a branch that was undone begins anew, one that has ended does not",
	"a handler can be a Parallel state",
	"a redriven compensation of a branch leaves its siblings to go on",
	"only the last try is left to undo",
	"what a branch has not begun to undo is taken over",
}

// pass runs all cases in a folder by a driver.
func pass(t *testing.T, folder string, d func() onengine.Driver) {
	t.Helper()
	all, err := conformance.Load(folder)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Expect.Unordered = c.Expect.Unordered || slices.Contains(simultaneous, c.Name)
			driver := d()
			err := c.Run(driver)
			reason := unmet[c.Name]
			if driver.Crash && reason == "" {
				reason = beginsAnew[c.Name]
			}
			if reason != "" {
				assert.Error(t, err, "it passes, and yet: %s", reason)
			} else {
				assert.NoError(t, err)
			}
		})
	}
}

// TestCases: on an engine, too, everything comes of every case that must.
func TestCases(t *testing.T) {
	pass(t, cases, func() onengine.Driver { return onengine.Driver{} })
}

// TestCasesWithCrashes: whichever write of whichever case an engine is lost at, and
// whether that took effect, the next engine comes to the same history.
func TestCasesWithCrashes(t *testing.T) {
	pass(t, cases, func() onengine.Driver { return onengine.Driver{Store: new(storetest.Memory), Crash: true} })
}

// TestCasesWithCrashesOnSQLite does the same on a file, with some of the cases.
func TestCasesWithCrashesOnSQLite(t *testing.T) {
	t.Parallel()
	db := sqlite.Open(filepath.Join(t.TempDir(), "cases.db"))
	require.NoError(t, db.Err())
	defer func() { require.NoError(t, db.Close()) }()
	known := maps.Clone(unmet)
	known["a worker that is silent is followed by another"] = "its HeartbeatSeconds begin anew"
	suite := corpus.Suite{
		Driver: onengine.Driver{Store: db, Crash: true},
		Known:  known,
		Report: func(c *corpus.Test, r corpus.Result) {
			assert.NotEqual(t, corpus.Failed, r.Verdict, "%s: %v", c.Name, r.Err)
		},
	}
	var chapters []string
	for _, chapter := range []string{"parallel", "retry", "tasks"} {
		chapters = append(chapters, filepath.Join(cases, chapter))
	}
	tests, err := corpus.LoadKind(corpus.Executions, chapters...)
	require.NoError(t, err)
	assert.True(t, suite.Run(tests).OK())
	records, _, err := db.List(t.Context(), store.Query{Limit: 1})
	require.NoError(t, err)
	assert.Empty(t, records)
}

// A rewriting store has other words in its logs than were written.
type rewriting struct{ *storetest.Memory }

func (s rewriting) Log(ctx context.Context, arn string) ([][]byte, error) {
	lines, err := s.Memory.Log(ctx, arn)
	for i := range lines {
		lines[i] = bytes.ReplaceAll(lines[i], []byte("before"), []byte("behind"))
	}
	return lines, err
}

// Tail is Log.
func (s rewriting) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

// TestAnotherHistoryIsNoticed: the engine that takes over from a lost one finds another
// input, and says so in the task's parameters.
func TestAnotherHistoryIsNoticed(t *testing.T) {
	t.Parallel()
	c := &conformance.Case{
		Name:       "an input",
		Definition: `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111111111111:function:f","End":true}}}`,
		Input:      "<before>",
		Tasks:      []conformance.Task{{State: "B", Outcome: conformance.Succeeds, Result: 1, Parameters: "<before>", HasParameters: true}},
		Expect:     conformance.Expect{Status: "SUCCEEDED", Output: 1, HasOutput: true},
	}
	require.NoError(t, c.Run(onengine.Driver{Store: new(storetest.Memory), Crash: true}))
	err := c.Run(onengine.Driver{Store: rewriting{new(storetest.Memory)}, Crash: true})
	require.ErrorContains(t, err, "<behind>")
}
