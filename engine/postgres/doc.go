// Package postgres keeps executions in a PostgreSQL database, for services that run on more
// than one machine. One line switches it on:
//
//	engine.New(engine.Config{Resolver: tasks, Store: postgres.Open(url, postgres.WaitForOwner(ctx))})
//
// # What it promises
//
// A change is on the server's disk when the call that made it returns, as far as the server
// has fsync on. Calls that are made at the same time share one transaction, which is one round
// trip; while one is on its way, the next is decided on. What a call returns is on the disk,
// too.
//
// One store owns a namespace at a time, which is a schema of the database. It holds an
// advisory lock on a connection of its own; those that stand by wait for the lock at the server
// and get it at once when the owner closes its store or its process ends, and when it has not
// answered for the time of its [Lease]. Each connection that writes has a fencing number,
// which every transaction checks, so that an owner that was frozen and comes to itself can't
// write any more: it gets [ErrLost], which is a [store.ErrConflict], and [Store.Lost] tells.
// An owner that loses its connections connects anew, and stays the owner if nobody was
// waiting.
//
// Other programs may read along at any time. None may write.
//
// # What stands in the schema
//
//	executions    a row for each execution: ARN, name, status, times
//	log           the events; a row has those of one append, a JSON text on each line
//	due           when executions are due that wait for something
//	machines      the pinned machines: ARN, name, the version and alias that executions
//	              were started by, and the definition's hash
//	definitions   the text of each definition, once
//	documents     what is registered by name: machines with their versions and aliases
//	notifications changes of executions' status that are not delivered yet
//	map_runs      Map Runs; an execution's go with it
//	map_results   what became of their children
//	history       a view: an event a row, with the execution's name
//	removed       what is being removed, see [Store.Expire]
//	owner         the schema's version, the fencing number, and whose it is
//
// The owner knows where the executions stand that it changes, so that an append inserts a row
// into the log and does nothing else. The row of an execution changes when it ends, and the
// table due when it begins to wait or to work.
package postgres
