package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5/pgconn"
)

// What can be wrong with a namespace or its server. Each of these is found with errors.Is in
// the [*Error] that a method returns.
var (
	// ErrLost is for a store whose namespace another engine has taken over, because this one
	// did not answer for longer than [Lease] or lost its connection. Nothing that is asked of
	// the store takes effect any more; open another one to stand by. It is a
	// store.ErrConflict, so that an engine gives its executions up.
	ErrLost error = &condition{"postgres: another engine has taken over the namespace", store.ErrConflict}
	// ErrUnavailable is for a server that can't be reached, that doesn't let anybody in, or
	// that went away meanwhile. Of a change that gets it nothing is known; the store connects
	// anew for the next call.
	ErrUnavailable = errors.New("postgres: the server can't be reached")
	// ErrRefused is for a server that doesn't let this user in: a password, certificate,
	// database or privilege that is wrong.
	ErrRefused = errors.New("postgres: the server refuses access")
	// ErrFull is for a server whose disk has no room left.
	ErrFull = errors.New("postgres: the server's disk is full")
	// ErrReadOnly is for a server that is a replica or in recovery, and for changes of a
	// store that was opened by [OpenReadOnly].
	ErrReadOnly = errors.New("postgres: the database is read-only")
	// ErrCorrupt is for data that are not as they were written. Each row has a checksum, and
	// executions whose rows are not damaged go on. It is a store.ErrDamaged.
	ErrCorrupt error = &condition{"postgres: data are damaged", store.ErrDamaged}
	// ErrForeign is for a schema that some other program made.
	ErrForeign = errors.New("postgres: the schema is not a gostates store")
	// ErrClosed is for every call after Close.
	ErrClosed = errors.New("postgres: the store is closed")
)

// A condition is a case of another.
type condition struct {
	text string
	of   error
}

func (c *condition) Error() string { return c.text }

// Is reports whether the condition is a case of target.
func (c *condition) Is(target error) bool { return target == c.of }

// An Error says what the store was doing in which namespace when something went wrong. Its
// text has no password.
type Error struct {
	// Op is what was being done, such as "open" or "append".
	Op string
	// Namespace is the store's.
	Namespace string
	// Code is the SQLSTATE that the server gave, empty when the error is not the server's.
	Code string
	// Err is the error itself.
	Err error

	kind error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("postgres: %s in %s: %v", e.Op, e.Namespace, e.Err)
	if e.kind != nil && !strings.Contains(text, e.kind.Error()) {
		text = fmt.Sprintf("%v: %s in %s: %v", e.kind, e.Op, e.Namespace, e.Err)
	}
	return text
}

// Unwrap returns the condition, if it is one of this package's, and the error.
func (e *Error) Unwrap() []error {
	if e.kind == nil {
		return []error{e.Err}
	}
	return []error{e.kind, e.Err}
}

// An InUseError is a [store.ErrInUse] that says who owns the namespace.
type InUseError struct {
	// Host and PID are those of the owner's process.
	Host string
	PID  int
	// Since is when it became the owner, by the server's clock.
	Since time.Time
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return store.ErrInUse.Error()
	}
	return fmt.Sprintf("engine: the store is in use by the process %d on %s, since %s", e.PID, e.Host, e.Since.UTC().Format(time.RFC3339))
}

// Is reports whether target is store.ErrInUse.
func (e *InUseError) Is(target error) bool { return target == store.ErrInUse }

// A SchemaError is for a namespace that a newer release of this package has written, or that
// [OpenReadOnly] can't read because an older one has.
type SchemaError struct {
	// Found is the version of the namespace's schema, Known the newest that this release
	// knows.
	Found, Known int
}

func (e *SchemaError) Error() string {
	if e.Found < e.Known {
		return fmt.Sprintf("the namespace has schema version %d and this release reads version %d: an engine of this release that opens it brings it up to date", e.Found, e.Known)
	}
	return fmt.Sprintf("the namespace has schema version %d and this release knows versions up to %d: use the release that wrote it, or a later one", e.Found, e.Known)
}

// wrap makes an *Error of an error that the server or the network gave.
func (s *Store) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*Error](err); done {
		return err
	}
	e := &Error{Op: op, Namespace: s.namespace, Err: err, kind: kindOf(err)}
	if own, ok := errors.AsType[*pgconn.PgError](err); ok {
		e.Code = own.Code
	}
	return e
}

// fencedCode is what the function own of the schema raises for a fencing number that is not
// the newest.
const fencedCode = "GS001"

// kindOf returns the condition that an error is a case of, nil for none.
func kindOf(err error) error {
	if err == nil {
		return nil
	}
	for _, kind := range []error{ErrLost, ErrUnavailable, ErrRefused, ErrFull, ErrReadOnly, ErrCorrupt, ErrForeign, ErrClosed} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	own, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, connecting := errors.AsType[*pgconn.ConnectError](err)
		_, network := errors.AsType[net.Error](err)
		if connecting || network && !errors.Is(err, context.Canceled) || pgconn.SafeToRetry(err) || broken(err) {
			return ErrUnavailable
		}
		return nil
	}
	switch code := own.Code; {
	case code == fencedCode:
		return ErrLost
	case code == "53100":
		return ErrFull
	case code == "25006":
		return ErrReadOnly
	case code == "XX001", code == "XX002", code == "42P01", code == "42703", code == "42883": // a table, column or function is missing
		return ErrCorrupt
	case strings.HasPrefix(code, "28"), code == "3D000", code == "42501":
		return ErrRefused
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), code == "53300", code == "25P03", code == "XX000" && own.Severity == "FATAL":
		return ErrUnavailable
	}
	return nil
}

// broken reports whether an error says that a connection ended.
func broken(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.EPIPE, syscall.ECONNRESET} {
		if errors.Is(err, end) {
			return true
		}
	}
	return strings.Contains(err.Error(), "conn closed") // which pgx has no name for
}

// isolated reports whether the server refused data of one change, so that the others of its
// batch deserve another try.
func isolated(err error) bool {
	own, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(own.Code, "22") || strings.HasPrefix(own.Code, "23") || strings.HasPrefix(own.Code, "54"))
}
