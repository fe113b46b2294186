package sqlite

import (
	"fmt"
)

// applicationID marks the file as ours, in SQLite's header and for file(1): "gost".
const applicationID = 0x676f7374

// migrations lead from each version of the schema, PRAGMA user_version, to the next.
// One that was released is never changed.
var migrations = []string{
	// The key of an execution is the beginning of its ARN's SHA-256: an eighth of
	// the ARN's size in the one index whose order is not that of time.
	// AUTOINCREMENT would cost each change another page; the writer counts the
	// executions and the rows, and "meta" keeps its counts when the newest go.
	`
	CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
	INSERT INTO meta VALUES ('noted', 0), ('execution', 0), ('row', 0);

	CREATE TABLE definitions (hash TEXT PRIMARY KEY, definition TEXT NOT NULL);

	CREATE TABLE machines (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		arn        TEXT NOT NULL,
		name       TEXT NOT NULL,
		definition TEXT NOT NULL,
		UNIQUE (arn, name, definition)
	);
	CREATE INDEX machines_by_definition ON machines (definition);

	CREATE TABLE executions (
		id         INTEGER PRIMARY KEY,
		arn        TEXT NOT NULL,
		name       TEXT NOT NULL,
		machine    INTEGER NOT NULL,
		status     TEXT NOT NULL,
		start_date TEXT NOT NULL,
		stop_date  TEXT,
		options    BLOB,
		last_row   INTEGER NOT NULL,
		length     INTEGER NOT NULL,
		key        INTEGER NOT NULL
	);
	CREATE INDEX executions_by_key ON executions (key);
	CREATE INDEX executions_by_machine ON executions (machine, status);
	CREATE INDEX executions_by_status ON executions (status);
	CREATE INDEX executions_by_stop_date ON executions (stop_date) WHERE stop_date IS NOT NULL;

	CREATE TABLE log (
		id        INTEGER PRIMARY KEY,
		execution INTEGER NOT NULL,
		previous  INTEGER NOT NULL,
		position  INTEGER NOT NULL,
		count     INTEGER NOT NULL,
		lines     TEXT NOT NULL
	);

	CREATE TABLE removed (execution INTEGER PRIMARY KEY, last_row INTEGER NOT NULL);

	CREATE VIEW history AS
		SELECT executions.name AS execution,
			json_extract(line.value, '$.id') AS id,
			json_extract(line.value, '$.previousEventId') AS previous,
			json_extract(line.value, '$.type') AS type,
			json_extract(line.value, '$.timestamp') AS timestamp,
			line.value AS event
		FROM executions
			JOIN log ON log.execution = executions.id,
			json_each('[' || replace(log.lines, char(10), ',') || ']') AS line;
	`,
	documentSchema,
	dueSchema,
	notificationSchema,
	// Statuses are found by machine: an index of them alone would change with each
	// execution, and machines are few.
	"DROP INDEX executions_by_status",
	optionsSchema,
	// A number of its own tells the file from others.
	"INSERT INTO meta VALUES ('file', random())",
	sumSchema,
	"ALTER TABLE executions ADD COLUMN token_key BLOB",
	// Whether a process has the file open, or had it when it ended.
	"INSERT INTO meta (name, value) VALUES ('open', 0)",
	mapRunSchema,
	listSchema,
}

// sumVersion is the version of the schema that has checksums.
const sumVersion = 8

// openVersion is the one that has the note of whether the file is open.
const openVersion = 10

// version returns the version of the file's schema, 0 for a file that is empty, or says
// why the file is none of ours.
func (c *conn) version() (int64, error) {
	application, err := c.integer("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	version, err := c.integer("PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	tables, err := c.integer("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	switch {
	case application != applicationID && (application != 0 || version != 0 || tables != 0):
		return 0, ErrForeign
	case version > int64(len(migrations)):
		return 0, &SchemaError{Found: int(version), Known: len(migrations)}
	}
	return version, nil
}

// migrate brings the file's schema up to date, or says why it can't.
func (c *conn) migrate() error {
	version, err := c.version()
	if err != nil {
		return err
	}
	for ; version < int64(len(migrations)); version++ {
		err := c.within(func() error {
			err := c.script(migrations[version] +
				fmt.Sprintf("; PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version+1))
			if version+1 == sumVersion && err == nil {
				err = c.sumRows()
			}
			if version+1 == openVersion && err == nil {
				err = c.setMeta("open", 0)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("migrating from schema version %d: %w", version, err)
		}
	}
	return nil
}
