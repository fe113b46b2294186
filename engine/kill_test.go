package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a child is told by its environment: the folder it works in, which child of the
// test it is, how many executions there are to be, and whether it is to end when they
// have.
const (
	envFolder     = "GOSTATES_KILL_FOLDER"
	envGeneration = "GOSTATES_KILL_GENERATION"
	envExecutions = "GOSTATES_KILL_EXECUTIONS"
	envLast       = "GOSTATES_KILL_LAST"
	envKills      = "GOSTATES_KILLS" // for the test: how many children to kill
)

func TestMain(m *testing.M) {
	for env, victim := range map[string]func() error{envFolder: victim, envMapFolder: mapVictim, envNestedFolder: nestedVictim} {
		if os.Getenv(env) == "" {
			continue
		}
		if err := victim(); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killMachines are what the children run, of many kinds.
var killMachines = []string{
	`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"work","ResultPath":"$.a","Next":"B"},
		"B":{"Type":"Task","Resource":"flaky","ResultPath":"$.b","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1,"MaxAttempts":5}],"Next":"C"},
		"C":{"Type":"Wait","Seconds":1,"Next":"D"},
		"D":{"Type":"Task","Resource":"work","End":true}}}`,
	`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"work","ResultPath":"$.a","Next":"B"},
		"B":{"Type":"Task","Resource":"broken","Catch":[{"ErrorEquals":["Broken"],"ResultPath":"$.error","Next":"Undo"}],"End":true},
		"Undo":{"Type":"Task","Resource":"work","End":true}}}`,
	`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody":{"n.$":"$.n"},"QueueUrl":"q"},"HeartbeatSeconds":3000,"Next":"B"},
		"B":{"Type":"Task","Resource":"work","End":true}}}`,
	`{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":3,"End":true,"ItemProcessor":{"StartAt":"I","States":{
		"I":{"Type":"Task","Resource":"work","Next":"W"},"W":{"Type":"Wait","Seconds":2,"Next":"J"},"J":{"Type":"Task","Resource":"work","End":true}}}}}}`,
	`{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Z","Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"W"},"W":{"Type":"Wait","Seconds":3,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1,"MaxAttempts":5}],"End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody":"m","QueueUrl":"q"},"End":true}}}]},
		"Z":{"Type":"Task","Resource":"work","End":true}}}`,
	`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"work","Compensate":"UndoA","Next":"P"},
		"P":{"Type":"Parallel","Next":"C","Branches":[
			{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"work","Compensate":"UndoL","End":true},"UndoL":{"Type":"Task","Resource":"work"}}},
			{"StartAt":"R","States":{"R":{"Type":"Wait","Seconds":1,"End":true}}}]},
		"C":{"Type":"Task","Resource":"broken","End":true},
		"UndoA":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1,"MaxAttempts":5}]}}}`,
}

// killEnd is how the executions of a machine end.
func killEnd(definition string) states.Status {
	if strings.Contains(definition, "Compensate") {
		return states.StatusFailed
	}
	return states.StatusSucceeded
}

// A quickClock runs ten times as fast as the computer's, from a moment that all
// children share.
type quickClock struct{ since time.Time }

const quickness = 10

func (c quickClock) Now() time.Time {
	return c.since.Add(quickness * time.Since(c.since))
}

func (c quickClock) WakeAt(at time.Time, wake func()) func() {
	t := time.AfterFunc(at.Sub(c.Now())/quickness, wake)
	return func() { t.Stop() }
}

// A journal is a file that children add lines to; a kill loses none that was written.
type journal struct{ *os.File }

func openJournal(path string) (journal, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return journal{f}, err
}

func (j journal) note(words ...any) {
	if _, err := j.WriteString(fmt.Sprintln(words...)); err != nil {
		log.Fatal(err)
	}
}

// victim is the process that is killed: it starts the executions that are not there
// yet, answers the Task Tokens, and ends when all executions have.
func victim() error {
	folder, generation := os.Getenv(envFolder), os.Getenv(envGeneration)
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
	tokens := make(chan string, 100_000)
	work := func(_ context.Context, task engine.Task) (any, error) {
		j.note("call", generation, task.IdempotencyKey)
		return map[string]any{"generation": generation, "key": task.IdempotencyKey, "items": []int{1, 2, 3, 4, 5}}, nil
	}
	mux := engine.NewMux()
	mux.HandleFunc("work", work)
	mux.HandleFunc("flaky", func(ctx context.Context, task engine.Task) (any, error) {
		result, err := work(ctx, task)
		if task.Attempt < 2 {
			return nil, &engine.TaskError{Name: "Flaky", Cause: generation}
		}
		return result, err
	})
	mux.HandleFunc("broken", func(ctx context.Context, task engine.Task) (any, error) {
		_, _ = work(ctx, task)
		return nil, &engine.TaskError{Name: "Broken", Cause: generation}
	})
	mux.HandleFunc("arn:aws:states:::sqs:sendMessage.waitForTaskToken", func(ctx context.Context, task engine.Task) (any, error) {
		result, err := work(ctx, task)
		j.note("token", task.Token, task.IdempotencyKey)
		tokens <- task.Token
		return result, err
	})
	e, err := engine.New(engine.Config{
		Resolver: mux, Store: sqlite.Open(filepath.Join(folder, "kill.db")), Clock: quickClock{since},
		Notify: func(_ context.Context, c engine.StatusChange) error {
			j.note("notified", c.Detail.ExecutionARN, c.Detail.Status, c.ID)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println("up")
	go func() {
		for token := range tokens {
			// It must be all the same whether a token is used once or again.
			_ = e.SendTaskHeartbeat(context.Background(), token)
			err := e.SendTaskSuccess(context.Background(), token, "approved in "+generation)
			if err == nil {
				j.note("sent", token, generation)
			} else if !errors.Is(err, engine.ErrTaskDoesNotExist) && !errors.Is(err, engine.ErrTaskTimedOut) && !errors.Is(err, engine.ErrClosed) {
				log.Fatal(err)
			}
		}
	}()
	lines, err := readLines(filepath.Join(folder, "journal"))
	if err != nil {
		return err
	}
	for _, words := range lines {
		if words[0] == "token" {
			tokens <- words[1]
		}
	}
	var all sync.WaitGroup
	for i, definition := range killMachines {
		m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
		if err != nil {
			return err
		}
		for n := i; n < executions; n += len(killMachines) {
			all.Go(func() {
				name := fmt.Sprint("x", n)
				x, err := e.StartExecution(context.Background(), m, map[string]any{"n": n, "items": []int{1, 2, 3, 4, 5}}, engine.Named(name), engine.Machine(fmt.Sprint("m", i)))
				if errors.Is(err, engine.ErrExecutionAlreadyExists) {
					return
				} else if err != nil {
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
	return e.Close()
}

func readLines(path string) (lines [][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.Fields(s.Text()))
	}
	return lines, nil
}

// TestKill kills a process again and again while it runs executions on a file. At the
// end every execution that was started is there and has one complete history. Every
// handler's call is explained by it, every task in it was called and was not called again
// once its end was in it, and every answer by Task Token that was accepted is in it, too.
// Everyone was told of the executions' changes of status.
func TestKill(t *testing.T) {
	t.Parallel()
	const each = 8 // executions that each child adds
	folder := t.TempDir()
	kills := killAgain(t, 20, 120*time.Millisecond, envFolder, folder, each)
	checkKilled(t, folder, each*(kills+1))
}

// killAgain starts a process of the test in a folder, which an environment variable names, and
// kills it within some time of its start, again and again: so often, or as GOSTATES_KILLS says.
// Each process is to have so many executions more than the one before. The last one is left to
// come to its end. killAgain returns how many were killed.
func killAgain(t *testing.T, kills int, within time.Duration, variable, folder string, each int) int {
	t.Helper()
	if text := os.Getenv(envKills); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		kills = n
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "since"), []byte(time.Now().Format(time.RFC3339Nano)), 0o600))
	chance := rand.New(rand.NewPCG(uint64(each), uint64(kills)))
	for generation := 1; generation <= kills+1; generation++ {
		child := exec.Command(os.Args[0])
		var complaints strings.Builder
		child.Stderr = &complaints
		up, err := child.StdoutPipe()
		require.NoError(t, err)
		child.Env = append(os.Environ(), variable+"="+folder, envGeneration+"="+strconv.Itoa(generation), envExecutions+"="+strconv.Itoa(each*generation))
		if generation > kills {
			child.Env = append(child.Env, envLast+"=yes")
		}
		require.NoError(t, child.Start())
		_, err = up.Read(make([]byte, 1))
		if err == nil && generation <= kills {
			time.AfterFunc(time.Duration(chance.Int64N(int64(within))), func() { _ = child.Process.Kill() })
		}
		_, _ = io.Copy(io.Discard, up)
		err = child.Wait()
		if generation > kills {
			require.NoError(t, err, complaints.String())
		} else {
			require.EqualError(t, err, "signal: killed", complaints.String())
		}
	}
	return kills
}

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
	lines, err := readLines(filepath.Join(folder, "journal"))
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

// checkKilled compares the histories with what the children noted.
func checkKilled(t *testing.T, folder string, executions int) {
	n := readNotes(t, folder)
	accepted := len(n.sent)
	db := sqlite.Open(filepath.Join(folder, "kill.db"))
	require.NoError(t, db.Err())
	defer db.Close()
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
		ends += checkKilledHistory(t, db, &r, n)
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

// checkKilledHistory checks one history and returns the number of tasks in it that a
// handler ended. It takes out of the notes what it finds of accepted tokens.
func checkKilledHistory(t *testing.T, db store.Store, r *store.Record, n *notes) (ends int) {
	log, err := db.Log(t.Context(), r.ARN)
	require.NoError(t, err)
	text, err := db.Definition(t.Context(), r.Definition)
	require.NoError(t, err)
	m, err := asl.Parser{Extensions: true}.Parse([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, killEnd(text), r.Status, r.Name)
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
		if event.Type == "TaskHeartbeat" {
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
