package engine

import (
	"context"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// An archive keeps executions: [memoryArchive] in memory, [storeArchive] in the Store of
// the Config, and [expressArchive] none of them, since nobody can ask for an Express
// execution that has ended. Every execution belongs to one archive from its start, and
// only the archive knows where its executions are kept.
type archive interface {
	// The first part is about one execution, whose mu is locked unless nobody else has
	// it yet.

	// prepare readies an execution for its start, with the options that it runs with.
	prepare(x *Execution, o states.Options) error
	// options returns the options that an execution runs with.
	options(x *Execution) states.Options
	// add makes an execution known that is about to start. When another execution has
	// its ARN, add returns that one and adds nothing.
	add(x *Execution) (*Execution, error)
	// adopt keeps the events that an execution begins with, when they are copied from a
	// history.
	adopt(x *Execution, events []states.Event) error
	// failed returns what a start that failed comes to: an execution that was there
	// before, or an error.
	failed(x *Execution, err error) (*Execution, error)
	// commit keeps the events of a step, before the plan of the step is carried out. putOff
	// says that the events may be kept later, together with others.
	commit(x *Execution, p *plan, putOff bool) error
	// retire takes an execution that has ended.
	retire(x *Execution)
	// restore takes an execution into memory that is not there, and has an interpreter for it
	// then. Else it returns why the execution takes no input: states.ErrStale when it has
	// ended, be it by what it had to do when it was restored.
	restore(x *Execution) error
	// rest lets an execution leave memory while nothing is to be done for it.
	rest(x *Execution)
	// postpone keeps answers that could not be recorded because of an error.
	postpone(x *Execution, arrivals []arrival, err error)
	// heartbeat notes that a task was heard of which waits for its Task Token.
	heartbeat(c *call) error
	// hear notes that the task of a Task Token was heard of, if that is all there is to do.
	hear(token string) bool
	// aside calls a function that moves executions, on a goroutine of its own where
	// that may take long.
	aside(f func())

	// The second part is about the executions that are kept.

	// open takes up the executions that were kept before.
	open() error
	// outlives reports whether executions go on in another engine when this one is
	// closed.
	outlives() bool
	// close gives up what keeps the executions.
	close() error
	// find returns an execution by its ARN.
	find(arn string) (*Execution, error)
	// findInMemory returns the running execution of an ARN if it is in memory, else nil.
	findInMemory(arn string) *Execution
	// findTask returns the execution of an ARN if its tasks may wait for a Task Token,
	// restored and locked; else nil.
	findTask(arn string) (*Execution, error)
	// arnsOf returns the ARNs that have a key.
	arnsOf(key store.Key) ([]string, error)
	// tokenKey returns the key that tells the Task Tokens of an execution from other
	// texts, without reading its history. It returns nil for an execution that an
	// earlier release started.
	tokenKey(arn string) (*states.TokenKey, error)
	// describe returns how an execution stands.
	describe(arn string) (*Description, error)
	// described is describe of an execution in memory, whose mu is locked.
	described(x *Execution) *Description
	// events returns the whole history of an execution, which nobody may change.
	events(arn string) ([]states.Event, error)
	// machineOf returns the machine that an execution runs by, and the Target.Terms.
	machineOf(arn string) (*asl.StateMachine, string, error)
	// list returns a page of executions.
	list(ctx context.Context, o *ListOptions, size int) (*Page, error)
	// countAll returns how many executions of each machine have each status.
	countAll(ctx context.Context) ([]store.Count, error)
	// remove forgets an execution that has ended.
	remove(ctx context.Context, arn string) error
	// purge forgets executions that have ended, up to a limit.
	purge(ctx context.Context, p store.Purge, limit int) (int, error)
	// redrive goes on with an execution that has ended, for a redrive that may have a token.
	redrive(ctx context.Context, arn, token string) (*Execution, *call, error)
	// documents calls a function with the documents that are kept.
	documents(f func(store.DocumentStore) error) error
	// insert keeps an execution that was imported.
	insert(x *Execution) error
	// whyStranded returns why a running execution can't go on with this engine, nil for
	// another.
	whyStranded(arn string) error
	// health adds how the archive is.
	health(h *Health)
	// mapRuns returns what keeps Map Runs.
	mapRuns() store.MapRunStore
	// notifications returns where notifications wait until they are delivered.
	notifications() notificationSource
}
