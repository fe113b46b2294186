package sqlite_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

const (
	waitsAMinute = `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}}`
	asks         = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}}}`
)

// A counting store counts the logs that are read.
type counting struct {
	store.Store
	logs atomic.Int64
}

func (s *counting) Log(ctx context.Context, arn string) ([][]byte, error) {
	s.logs.Add(1)
	return s.Store.Log(ctx, arn)
}

// sleepers start an engine on a store at a time, whose executions ask for tokens.
func sleepers(t *testing.T, s store.Store, at time.Time, tokens *[]string) (*engine.Engine, *enginetest.Clock) {
	t.Helper()
	clock := enginetest.NewClock(at)
	tasks := engine.NewMux()
	tasks.HandleFunc("*", func(_ context.Context, task engine.Task) (any, error) {
		*tokens = append(*tokens, task.Token)
		return nil, nil
	})
	e, err := engine.New(engine.Config{Resolver: tasks, Store: s, Clock: clock})
	require.NoError(t, err)
	return e, clock
}

func status(t *testing.T, s store.Store, arn string) states.Status {
	t.Helper()
	r, err := s.Record(t.Context(), arn)
	require.NoError(t, err)
	return r.Status
}

// TestAFileOfTheSecondSchemaGoesOn: executions that slept in a file which doesn't say
// when they are due, and whose Task Tokens lead nowhere, sleep on and wake.
func TestAFileOfTheSecondSchemaGoesOn(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var tokens []string
	memory := new(storetest.Memory)
	e, clock := sleepers(t, memory, start, &tokens)
	dir := t.TempDir()
	db := shell(t, dir)
	insert := func(statement string, args ...any) {
		_, err := db.Exec(statement, args...)
		require.NoError(t, err)
	}
	insert(sqlite.SecondSchema)
	var arns []string
	for i, definition := range []string{waitsAMinute, asks} {
		machine, err := asl.Parse(definition)
		require.NoError(t, err)
		x, err := e.StartExecution(t.Context(), machine, nil)
		require.NoError(t, err)
		clock.Settle()
		r, err := memory.Record(t.Context(), x.ARN())
		require.NoError(t, err)
		log, err := memory.Log(t.Context(), x.ARN())
		require.NoError(t, err)
		var text []string
		for _, line := range log {
			text = append(text, regexp.MustCompile(`,"tokenSuffix":"[^"]*"`).ReplaceAllString(string(line), ""))
		}
		id := i + 1
		insert("INSERT INTO definitions (hash, definition) VALUES (?, ?)", r.Definition, definition)
		insert("INSERT INTO machines VALUES (?, ?, ?, '', '', ?)", id, r.MachineARN, r.Machine, r.Definition)
		insert("INSERT INTO log VALUES (?, ?, 0, 0, ?, ?)", id, id, len(log), strings.Join(text, "\n"))
		insert("INSERT INTO executions VALUES (?, ?, ?, ?, 'RUNNING', '2026-01-02T03:04:05.000000000Z', NULL, ?, ?, ?, ?)",
			id, r.ARN, r.Name, id, r.Options, id, len(log), sqlite.Key(r.ARN))
		arns = append(arns, x.ARN())
	}
	require.NoError(t, e.Close())
	require.NoError(t, db.Close())
	old := tokens[0][:43] // what follows leads to the execution

	for later, logs := range []int64{2, 1} {
		s := &counting{Store: open(t, dir)}
		e, clock := sleepers(t, s, start.Add(time.Duration(later+1)*time.Second), &tokens)
		clock.Settle()
		require.Equal(t, logs, s.logs.Load(), "what has a time to wait for is restored once")
		require.Len(t, tokens, 1, "nobody is asked again")
		require.NoError(t, e.Close())
	}
	s := open(t, dir)
	e, clock = sleepers(t, s, start.Add(time.Minute-time.Second), &tokens)
	require.NoError(t, e.SendTaskSuccess(t.Context(), old, nil))
	require.Equal(t, states.StatusSucceeded, status(t, s, arns[1]))
	require.Equal(t, states.StatusRunning, status(t, s, arns[0]))
	clock.Advance(time.Second)
	require.Equal(t, states.StatusSucceeded, status(t, s, arns[0]))
	require.NoError(t, e.Close())
}

// TestAKilledProcessLeavesWhoSleepsAsleep, though nothing was noted but in the log: an
// engine restores those that are due, and finds the others by their tokens.
func TestAKilledProcessLeavesWhoSleepsAsleep(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	dir := t.TempDir()
	s := open(t, dir, sqlite.NoteAfter(1<<30))
	var tokens []string
	e, clock := sleepers(t, s, start, &tokens)
	waits, err := asl.Parse(strings.Replace(waitsAMinute, `"Seconds":60`, `"SecondsPath":"$"`, 1))
	require.NoError(t, err)
	forToken, err := asl.Parse(asks)
	require.NoError(t, err)
	for i := range 100 {
		_, err := e.StartExecution(t.Context(), waits, 10+i, engine.Machine("m"), engine.Named(fmt.Sprint(i)))
		require.NoError(t, err)
		_, err = e.StartExecution(t.Context(), forToken, nil)
		require.NoError(t, err)
	}
	clock.Settle()
	left := crashed(t, dir)
	require.NoError(t, e.Close())

	after := &counting{Store: open(t, left)}
	e, clock = sleepers(t, after, start.Add(14*time.Second+500*time.Millisecond), &tokens)
	clock.Settle()
	require.EqualValues(t, 5, after.logs.Load())
	require.Len(t, tokens, 100)
	require.NoError(t, e.SendTaskSuccess(t.Context(), tokens[42], nil))
	require.EqualValues(t, 6, after.logs.Load())
	clock.Advance(time.Hour)
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusSucceeded}, MaxResults: 1000})
	require.NoError(t, err)
	require.Len(t, page.Executions, 101)
	require.NoError(t, e.Close())
}
