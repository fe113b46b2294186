package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// marking returns a middleware that puts a mark around what handlers answer.
func marking(mark string) func(engine.Handler) engine.Handler {
	return func(next engine.Handler) engine.Handler {
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			output, err := next.Handle(ctx, task)
			return fmt.Sprintf("%s(%v)", mark, output), err
		})
	}
}

// TestMiddlewareIsAroundAllHandlers: the first that was added is the outermost, and whatever is
// added later counts from then on.
func TestMiddlewareIsAroundAllHandlers(t *testing.T) {
	t.Parallel()
	mux := new(engine.Mux)
	answers := func() (all []string) {
		for _, resource := range []string{"ship", "arn:aws:lambda:us-east-1:123456789012:function:ship:live", "pack-it"} {
			h := mux.Resolve(resource)
			require.NotNil(t, h, resource)
			output, err := h.Handle(t.Context(), engine.Task{})
			require.NoError(t, err)
			all = append(all, fmt.Sprint(output))
		}
		assert.Nil(t, mux.Resolve("bill"))
		return all
	}
	mux.Handle("ship", answering("ship"))
	mux.Handle("pack-*", answering("pack"))
	assert.Equal(t, []string{"ship", "ship", "pack"}, answers())
	mux.Use()
	assert.Equal(t, []string{"ship", "ship", "pack"}, answers())
	mux.Use(marking("a"), marking("b"))
	assert.Equal(t, []string{"a(b(ship))", "a(b(ship))", "a(b(pack))"}, answers())
	mux.Use(marking("c"))
	mux.Handle("arn:aws:lambda:us-east-1:123456789012:function:ship:live", answering("live"))
	assert.Equal(t, []string{"a(b(c(ship)))", "a(b(c(live)))", "a(b(c(pack)))"}, answers())
	require.NoError(t, mux.Err())
	assert.Equal(t, []string{"arn:aws:lambda:us-east-1:123456789012:function:ship:live", "pack-*", "ship"}, mux.Resources())
}

// TestMiddlewareIsCalledOnceForAHandler: before any task, and not for each.
func TestMiddlewareIsCalledOnceForAHandler(t *testing.T) { // alone: it counts allocations
	mux, made := tasks(map[string]engine.HandlerFunc{"a": echo, "b*": echo}), 0
	mux.Use(func(next engine.Handler) engine.Handler { made++; return next })
	e := start(t, engine.Config{Resolver: mux})
	require.Equal(t, 2, made)
	for range 3 {
		output(t, run(t, e, one(t, `{"Type":"Task","Resource":"a","End":true}`), 1))
		output(t, run(t, e, one(t, `{"Type":"Task","Resource":"bb","End":true}`), 1))
	}
	assert.Equal(t, 2, made)
	assert.Same(t, mux.Resolve("bb"), mux.Resolve("bc"))
	assert.Zero(t, testing.AllocsPerRun(100, func() { mux.Resolve("a"); mux.Resolve("bb") }))
}

// TestMiddlewareAndHandlersAddedAtATime: whoever resolves gets the handler within all middleware
// of some moment.
func TestMiddlewareAndHandlersAddedAtATime(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"a": func(context.Context, engine.Task) (any, error) { return 0, nil }})
	deeper := func(next engine.Handler) engine.Handler {
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			mux.Resolve("a") // may be asked by whatever is called
			output, err := next.Handle(ctx, task)
			return output.(int) + 1, err
		})
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			mux.Use(deeper)
			mux.Handle(fmt.Sprint("b", i), answering(""))
			last := 0
			for range 50 {
				output, err := mux.Resolve("a").Handle(t.Context(), engine.Task{})
				assert.NoError(t, err)
				assert.GreaterOrEqual(t, output, last)
				last = output.(int)
			}
		})
	}
	all.Wait()
	output, err := mux.Resolve("a").Handle(t.Context(), engine.Task{})
	require.NoError(t, err)
	assert.Equal(t, 8, output)
	require.NoError(t, mux.Err())
}

// TestBadMiddlewareIsRefused by New, and fails the tasks of handlers that are added later.
func TestBadMiddlewareIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		middleware []func(engine.Handler) engine.Handler
		want       string
	}{
		"nil":                 {[]func(engine.Handler) engine.Handler{nil}, "engine: Mux: a middleware that is nil"},
		"returns nil":         {[]func(engine.Handler) engine.Handler{marking("a"), func(engine.Handler) engine.Handler { return nil }}, `engine: Mux: handler for "ship" is nil, as middleware 2 of 2 made it`},
		"returns a nil func":  {[]func(engine.Handler) engine.Handler{func(engine.Handler) engine.Handler { return engine.HandlerFunc(nil) }}, `engine: Mux: handler for "ship" is nil, as middleware 1 of 1 made it`},
		"returns a bad one":   {[]func(engine.Handler) engine.Handler{func(engine.Handler) engine.Handler { return engine.LambdaFunc(7) }}, `engine: Mux: handler for "ship": engine: LambdaFunc: int is no Lambda handler: it is not a function, as middleware 1 of 1 made it`},
		"error names of none": {[]func(engine.Handler) engine.Handler{engine.ErrorNames(engine.ErrorIs(nil, "E"))}, `engine: Mux: handler for "ship": engine: rule 1 of 1 of ErrorNames: the target of ErrorIs is nil, as middleware 1 of 1 made it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := tasks(map[string]engine.HandlerFunc{"ship": echo})
			mux.Use(c.middleware...)
			_, err := engine.New(engine.Config{Resolver: mux})
			require.EqualError(t, err, c.want)
		})
	}
	mux := engine.NewMux()
	mux.Use(func(engine.Handler) engine.Handler { return nil })
	e := start(t, engine.Config{Resolver: mux})
	mux.HandleFunc("late", echo)
	failed := failure(t, run(t, e, one(t, `{"Type":"Task","Resource":"late","End":true}`), nil))
	assert.Contains(t, failed.Cause, `handler for \"late\" is nil, as middleware 1 of 1 made it`)
}

// A working handler names its worker.
type working struct{ engine.Handler }

func (working) Worker(task engine.Task) string { return "worker of " + task.State }

// hiding returns a handler that has no method but Handle; unwrapping one that tells what it hides.
func hiding(next engine.Handler) engine.Handler { return engine.HandlerFunc(next.Handle) }

type unwrapping struct{ inner engine.Handler }

func (u unwrapping) Handle(ctx context.Context, task engine.Task) (any, error) {
	return u.inner.Handle(ctx, task)
}
func (u unwrapping) Unwrap() engine.Handler { return u.inner }

// TestWrappedHandlersBehaveAsBefore: whatever a handler can do besides, and whatever kind of task
// it is called for.
func TestWrappedHandlersBehaveAsBefore(t *testing.T) {
	t.Parallel()
	const activity = "arn:aws:states:us-east-1:123456789012:activity:pack"
	handlers := func() *engine.Mux {
		mux := engine.NewMux()
		mux.Handle(activity, working{engine.HandlerFunc(echo)})
		mux.Handle("ship", engine.LambdaFunc(func(o order) (order, error) { return o, nil }))
		mux.HandleFunc("arn:aws:states:::ecs:runTask.sync", func(_ context.Context, task engine.Task) (any, error) {
			return "done", task.Acknowledge("begun")
		})
		mux.HandleFunc("fail", fail("Busy"))
		mux.HandleFunc("panic", func(context.Context, engine.Task) (any, error) { panic("ouch") })
		return mux
	}
	for name, state := range map[string]string{
		"an activity":       `"Resource":"` + activity + `"`,
		"a function":        `"Resource":"arn:aws:lambda:us-east-1:123456789012:function:ship"`,
		"lambda:invoke":     `"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"ship","Payload.$":"$"}`,
		"a job":             `"Resource":"arn:aws:states:::ecs:runTask.sync","Parameters":{"TaskDefinition":"oven"}`,
		"an error":          `"Resource":"fail"`,
		"a panic":           `"Resource":"panic"`,
		"a timeout":         `"Resource":"late","TimeoutSeconds":1`,
		"without a handler": `"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName.$":"$.ID"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for i, middleware := range [][]func(engine.Handler) engine.Handler{
				{},
				{hiding},
				{hiding, hiding},
				{func(next engine.Handler) engine.Handler { return unwrapping{next} }},
				{engine.ErrorNames(engine.ErrorIs(errors.ErrUnsupported, "E"))},
			} {
				mux := handlers()
				mux.Use(middleware...)
				e, clock := startVirtual(t, engine.Config{Resolver: mux})
				mux.HandleFunc("late", func(ctx context.Context, _ engine.Task) (any, error) {
					return nil, clock.Sleep(ctx, time.Hour)
				})
				x := run(t, e, one(t, `{"Type":"Task",`+state+`,"End":true}`), order{ID: "o-1"}, engine.Named("x"))
				clock.Settle()
				clock.Advance(time.Second)
				if got := history(t, e, x); i == 0 {
					want = got
				} else {
					assert.Equal(t, want, got)
				}
				for _, event := range events(t, e, x) {
					if d, ok := event.Details.(*states.WorkerDetails); ok {
						assert.Equal(t, "worker of S", d.Worker)
					}
				}
			}
		})
	}
}

// TestMiddlewareMayAnswerItself: a task that is not allowed never gets to its handler.
func TestMiddlewareMayAnswerItself(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"ship": func(context.Context, engine.Task) (any, error) { panic("called") }})
	mux.Use(func(next engine.Handler) engine.Handler {
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			if task.Execution.Machine != "orders" {
				return nil, &engine.TaskError{Name: "AccessDenied", Cause: task.Resource}
			}
			return next.Handle(ctx, task)
		})
	})
	e := start(t, engine.Config{Resolver: mux})
	failed := failure(t, run(t, e, one(t, `{"Type":"Task","Resource":"ship","End":true}`), nil, engine.Machine("others")))
	assert.Equal(t, []string{"AccessDenied", "ship"}, []string{failed.Name, failed.Cause})
}

func BenchmarkResolve(b *testing.B) {
	for _, layers := range []int{0, 3} {
		b.Run(fmt.Sprint("middleware=", layers), func(b *testing.B) {
			mux := tasks(map[string]engine.HandlerFunc{"ship": echo})
			for range layers {
				mux.Use(hiding)
			}
			b.ReportAllocs()
			for b.Loop() {
				mux.Resolve("ship")
			}
		})
	}
}
