package killtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A family has the executions of a store by their parents.
type family struct {
	status   map[string]states.Status
	history  map[string][]states.Event
	children map[string][]string // ARNs by the IdempotencyKey of the task that started them
	cause    map[string]string
}

func readFamily(t *testing.T, db store.Store) *family {
	t.Helper()
	f := &family{map[string]states.Status{}, map[string][]states.Event{}, map[string][]string{}, map[string]string{}}
	for next, more := "", true; more; more = next != "" {
		var records []store.Record
		var err error
		records, next, err = db.List(t.Context(), store.Query{Limit: 1000, Next: next})
		require.NoError(t, err)
		for _, r := range records {
			f.status[r.ARN] = r.Status
			lines, err := db.Log(t.Context(), r.ARN)
			require.NoError(t, err)
			for _, line := range lines {
				event, err := states.ParseLog(line)
				require.NoError(t, err)
				f.history[r.ARN] = append(f.history[r.ARN], event)
				switch d := event.Details.(type) {
				case *states.StartedDetails:
					if p := d.Execution.Parent; p.ARN != "" {
						key := fmt.Sprintf("%s/%d", p.ARN, p.Task)
						f.children[key] = append(f.children[key], r.ARN)
					}
				case *states.FailureDetails:
					f.cause[r.ARN] = d.Failure.Cause // the last is the execution's
				}
			}
		}
	}
	return f
}

// CheckNested compares the histories in a store with each other, and with what the processes
// noted in a folder: of so many executions that were started by none, nothing runs and nothing is
// lost. Every task has started one execution at most, and exactly one if it says so; who waited has
// what came of it; who was waited for by nobody any more is stopped. No worker was given a task that
// another one had.
func CheckNested(t *testing.T, db store.Store, folder string, executions int) {
	t.Helper()
	f := readFamily(t, db)
	lines, err := ReadLines(filepath.Join(folder, "journal"))
	require.NoError(t, err)
	given, started := map[string]string{}, map[string]bool{}
	for _, words := range lines {
		switch words[0] {
		case "given":
			assert.Empty(t, given[words[2]], "%s was given to two workers", words[2])
			given[words[2]] = words[1]
		case "started":
			started[words[1]] = true
		}
	}
	assert.Len(t, started, executions)
	for arn := range started {
		assert.NotEmpty(t, f.status[arn], "%s was lost", arn)
	}
	ends := map[string]states.Status{"parent2": states.StatusFailed, "long": states.StatusAborted, "mid of long": states.StatusAborted}
	waited, stopped, handed, again := 0, 0, 0, 0
	for arn, history := range f.history {
		machine := strings.Split(arn, ":")[6]
		want := ends[machine]
		if want == "" {
			want = states.StatusSucceeded
		}
		assert.Equal(t, want, f.status[arn], arn)
		if machine == "long" || machine == "mid of long" {
			stopped++
			assert.Contains(t, f.cause[arn], "which was managing this resource was aborted", arn)
		}
		tries := map[states.EventID]states.EventID{} // by the event that follows
		for _, event := range history {
			if event.Hidden() || isOwn(&event) {
				continue
			}
			tries[event.ID] = tries[event.PreviousID]
			if event.Type == states.TaskScheduled || event.Type == states.ActivityScheduled {
				tries[event.ID] = event.ID
				assert.LessOrEqual(t, len(f.children[fmt.Sprintf("%s/%d", arn, event.ID)]), 1, "%s started two executions", arn)
			}
			key := fmt.Sprintf("%s/%d", arn, tries[event.ID])
			output, _ := event.Details.(*states.OutputDetails)
			switch event.Type {
			case states.TaskSubmitted, states.TaskSucceeded:
				o, ok := output.Output.(*value.Object)
				if !ok {
					continue // it is none that starts executions
				}
				child, _ := o.Get("ExecutionArn")
				if assert.Equal(t, []string{child.(string)}, f.children[key], key) && event.Type == states.TaskSucceeded {
					waited++
					assert.Equal(t, states.StatusSucceeded, f.status[child.(string)])
				}
			case states.ActivitySucceeded:
				handed++
				assert.Equal(t, key, output.Output, "the answer is another task's")
				assert.NotEmpty(t, given[key])
			case states.ActivityTimedOut:
				again++
			}
		}
	}
	for key := range f.children {
		assert.Len(t, f.children[key], 1, key)
	}
	for _, collection := range []string{"activity tasks", "forsaken tasks"} {
		left, err := db.(store.DocumentStore).Documents(t.Context(), collection, "", 10)
		require.NoError(t, err)
		assert.Empty(t, left, collection)
	}
	assert.NotZero(t, waited*stopped*handed)
	t.Logf("%d executions, of which %d were started by tasks: %d waited for to their end, %d stopped; %d tasks of workers done, %d given anew because their worker died",
		len(f.history), len(f.children), waited, stopped, handed, again)
}
