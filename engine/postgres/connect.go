package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A queryer is a connection, a transaction or a pool.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// oldest is the oldest version of the server that will do: it ends sessions that are idle
// for too long.
const oldest = 140000

// connectTimeout bounds how long a connection is tried for, unless the connection string
// says otherwise.
const connectTimeout = 10 * time.Second

// configure reads the connection string.
func (s *Store) configure(url string) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The text of the error has the string, which may have a password that is not told
		// from the rest where the string is broken.
		if cause := errors.Unwrap(err); cause != nil {
			return fmt.Errorf("the connection string is invalid: %w", cause)
		}
		return errors.New("the connection string is invalid: it must be like postgres://user@host:5432/database or host=/var/run/postgresql dbname=database")
	}
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"search_path": pgx.Identifier{s.namespace}.Sanitize(),
		// A lock must be seen by what follows it, and nothing is bounded but by the caller.
		"default_transaction_isolation": "read committed",
		"default_transaction_read_only": "off",
		"statement_timeout":             "0",
		"lock_timeout":                  "0",
		"idle_session_timeout":          "0",
		// Plans are made while tables are empty, and used when they are large: there is
		// an index for everything.
		"enable_seqscan": "off",
		"jit":            "off",
	} {
		c.RuntimeParams[name] = value
	}
	delete(c.RuntimeParams, "application_name")
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	config.MaxConns, config.MinConns = int32(s.readers), 0
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return s.name(ctx, c, "reader") }
	s.config, s.pooled = c, config
	return nil
}

// lockKey is the advisory lock of the namespace. Locks are a database's own.
func (s *Store) lockKey() int64 {
	sum := sha256.Sum256([]byte("gostates/" + s.namespace))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// application is the application_name of a connection.
func (s *Store) application(role string) string {
	return fmt.Sprintf("gostates %016x %s", uint64(s.lockKey()), role)
}

func writerRole(fence int64) string { return "writer " + strconv.FormatInt(fence, 10) }

// name tells the server what a connection is for.
func (s *Store) name(ctx context.Context, c *pgx.Conn, role string) error {
	_, err := c.Exec(ctx, "SELECT set_config('application_name', $1, false)", pgx.QueryExecModeExec, s.application(role))
	return err
}

// dial opens a connection with further settings.
func (s *Store) dial(ctx context.Context, role string, settings map[string]string) (*pgx.Conn, error) {
	config := s.config.Copy()
	for name, value := range settings {
		config.RuntimeParams[name] = value
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		if _, refused := errors.AsType[*pgconn.PgError](err); !refused {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return nil, err
	}
	if err := s.name(ctx, c, role); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// suits sees that the server will do.
func (s *Store) suits(ctx context.Context, c *pgx.Conn) error {
	var version int
	var encoding string
	var recovery bool
	err := c.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery()").
		Scan(&version, &encoding, &recovery)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("the server has version %d, it must be at least 14", version/10000)
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s, it must be UTF8", encoding)
	case recovery && !s.readOnly:
		return fmt.Errorf("%w: the server is a replica or in recovery", ErrReadOnly)
	}
	return nil
}

// milliseconds is how the server is told a duration.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }
