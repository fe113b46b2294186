package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"time"

	"github.com/gostates/gostates/states"
)

// ErrExecutionAlreadyExists is returned for a new record whose ARN another record has.
var ErrExecutionAlreadyExists = errors.New("ExecutionAlreadyExists")

// ErrExecutionDoesNotExist is returned for an ARN of which there is no record.
var ErrExecutionDoesNotExist = errors.New("ExecutionDoesNotExist")

// ErrExecutionRunning is returned for an execution that is to be removed and has not ended.
var ErrExecutionRunning = errors.New("engine: the execution has not ended")

// ErrInvalidPage is returned for a next token that no earlier page gave, or a page size
// out of range.
var ErrInvalidPage = errors.New("ValidationException")

// ErrConflict is returned by a Store for an Append at a position where the log does
// not end: somebody else owns the execution.
var ErrConflict = errors.New("engine: the execution's log has another length: another owner has written to it")

// ErrInUse is returned when a store that one process may own at a time is
// owned by another.
var ErrInUse = errors.New("engine: the store is in use by another process")

// An InUseError is an [ErrInUse] that says who owns the store.
type InUseError struct {
	// PID is the id of the process that does, this one's own among them; 0 if it is not
	// known. On another machine, or in another container, it is the id there.
	PID int
}

func (e *InUseError) Error() string {
	switch e.PID {
	case 0:
		return ErrInUse.Error()
	case os.Getpid():
		return "engine: the store is in use by this process"
	}
	return fmt.Sprintf("engine: the store is in use by the process %d", e.PID)
}

// Is reports whether target is ErrInUse.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// ErrDamaged is found in an error that says that data of an execution are not as they
// were written. The store works, and other executions may be whole. What the engine can't
// read so it leaves as it is, where another error makes it try again.
var ErrDamaged = errors.New("engine: data in the store are damaged")

// A Store keeps the logs of Standard executions, so that they outlive the process.
// An engine that is given one writes every event to it before it does what the
// event announces, and takes up what it finds there when it is opened.
//
// A log is a list of lines, each an event as states.Event.AppendLog writes it, or
// one of the engine's own in the same form.
// Every method that writes returns when the change is durable. Several goroutines
// call a Store at a time; one that can write several calls' changes together
// should. An error that is none of the named ones means that nothing is known of
// the change: it may have taken effect.
//
// The engine calls a Store under locks of its own: a Store must not call the engine.
//
// Package storetest has the contract as tests.
type Store interface {
	// Create begins the log of an execution with its record and first lines.
	// It returns ErrExecutionAlreadyExists when there is a record of that ARN.
	// definition is the text whose hash the record has; it is kept once. The record
	// may be that of an execution which has ended at once. The lines are the
	// caller's again when Create returns.
	Create(ctx context.Context, r Record, definition string, lines [][]byte) error
	// Append changes an execution whose log has exactly length lines, else it returns
	// ErrConflict and changes nothing. With AnyLength the log may have any; the change then
	// has an End and no Lines.
	Append(ctx context.Context, arn string, length int, c Change) error
	// Log returns the lines of a log, none for an unknown ARN.
	Log(ctx context.Context, arn string) ([][]byte, error)
	// Record returns an execution's record, or ErrExecutionDoesNotExist.
	Record(ctx context.Context, arn string) (Record, error)
	// Find returns the ARNs that have a key: one, or none, but for an odd chance.
	Find(ctx context.Context, key Key) ([]string, error)
	// Running yields the records of the executions that have not ended and are not due
	// before from, in the order of their Due, and those of one Due in the order of
	// their start. The other methods may be called meanwhile; what they change while
	// it yields may come as it was, as it is, both or not at all. A caller that stops
	// early has not paid for the rest. After an error nothing follows, but for
	// ErrDamaged, which is that of one execution: the record then has its ARN, if that
	// can be read, and the others follow.
	Running(ctx context.Context, from time.Time) iter.Seq2[Record, error]
	// RunningDefinitions returns the hashes of the definitions that the executions
	// have which have not ended.
	RunningDefinitions(ctx context.Context) ([]string, error)
	// List returns a page of the records that a query asks for, in the order of Query, and
	// where to go on: "" at the end. A page that others follow is full.
	List(ctx context.Context, q Query) (records []Record, next string, err error)
	// Definition returns the definition with that hash, or an error.
	Definition(ctx context.Context, hash string) (string, error)
	// Expire removes up to limit executions that ended before a time, with
	// everything that belongs to them, and returns how many it removed.
	Expire(ctx context.Context, before time.Time, limit int) (int, error)
	// Oldest returns when the execution ended that ended first of all, and the zero time
	// when none has ended.
	Oldest(ctx context.Context) (time.Time, error)
	// Close gives the store up. No other call follows.
	Close() error
}

// A Remover is what a [Store] can do besides: it removes single executions. It is optional:
// an engine asks a Store for it by a type assertion. Package storetest has the contract as
// tests.
type Remover interface {
	// Remove removes an execution that has ended, with everything that belongs to it, as
	// Expire does. It returns ErrExecutionDoesNotExist when there is no record of the ARN,
	// and ErrExecutionRunning when the execution has not ended. After another error its
	// record may be gone, and what else belongs to it goes with the next Expire then.
	Remove(ctx context.Context, arn string) error
}

// A Tailer is what a [Store] can do besides: it reads the end of a log. It is optional: an engine asks
// a Store for it by a type assertion. With a Tailer an engine keeps where an execution stands in a
// line of its log, once in many lines, and does not read what comes before. A Store that embeds
// another one and has a Log of its own needs a Tail of its own as well. Package storetest has the
// contract as tests.
type Tailer interface {
	// Tail returns the lines of a log from the last one on of which first is true, and how many
	// stand before it; all lines when first is true of none, and none for an unknown ARN. It
	// calls first for the lines from the last one backwards, and reads no more than it must.
	Tail(ctx context.Context, arn string, first func(line []byte) bool) (lines [][]byte, before int, err error)
}

// A Record is what a Store knows of an execution without reading its log.
type Record struct {
	ARN, Name, MachineARN, Machine string
	// VersionARN and AliasARN name the registered version and alias that the execution
	// was started by; empty when it was not.
	VersionARN, AliasARN string
	// Definition is the SHA-256 of the definition's text, in hexadecimal.
	Definition string
	Status     states.Status
	StartDate  time.Time
	StopDate   time.Time // zero while it runs
	// Due is when something must be done for the execution though nothing happens to it
	// from outside: zero when there is work to be done at once, and when it has ended;
	// Never when it waits without a bound. Times from the year 2262 on may be kept as
	// Never.
	Due time.Time
	// Options is the engine's own, kept for it unchanged.
	Options []byte
	// TokenKey is the engine's own, too: by it the engine tells the execution's Task
	// Tokens from forged ones before it reads the log. It is a secret. Records of earlier
	// releases have none.
	TokenKey []byte
}

// A Change is what Append does to an execution.
type Change struct {
	// Lines are added to the log. They are the caller's again when Append returns.
	Lines [][]byte
	// Due is the record's from now on, unless the execution has ended.
	Due time.Time
	// End is set with the lines that end the execution, and changes the record; with
	// lines that take an ended one up again its Status is RUNNING and its StopDate zero.
	End *End
}

// An End says how an execution ended, or that it runs again.
type End struct {
	Status   states.Status
	StopDate time.Time
}

// AnyLength is a length for Append of a log of which nobody knows how long it is, because it
// can't be read.
const AnyLength = math.MinInt

// Never is the Due of an execution that waits without a bound.
var Never = time.Unix(1<<40, 0).UTC()

// A Key is a short name for an ARN, the beginning of its SHA-256. It says nothing of the
// ARN to who doesn't know that.
type Key [8]byte

// KeyOf returns the key of an ARN.
func KeyOf(arn string) Key {
	var room [256]byte
	sum := sha256.Sum256(append(room[:0], arn...))
	return Key(sum[:len(Key{})])
}
