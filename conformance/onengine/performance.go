package onengine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// How an execution is called in a case, as conformance.Simulator has it.
const (
	region       = "us-east-1"
	account      = "111111111111"
	roleARN      = "arn:aws:iam::" + account + ":role/sfn_role"
	machineName  = "machine"
	caseName     = "execution"
	executionARN = "arn:aws:states:" + region + ":" + account + ":execution:" + machineName + ":" + caseName
)

// A performance is one run of a case, and all that outlives the engines in it.
type performance struct {
	machine *asl.StateMachine
	c       *conformance.Case
	script  *conformance.Script
	store   store.Store // nil for the engine's memory
	writes  int         // so far, of all engines
	log     [][]byte    // at the end

	mu     sync.Mutex
	engine *engine.Engine
	stage  *stage // the store as that engine sees it
	clock  *enginetest.Clock
	roles  map[string]*role // by IdempotencyKey
	cues   []*cue
	err    error // what a handler found wrong
}

func newPerformance(m *asl.StateMachine, c *conformance.Case, script *conformance.Script, db store.Store) *performance {
	p := &performance{
		machine: m, c: c, script: script, store: db,
		clock: enginetest.NewClock(c.Start), roles: make(map[string]*role),
	}
	for s := c.Stop; s != nil; s = s.Again {
		p.cues = append(p.cues, &cue{at: c.Start.Add(seconds(s.After)), once: true, do: func(e *engine.Engine) error {
			return e.StopExecution(context.Background(), executionARN, s.Error, s.Cause)
		}})
	}
	return p
}

// perform runs the case to its end, on as many engines as it takes, and empties the
// store. The execution is returned without its history, and only when no engine was
// lost.
func (p *performance) perform(l loss) (x *conformance.Execution, err error) {
	for disturbed := l != (loss{}); ; {
		s := &stage{Store: p.store, loss: l}
		x, err = p.performOn(s, !disturbed)
		p.writes += s.writes
		if err != nil || !s.isLost() {
			return x, err
		}
		p.mu.Lock()
		p.clock = enginetest.NewClock(p.clock.Now())
		p.mu.Unlock()
		if !l.again {
			l = loss{}
		}
	}
}

// everything is a resolver with one handler for all resources, but for activities that the
// case doesn't have. A case has what the integration lambda:invoke is given and returns, not
// the function.
type everything struct{ player }

// Resolve implements [engine.Resolver].
func (e everything) Resolve(resource string) engine.Handler {
	if strings.Contains(resource, ":activity:") && !e.script.HasActivity(e.machine, resource) {
		return nil // the engine has none, either
	}
	return e.player
}

// TakesIntegration implements [engine.IntegrationResolver].
func (e everything) TakesIntegration(string) bool { return true }

// performOn runs the case on one engine, and describes the execution if asked to.
func (p *performance) performOn(s *stage, describe bool) (x *conformance.Execution, err error) {
	config := engine.Config{
		Resolver: everything{player{p}},
		Clock:    p.clock, Region: region, Account: account, RoleARN: roleARN,
		// A case that waits for ever has no year to wait, and nobody forgets it then.
		Limits: engine.Limits{Standard: -1, Retention: -1},
	}
	if p.store != nil {
		config.Store = s
	}
	if len(p.c.Objects) > 0 || strings.Contains(p.c.Definition, "ItemReader") || strings.Contains(p.c.Definition, "ResultWriter") {
		config.MapRuns.Objects = p.objects()
	}
	// The cues come first: with timers of their moment they are the earlier ones.
	for _, c := range p.cues {
		p.give(c)
	}
	p.mu.Lock() // handlers that New calls wait until there is an engine
	p.stage = s
	p.engine, err = engine.New(config)
	p.mu.Unlock()
	switch {
	case err != nil && s.isLost():
		return nil, nil // while it was opened
	case err != nil:
		return nil, err
	}
	defer func() { err = errors.Join(err, p.engine.Close()) }()
	if p.c.Express {
		return p.express()
	}
	_, err = p.engine.StartExecution(context.Background(), p.machine, p.c.Input, p.options()...)
	if err != nil && !s.isLost() && !errors.Is(err, engine.ErrExecutionAlreadyExists) {
		return nil, err
	}
	for redriven := true; redriven; {
		p.clock.AdvanceUntil(func() bool { return p.over(s) })
		if err := p.failed(); err != nil || s.isLost() {
			return nil, err
		}
		if redriven, err = p.redrive(); err != nil && !s.isLost() {
			return nil, err
		}
	}
	if describe {
		if x, err = p.describe(); err != nil {
			return nil, err
		}
	}
	if p.store == nil {
		p.log, err = p.shown()
		return x, err
	}
	s.finish()
	return x, p.take()
}

// objects returns what ItemReaders can read, and room for what ResultWriters write: an object
// store that has every bucket.
func (p *performance) objects() *objects.Memory {
	m := new(objects.Memory)
	for bucket, content := range p.c.Objects {
		for key, text := range content {
			m.Put(bucket, key, text)
		}
	}
	return m
}

// redrive redrives an execution that has ended, if the case does, and reports whether.
func (p *performance) redrive() (bool, error) {
	d, err := p.engine.DescribeExecution(context.Background(), executionARN)
	if err != nil || d.Status == states.StatusRunning || d.RedriveCount == len(p.c.Redrives) {
		return false, err
	}
	p.mu.Lock()
	for _, c := range p.cues {
		c.done = true // they were for what has ended
	}
	p.mu.Unlock()
	p.clock.Advance(max(d.StopDate.Add(seconds(p.c.Redrives[d.RedriveCount])).Sub(p.clock.Now()), 0))
	_, err = p.engine.RedriveExecution(context.Background(), executionARN)
	return true, err
}

func (p *performance) options() []engine.StartOption {
	options := []engine.StartOption{
		engine.Named(caseName), engine.Machine(machineName), engine.Seeded(sha256.Sum256([]byte(p.c.Name))),
	}
	if p.c.StopsWithoutCompensation {
		options = append(options, engine.StopsWithoutCompensation)
	}
	return options
}

// fail notes the first thing that was found wrong.
func (p *performance) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}

func (p *performance) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// over reports whether there is nothing more to wait for.
func (p *performance) over(s *stage) bool {
	if p.failed() != nil || s.isOver() {
		return true
	}
	if p.store != nil {
		return false
	}
	d, err := p.engine.DescribeExecution(context.Background(), executionARN)
	return err != nil || d.Status != states.StatusRunning
}

// describe says how the execution stands.
func (p *performance) describe() (*conformance.Execution, error) {
	d, err := p.engine.DescribeExecution(context.Background(), executionARN)
	if err != nil {
		return nil, err
	}
	x := &conformance.Execution{Status: d.Status, Failure: d.Failure}
	if d.Status == states.StatusSucceeded {
		x.Output, err = value.Parse(d.Output)
	}
	return x, err
}

// shown returns the history that the engine shows.
func (p *performance) shown() (log [][]byte, err error) {
	for o := (engine.HistoryOptions{MaxResults: 1000}); ; {
		page, err := p.engine.GetExecutionHistory(context.Background(), executionARN, o)
		if err != nil {
			return nil, err
		}
		for i := range page.Events {
			log = append(log, page.Events[i].AppendLog(nil))
		}
		if o.NextToken = page.NextToken; o.NextToken == "" {
			return log, nil
		}
	}
}

// take takes the log of the execution out of the store. Of one that still runs it is
// the history that the engine shows, because the store need not have all of it yet.
func (p *performance) take() error {
	ctx := context.Background()
	r, err := p.store.Record(ctx, executionARN)
	if err != nil {
		return err
	}
	if r.Status == states.StatusRunning {
		p.log, err = p.shown()
		err = errors.Join(err, p.engine.StopExecution(ctx, executionARN, "", ""))
	} else {
		p.log, err = p.store.Log(ctx, executionARN)
		p.log = slices.DeleteFunc(p.log, isOwn)
	}
	if err != nil {
		return err
	}
	n, err := p.store.Expire(ctx, p.clock.Now().AddDate(1000, 0, 0), 1_000)
	if err == nil && n != 1 && !strings.Contains(p.c.Definition, "DISTRIBUTED") {
		err = fmt.Errorf("%d executions were in the store that should have had one", n)
	}
	return err
}

// isOwn reports whether a line of a log is the engine's own, and no event. An engine that was lost may
// have others than one that was not.
func isOwn(line []byte) bool {
	event, err := states.ParseLog(line)
	return err == nil && event.Hidden() && event.Type != states.RetryScheduled && event.Type != states.WaitScheduled
}

// history returns the events that users see.
func (p *performance) history() (history []states.Event, err error) {
	for _, line := range p.log {
		event, err := states.ParseLog(line)
		if err != nil {
			return nil, err
		}
		if !event.Hidden() {
			history = append(history, event)
		}
	}
	return history, nil
}

// express runs an Express execution.
func (p *performance) express() (*conformance.Execution, error) {
	var result *engine.Result
	var err error
	options := append(p.options(), engine.Express)
	if p.c.Sync {
		result, err = p.engine.StartSyncExecution(context.Background(), p.machine, p.c.Input, options...)
	} else {
		var x *engine.Execution
		if x, err = p.engine.StartExecution(context.Background(), p.machine, p.c.Input, options...); err == nil {
			result, err = x.Wait(context.Background())
		}
	}
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
		return &conformance.Execution{Status: failed.Status, Failure: states.Failure{
			Error: failed.Name, HasError: failed.Name != "", Cause: failed.Cause, HasCause: failed.Cause != "",
		}}, p.failed()
	}
	if err != nil {
		return nil, err
	}
	output, err := value.Parse(result.Output())
	return &conformance.Execution{Status: states.StatusSucceeded, Output: output}, errors.Join(err, p.failed())
}

// A cue is something that comes from outside at a time, until it was taken.
type cue struct {
	at   time.Time
	do   func(e *engine.Engine) error
	once bool // given again after it took effect it would take effect again
	done bool // guarded by performance.mu
}

// give does what a cue says when its time has come.
func (p *performance) give(c *cue) {
	p.clock.WakeAt(c.at, func() {
		p.mu.Lock()
		e, s, done := p.engine, p.stage, c.done
		p.mu.Unlock()
		if done {
			return
		}
		err := c.do(e)
		if _, failed := errors.AsType[*engine.StoreError](err); failed {
			if !c.once || !s.loss.after {
				return
			}
		} else if err != nil && !isTokenOver(err) {
			p.fail(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		c.done = true
	})
}

// isTokenOver reports whether a Task Token has nothing that waits for it: the task
// ended some other way, or before the engine was lost.
func isTokenOver(err error) bool {
	return errors.Is(err, engine.ErrInvalidToken) || errors.Is(err, engine.ErrTaskDoesNotExist) || errors.Is(err, engine.ErrTaskTimedOut)
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
