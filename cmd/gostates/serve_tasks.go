package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/exectask"
	"github.com/gostates/gostates/engine/httptask"
	"github.com/gostates/gostates/engine/lambdaendpoint"
	"github.com/spf13/cobra"
)

// A serveResolver has the handlers of gostates serve: one for every resource but those that the
// engine serves itself. Whether a task can be done is known when it is called, as on AWS.
type serveResolver struct {
	commands  func(conformance.Request) func(context.Context) conformance.Task // nil for none
	answers   *serveAnswers                                                    // nil for none
	functions *lambdaendpoint.Endpoint                                         // nil for none
	web       httptask.Handler
}

// tasks returns the handlers that the flags ask for.
func (f *serveFlags) tasks(cmd *cobra.Command) (*serveResolver, error) {
	r := new(serveResolver)
	commands, err := exectask.Mux(f.exec...)
	if err != nil {
		return nil, misused("--exec: %s", strings.TrimPrefix(err.Error(), "exectask: "))
	}
	r.commands = performer(commands)
	if f.lambda != "" {
		if r.functions, err = lambdaendpoint.New(f.lambda, nil); err != nil {
			return nil, misused("--lambda-endpoint: %s", strings.TrimPrefix(err.Error(), "lambdaendpoint: "))
		}
	}
	if f.answers != "" {
		text, err := readFile(f.answers, cmd.InOrStdin())
		if err != nil {
			return nil, err
		}
		c := new(conformance.Case)
		if c.Tasks, err = conformance.ReadTasks(text); err != nil {
			return nil, fmt.Errorf("%s: %w", f.answers, err)
		}
		for i := range c.Tasks { // of any machine: a name may be that of a state or of a function
			both := c.Tasks[i]
			both.Function, both.State = both.State, ""
			c.Tasks = append(c.Tasks, both)
		}
		r.answers = &serveAnswers{fresh: c.Script(), byExecution: make(map[string]*conformance.Script)}
	}
	return r, nil
}

// Resolve implements [engine.Resolver].
func (r *serveResolver) Resolve(resource string) engine.Handler {
	parsed := asl.ParseResource(resource)
	switch {
	case parsed.Kind == asl.Activity:
		return nil // for workers, by the API
	case parsed.Kind == asl.Integration && (parsed.Service == "states" || parsed.Service == "aws-sdk:sfn"):
		return nil // the engine's own
	}
	return engine.HandlerFunc(r.handle)
}

// TakesIntegration implements [engine.IntegrationResolver]: answers of states are what
// lambda:invoke returns, not the function.
func (r *serveResolver) TakesIntegration(string) bool { return true }

// handle does a task by the first means that there is.
func (r *serveResolver) handle(ctx context.Context, task engine.Task) (any, error) {
	request := conformance.Request{
		State: task.State, Resource: task.Resource, Input: task.Input, Credentials: task.Credentials, Attempt: task.Attempt, Token: task.Token,
	}
	if r.commands != nil {
		if do := r.commands(request); do != nil {
			return give(ctx, task, do(ctx))
		}
	}
	if r.answers != nil {
		if answer, ok := r.answers.next(task.Execution.ARN, request); ok {
			return give(ctx, task, answer)
		}
	}
	if r.functions != nil {
		if function, payload, ok := request.Payload(); ok {
			output, err := r.functions.Invoke(ctx, function, payload)
			if err != nil {
				return nil, err
			}
			return conformance.Invocation(output), nil
		}
		if h := r.functions.Resolve(task.Resource); h != nil {
			return h.Handle(ctx, task)
		}
	}
	if parsed := asl.ParseResource(task.Resource); parsed.Service == "http" && parsed.Action == "invoke" {
		return r.web.Handle(ctx, task)
	}
	return nil, &engine.TaskError{Name: "States.TaskFailed", Cause: fmt.Sprintf(
		"gostates serve has nothing to do the task %s of the state %q with: start it with --exec, --tasks, --mock-config or --lambda-endpoint", task.Resource, task.State)}
}

// serveAnswers are canned answers, of which every execution gets the first first.
type serveAnswers struct {
	mu          sync.Mutex
	fresh       *conformance.Script
	byExecution map[string]*conformance.Script
	order       []string
}

// mostScripted bounds the executions of which it is known how many answers they have had: one that
// is older begins again.
const mostScripted = 10_000

func (a *serveAnswers) next(execution string, r conformance.Request) (conformance.Task, bool) {
	a.mu.Lock()
	script := a.byExecution[execution]
	if script == nil {
		script = a.fresh.Again()
		a.byExecution[execution] = script
		if a.order = append(a.order, execution); len(a.order) > mostScripted {
			delete(a.byExecution, a.order[0])
			a.order = a.order[1:]
		}
	}
	a.mu.Unlock()
	t, err := script.Next(r)
	return t, err == nil
}

// give does what an answer says.
func give(ctx context.Context, task engine.Task, t conformance.Task) (any, error) {
	token := strings.HasSuffix(task.Resource, ".waitForTaskToken")
	if token && t.Outcome == conformance.Succeeds {
		return t.Submitted, task.CompleteAfter(time.Duration(t.After*float64(time.Second)), t.Submitted, t.Result)
	}
	if strings.HasSuffix(task.Resource, ".sync") && t.HasSubmitted && !task.Acknowledged {
		if err := task.Acknowledge(t.Submitted); err != nil {
			return nil, err
		}
	}
	if t.Outcome == conformance.TimesOut || t.Outcome == conformance.NeverEnds {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := pause(ctx, t.After); err != nil {
		return nil, err
	}
	switch t.Outcome {
	case conformance.Succeeds:
		return t.Result, nil
	case conformance.Fails:
		return nil, &engine.TaskError{Name: t.Error, Cause: t.Cause}
	}
	return nil, &engine.TaskError{Name: t.Error, Cause: t.Cause}
}

// pause waits for some seconds.
func pause(ctx context.Context, seconds float64) error {
	if seconds <= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
