// Package engine runs executions of state machines inside a Go process.
//
//	tasks := engine.NewMux()
//	tasks.Handle("reserve-inventory", engine.Func(func(ctx context.Context, o Order) (Reservation, error) {
//		return warehouse.Reserve(ctx, o, engine.TaskFrom(ctx).IdempotencyKey)
//	}))
//	eng, err := engine.New(engine.Config{Resolver: tasks})
//	defer eng.Close()
//
//	run, err := eng.StartExecution(ctx, machine, order, engine.Machine("orders"), engine.Named("order-42"))
//	result, err := run.Wait(ctx) // a failed run is an *ExecutionError
//	err = result.Decode(&receipt)
//
// What a state machine means is decided in package states. This package gives it
// a clock, chance, handlers and a memory. For every input it steps the
// interpreter, records the events, and only then performs the commands: run.go is
// the one place where that happens. An execution that waits, for a time, a retry
// or a Task Token, holds no goroutine; one heap of timers serves all.
//
// Handlers run at least once, transitions exactly once. Without a [Config.Store]
// everything is in memory: executions are gone with the engine, and those that have
// ended are kept within [Limits.Retained] and [Limits.Retention].
//
// # Durable executions
//
// With a Store, Standard executions outlive the engine and its process, also one that
// is killed:
//
//	eng, err := engine.New(engine.Config{Resolver: tasks, Store: sqlite.Open("orders.db")})
//
// The history of an execution is its log, and all that is needed to restore it. The
// events of every step are in the store before anything that they announce is done. A
// chain of states without tasks is written together with the task or the wait that it
// leads to, so an execution of five tasks takes six writes.
//
// New takes up every execution that has something to do according to the store, and
// leaves those asleep that only wait:
//
//   - Timers that came due in the meantime fire at once, in the order of their times, some
//     hundred executions side by side. New does not wait for them, however many they are.
//     (On a virtual clock New returns when all have fired, and only then are handlers
//     called.) Retry delays and timeouts keep their deadlines.
//   - Tasks in flight run again, as many at a time as Config.Throttles allow, with the same
//     IdempotencyKey, Attempt and Deadline, and no more than [Limits.Restarts] times if the
//     process was killed; their HeartbeatSeconds begin anew, and so do those of a task that sends heartbeats by
//     its Task Token, because the last of them may be lost. Handlers may be called before
//     New returns, so one that needs the engine asks [EngineFrom] for it.
//   - A .waitForTaskToken task whose handler had returned is not called again, and its
//     token still works. An answer that its handler left for later comes at its time
//     ([Task.CompleteAfter]). A .sync task is called again, and is told by
//     [Task.Acknowledged] that its job exists.
//   - The definition is the one that the execution started with.
//   - A task that has no handler here waits until the Resolver has one. Its execution can
//     be stopped and runs out of time as others do.
//   - An execution whose log can't be read is left as it is, until it is stopped: see
//     [Engine.Health].
//
// An execution that waits, for time or for a token, leaves memory, and comes back when
// something happens to it. The store knows when it is due; the engine has in mind the
// few thousand that are due first, and of all others nothing, however many they are. A
// Task Token leads to its execution by its last characters. The context of its handlers
// that have returned ends when an execution falls asleep.
//
// When the store fails, calls return a [*StoreError], nothing that was acknowledged is
// lost, handlers' answers are kept, and the engine tries again from time to time, on
// its clock. A [Store] that finds another owner's writes in a log makes this engine
// stop the execution: [ErrConflict] is what Wait returns then.
//
// A Task Token leads to its execution, whose history tells what became of it, also when
// that was before the engine was opened: see [Engine.SendTaskSuccess].
//
// # Bounds
//
// Every task that is scheduled has its handler called at once, unless [Config.Throttles] bound
// the calls: in total, by resource, by a value in the input, at a time or in a second. Tasks
// that wait for their turn hold no goroutine and use up none of their time; machines take
// turns. [Engine.Queues] shows the queues. When some thousand tasks wait, executions in a Store
// that wait for nothing else leave memory, but for some hundred bytes.
//
// # Distributed Map
//
// A Map state in the mode DISTRIBUTED has a Map Run: its children are executions of their own,
// whose names follow from the run and their index. A run reads as many items as can be at work,
// and keeps what became of children together with its counts and the reader's place. See
// [MapRuns], [Engine.MapRun] and [Engine.DescribeMapRun].
//
// # Notifications
//
// [Config.Notify] is told of every change of the status of a Standard execution: that it
// runs, because it was started, forked or redriven, and how it ended. What it is told is
// the event that AWS sends to EventBridge, a [StatusChange]. Express executions tell
// nobody, as on AWS, and an import is no change.
//
// Changes are told after they are recorded, with a Store after they are durable; one
// after the other, in the order in which they were recorded, which is the order of each
// execution's own changes, too. A call that returns an error or panics is made again,
// after delays from 100 milliseconds up to 30 seconds on the engine's clock, and what
// follows waits for it: an event that is not wanted, or can never be taken, must be
// answered with nil. Every event is told at least once; one that is told again has the
// same ID.
//
// With Config.NotifyAttempts an event that is not taken in so many calls is given up: it is kept as
// a [DeadLetter], which [Engine.DeadLetters] lists and [Engine.Redeliver] tells again, and what
// follows is told. [Engine.NotificationStatus] says how many events wait, since when, and why.
//
// A slow Notify holds no execution up. With a Store, which must be a [store.NotificationStore],
// events wait in the store, noted in the same write as the change itself, and those that
// were not taken are told by the next engine that is opened with a Notify. Without a Store
// they wait in memory, up to 64 MiB of them; then the oldest are dropped, and an error is
// logged. Events of changes that come about while Notify is nil are not kept.
//
// Close goes on until nothing is left or Notify returns an error, for up to
// Config.CloseTimeout together with all else that it waits for, and Shutdown for as long as its
// context lets it; the context of the last call ends before that.
//
// # Tracing and measuring
//
// [Config.Observers] are told what executions do: package engine/opentelemetry makes spans of
// it, and package engine/prometheus metrics. An engine without Observers pays nothing for
// them. See [Observer].
//
// # Going on from a history
//
// Whatever has a history can go on from it, with a Store and without:
//
//   - [Engine.RedriveExecution] goes on with a failed execution from the states that
//     failed, as the same execution.
//   - [Engine.ImportExecution] takes over the history of an execution that ran on AWS,
//     to look at it, redrive or fork it here.
//   - [Engine.ForkExecution] starts a new execution with a copy of a history up to
//     some event, and another payload or definition from there.
//
// # Tools
//
// With Config.Standby an engine moves nothing by itself. On a Store that only reads
// (sqlite.OpenReadOnly) it shows the executions of an engine that is at work in another
// process; on a Store of its own it stops, redrives, forks and deletes executions, and what
// follows is done by the next engine without Standby.
//
// # Compensation
//
// A machine whose states name handlers with Compensate, an extension of the language,
// undoes what it has completed when it fails, is stopped or runs out of time. Handlers
// are tasks like others: they run at least once, with an IdempotencyKey, and survive
// restarts. See [Engine.StopExecution], [StopsWithoutCompensation] and
// [Engine.RedriveExecution].
//
// # Registered machines
//
// StartExecution takes a machine as it was parsed. Package registry registers machines
// under names, with revisions, versions and aliases as AWS has them, and starts executions
// by these:
//
//	machines := registry.New(eng)
//	_, err = machines.Create(ctx, "orders", machine)
//	run, err := machines.StartExecution(ctx, "orders:PROD", order)
//
// The engine itself knows it as [Machines] only, from which [Engine.StartExecutionFrom]
// gets what it starts.
//
// # Kinds of executions
//
// Executions are Standard, with a history that can be read, or [Express], with
// none; both can log their events ([Logging]). Either kind runs a handler on the worker
// that took the step before it, unless several are to run side by side. The goroutine of a
// start runs none, that of [Engine.StartSyncExecution] included: it only waits.
//
// # Goroutines and locks
//
// Everything that is exported may be called from any goroutine, and from every callback:
// handlers and middleware of them, a Resolver, Machines, Config.Notify, Observers, a Logger with its
// cores and hooks, MarshalJSON of a payload, Error and ErrorName of an error. The engine
// holds no lock while it calls them. The exceptions are a [Clock] and a [store.Store], which
// are called under locks: their methods must not call the engine.
//
// The engine has these goroutines. Those of the callers of its API take steps of
// executions, and no more. Workers call handlers, take the step that follows, and make the
// next call; a few wait for more work when theirs is done. The clock's goroutine serves
// timers. With a Store, up to 256 goroutines restore executions that have something due.
// An open Map Run has one while it has something to do, and up to 128 that start its children in a
// Store. One goroutine delivers notifications, one at a time removes executions whose time is
// over, and an execution in an endless loop of states without tasks has one to itself. On a
// virtual clock calls of handlers, and what timers bring about, come one after the other.
// Close waits for all of them, as far as handlers and Notify let it.
//
// A goroutine locks in this order, and leaves out what it does not need:
//
//  1. storeArchive.looking, for as long as the store is asked for who is due next.
//  2. Execution.mu, by lock and unlock. It is held for a whole step, the store's write
//     included. A second one is locked in two places, launch and fork, where the first is
//     that of an execution that nobody else can find, and in await.go, where the first is
//     the child of the second. What calls the user's code is noted
//     under the lock, and done by unlock after it.
//  3. One of programs.mu, machines.mu, mapRuns.mu, mapRun.mu, repairs.mu, guard.mu for reading,
//     tokens.mu, pollers.mu, served.mu, queue.mu, throttles.mu, call.mu, the mutexes of a Mux, of internal/outbox and of documents in memory. While one
//     of them is held, none of the others is locked.
//  4. Engine.mu, which guards the lists and maps of executions, in memory and asleep.
//  5. The mutex of internal/timers, of internal/mapruns or of internal/places.
//  6. Whatever a Clock locks.
//
// Where things stand:
//
//	Config, New, Close                     config.go, engine.go, close.go
//	start, wait, stop                      start.go, options.go, execution.go, stop.go
//	describe, list, history                describe.go, list.go, history.go, page.go
//	redrive, import, fork, delete          redrive.go, import.go, fork.go, delete.go
//	a step: take, plan, keep, carry out    run.go, plan.go
//	who calls handlers, on what goroutine  work.go
//	one call of a handler                  call.go, context.go, task.go
//	  who waits for a place to be called   throttle.go, queue.go, internal/places
//	    asleep, in a long queue            queue_sleep.go
//	  again after a kill, and how often    repeat.go
//	why the context of a handler ends      why.go
//	resources and handlers                 resolver.go, mux.go, func.go, signature.go
//	middleware, names of errors by rules   middleware.go, errorname.go
//	lambda:invoke                          lambda.go
//	errors, where an execution ended       errors.go, where.go
//	errors of handlers, as ASL names them  failure.go
//	Task Tokens                            token.go
//	time                                   clock.go, wake.go, internal/timers
//	who watches by a virtual clock         observe.go, internal/virtual
//	handlers that wait on such a clock     parked.go
//	log events, slog                       log.go, internal/slogcore
//	who traces and measures                observer.go, watch.go
//	notifications: the event, and delivery statuschange.go, notification.go, internal/outbox
//	  those that were given up             deadletter.go
//	names and ARNs                         name.go
//	what is checked before a start         check.go
//	a state alone, as TestState tests it   teststate.go
//	  the request, the work, a Map's items teststate_check.go, teststate_run.go, teststate_map.go
//	  one call of a handler                teststate_call.go
//	starts of machines by name             machines.go
//	the engine's own tasks                 served.go
//	  nested executions                    nested.go, nested_calls.go, await.go, forsaken.go
//	  activities, their tasks and workers  activity.go, activity_task.go, worker.go
//	Map Runs                               maprun.go
//	  those that are open                  maprun_open.go
//	  what they work with                  maprun_config.go
//	  the next child, and its items        maprun_fill.go
//	  start, stop, end of a child          maprun_children.go
//	  what is kept of a run, and how       maprun_state.go, maprun_keep.go
//	  outputs and result files             maprun_results.go
//	  describe, list, update, watch        maprun_describe.go, maprun_list.go
//	  those that nobody waits for          maprun_orphans.go
//	the lock of an execution               lock.go
//	what keeps executions                  archive.go
//	  those that run; Express ones         running.go
//	  in memory                            memory.go
//	    histories, packed at the end       past.go, internal/packed
//	  for how long                         retention.go
//	  in a Store                           stored_archive.go, guard.go
//	    steps: append, then carry out      durable.go
//	    out of memory and back             sleep.go, restore.go, heartbeat.go
//	    lines that are no events           ownline.go, later.go
//	    who is due next                    sleepers.go
//	    opening, machines, reading         resume.go, program.go, stored.go
//	    stops of who can't go on           stranded.go
//	    redrive, import                    stored_redrive.go
//	    tasks that wait for a handler      lacking.go
//	    while the Store fails              repair.go
//	documents, health                      document.go, health.go
//	mocks in place of handlers             mocks.go
//	names of package states                aliases.go
package engine
