package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// full makes a store with something in every table, and returns the executions in it.
func full(t testing.TB, dir string) []store.Record {
	t.Helper()
	s := open(t, dir)
	var all []store.Record
	for i := range 6 {
		r := record(fmt.Sprint("execution ", i))
		r.Options, r.TokenKey = []byte(`{"options":1}`), []byte("sixteen bytes :-)")
		require.NoError(t, s.CreateNotifying(t.Context(), r, `{"StartAt":"A"}`, lines(r.Name, 0, 1), [][]byte{[]byte(`{"notification":1}`)}))
		for length := 1; length < 5; length++ {
			require.NoError(t, add(t, s, r, length))
		}
		if i%2 == 0 {
			end(t, s, r, 5, r.StartDate.Add(time.Hour))
		}
		all = append(all, r)
	}
	require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "k", New: `{"document":1}`}}))
	require.NoError(t, s.CreateMapRun(t.Context(), store.MapRun{ARN: "a:run", Execution: all[0].ARN, Open: true, State: []byte(`{"state":1}`)}))
	require.NoError(t, s.ChangeMapRun(t.Context(), "a:run", 1, store.MapRunChange{Open: true, State: []byte(`{"state":2}`), Results: []store.MapRunResult{
		{Index: 0, Result: []byte(`{"result":1}`)}, {Index: 1, Bad: true, Result: []byte(`{"result":2}`)},
	}}))
	require.NoError(t, s.Close())
	return all
}

// seen is all that a store says of some executions, each with the kind of its error.
func seen(t testing.TB, s *sqlite.Store, all []store.Record) (found []string, errs []error) {
	t.Helper()
	note := func(v any, err error) {
		found = append(found, fmt.Sprintf("%s", v))
		errs = append(errs, err)
	}
	for _, r := range all {
		log, err := s.Log(t.Context(), r.ARN)
		note(bytes.Join(log, nil), err)
		known, err := s.Record(t.Context(), r.ARN)
		note(known, err)
		arns, err := s.Find(t.Context(), store.KeyOf(r.ARN))
		note(arns, err)
	}
	records, _, err := s.List(t.Context(), store.Query{Limit: 100})
	note(records, err)
	var runs []store.Record
	var failed error
	for r, err := range s.Running(t.Context(), time.Time{}) {
		failed = errors.Join(failed, err)
		runs = append(runs, r)
	}
	note(runs, failed)
	hashes, err := s.RunningDefinitions(t.Context())
	note(hashes, err)
	definition, err := s.Definition(t.Context(), "hash")
	note(definition, err)
	document, err := s.Document(t.Context(), "c", "k")
	note(document, err)
	documents, err := s.Documents(t.Context(), "c", "", 10)
	note(documents, err)
	notifications, err := s.Notifications(t.Context(), 100)
	note(notifications, err)
	run, err := s.MapRun(t.Context(), "a:run")
	note(run, err)
	mapRuns, err := s.MapRuns(t.Context(), all[0].ARN, "", 10)
	note(mapRuns, err)
	for _, bad := range []bool{false, true} {
		results, err := s.MapRunResults(t.Context(), "a:run", 0, bad, 10)
		note(results, err)
	}
	return found, errs
}

// TestChangedColumns: whatever column of whatever row is another, the store says
// ErrCorrupt, and never something else than was written. A row that is missing is found
// as well.
func TestChangedColumns(t *testing.T) {
	dir := t.TempDir()
	all := full(t, dir)
	s := open(t, crashed(t, dir))
	want, errs := seen(t, s, all)
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, s.Close())
	numbers := map[string][]string{
		"log":        {"id", "execution", "previous", "position", "due", "sum"},
		"executions": {"machine", "last_row", "length", "due", "sum", "state_sum"},
		"meta":       {"value", "sum"}, "machines": {"sum"}, "definitions": {"sum"}, "options": {"sum"}, "documents": {"sum"}, "notifications": {"id", "sum"},
		"map_runs": {"version", "sum"}, "map_results": {"sum"},
	}
	texts := map[string][]string{
		"log":        {"lines"},
		"executions": {"arn", "name", "status", "start_date", "stop_date", "token_key"},
		"machines":   {"arn", "name", "version", "alias", "definition"}, "definitions": {"hash", "definition"},
		"options": {"options"}, "documents": {"document"}, "notifications": {"notification"},
		"map_runs": {"arn", "state"}, "map_results": {"result"},
	}
	var changes []string
	for table, columns := range numbers {
		for _, c := range columns {
			changes = append(changes, fmt.Sprintf("UPDATE %s SET %s = ifnull(%[2]s, 0) + 1048576 WHERE %s", table, c, someRow(table)))
		}
	}
	for table, columns := range texts {
		for _, c := range columns {
			changes = append(changes, fmt.Sprintf("UPDATE %s SET %s = CAST('x' || substr(%[2]s, 2) AS TEXT) WHERE %s", table, c, someRow(table)))
		}
	}
	for _, table := range []string{"log", "definitions", "options"} {
		changes = append(changes, fmt.Sprintf("DELETE FROM %s WHERE %s", table, someRow(table)))
	}
	for table := range numbers {
		if strings.HasPrefix(table, "map_") {
			continue // they can't be
		}
		changes = append(changes, fmt.Sprintf("UPDATE %s SET sum = NULL WHERE %s", table, someRow(table)))
	}
	changes = append(changes,
		"UPDATE executions SET state_sum = NULL WHERE id = 3",
		"UPDATE log SET lines = (SELECT lines FROM log WHERE id = 1) WHERE id = 6",
		"UPDATE log SET previous = 2 WHERE id = 8")
	for _, text := range changes {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			left := crashed(t, dir)
			db := shell(t, left)
			result, err := db.Exec(text)
			require.NoError(t, err)
			n, err := result.RowsAffected()
			require.NoError(t, err)
			require.NotZero(t, n)
			require.NoError(t, db.Close())
			s := sqlite.Open(filepath.Join(left, "orders.db"))
			defer s.Close()
			if s.Err() != nil {
				require.ErrorIs(t, s.Err(), sqlite.ErrCorrupt)
				return
			}
			found, errs := seen(t, s, all)
			damaged := 0
			for i, err := range errs {
				if err != nil {
					require.ErrorIs(t, err, sqlite.ErrCorrupt)
					damaged++
				} else {
					require.Equal(t, want[i], found[i])
				}
			}
			require.NotZero(t, damaged)
		})
	}
}

// someRow selects one that the store reads.
func someRow(table string) string {
	switch table {
	case "log":
		return "id = 7"
	case "executions":
		return "id = 3"
	case "meta":
		return "name = 'row'"
	}
	return "true"
}

// TestFlippedBits: of a file with a bit that is another the store says what it said
// before, or ErrCorrupt. An index that leads to a row no more may hide that an execution
// is there; it never makes it another.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	all := full(t, dir)
	file, err := os.ReadFile(filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	s := open(t, crashed(t, dir))
	want, errs := seen(t, s, all)
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, s.Close())
	random := rand.New(rand.NewPCG(5, 6))
	left := filepath.Join(t.TempDir(), "orders.db")
	damaged, hidden := 0, 0
	for range 500 {
		at, bit := random.IntN(len(file)), random.IntN(8)
		changed := bytes.Clone(file)
		changed[at] ^= 1 << bit
		require.NoError(t, os.WriteFile(left, changed, 0o600))
		s := sqlite.Open(left)
		if err := s.Err(); err != nil {
			damaged++
			_, newer := errors.AsType[*sqlite.SchemaError](err)
			require.True(t, newer || errors.Is(err, sqlite.ErrCorrupt) || errors.Is(err, sqlite.ErrForeign), "bit %d of byte %d: %v", bit, at, err)
		} else {
			found, errs := seen(t, s, all)
			for i, err := range errs {
				switch {
				case errors.Is(err, sqlite.ErrCorrupt):
					damaged++
				case errors.Is(err, store.ErrExecutionDoesNotExist), errors.Is(err, store.ErrMapRunDoesNotExist), err == nil && len(found[i]) < len(want[i]):
					hidden++
				default:
					require.NoError(t, err, "bit %d of byte %d", bit, at)
					require.Equal(t, want[i], found[i], "bit %d of byte %d", bit, at)
				}
			}
		}
		require.NoError(t, s.Close())
		for _, end := range []string{"-wal", "-shm"} {
			_ = os.Remove(left + end)
		}
	}
	require.Greater(t, damaged, 20)
	require.Less(t, hidden, 10)
	t.Logf("%d errors, %d times something was hidden", damaged, hidden)
}

// TestRunningGoesOn: a damaged record is told with its ARN, and the others follow.
func TestRunningGoesOn(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	for i := range 5 {
		create(t, s, fmt.Sprint("execution ", i))
	}
	require.NoError(t, s.Exec(t.Context(), "UPDATE executions SET name = 'other' WHERE id = 2"))
	require.NoError(t, s.Exec(t.Context(), "DELETE FROM executions WHERE id = 4"))
	var whole, damaged []string
	for r, err := range s.Running(t.Context(), time.Time{}) {
		if err == nil {
			whole = append(whole, r.Name)
			continue
		}
		require.ErrorIs(t, err, store.ErrDamaged)
		damaged = append(damaged, r.ARN)
	}
	require.Equal(t, []string{"execution 0", "execution 2", "execution 4"}, whole)
	require.Equal(t, []string{record("execution 1").ARN}, damaged)
}
