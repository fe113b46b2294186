package killtest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Notes are what the children noted.
type notes struct {
	calls   map[string][]string // generations by key
	started map[string]bool     // ARNs
	tokens  map[string]string   // keys by token
	sent    map[string]string   // generations that had a token accepted, by key
	// notified has the statuses by ARN that somebody was told of.
	notified map[string][]string
}

func readNotes(t *testing.T, folder string) *notes {
	lines, err := ReadLines(filepath.Join(folder, "journal"))
	require.NoError(t, err)
	n := &notes{map[string][]string{}, map[string]bool{}, map[string]string{}, map[string]string{}, map[string][]string{}}
	ids := map[string]bool{} // of notifications
	for _, words := range lines {
		switch words[0] {
		case "call":
			assert.NotContains(t, n.calls[words[2]], words[1], "%s was called twice by one process", words[2])
			n.calls[words[2]] = append(n.calls[words[2]], words[1])
		case "started":
			n.started[words[1]] = true
		case "token":
			n.tokens[words[1]] = words[2]
		case "sent":
			key := n.tokens[words[1]]
			assert.NotEmpty(t, key)
			assert.Empty(t, n.sent[key], "a token was accepted twice")
			n.sent[key] = words[2]
		case "notified":
			if !ids[words[3]] {
				ids[words[3]] = true
				n.notified[words[1]] = append(n.notified[words[1]], words[2])
			}
		}
	}
	return n
}

// Check compares the histories in a store with what the processes noted in a folder. Every
// execution that was started is there, of so many, and has one complete history. Every
// handler's call is explained by it, every task in it was called and was not called again
// once its end was in it, and every answer by Task Token that was accepted is in it, too.
// Everyone was told of the executions' changes of status.
func Check(t *testing.T, db store.Store, folder string, executions int) {
	t.Helper()
	n := readNotes(t, folder)
	accepted := len(n.sent)
	records, next, err := db.List(t.Context(), store.Query{Limit: 1000})
	require.NoError(t, err)
	for next != "" {
		var more []store.Record
		more, next, err = db.List(t.Context(), store.Query{Limit: 1000, Next: next})
		require.NoError(t, err)
		records = append(records, more...)
	}
	assert.Len(t, records, executions)
	ends := 0
	for _, r := range records {
		delete(n.started, r.ARN)
		assert.Equal(t, []string{"RUNNING", string(r.Status)}, n.notified[r.ARN], r.Name)
		ends += checkHistory(t, db, &r, n)
	}
	assert.Empty(t, n.started, "executions were lost")
	assert.Empty(t, n.sent, "answers that were accepted are in no history")
	assert.NotZero(t, ends)
	repeated := 0
	for _, generations := range n.calls {
		repeated += len(generations) - 1
	}
	t.Logf("%d executions, %d tasks that ended, %d tokens accepted, %d handlers called again after a kill", len(records), ends, accepted, repeated)
}

// checkHistory checks one history and returns the number of tasks in it that a
// handler ended. It takes out of the notes what it finds of accepted tokens.
func checkHistory(t *testing.T, db store.Store, r *store.Record, n *notes) (ends int) {
	log, err := db.Log(t.Context(), r.ARN)
	require.NoError(t, err)
	text, err := db.Definition(t.Context(), r.Definition)
	require.NoError(t, err)
	m, err := asl.Parser{Extensions: true}.Parse([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, endOf(text), r.Status, r.Name)
	var events []states.Event
	explained := map[string]bool{}
	scheduled := map[states.EventID]states.EventID{} // the try that an event follows
	times := map[states.EventID]time.Time{}
	var last states.EventID
	// ended checks the end of a task that a handler gave it.
	ended := func(key, generation string) {
		ends++
		generations := n.calls[key]
		require.NotEmpty(t, generations, "%s ended and was not called", key)
		assert.Equal(t, generation, generations[len(generations)-1], "%s was called again after its end was durable", key)
	}
	for _, line := range log {
		event, err := states.ParseLog(line)
		require.NoError(t, err)
		if isOwn(&event) {
			continue
		}
		events = append(events, event)
		if event.Hidden() {
			continue
		}
		require.Equal(t, last+1, event.ID, "%s has a gap", r.Name)
		last = event.ID
		times[event.ID] = event.At
		scheduled[event.ID] = scheduled[event.PreviousID]
		if event.Type == states.WaitStateExited {
			assert.GreaterOrEqual(t, event.At.Sub(times[event.PreviousID]), time.Second, "%s did not wait", r.Name)
		}
		if _, ok := event.Details.(*states.ScheduledDetails); ok {
			scheduled[event.ID] = event.ID
		}
		key := fmt.Sprintf("%s/%d", r.ARN, scheduled[event.ID])
		switch d := event.Details.(type) {
		case *states.ScheduledDetails:
			explained[key] = true
			assert.NotEmpty(t, n.calls[key], "%s was scheduled and not called", key)
		case *states.FailureDetails:
			if d.Failure.Error == "Flaky" || d.Failure.Error == "Broken" && event.Type != states.ExecutionFailed {
				ended(key, d.Failure.Cause)
			}
		case *states.OutputDetails:
			if generation := n.sent[key]; generation != "" && d.Output == "approved in "+generation {
				delete(n.sent, key)
			}
			var result struct{ Generation, Key string }
			text, err := json.Marshal(d.Output)
			require.NoError(t, err)
			if event.Type == states.ExecutionSucceeded || json.Unmarshal(text, &result) != nil || result.Key == "" {
				continue
			}
			require.Equal(t, key, result.Key, "%s: the result of another task", r.Name)
			ended(key, result.Generation)
		}
	}
	restored, err := states.Restore(m, events, states.Options{})
	require.NoError(t, err)
	assert.Equal(t, r.Status, restored.Status())
	for key := range n.calls {
		if strings.HasPrefix(key, r.ARN+"/") {
			assert.True(t, explained[key], "%s was called, and no history says why", key)
		}
	}
	return ends
}

// isOwn reports whether an event is a line of the engine's own.
func isOwn(event *states.Event) bool {
	return event.Type == "TaskHeartbeat" || event.Type == "TaskRepeated"
}
