package servertest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
)

// account is that of AWS's recordings.
const account = "111111111111"

// TestCases runs cases of executions in the folder that the variable CASES names, if there is one:
// of each of some kinds as many as make up 50, those that take no longer than some seconds. The
// workers are stopped all the time, and others take over what they were at.
func TestCases(t *testing.T) {
	s := needsServer(t)
	folder := os.Getenv("CASES")
	if folder == "" {
		t.Skip("the variable CASES names no folder")
	}
	all, err := conformance.Load(filepath.Join(folder, "executions.jsonl"))
	require.NoError(t, err)
	chosen := choose(all, 50)
	require.Len(t, chosen, 50)
	p := &players{byMachine: make(map[string]*player), objects: new(objects.Memory)}
	config := temporal.Config{Client: s.GetDefaultClient(), TaskQueue: t.Name(), Resolver: p, Account: account,
		RoleARN: "arn:aws:iam::" + account + ":role/sfn_role", Liveness: 2 * time.Second, StopTimeout: 10 * time.Millisecond,
		Limits: engine.Limits{Standard: -1}, MapRuns: engine.MapRuns{Objects: p.objects}}
	p.client, err = temporal.NewClient(config)
	require.NoError(t, err)
	over := make(chan struct{})
	var stopped sync.WaitGroup
	restarts := 0
	stopped.Go(func() {
		// One after the other, with nothing in the cache of what it was at.
		for {
			w, err := temporal.NewWorker(config, &worker.Options{})
			if err != nil || w.Start() != nil {
				t.Error("a worker did not start", err)
				return
			}
			select {
			case <-over:
				w.Stop()
				return
			case <-time.After(700 * time.Millisecond):
			}
			w.Stop()
			restarts++
		}
	})
	t.Run("cases", func(t *testing.T) {
		for _, c := range chosen {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				c := *c
				c.Expect.Unordered = true // branches go their own ways in real time
				require.NoError(t, c.Run(onServer{p}))
			})
		}
	})
	close(over)
	stopped.Wait()
	t.Logf("%d cases, %d workers were stopped", len(chosen), restarts)
}

// choose returns cases of all kinds in turn.
func choose(all []*conformance.Case, most int) (chosen []*conformance.Case) {
	kinds := []func(c *conformance.Case) bool{
		has(".waitForTaskToken"), has("TimeoutSeconds"), has(`"Retry"`), has(`"Parallel"`), has(`"INLINE"`), has("states:startExecution"),
		has("DISTRIBUTED"), has(`"Catch"`), has(`"Wait"`), func(c *conformance.Case) bool { return c.Stop != nil },
	}
	taken := make(map[string]bool)
	places := make([]int, len(kinds))
	for found := true; found && len(chosen) < most; {
		found = false
		for k, is := range kinds {
			for ; places[k] < len(all) && len(chosen) < most; places[k]++ {
				if c := all[places[k]]; is(c) && !taken[c.Name] && short(c) {
					taken[c.Name] = true
					chosen = append(chosen, c)
					found = true
					places[k]++
					break
				}
			}
		}
	}
	return chosen
}

func has(text string) func(c *conformance.Case) bool {
	return func(c *conformance.Case) bool { return strings.Contains(c.Definition, text) }
}

// short reports whether a case passes on the interpreter alone, takes little time, and is of
// executions as they are now.
func short(c *conformance.Case) bool {
	if !c.Start.IsZero() && c.Start.Year() < 2024 { // before RedriveCount
		return false
	}
	if c.Express || c.Doubtful || len(c.Redrives) > 0 || c.Expect.Status == "RUNNING" || strings.Contains(c.Definition, ":activity:") ||
		strings.Contains(c.Definition, "RedriveCount") || !c.Expect.HasHistory {
		return false
	}
	if c.Run(conformance.Simulator{}) != nil {
		return false
	}
	x, err := c.Execute(conformance.Simulator{})
	if err != nil || len(x.History) == 0 {
		return false
	}
	for i := range c.Tasks {
		if c.Tasks[i].Outcome == conformance.FailsToBegin || c.Tasks[i].Idle {
			return false
		}
	}
	return x.History[len(x.History)-1].At.Sub(x.History[0].At) <= 12*time.Second
}

// An onServer runs cases on a server.
type onServer struct{ *players }

// Execute implements [conformance.Driver].
func (o onServer) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	sum := sha256.Sum256([]byte(c.Name))
	name := fmt.Sprintf("machine-%x", sum[:6])
	arn := "arn:aws:states:us-east-1:" + account + ":execution:" + name + ":execution"
	p := &player{client: o.client, script: script, roles: make(map[string]*role)}
	o.mu.Lock()
	o.byMachine[name] = p
	o.mu.Unlock()
	for bucket, content := range c.Objects {
		for key, text := range content {
			o.objects.Put(bucket, key, text)
		}
	}
	began := time.Now()
	x, err := o.client.StartExecution(ctx, machine, c.Input, engine.Machine(name), engine.Named("execution"), engine.Seeded(sum))
	if err != nil {
		return nil, err
	}
	for stop := c.Stop; stop != nil; stop = stop.Again {
		<-time.After(time.Until(began.Add(seconds(stop.After))))
		if err := o.client.StopExecution(ctx, arn, stop.Error, stop.Cause); err != nil {
			return nil, err
		}
	}
	r, err := x.Wait(ctx)
	done := &conformance.Execution{Status: states.StatusSucceeded}
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
		done.Status = failed.Status
		done.Failure = states.Failure{Error: failed.Name, HasError: failed.Name != "", Cause: failed.Cause, HasCause: failed.Cause != ""}
	} else if err != nil {
		return nil, err
	} else if done.Output, err = value.Parse(r.Output()); err != nil {
		return nil, err
	}
	for event, err := range o.client.Events(ctx, arn, 0) {
		if err != nil {
			return nil, err
		}
		done.History = append(done.History, event)
	}
	return done, p.failed()
}

// players are the handlers of all cases.
type players struct {
	client  *temporal.Client
	objects *objects.Memory

	mu        sync.Mutex
	byMachine map[string]*player
}

// Resolve implements [engine.Resolver].
func (p *players) Resolve(string) engine.Handler { return engine.HandlerFunc(p.handle) }

// TakesIntegration implements [engine.IntegrationResolver].
func (*players) TakesIntegration(string) bool { return true }

func (p *players) handle(ctx context.Context, task engine.Task) (any, error) {
	machine, _, _ := strings.Cut(task.Execution.Machine, "/") // a label follows in the children of a Map Run
	p.mu.Lock()
	own := p.byMachine[machine]
	p.mu.Unlock()
	if own == nil {
		return nil, fmt.Errorf("nobody plays the machine %s", machine)
	}
	return own.handle(ctx, task)
}

// A player plays the tasks of one case.
type player struct {
	client *temporal.Client
	script *conformance.Script

	mu    sync.Mutex
	roles map[string]*role
	err   error
}

// A role is what the script has for one try of a task, however often that is done.
type role struct {
	conformance.Task
	began time.Time
	sends sync.Once
}

func (r *role) at(after float64) time.Time { return r.began.Add(seconds(after)) }

func (p *player) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *player) cast(task engine.Task) (*role, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.roles[task.IdempotencyKey]; r != nil {
		return r, nil
	}
	t, err := p.script.Next(conformance.Request{State: task.State, Resource: task.Resource, Input: task.Input, Credentials: task.Credentials})
	if err != nil {
		p.err = err
		return nil, err
	}
	r := &role{Task: t, began: time.Now()}
	p.roles[task.IdempotencyKey] = r
	return r, nil
}

func (p *player) handle(ctx context.Context, task engine.Task) (any, error) {
	r, err := p.cast(task)
	if err != nil {
		return nil, err
	}
	until := func(at time.Time) error {
		select {
		case <-time.After(time.Until(at)):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	silent := r.Outcome == conformance.TimesOut || r.Outcome == conformance.NeverEnds
	due := r.at(r.After)
	fail := func(stage states.Stage) error {
		if err := until(due); err != nil {
			return err
		}
		return &engine.TaskError{Name: r.Error, Cause: r.Cause, Stage: stage}
	}
	switch r.Outcome {
	case conformance.FailsToBeAsked:
		return nil, fail(states.Scheduling)
	case conformance.FailsToSubmit:
		return nil, fail(states.Submitting)
	}
	if strings.HasSuffix(task.Resource, ".waitForTaskToken") && r.HasSubmitted {
		r.sends.Do(func() { go p.send(r, task.Token, silent) })
		return r.Submitted, nil
	}
	if r.HasSubmitted && !task.Acknowledged {
		if err := task.Acknowledge(r.Submitted); err != nil {
			return nil, err
		}
	}
	for _, beat := range r.Heartbeats {
		if err := until(r.at(beat)); err != nil {
			return nil, err
		}
		if err := task.Heartbeat(); err != nil {
			return nil, err
		}
	}
	switch {
	case silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case r.Outcome == conformance.Fails:
		return nil, fail(states.Running)
	}
	if err := until(due); err != nil {
		return nil, err
	}
	if strings.HasSuffix(task.Resource, ".waitForTaskToken") {
		p.send(r, task.Token, false)
		return nil, nil
	}
	return r.Result, nil
}

// send uses a Task Token as the script has it.
func (p *player) send(r *role, token string, silent bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	note := func(err error) {
		if err == nil || errors.Is(err, engine.ErrTaskTimedOut) || errors.Is(err, engine.ErrTaskDoesNotExist) {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.err = err
	}
	for _, beat := range r.Heartbeats {
		<-time.After(time.Until(r.at(beat)))
		note(p.client.SendTaskHeartbeat(ctx, token))
	}
	if silent {
		return
	}
	<-time.After(time.Until(r.at(max(r.After, 0.3)))) // the worker's answer comes before
	if r.Outcome == conformance.Fails {
		note(p.client.SendTaskFailure(ctx, token, r.Error, r.Cause))
		return
	}
	note(p.client.SendTaskSuccess(ctx, token, r.Result))
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
