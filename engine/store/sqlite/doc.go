// Package sqlite keeps executions in an SQLite file, with a driver in pure Go. One
// line switches it on:
//
//	engine.New(engine.Config{Resolver: tasks, Store: sqlite.Open("orders.db")})
//
// # What it promises
//
// A change is on the disk when the call that made it returns, after kill -9 and after a
// power cut, as with WAL and synchronous = FULL; the store does the syncing itself, so
// that it can stage the next changes meanwhile. Calls that are made at the same time share
// one transaction and one fdatasync. What a call returns is on the disk, too. One process
// owns a file at a time, whatever the file is called: another Open gets [store.ErrInUse] at
// once. When the file vanishes or is replaced meanwhile, a call gets [ErrReplaced] and not an
// acknowledgement. Other programs may read along, and may see a change a moment before it
// is on the disk; the sqlite3 shell does so without stopping anything.
//
// # What stands in the file
//
//	executions    a row for each execution: ARN, name, status, times, where its log ends
//	log           the events; a row has those of one append, a JSON text on each line
//	machines      the pinned machines: ARN, name, the version and alias that executions
//	              were started by, and the definition's hash
//	definitions   the text of each definition, once
//	options       what executions were started with, each once; executions have its id
//	documents     what is registered by name: machines with their versions and aliases
//	notifications changes of executions' status that are not delivered yet
//	map_runs      Map Runs; an execution's go with it
//	map_results   what became of their children, in the order of their indexes
//	history       a view: an event a row, with the execution's name
//	removed       executions that are being removed, see [Store.Expire]
//	meta          what the store notes for itself
//
// The log is written in the order in which things happened, whoever they happened to,
// so that an append goes to the end of the file's newest page. No index leads from an
// execution to its rows, since with many executions at work each append would then
// change a page of its own. Instead each row names the row before it of the same
// execution, and the execution's row names the last. While it runs, that last one is
// noted in memory and only now and then in the file; opening the file reads the newest
// part of the log for what was not noted. When an execution is due goes the same way:
// each row of the log says it, in nanoseconds since 1970, and the execution's row gets it
// when its last row is noted. An index leads to those that are due next.
//
// Lists come from indexes: of the start, by machine and status, of the names of each machine,
// and of the end. A page of a million executions takes some milliseconds, and a tenth of a second
// when what it asks for stands far from where the index begins: by the end long ago, or by a
// prefix that only old names have. Only a prefix of the name that the children of Map Runs are
// chosen by, too, looks through all of these. To count executions by status is to read one
// index, some tenths of a second for a million.
package sqlite
