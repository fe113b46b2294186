package killtest

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

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// machines are what the children run, of many kinds.
var machines = []string{
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

// endOf is how the executions of a machine end.
func endOf(definition string) states.Status {
	if strings.Contains(definition, "Compensate") {
		return states.StatusFailed
	}
	return states.StatusSucceeded
}

// Victim is the process that is killed: it works in a folder, starts the executions that are
// not there yet, answers the Task Tokens, and ends when all executions have.
func Victim(folder string, db store.Store) error {
	generation := os.Getenv(Generation)
	executions, err := strconv.Atoi(os.Getenv(Executions))
	if err != nil {
		return err
	}
	clock, err := ReadSince(folder)
	if err != nil {
		return err
	}
	j, err := OpenJournal(filepath.Join(folder, "journal"))
	if err != nil {
		return err
	}
	tokens := make(chan string, 100_000)
	work := func(_ context.Context, task engine.Task) (any, error) {
		j.Note("call", generation, task.IdempotencyKey)
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
		j.Note("token", task.Token, task.IdempotencyKey)
		tokens <- task.Token
		return result, err
	})
	e, err := engine.New(engine.Config{
		Resolver: mux, Store: db, Clock: clock,
		Notify: func(_ context.Context, c engine.StatusChange) error {
			j.Note("notified", c.Detail.ExecutionARN, c.Detail.Status, c.ID)
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
				j.Note("sent", token, generation)
			} else if !errors.Is(err, engine.ErrTaskDoesNotExist) && !errors.Is(err, engine.ErrTaskTimedOut) && !errors.Is(err, engine.ErrClosed) {
				log.Fatal(err)
			}
		}
	}()
	lines, err := ReadLines(filepath.Join(folder, "journal"))
	if err != nil {
		return err
	}
	for _, words := range lines {
		if words[0] == "token" {
			tokens <- words[1]
		}
	}
	var all sync.WaitGroup
	for i, definition := range machines {
		m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
		if err != nil {
			return err
		}
		for n := i; n < executions; n += len(machines) {
			all.Go(func() {
				name := fmt.Sprint("x", n)
				x, err := e.StartExecution(context.Background(), m, map[string]any{"n": n, "items": []int{1, 2, 3, 4, 5}}, engine.Named(name), engine.Machine(fmt.Sprint("m", i)))
				if errors.Is(err, engine.ErrExecutionAlreadyExists) {
					return
				} else if err != nil {
					log.Fatal(err)
				}
				j.Note("started", x.ARN())
				_, err = x.Wait(context.Background())
				if _, failed := errors.AsType[*engine.ExecutionError](err); err != nil && !failed {
					log.Fatal(err)
				}
			})
		}
	}
	all.Wait()
	if os.Getenv(Last) == "" {
		select {} // until it is killed
	}
	return e.Close()
}
