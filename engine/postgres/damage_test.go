package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestDamage: a column that is another than was written is noticed by whoever reads it, and
// executions beside it are whole.
func TestDamage(t *testing.T) {
	ctx := t.Context()
	arn := record("bad").ARN
	running := func(t *testing.T, s store.Store) (err error) {
		t.Helper()
		whole := 0
		for r, failed := range s.Running(t.Context(), time.Time{}) {
			if failed != nil {
				err = failed
			} else {
				require.Equal(t, "good", r.Name)
				whole++
			}
		}
		require.Equal(t, 1, whole)
		return err
	}
	for column, read := range map[string][]func(t *testing.T, s store.Store) error{
		"executions.name":   {recordOf(arn), running, findOf(arn)},
		"executions.status": {recordOf(arn)},
		"executions.stop_date": {recordOf(arn), running, func(t *testing.T, s store.Store) error {
			n, err := s.Expire(t.Context(), time.Now().AddDate(1, 0, 0), 10)
			require.NoError(t, err)
			require.Zero(t, n, "a damaged record tells a wrong time, perhaps")
			at, err := s.Oldest(t.Context())
			require.NoError(t, err)
			require.Zero(t, at)
			return appendTo(arn, 2)(t, s)
		}},
		"executions.options":   {recordOf(arn)},
		"executions.token_key": {recordOf(arn)},
		"due.due":              {recordOf(arn), running, appendTo(arn, 2)},
		"log.lines":            {logOf(arn)},
		"log.position":         {logOf(arn)},
		"machines.name":        {recordOf(arn)},
		"definitions.definition": {func(t *testing.T, s store.Store) error {
			_, err := s.Definition(t.Context(), "bad")
			return err
		}},
		"documents.document": {func(t *testing.T, s store.Store) error {
			_, err := s.(store.DocumentStore).Document(t.Context(), "c", "bad")
			return err
		}, func(t *testing.T, s store.Store) error {
			return s.(store.DocumentStore).ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "bad", Old: "text", New: "new"}})
		}},
		"notifications.notification": {func(t *testing.T, s store.Store) error {
			_, err := s.(store.NotificationStore).Notifications(t.Context(), 10)
			return err
		}},
		"map_runs.state": {func(t *testing.T, s store.Store) error {
			_, err := s.(store.MapRunStore).MapRun(t.Context(), "bad run")
			return err
		}, func(t *testing.T, s store.Store) error {
			return s.(store.MapRunStore).ChangeMapRun(t.Context(), "bad run", 2, store.MapRunChange{})
		}},
		"map_results.result": {func(t *testing.T, s store.Store) error {
			_, err := s.(store.MapRunStore).MapRunResults(t.Context(), "bad run", 0, false, 10)
			return err
		}},
	} {
		t.Run(column, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			bad, good := record("bad"), record("good")
			bad.Definition, bad.Machine, bad.Due = "bad", "bad", bad.StartDate
			bad.Options, bad.TokenKey = []byte("options"), []byte("key")
			require.NoError(t, s.CreateNotifying(ctx, good, "{}", lines("good", 0, 2), nil))
			require.NoError(t, s.CreateNotifying(ctx, bad, "{}", lines("bad", 0, 2), [][]byte{[]byte("note")}))
			require.NoError(t, s.ChangeDocuments(ctx, []store.DocumentChange{{Collection: "c", Key: "bad", New: "text"}}))
			require.NoError(t, s.CreateMapRun(ctx, store.MapRun{ARN: "bad run", Execution: bad.ARN, Open: true, State: []byte("state")}))
			require.NoError(t, s.ChangeMapRun(ctx, "bad run", 1, store.MapRunChange{Open: true, State: []byte("state"), Results: []store.MapRunResult{{Result: []byte("result")}}}))
			require.NoError(t, s.Close())
			sql(t, damaging(namespaceOf(dir), column))
			s = open(t, dir)
			defer s.Close()
			for i, f := range read {
				require.ErrorIs(t, f(t, s), store.ErrDamaged, "%d", i)
			}
			hasLog(t, s, good, 2)
			require.NoError(t, add(t, s, good, 2))
			found, err := s.Record(ctx, good.ARN)
			require.NoError(t, err)
			require.Equal(t, good, found)
		})
	}
}

// damaging returns the statement that damages a column of what the test calls bad.
func damaging(namespace, column string) string {
	bad := "SELECT id FROM executions WHERE arn = '" + record("bad").ARN + "'"
	for text, where := range map[string]string{
		"UPDATE executions SET name = 'other'":                     "id = (" + bad + ")",
		"UPDATE executions SET status = 'FAILED'":                  "id = (" + bad + ")",
		"UPDATE executions SET stop_date = '2026'":                 "id = (" + bad + ")",
		"UPDATE executions SET options = NULL":                     "id = (" + bad + ")",
		"UPDATE executions SET token_key = 'x'":                    "id = (" + bad + ")",
		"UPDATE due SET due = due + 1":                             "execution = (" + bad + ")",
		"UPDATE log SET lines = set_byte(lines, 3, 0)":             "execution = (" + bad + ")",
		"UPDATE log SET position = 1":                              "execution = (" + bad + ")",
		"UPDATE machines SET name = 'x'":                           "name = 'bad'",
		"UPDATE definitions SET definition = '{ }'":                "hash = 'bad'",
		"UPDATE documents SET document = 'x'":                      "true",
		"UPDATE notifications SET notification = 'x'":              "true",
		"UPDATE map_runs SET state = 'x'":                          "true",
		"UPDATE map_results SET result = set_byte(result, 0, 255)": "true",
	} {
		var table, name string
		if _, err := fmt.Sscanf(text, "UPDATE %s SET %s", &table, &name); err == nil && table+"."+name == column {
			return "SET search_path = " + pgx.Identifier{namespace}.Sanitize() + ";" + text + " WHERE " + where
		}
	}
	panic(column)
}

func recordOf(arn string) func(t *testing.T, s store.Store) error {
	return func(t *testing.T, s store.Store) error {
		_, err := s.Record(t.Context(), arn)
		return err
	}
}

func findOf(arn string) func(t *testing.T, s store.Store) error {
	return func(t *testing.T, s store.Store) error {
		_, err := s.Find(t.Context(), store.KeyOf(arn))
		return err
	}
}

func logOf(arn string) func(t *testing.T, s store.Store) error {
	return func(t *testing.T, s store.Store) error {
		_, err := s.Log(t.Context(), arn)
		return err
	}
}

func appendTo(arn string, length int) func(t *testing.T, s store.Store) error {
	return func(t *testing.T, s store.Store) error {
		return s.Append(t.Context(), arn, length, store.Change{Lines: lines("bad", length, length+1), End: &store.End{Status: states.StatusFailed, StopDate: time.Now()}})
	}
}

// TestLogsThatLackLines: a row that is gone is noticed.
func TestLogsThatLackLines(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	r := create(t, s, "a")
	for length := 1; length < 5; length++ {
		require.NoError(t, add(t, s, r, length))
	}
	end := &store.End{Status: states.StatusSucceeded, StopDate: r.StartDate}
	require.NoError(t, s.Append(t.Context(), r.ARN, 5, store.Change{End: end}))
	for _, position := range []int{4, 2, 0} {
		sql(t, fmt.Sprintf("DELETE FROM %s.log WHERE position = %d", namespaceOf(dir), position))
		_, err := s.Log(t.Context(), r.ARN)
		require.ErrorIs(t, err, store.ErrDamaged, position)
	}
}
