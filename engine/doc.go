// Package engine runs executions of state machines inside a Go process.
//
//	tasks := engine.NewMux()
//	tasks.Handle("reserve-inventory", engine.Func(func(ctx context.Context, o Order) (Reservation, error) {
//		return warehouse.Reserve(ctx, o, engine.TaskFrom(ctx).IdempotencyKey)
//	}))
//	eng, err := engine.New(engine.Config{Resolver: tasks})
//	defer eng.Close()
//
//	run, err := eng.StartExecution(ctx, machine, order, engine.Named("order-42"))
//	result, err := run.Wait(ctx) // a failed run is an *ExecutionError
//	err = result.Decode(&receipt)
//
// What a state machine means is decided in package states. This package gives it
// a clock, chance, handlers and a memory. For every input it steps the
// interpreter, records the events, and only then performs the commands: run.go is
// the one place where that happens. An execution that waits, for a time, a retry
// or a Task Token, holds no goroutine; one heap of timers serves all.
//
// Handlers run at least once, transitions exactly once. Everything is in memory:
// executions are gone with the engine, and those that have ended are kept within
// [Limits.Retained] and [Limits.Retention].
//
// Executions are Standard, with a history that can be read, or [Express], with
// none; both can log their events ([Logging]). Either kind runs a handler on the
// goroutine that took the step before it, unless several are to run side by side.
//
// Where things stand:
//
//	Config, New, Close                     config.go, engine.go
//	start, wait, stop                      start.go, options.go, execution.go, stop.go
//	describe, list, history                describe.go, list.go, history.go
//	step, record, perform                  run.go
//	who calls handlers, on what goroutine  work.go
//	one call of a handler                  call.go, context.go, task.go
//	resources and handlers                 resolver.go, mux.go, func.go, signature.go
//	lambda:invoke                          lambda.go
//	errors                                 errors.go
//	errors of handlers, as ASL names them  failure.go
//	Task Tokens                            token.go
//	time                                   clock.go, timer.go, wake.go
//	log events                             log.go
//	names and ARNs                         name.go
//	what is checked before a start         check.go
//	which executions are kept              keep.go
package engine
