package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
)

// reads is a store that counts the lines that are read from it.
type reads struct {
	*storetest.Memory
	ends, whole int // lines that Tail and Log returned
}

func (r *reads) Log(ctx context.Context, arn string) ([][]byte, error) {
	lines, err := r.Memory.Log(ctx, arn)
	r.whole += len(lines)
	return lines, err
}

func (r *reads) Tail(ctx context.Context, arn string, first func([]byte) bool) ([][]byte, int, error) {
	lines, before, err := r.Memory.Tail(ctx, arn, first)
	r.ends += len(lines)
	return lines, before, err
}

// loop waits and calls a task in turn, in two branches, for as many rounds as its input says.
func loop(t testing.TB) *asl.StateMachine {
	branch := func(letter string) string {
		return `{"StartAt":"W` + letter + `","States":{
			"W` + letter + `":{"Type":"Wait","Seconds":60,"Next":"T` + letter + `"},
			"T` + letter + `":{"Type":"Task","Resource":"count","Assign":{"n` + letter + `.$":"$.n"},"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":30}],"Next":"C` + letter + `"},
			"C` + letter + `":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThanEqualsPath":"$.most","Next":"E` + letter + `"}],"Default":"W` + letter + `"},
			"E` + letter + `":{"Type":"Pass","Parameters":{"n.$":"$n` + letter + `"},"End":true}}}`
	}
	return machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[`+branch("a")+`,`+branch("b")+`],"End":true}}}`)
}

type counted struct {
	N    int `json:"n"`
	Most int `json:"most"`
}

// count is a task that fails once in seven rounds.
func count(attempts map[int]int) engine.HandlerFunc {
	return func(_ context.Context, task engine.Task) (any, error) {
		var c counted
		if err := task.Decode(&c); err != nil {
			return nil, err
		}
		if attempts[c.N]++; c.N%7 == 3 && task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "Busy"}
		}
		c.N++
		return c, nil
	}
}

// TestWakingReadsTheEndOfALog: an execution that sleeps between the rounds of a loop reads no more of
// its log than what came after the last snapshot, and has the same history as without snapshots.
func TestWakingReadsTheEndOfALog(t *testing.T) {
	history := func(every int64) (string, *reads) {
		engine.SnapshotEvery(t, every)
		db := &reads{Memory: new(storetest.Memory)}
		e, clock := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"count": count(map[int]int{})}), Store: db})
		x := run(t, e, loop(t), counted{0, 60}, engine.Machine("m"), engine.Named("loop"))
		for range 90 {
			clock.Advance(time.Minute)
		}
		_, err := x.Wait(t.Context())
		require.NoError(t, err)
		text, err := json.Marshal(slices.Collect(values(t, e.Events(t.Context(), x.ARN(), 0))))
		require.NoError(t, err)
		return string(text), db
	}
	whole, all := history(1 << 40)
	snapped, some := history(50)
	assert.Equal(t, whole, snapped)
	assert.Greater(t, all.ends, 5*some.ends)
	snapshots := 0
	for _, line := range storedLines(t, some) {
		if bytes.Contains(line, []byte(`"type":"ExecutionSnapshot"`)) {
			snapshots++
		}
	}
	assert.Greater(t, snapshots, 10)
	assert.Equal(t, len(storedLines(t, all)), len(storedLines(t, some))-snapshots, "all that happened is there, once")
}

// TestSnapshotsThatDoNotDo: where a snapshot can't be used the whole log is read, and nothing is lost.
func TestSnapshotsThatDoNotDo(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"of a later release": func(line []byte) []byte {
			return bytes.Replace(line, []byte(`"snapshot":"AEFTTAE`), []byte(`"snapshot":"AEFTTAI`), 1)
		},
		"no base64": func(line []byte) []byte {
			return bytes.Replace(line, []byte(`"snapshot":"`), []byte(`"snapshot":"!`), 1)
		},
		"no JSON": func(line []byte) []byte { return line[:len(line)-1] },
		"empty": func(line []byte) []byte {
			return append(line[:bytes.Index(line, []byte(`"snapshot":"`))], `"snapshot":""}`...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine.SnapshotEvery(t, 20)
			db := &spoiling{Memory: new(storetest.Memory), spoil: spoil}
			e, clock := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"count": count(map[int]int{})}), Store: db})
			x := run(t, e, loop(t), counted{0, 10})
			for range 30 {
				clock.Advance(time.Minute)
			}
			_, err := x.Wait(t.Context())
			require.NoError(t, err)
			assert.Positive(t, db.spoilt)
		})
	}
}

// spoiling is a store that changes the snapshots it is given.
type spoiling struct {
	*storetest.Memory
	spoil  func([]byte) []byte
	spoilt int
}

func (s *spoiling) Append(ctx context.Context, arn string, length int, c store.Change) error {
	for i, line := range c.Lines {
		if bytes.Contains(line, []byte(`"type":"ExecutionSnapshot"`)) {
			c.Lines = slices.Clone(c.Lines)
			c.Lines[i] = s.spoil(slices.Clone(line))
			s.spoilt++
		}
	}
	return s.Memory.Append(ctx, arn, length, c)
}

// TestEndOfAnExecutionResumedFromASnapshot: an execution that fails in a state which was entered before the
// snapshot says so, and has all of its history meanwhile.
func TestEndOfAnExecutionResumedFromASnapshot(t *testing.T) {
	engine.SnapshotEvery(t, 10)
	db := sqlite.Open(filepath.Join(t.TempDir(), "long.db"))
	machine := machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"Long","States":{"Long":{"Type":"Wait","Seconds":3030,"Next":"F"},"F":{"Type":"Fail","Error":"Late"}}},
		{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"E"}],"Default":"W"},"E":{"Type":"Succeed"}}}]}}}`)
	e, clock := startVirtual(t, engine.Config{Resolver: tasks(nil), Store: db})
	x := run(t, e, machine, map[string]int{"n": 1})
	for range 50 {
		clock.Advance(time.Minute)
	}
	require.Greater(t, len(events(t, e, x)), 200)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Enough", ""))
	_, err := x.Wait(t.Context())
	var failed *engine.ExecutionError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "W", failed.State)
	all := events(t, e, x)
	assert.Equal(t, states.ExecutionAborted, all[len(all)-1].Type)
	assert.EqualValues(t, len(all), all[len(all)-1].ID)
}

// TestCasesWithCrashesAndSnapshots: whichever write an engine is lost at, the next one comes to the same
// history when there is a snapshot in every write, where it does so without any.
func TestCasesWithCrashesAndSnapshots(t *testing.T) {
	differ := func(every int64) (names []string) {
		engine.SnapshotEvery(t, every)
		suite := corpus.Suite{
			Driver: onengine.Driver{Store: new(storetest.Memory), Crash: true},
			Report: func(c *corpus.Test, r corpus.Result) {
				if r.Err != nil && strings.Contains(r.Err.Error(), "the engine was lost") {
					names = append(names, c.Name)
				}
			},
		}
		var folders []string
		for _, chapter := range []string{"compensation", "map", "parallel", "retry", "tasks", "variables", "wait"} {
			folders = append(folders, filepath.Join("..", "conformance", "cases", chapter))
		}
		tests, err := corpus.LoadKind(corpus.Executions, folders...)
		require.NoError(t, err)
		require.Greater(t, len(tests), 100)
		suite.Run(tests)
		return names
	}
	assert.Subset(t, differ(1<<40), differ(1))
}

// values yields what comes without an error.
func values(t *testing.T, all iter.Seq2[states.Event, error]) iter.Seq[states.Event] {
	return func(yield func(states.Event) bool) {
		for event, err := range all {
			require.NoError(t, err)
			if !yield(event) {
				return
			}
		}
	}
}

func storedLines(t *testing.T, db *reads) [][]byte {
	t.Helper()
	records, _, err := db.List(t.Context(), store.Query{Limit: 1})
	require.NoError(t, err)
	lines, err := db.Memory.Log(t.Context(), records[0].ARN)
	require.NoError(t, err)
	return lines
}
