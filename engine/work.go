package engine

import "sync"

// run makes calls of handlers and what follows from them. It makes them on this
// goroutine, which must have entered the engine; where several are to be made, all
// but one get a goroutine of their own.
func (e *Engine) run(c *call) {
	if e.virtual != nil {
		e.queue.push(e, c)
		return
	}
	for c != nil {
		for c.next != nil {
			side := c
			c, side.next = c.next, nil
			e.spawn(side)
		}
		c = c.make()
	}
}

// spawn makes calls on another goroutine.
func (e *Engine) spawn(c *call) {
	if c == nil || e.config.Standby {
		return
	}
	if e.virtual != nil {
		e.queue.push(e, c)
		return
	}
	select {
	case e.jobs <- c:
	default:
		if e.enter() {
			go e.work(c)
		}
	}
}

// spawnLater makes calls on another goroutine, while the archive is being opened only
// afterwards.
func (e *Engine) spawnLater(calls *call) {
	if !e.opening {
		e.spawn(calls)
		return
	}
	for c := calls; c != nil; c = c.next {
		e.held = append(e.held, c)
	}
}

// work makes calls until there are none. A goroutine whose stack has grown is worth
// keeping: some wait for more.
func (e *Engine) work(c *call) {
	defer e.leave()
	for !e.draining.Load() {
		e.run(c)
		if e.spare.Add(1) > e.maxSpare {
			e.spare.Add(-1)
			return
		}
		select {
		case c = <-e.jobs:
		case <-e.drain:
		}
		e.spare.Add(-1)
	}
}

// goOn moves an execution on, and on a goroutine of its own.
func (e *Engine) goOn(x *Execution, arrivals arrival) {
	e.busy(1)
	go func() {
		defer e.busy(-1)
		if calls, err := x.advance(arrivals); err == nil {
			e.spawn(calls)
		}
	}()
}

// A queue makes calls one after the other: the next one when a handler has
// returned or parked, and all that follows from it is done. It serves engines
// whose clock is virtual. The zero queue is empty.
type queue struct {
	mu          sync.Mutex
	first, last *call
	serving     bool
}

// push adds calls at the end and has them made.
func (q *queue) push(e *Engine, c *call) {
	if c == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last == nil {
		q.first = c
	} else {
		q.last.next = c
	}
	q.last = c.last()
	if !q.serving && e.enter() {
		q.serving = true
		e.busy(1)
		go q.serve(e)
	}
}

// pop takes the first call, or ends the serving when there is none.
func (q *queue) pop() *call {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.first
	if c == nil {
		q.serving = false
		return nil
	}
	if q.first = c.next; q.first == nil {
		q.last = nil
	}
	c.next = nil
	return c
}

// serve makes calls until the queue is empty.
func (q *queue) serve(e *Engine) {
	defer e.leave()
	for c := q.pop(); c != nil; c = q.pop() {
		if c.turn != nil && c.turn.resumes != nil {
			c.resume()
			continue
		}
		if !e.enter() {
			continue
		}
		c.yielded = make(chan struct{}, 1)
		e.busy(1)
		go func() {
			defer e.leave()
			defer e.busy(-1)
			defer c.yield()
			q.push(e, c.make())
		}()
		<-c.yielded
	}
	e.busy(-1)
}
