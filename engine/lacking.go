package engine

import (
	"maps"
	"slices"

	"go.uber.org/zap"
)

// A lacking notes that a running execution in the store has no handler for all of its
// tasks.
type lacking struct {
	program *program
	err     error // a *ResourceError, or several joined
}

// lack notes that an execution lacks a handler, for [Engine.Health] and until
// supplyHandlers finds that it has one.
func (a *storeArchive) lack(arn string, p *program, err error) {
	a.mu.Lock()
	if a.lacking == nil {
		a.lacking = make(map[string]lacking)
	}
	_, known := a.lacking[arn]
	a.lacking[arn] = lacking{p, err}
	a.mu.Unlock()
	if !known { // logged without a lock, because the Logger may call the user's code
		a.config.Logger.Error("gostates: an execution has no handler for a task", zap.String("execution_arn", arn), zap.Error(err))
	}
}

// supplyHandlersSoon calls supplyHandlers on a goroutine of its own.
func (a *storeArchive) supplyHandlersSoon() {
	a.busy(1)
	go func() {
		defer a.busy(-1)
		a.supplyHandlers()
	}()
}

// supplyHandlers asks the Resolver again for the handlers that executions lack. Tasks
// whose handlers it has by now go on.
func (a *storeArchive) supplyHandlers() {
	a.mu.Lock()
	all := maps.Clone(a.lacking)
	a.mu.Unlock()
	missing := make(map[*program]error)
	for arn, l := range all {
		err, asked := missing[l.program]
		if !asked {
			err = a.machines.unresolved(a.config.Resolver, l.program.machine)
			missing[l.program] = err
		}
		a.mu.Lock()
		x := a.byARN[arn]
		if err == nil {
			delete(a.lacking, arn) // a task that lacks its handler all the same says so again
		}
		a.mu.Unlock()
		if x != nil {
			a.spawn(x.supplyHandlers())
		}
	}
}

// await has a task wait until it has a handler, and reports whether it does. Only the
// tasks of executions in a store do: the start of the execution needed the handler, so that
// another engine, or this one later, has it.
func (x *Execution) await(c *call) bool {
	if !x.archive.outlives() {
		return false
	}
	x.lock()
	a, p := x.in, x.program
	c.running, c.waits = false, true
	x.unlock()
	r := x.engine.config.Resolver
	name, _ := taskResource(r, c.state())
	a.lack(x.identity.ARN, p, resourceError(r, c.state().Name(), name))
	if r.Resolve(name) != nil {
		a.supplyHandlersSoon() // it was added just now
	}
	return true
}

// supplyHandlers returns the calls of the tasks that wait for a handler and have one now.
func (x *Execution) supplyHandlers() (first *call) {
	x.lock()
	waiting := slices.DeleteFunc(slices.Clone(x.calls), func(c *call) bool { return !c.waits })
	x.unlock()
	r := x.engine.config.Resolver
	waiting = slices.DeleteFunc(waiting, func(c *call) bool {
		name, _ := taskResource(r, c.state())
		return r.Resolve(name) == nil
	})
	x.lock()
	defer x.unlock()
	for _, c := range waiting {
		if c.waits && slices.Contains(x.calls, c) && !x.engine.closed.Load() {
			c.waits, c.lacks = false, false
			if c.asks() {
				c.running = true
				c.next, first = first, c
			}
		}
	}
	return first
}
