package temporal

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/states"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// An onEnvironment runs the cases of package conformance in the SDK's test environment, which has
// a virtual clock: the workflow and the activities are this package's, and what a server does, such
// as timeouts, is played by the test.
type onEnvironment struct {
	// renews has the execution go on in a new run as often as it may.
	renews bool
	// lean has the log stay in the run that it came about in.
	lean bool
	// oneByOne has the children of Map Runs at work one after the other.
	oneByOne bool
}

// How an execution is called in a case, as conformance.Simulator has it.
const (
	account      = "111111111111"
	executionARN = "arn:aws:states:us-east-1:" + account + ":execution:machine:execution"
	// forever is when a case that waits for what never comes is looked at. The environment's own
	// timeout comes after it.
	forever = 9 * 365 * 24 * time.Hour
)

// Execute implements [conformance.Driver].
func (o onEnvironment) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	p := &performance{way: o, c: c, machine: machine, script: script, now: c.Start, roles: make(map[string]*role), held: make(map[string][]*cue),
		earlier: make(map[int]*testsuite.TestWorkflowEnvironment)}
	d, err := p.driver()
	if err != nil {
		return nil, err
	}
	options := []engine.StartOption{engine.Named("execution"), engine.Machine("machine"), engine.Seeded(sha256.Sum256([]byte(c.Name)))}
	if c.Express {
		options = append(options, engine.Express)
	}
	if c.StopsWithoutCompensation {
		options = append(options, engine.StopsWithoutCompensation)
	}
	b, err := d.Begin(machine, d.serves, c.Input, options...)
	if err != nil {
		return nil, err
	}
	b.Started.Execution.WithoutRedriveCount = c.Sync
	s, err := d.argument(b)
	if err != nil {
		return nil, err
	}
	// The environment keeps the children of a run from the next.
	if s.Lean = o.lean; o.renews && !strings.Contains(c.Definition, "DISTRIBUTED") {
		s.RenewAfter = 1
	}
	for stop := c.Stop; stop != nil; stop = stop.Again {
		failure := states.Failure{Error: stop.Error, HasError: stop.HasError, Cause: stop.Cause, HasCause: stop.HasCause}
		p.cues = append(p.cues, &cue{at: c.Start.Add(seconds(stop.After)), do: func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(stopSignal, failure)
		}})
	}
	for redrives := 0; ; redrives++ {
		x, e, err := p.toEnd(d, s)
		if err != nil || x.Status == states.StatusRunning || redrives == len(c.Redrives) {
			return x, err
		}
		p.cues = nil // they were for what has ended
		p.now = e.At.Add(seconds(c.Redrives[redrives]))
		if s, err = redriven(s, c.Start, p.log, p.now); err != nil {
			return nil, err
		}
	}
}

// A performance is one run of a case.
type performance struct {
	way     onEnvironment
	c       *conformance.Case
	machine *asl.StateMachine
	script  *conformance.Script
	log     []states.Event
	earlier map[int]*testsuite.TestWorkflowEnvironment // that have the events up to a number

	mu    sync.Mutex
	order *inOrder
	env   *testsuite.TestWorkflowEnvironment
	now   time.Time // when the environment began
	roles map[string]*role
	cues  []*cue
	held  map[string][]*cue // by the ids of activities, whose end is to come first
	err   error             // what a handler found wrong
}

// A cue is something that comes from outside at a time. One that is not done when a run goes on in
// another comes in that one: whoever sends an update that no run has answered sends it again.
type cue struct {
	at      time.Time
	do      func(env *testsuite.TestWorkflowEnvironment)
	updates bool // it is done when the workflow has accepted or refused it
	done    bool
}

// driver returns one whose handlers play the case.
func (p *performance) driver() (*driver, error) {
	store := new(objects.Memory)
	for bucket, content := range p.c.Objects {
		for key, text := range content {
			store.Put(bucket, key, text)
		}
	}
	config := Config{Resolver: everything{p}, Account: account, RoleARN: "arn:aws:iam::" + account + ":role/sfn_role",
		Liveness: 1000 * time.Hour, Limits: engine.Limits{Standard: -1}, DataConverter: converter.GetDefaultDataConverter()}
	concurrency := 0
	if p.way.oneByOne {
		concurrency = 1
	}
	base, err := engine.NewDriver(engine.Config{Resolver: config.Resolver, Account: config.Account, RoleARN: config.RoleARN, Limits: config.Limits,
		MapRuns: engine.MapRuns{Objects: store, Concurrency: concurrency}})
	return &driver{Driver: base, config: config, sender: p, kids: p}, err
}

// signal implements [sender].
func (p *performance) signal(_ context.Context, arn, name string, message any) error {
	p.mu.Lock()
	env := p.env
	p.mu.Unlock()
	return env.SignalWorkflowByID(arn, name, message)
}

// describeChild implements [kids].
func (p *performance) describeChild(_ context.Context, arn string) (*engine.Description, error) {
	order := p.inOrder()
	order.mu.Lock()
	s := order.children[arn]
	order.mu.Unlock()
	if s == nil {
		return nil, engine.ErrExecutionDoesNotExist
	}
	d := s.describe(p.c.Start)
	order.mu.Lock()
	f := order.ends[arn]
	order.mu.Unlock()
	if f == nil {
		return d, nil
	}
	if d.Status, d.Failure = f.Status, f.Failure; f.Status == states.StatusSucceeded {
		d.Output = encode(f.Output)
	}
	return d, nil
}

// redriveChild implements [kids]. The environment can't run an execution again.
func (p *performance) redriveChild(context.Context, string) error { return errors.ErrUnsupported }

// toEnd runs the workflow, in as many runs as it takes.
func (p *performance) toEnd(d *driver, s *start) (*conformance.Execution, *end, error) {
	for {
		var suite testsuite.WorkflowTestSuite
		suite.SetLogger(silent{})
		env := suite.NewTestWorkflowEnvironment()
		order := newInOrder()
		env.SetOnActivityCanceledListener(func(info *activity.Info) { order.asked(keyOf(info.WorkflowExecution.ID, info.ActivityID)) })
		env.SetStartTime(p.now)
		env.SetTestTimeout(time.Minute)
		env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{order}})
		env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: s.Execution.ARN})
		env.SetCurrentHistoryLength(s.RenewAfter)
		d.register(env)
		env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) { p.release(info.ActivityID) })
		env.SetOnChildWorkflowCompletedListener(func(info *workflow.Info, result converter.EncodedValue, err error) {
			order.childEnded(info.WorkflowExecution.ID, result, err)
		})
		p.mu.Lock()
		p.env, p.order = env, order
		for _, c := range p.cues {
			p.give(c)
		}
		p.mu.Unlock()
		var running *conformance.Execution
		env.RegisterDelayedCallback(func() {
			if env.IsWorkflowCompleted() {
				return
			}
			running = &conformance.Execution{Status: states.StatusRunning}
			running.History, p.err = p.history(env)
			env.SignalWorkflow(stopSignal, states.Failure{})
		}, p.c.Start.Add(forever).Sub(p.now))
		env.ExecuteWorkflow(executionWorkflow, s)
		if p.err != nil {
			return nil, nil, p.err
		}
		err := env.GetWorkflowError()
		if again, ok := errors.AsType[*workflow.ContinueAsNewError](err); ok {
			s = new(start)
			if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, s); err != nil {
				return nil, nil, err
			}
			p.now = env.Now()
			if n := len(s.Resumed.Earlier); n > 0 && s.Resumed.Earlier[n-1].Until > 0 {
				until := s.Resumed.Earlier[n-1].Until
				if p.earlier[until] == nil {
					p.earlier[until] = env
				}
			}
			continue
		}
		if running != nil {
			return running, nil, nil
		}
		return p.ended(env, s, err)
	}
}

// ended says how the execution ended.
func (p *performance) ended(env *testsuite.TestWorkflowEnvironment, s *start, err error) (*conformance.Execution, *end, error) {
	var e end
	var f *states.Finish
	if err == nil {
		if err = env.GetWorkflowResult(&e); err == nil {
			f, err = e.finish()
		}
	} else {
		var ended *end
		if f, ended, err = endOf(err); ended != nil {
			e = *ended
		}
	}
	if err != nil {
		return nil, nil, err
	}
	x := &conformance.Execution{Status: f.Status, Output: f.Output, Failure: f.Failure}
	if !s.Express {
		x.History, err = p.history(env)
	}
	return x, &e, err
}

// history asks the workflow for the history, in all of its runs.
func (p *performance) history(env *testsuite.TestWorkflowEnvironment) (_ []states.Event, err error) {
	p.log, err = wholeHistory(func(run earlierRun, from int) (*page, error) {
		of := env
		if run.Until > 0 {
			of = p.earlier[run.Until]
		}
		answer, err := of.QueryWorkflow(historyQuery, from)
		if err != nil {
			return nil, err
		}
		var got page
		return &got, answer.Get(&got)
	})
	return engine.Visible(p.log), err
}

// give does what a cue says when its time has come. p.mu is locked.
func (p *performance) give(c *cue) {
	if c.done {
		return
	}
	env := p.env
	env.RegisterDelayedCallback(func() {
		c.done = !c.updates
		c.do(env)
	}, max(c.at.Sub(env.Now()), time.Nanosecond)) // after what is under way
}
