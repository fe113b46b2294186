package engine

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Use adds middleware: functions that are given a handler and return one that is called in its
// place, and calls it, for what all handlers of the Mux have in common, such as traces, metrics,
// permissions, limits, or names of errors ([ErrorNames]):
//
//	tasks.Use(func(next engine.Handler) engine.Handler {
//		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
//			began := time.Now()
//			output, err := next.Handle(ctx, task)
//			durations.Observe(task.Resource, time.Since(began), err)
//			return output, err
//		})
//	})
//
// The first that was added is the outermost: it sees the task first and the answer last.
// Middleware is around all handlers of the Mux, those that were added before and those that will
// be. One that is added while an engine runs counts for the tasks that begin afterwards.
//
// A middleware is called once for each handler, at the latest when [New] asks for [Mux.Err]; for
// a handler that is added later, when a task needs it, and by two tasks at a time perhaps twice.
// What it returns is kept until Use is called again. So the handler that it returns is called for
// all tasks of the inner one, by several goroutines at a time, and finds in the [Task] which task
// it is for. What a handler can do besides Handle, such as Worker, is asked of the inner handler
// where that of the middleware can't do it.
//
// Middleware is not around what the engine does itself ([Engine.Serves]), around mocks, and around
// the handler of [Engine.Work]. A middleware that is nil, or returns a handler which is nil or
// unusable, is an error that Mux.Err tells, and New returns; a task whose handler was added later
// fails with it.
func (m *Mux) Use(middleware ...func(Handler) Handler) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Who resolves meanwhile has the slice as it was, and what is kept is known by its length.
	all := m.middleware[:len(m.middleware):len(m.middleware)]
	for _, f := range middleware {
		if f == nil {
			m.err = errors.Join(m.err, errors.New("engine: Mux: a middleware that is nil"))
			continue
		}
		all = append(all, f)
	}
	m.middleware = all
}

// An added handler is one of a Mux.
type added struct {
	name    string
	handler Handler
	inside  atomic.Pointer[inside] // the handler as the latest task got it; nil for none
}

// An inside is a handler within middleware.
type inside struct {
	Handler         // of the outermost middleware
	inner   Handler // that all of it is around
	layers  int
}

// within returns the handler within middleware, a badHandler when that returned no usable one. No
// lock is held, because middleware is the user's.
func (a *added) within(middleware []func(Handler) Handler) Handler {
	if len(middleware) == 0 {
		return a.handler
	}
	was := a.inside.Load()
	if was == nil || was.layers != len(middleware) {
		now := &inside{Handler: a.wrapped(middleware), inner: a.handler, layers: len(middleware)}
		if a.inside.CompareAndSwap(was, now) {
			was = now
		} else if was = a.inside.Load(); was.layers != len(middleware) {
			was = now // for this task alone: the middleware has changed again
		}
	}
	if bad, ok := was.Handler.(badHandler); ok {
		return bad
	}
	return was
}

// wrapped returns the handler of the outermost middleware.
func (a *added) wrapped(middleware []func(Handler) Handler) Handler {
	h := a.handler
	for i := len(middleware) - 1; i >= 0; i-- {
		h = middleware[i](h)
		if err := unusable(a.name, h); err != nil {
			return badHandler{fmt.Errorf("%w, as middleware %d of %d made it", err, i+1, len(middleware))}
		}
	}
	return h
}

// A namesWorkers is a handler of an activity that names the worker: see [Handler].
type namesWorkers interface{ Worker(task Task) string }

// workerOf returns the name that a handler gives to the worker of a task, empty for none. A
// handler that is around another one is asked first.
func workerOf(h Handler, task Task) string {
	for !isNil(h) {
		if h, ok := h.(namesWorkers); ok {
			return h.Worker(task)
		}
		switch outer := h.(type) {
		case *inside:
			if name := workerOf(outer.Handler, task); name != "" {
				return name
			}
			h = outer.inner
		case interface{ Unwrap() Handler }:
			h = outer.Unwrap()
		default:
			return ""
		}
	}
	return ""
}
