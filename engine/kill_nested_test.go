package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// envNestedFolder tells a child of the test its folder, and to run what TestKillNested checks.
const envNestedFolder = "GOSTATES_KILL_NESTED_FOLDER"

const packing2 = `{"Type":"Task","Resource":"` + packing + `","HeartbeatSeconds":4,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1,"MaxAttempts":1000,"BackoffRate":1}],`

// nestedMachines are what tasks start, and parentMachines what the test starts.
var (
	nestedMachines = map[string]string{
		"leaf": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true}}}`,
		"mid": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"leaf"},"Next":"B"},
			"B":{"Type":"Task","Resource":"work","End":true}}}`,
		"long":        `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000000,"End":true}}}`,
		"mid of long": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"long"},"End":true}}}`,
	}
	parentMachines = []string{
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Z","Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"leaf"},"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"mid"},"End":true}}}]},
			"Z":{"Type":"Task","Resource":"work","End":true}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"mid of long"},
			"TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"B":{"Type":"Task","Resource":"work","End":true}}}`,
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"long"},"End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail","Error":"Enough"}}}]}}}`,
		`{"StartAt":"A","States":{"A":` + packing2 + `"Next":"B"},"B":` + packing2 + `"End":true}}}`,
	}
)

// nestedVictim is the process that is killed while its executions wait for others and for
// workers, which die with it.
func nestedVictim() error {
	folder, generation := os.Getenv(envNestedFolder), os.Getenv(envGeneration)
	executions, err := strconv.Atoi(os.Getenv(envExecutions))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(folder, "since"))
	if err != nil {
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return err
	}
	j, err := openJournal(filepath.Join(folder, "journal"))
	if err != nil {
		return err
	}
	clock := quickClock{since}
	pause := func() {
		over := make(chan struct{})
		clock.WakeAt(clock.Now().Add(400*time.Millisecond), func() { close(over) })
		<-over
	}
	mux := engine.NewMux()
	mux.HandleFunc("work", func(_ context.Context, task engine.Task) (any, error) {
		j.note("call", generation, task.IdempotencyKey)
		return nil, nil
	})
	e, err := engine.New(engine.Config{Resolver: mux, Store: sqlite.Open(filepath.Join(folder, "kill.db")), Clock: clock})
	if err != nil {
		return err
	}
	machines := shelf{}
	for name, definition := range nestedMachines {
		if machines[name], err = asl.Parse(definition); err != nil {
			return err
		}
	}
	e.UseMachines(machines)
	a, err := e.CreateActivity(context.Background(), "packing")
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(context.Background())
	defer stop()
	var all, workers sync.WaitGroup
	workers.Go(func() {
		_ = e.Work(working, a.ARN, engine.HandlerFunc(func(_ context.Context, task engine.Task) (any, error) {
			j.note("given", generation, task.IdempotencyKey)
			pause()
			return task.IdempotencyKey, nil
		}), engine.WorkOptions{Worker: "worker-" + generation, Concurrency: 3})
	})
	fmt.Println("up")
	for i, definition := range parentMachines {
		m, err := asl.Parse(definition)
		if err != nil {
			return err
		}
		for n := i; n < executions; n += len(parentMachines) {
			all.Go(func() {
				x, err := e.StartOrGetExecution(context.Background(), m, nil, engine.Named(fmt.Sprint("x", n)), engine.Machine(fmt.Sprint("parent", i)))
				if err != nil {
					log.Fatal(err)
				}
				j.note("started", x.ARN())
				_, err = x.Wait(context.Background())
				if _, failed := errors.AsType[*engine.ExecutionError](err); err != nil && !failed {
					log.Fatal(err)
				}
			})
		}
	}
	all.Wait()
	if os.Getenv(envLast) == "" {
		select {} // until it is killed
	}
	for left := 1; left > 0; pause() { // children whose parents have ended are being stopped
		page, err := e.ListExecutions(context.Background(), engine.ListOptions{Status: states.StatusRunning})
		if err != nil {
			return err
		}
		left = len(page.Executions)
	}
	stop()
	workers.Wait()
	return e.Close()
}

// TestKillNested kills a process again and again whose executions wait for executions and for
// workers of its own. At the end nothing runs and nothing is lost: every task has started one
// execution at most, and exactly one if it says so; who waited has what came of it; who was
// waited for by nobody any more is stopped. No worker was given a task that another one had.
func TestKillNested(t *testing.T) {
	t.Parallel()
	const each = 4 // executions that each process adds
	folder := t.TempDir()
	kills := killAgain(t, 15, 250*time.Millisecond, envNestedFolder, folder, each)
	checkNested(t, folder, each*(kills+1))
}

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

// checkNested compares the histories with each other, and with what the processes noted.
func checkNested(t *testing.T, folder string, executions int) {
	db := sqlite.Open(filepath.Join(folder, "kill.db"))
	require.NoError(t, db.Err())
	defer db.Close()
	f := readFamily(t, db)
	lines, err := readLines(filepath.Join(folder, "journal"))
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
			if event.Hidden() || event.Type == "TaskHeartbeat" {
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
		left, err := db.Documents(t.Context(), collection, "", 10)
		require.NoError(t, err)
		assert.Empty(t, left, collection)
	}
	assert.NotZero(t, waited*stopped*handed)
	t.Logf("%d executions, of which %d were started by tasks: %d waited for to their end, %d stopped; %d tasks of workers done, %d given anew because their worker died",
		len(f.history), len(f.children), waited, stopped, handed, again)
}
