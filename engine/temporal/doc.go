// Package temporal runs executions of state machines on Temporal (https://temporal.io), for services
// that one process and one database serve no longer: any number of workers, on as many machines,
// share the work, and Temporal's server keeps the executions.
//
//	tasks := engine.NewMux() // the same handlers as for an engine.Engine
//	config := temporal.Config{Client: c, Resolver: tasks}
//	w, err := temporal.NewWorker(config, nil)
//	err = w.Start()
//	defer w.Stop()
//
//	orders, err := temporal.NewClient(config)
//	run, err := orders.StartExecution(ctx, machine, order, engine.Machine("orders"), engine.Named("order-42"))
//	result, err := run.Wait(ctx) // a failed run is an *engine.ExecutionError
//
// An execution is a workflow whose id is the execution's ARN, and package states decides in it what
// the machine means, as it does in an engine: a definition has the same outcome, the same errors and
// the same history here.
//
// # How things map
//
//   - A task is an activity, which calls the handler. Its TimeoutSeconds and HeartbeatSeconds are
//     the activity's, its errors are errors of the activity that are not tried again: Retry and
//     Catch are the interpreter's. An activity that is lost with its worker goes to another one
//     within [Config.Liveness], with the same IdempotencyKey; that of a state with HeartbeatSeconds
//     times out, as on AWS.
//   - A Task Token ends in the ARN of its execution, and so leads to the workflow. It is used by an
//     update, which tells the sender what became of the task. A handler's Task.Complete and
//     Task.CompleteAfter are a signal to the workflow, which has a timer for the answer.
//   - An execution that a task starts, with Config.Machines, is a child workflow.
//   - An inline Map stays within the workflow. A Map Run of the mode DISTRIBUTED is a workflow of its
//     own, with a window over its children, which are workflows, too: at most 500 at a time.
//   - ABORTED is Canceled, FAILED and TIMED_OUT are Failed. Cancelling the workflow stops the
//     execution; terminating it is seen as ABORTED, but undoes nothing and leaves no event.
//
// # Long executions
//
// When the workflow's history gets long, the execution goes on in a new run of the workflow
// (continue-as-new) with a snapshot of the interpreter, whose size is that of what is open. The new
// run takes the AWS history along, compressed, as far as Temporal's bound of 2 MB on an argument
// allows; what came before stays in the earlier runs, and GetExecutionHistory asks these. They are
// there for the namespace's retention. While activities are under way there is no new run; from
// 40,000 events of the workflow on no new activity begins until there is one. What is open in an
// execution may have about 1.9 MB compressed, else it fails when its workflow's history is full.
//
// # Versions
//
// A workflow is replayed when it moves to another worker, and must come to the same commands then.
// With [Config.BuildID] workers are versioned, and an execution stays with the version that it
// began with. Without it, a program may replay executions of every release of this module with
// the same [states.Semantics]; a worker refuses executions of a later one.
//
// # What is different
//
//   - A task is recorded to have begun when it is asked for; that a worker takes it up later is
//     not seen. Tasks of activities begin when a worker takes them up. Workers that poll, as
//     with GetActivityTask, are not served: a handler of the activity's name is.
//   - A handler learns that its task is over with the next heartbeat of its worker, within
//     [Config.Liveness]. EngineFrom returns nil in it.
//   - Express executions are workflows like others, and as durable.
//   - Each input, output and result stands in Temporal's histories, and so does the [states.Seed],
//     from which Task Tokens are made: whoever reads a workflow can answer its tasks.
//   - There is no import, fork or deletion, no notification and no logging by [engine.Logging];
//     Temporal has visibility, metrics and an archive. A redrive needs a history that fits an
//     argument.
//   - Temporal's own bounds hold: 2,000 updates to a run, for one, which are heartbeats by Task
//     Tokens, before it goes on in a new one.
//
// Where things stand:
//
//	Config, and the argument of a start    config.go
//	start, stop, redrive                   client.go
//	describe, wait, list, history          describe.go, list.go, history.go
//	Task Tokens                            token.go
//	the worker                             worker.go, programs.go
//	the workflow of an execution           workflow.go, handlers.go, task.go, nested.go
//	going on in another run                again.go
//	the activity of a task                 activity.go
//	Map Runs                               maprun.go, maprun_workflow.go, maprun_activities.go
//	what is in Temporal's histories        wire.go
package temporal
