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
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

const packed = `{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:packing","HeartbeatSeconds":4,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1,"MaxAttempts":1000,"BackoffRate":1}],`

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
		`{"StartAt":"A","States":{"A":` + packed + `"Next":"B"},"B":` + packed + `"End":true}}}`,
	}
)

// shelf has machines by name.
type shelf map[string]*asl.StateMachine

// Target implements [engine.Machines].
func (s shelf) Target(_ context.Context, reference string, _ states.Seed) (engine.Target, error) {
	name := reference[strings.LastIndexByte(reference, ':')+1:]
	if s[name] == nil {
		return engine.Target{}, fmt.Errorf("%w: '%s'", engine.ErrStateMachineDoesNotExist, reference)
	}
	return engine.Target{Machine: s[name], Name: name}, nil
}

// NestedVictim is the process that is killed while its executions wait for others and for
// workers, which die with it. It works in a folder.
func NestedVictim(folder string, db store.Store) error {
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
	pause := func() {
		over := make(chan struct{})
		clock.WakeAt(clock.Now().Add(400*time.Millisecond), func() { close(over) })
		<-over
	}
	mux := engine.NewMux()
	mux.HandleFunc("work", func(_ context.Context, task engine.Task) (any, error) {
		j.Note("call", generation, task.IdempotencyKey)
		return nil, nil
	})
	e, err := engine.New(engine.Config{Resolver: mux, Store: db, Clock: clock})
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
			j.Note("given", generation, task.IdempotencyKey)
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
	for left := 1; left > 0; pause() { // children whose parents have ended are being stopped
		page, err := e.ListExecutions(context.Background(), engine.ListOptions{Statuses: []states.Status{states.StatusRunning}})
		if err != nil {
			return err
		}
		left = len(page.Executions)
	}
	stop()
	workers.Wait()
	return e.Close()
}
