package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClosesAmidWork closes engines while handlers send heartbeats, wait for children and
// answer Task Tokens, and opens others on the same file. No execution fails by it. The
// environment variable GOSTATES_CLOSES says how many engines are closed.
func TestClosesAmidWork(t *testing.T) {
	t.Parallel()
	closes := 10
	if n, err := strconv.Atoi(os.Getenv("GOSTATES_CLOSES")); err == nil {
		closes = n
	}
	const each = 8 // executions that every engine starts
	path := filepath.Join(t.TempDir(), "work.db")
	child := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"child","End":true}}}`)
	parent := machine(t, `{"StartAt":"All","States":{"All":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Beat","States":{"Beat":{"Type":"Task","Resource":"beat","HeartbeatSeconds":60,"End":true}}},
		{"StartAt":"Nest","States":{"Nest":{"Type":"Task","Resource":"nest","End":true}}},
		{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":"m","QueueUrl":"q"},"HeartbeatSeconds":60,"End":true}}}]}}}`)
	var calls atomic.Int64
	pause := func() { <-time.After(time.Duration(rand.IntN(3000)) * time.Microsecond) } // work takes some time
	tokens := make(chan string, 1<<16)
	mux := tasks(map[string]engine.HandlerFunc{
		"child": func(context.Context, engine.Task) (any, error) { calls.Add(1); pause(); return nil, nil },
		"beat": func(ctx context.Context, task engine.Task) (any, error) {
			calls.Add(1)
			for range 3 {
				pause()
				if err := task.Heartbeat(); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		"nest": func(ctx context.Context, task engine.Task) (any, error) {
			calls.Add(1)
			e := engine.EngineFrom(ctx)
			x, err := e.StartExecution(ctx, child, task.Input, engine.Named("child-of-"+task.Execution.Name), engine.Machine("child"))
			if err != nil {
				if x, err = e.Execution(ctx, childARN(task)); err != nil {
					return nil, fmt.Errorf("no child: %v", err)
				}
			}
			if _, err := x.Wait(ctx); err != nil {
				return nil, fmt.Errorf("the child: %v", err)
			}
			return nil, nil
		},
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			calls.Add(1)
			tokens <- task.Token
			return nil, nil
		},
	})
	open := func() *engine.Engine {
		e, err := engine.New(engine.Config{Resolver: mux, Store: sqlite.Open(path), CloseTimeout: time.Minute})
		require.NoError(t, err)
		return e
	}
	started := 0
	for range closes {
		e := open()
		for range each {
			_, err := e.StartExecution(t.Context(), parent, map[string]int{"n": started}, engine.Named(fmt.Sprint("n", started)), engine.Machine("parent"))
			require.NoError(t, err)
			started++
		}
		var answers sync.WaitGroup
		stop := make(chan struct{})
		answers.Go(func() {
			for {
				select {
				case token := <-tokens:
					_ = e.SendTaskHeartbeat(t.Context(), token)
					if e.SendTaskSuccess(t.Context(), token, nil) != nil {
						select {
						case tokens <- token: // by the next engine; one that was used is seen to at the end
						default:
						}
						return
					}
				case <-stop:
					return
				}
			}
		})
		pause()
		require.NoError(t, e.Close())
		close(stop)
		answers.Wait()
	}
	e := open()
	defer func() { require.NoError(t, e.Close()) }()
	done := make(chan struct{})
	go func() {
		for {
			select {
			case token := <-tokens:
				_ = e.SendTaskSuccess(t.Context(), token, nil)
			case <-done:
				return
			}
		}
	}()
	for n := range started {
		x, err := e.StartExecution(t.Context(), parent, map[string]int{"n": n}, engine.Named(fmt.Sprint("n", n)), engine.Machine("parent"))
		if err == nil {
			_, err = x.Wait(t.Context())
			require.NoError(t, err)
		}
	}
	close(done)
	failed, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusFailed}, MaxResults: 1000})
	require.NoError(t, err)
	assert.Empty(t, failed.Executions)
	succeeded := 0
	for token := ""; ; {
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusSucceeded}, Machine: "parent", MaxResults: 1000, NextToken: token})
		require.NoError(t, err)
		succeeded += len(page.Executions)
		if token = page.NextToken; token == "" {
			break
		}
	}
	assert.Equal(t, started, succeeded)
	t.Logf("%d closes, %d executions with as many children, %d calls of handlers", closes, started, calls.Load())
}

// childARN returns the ARN of the child that the task of a parent starts.
func childARN(task engine.Task) string {
	return "arn:aws:states:us-east-1:123456789012:execution:child:child-of-" + task.Execution.Name
}
