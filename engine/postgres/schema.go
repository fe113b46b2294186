package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// migrations lead from each version of the schema to the next. One that was released is
// never changed.
var migrations = []string{
	// The key of an execution is the beginning of its ARN's SHA-256, a tenth of the ARN's
	// size in the one index whose order is not that of time. Texts that others wrote are
	// bytea: they are kept byte by byte. Dates are texts of a fixed width, since those of the
	// server lose nanoseconds.
	`
	CREATE TABLE definitions (
		hash       text COLLATE "C" PRIMARY KEY,
		definition bytea NOT NULL,
		sum        bigint NOT NULL
	);

	CREATE TABLE machines (
		id         bigint PRIMARY KEY,
		arn        text COLLATE "C" NOT NULL,
		name       text COLLATE "C" NOT NULL,
		version    text COLLATE "C" NOT NULL,
		alias      text COLLATE "C" NOT NULL,
		definition text COLLATE "C" NOT NULL,
		sum        bigint NOT NULL
	);
	CREATE INDEX machines_by_arn ON machines (arn);
	CREATE INDEX machines_by_version ON machines (version) WHERE version <> '';
	CREATE INDEX machines_by_alias ON machines (alias) WHERE alias <> '';
	CREATE INDEX machines_by_definition ON machines (definition);

	CREATE TABLE executions (
		id         bigint PRIMARY KEY,
		key        uuid NOT NULL,
		machine    bigint NOT NULL,
		arn        text COLLATE "C" NOT NULL,
		name       text COLLATE "C" NOT NULL,
		start_date text COLLATE "C" NOT NULL,
		options    bytea,
		token_key  bytea,
		sum        bigint NOT NULL,
		status     text COLLATE "C" NOT NULL,
		stop_date  text COLLATE "C",
		length     integer,
		state_sum  bigint NOT NULL
	);
	CREATE UNIQUE INDEX executions_by_key ON executions (key);
	CREATE INDEX executions_by_machine ON executions (machine, status, start_date, id);
	CREATE INDEX executions_by_stop_date ON executions (stop_date, start_date, id) WHERE stop_date IS NOT NULL;
	CREATE INDEX executions_by_start_date ON executions (start_date, id) WHERE strpos(arn, '/') = 0;
	CREATE INDEX executions_by_name ON executions (name);

	CREATE TABLE log (
		execution bigint NOT NULL,
		position  integer NOT NULL,
		count     integer NOT NULL,
		sum       bigint NOT NULL,
		lines     bytea NOT NULL,
		PRIMARY KEY (execution, position)
	);

	CREATE TABLE due (
		execution bigint PRIMARY KEY,
		due       bigint NOT NULL,
		sum       bigint NOT NULL
	);
	CREATE INDEX due_in_order ON due (due, execution);

	CREATE TABLE documents (
		collection text COLLATE "C" NOT NULL,
		key        text COLLATE "C" NOT NULL,
		document   bytea NOT NULL,
		sum        bigint NOT NULL,
		PRIMARY KEY (collection, key)
	);

	CREATE TABLE notifications (
		id           bigint PRIMARY KEY,
		notification bytea NOT NULL,
		sum          bigint NOT NULL
	);

	CREATE TABLE map_runs (
		id        bigint PRIMARY KEY,
		key       uuid NOT NULL,
		execution bigint NOT NULL,
		open      boolean NOT NULL,
		version   bigint NOT NULL,
		arn       text COLLATE "C" NOT NULL,
		state     bytea NOT NULL,
		sum       bigint NOT NULL
	);
	CREATE UNIQUE INDEX map_runs_by_key ON map_runs (key);
	CREATE INDEX map_runs_by_execution ON map_runs (execution, id);
	CREATE INDEX map_runs_open ON map_runs (id) WHERE open;

	CREATE TABLE map_results (
		run    bigint NOT NULL,
		child  bigint NOT NULL,
		bad    boolean NOT NULL,
		result bytea NOT NULL,
		sum    bigint NOT NULL,
		PRIMARY KEY (run, child)
	);
	CREATE INDEX map_results_bad ON map_results (run, child) WHERE bad;

	CREATE TABLE removed (
		kind text COLLATE "C" NOT NULL,
		id   bigint NOT NULL,
		PRIMARY KEY (kind, id)
	);

	CREATE FUNCTION own(bigint) RETURNS void LANGUAGE plpgsql AS $$
		BEGIN
			PERFORM 1 FROM owner WHERE fence = $1 FOR SHARE;
			IF NOT FOUND THEN
				RAISE EXCEPTION 'another engine has taken over the namespace' USING ERRCODE = 'GS001';
			END IF;
		END $$;

	CREATE VIEW history AS
		SELECT executions.name AS execution,
			(line.text::json ->> 'id')::bigint AS id,
			(line.text::json ->> 'previousEventId')::bigint AS previous,
			line.text::json ->> 'type' AS type,
			line.text::json ->> 'timestamp' AS timestamp,
			line.text AS event
		FROM executions
			JOIN log ON log.execution = executions.id,
			regexp_split_to_table(convert_from(log.lines, 'UTF8'), E'\n') AS line (text);
	`,
}

// ownerSchema makes the one table that is there before a migration. It has one row.
const ownerSchema = `
	CREATE TABLE owner (
		gostates integer NOT NULL,
		fence    bigint NOT NULL,
		host     text NOT NULL,
		pid      bigint NOT NULL,
		since    timestamptz NOT NULL
	);
	CREATE UNIQUE INDEX owner_only ON owner ((true));
	INSERT INTO owner VALUES (0, 0, '', 0, now());
	COMMENT ON TABLE owner IS 'gostates: the version of the schema, and which engine owns the namespace';
`

// undefinedTable is the server's code for a table that is not there.
const undefinedTable = "42P01"

// version returns the version of the namespace's schema, 0 for one that is empty or is not
// there, or says why the schema is none of this package's.
func (s *Store) version(ctx context.Context, c queryer) (version int, exists bool, err error) {
	err = c.QueryRow(ctx, "SELECT gostates FROM "+s.owner()).Scan(&version)
	own, refused := errors.AsType[*pgconn.PgError](err)
	switch {
	case refused && own.Code == "42703": // there is a table of that name, and it is another's
		return 0, false, ErrForeign
	case refused && (own.Code == undefinedTable || own.Code == "3F000"):
		var tables int
		err = c.QueryRow(ctx, "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1", s.namespace).Scan(&tables)
		if err == nil && tables > 0 {
			err = ErrForeign
		}
		return 0, false, err
	case err != nil:
		return 0, false, err
	case version > len(migrations):
		return version, true, &SchemaError{Found: version, Known: len(migrations)}
	}
	return version, true, nil
}

// migrate brings the namespace's schema up to date in one transaction, or says why it can't.
func (s *Store) migrate(ctx context.Context, c *pgx.Conn) error {
	version, exists, err := s.version(ctx, c)
	if err != nil || version == len(migrations) {
		return err
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // nothing is left to do once it is committed
	if !exists {
		var there bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", s.namespace).Scan(&there); err != nil {
			return err
		}
		text := ownerSchema
		if !there {
			text = "CREATE SCHEMA " + pgx.Identifier{s.namespace}.Sanitize() + ";" + text
		}
		if _, err := tx.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	for ; version < len(migrations); version++ {
		if _, err := tx.Exec(ctx, migrations[version], pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("the migration to schema version %d: %w", version+1, err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE owner SET gostates = $1", version); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// owner returns the name of the table that says who owns the namespace. It is qualified,
// since the table of another schema in the search path is another's.
func (s *Store) owner() string { return pgx.Identifier{s.namespace, "owner"}.Sanitize() }
