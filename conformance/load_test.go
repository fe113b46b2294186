package conformance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// files writes files into a new folder and returns it.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func named(name string) string {
	return `{"name":"` + name + `","definition":{"StartAt":"A"},"expect":{"status":"SUCCEEDED","output":1}}`
}

func TestLoadReadsLinesArraysSingleCasesAndFolders(t *testing.T) {
	dir := files(t, map[string]string{
		"b/lines.jsonl":    named("1") + "\n\n" + named("2") + "\n",
		"b/array.json":     "[" + named("3") + "," + named("4") + "]",
		"single.json":      "\n" + named("5"),
		"machine.asl.json": `{"StartAt":"A"}`,
		"notes.txt":        "not a case",
	})
	cases, err := Load(dir)
	require.NoError(t, err)
	var names []string
	for _, c := range cases {
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"3", "4", "1", "2", "5"}, names)

	cases, err = Load(filepath.Join(dir, "single.json"), filepath.Join(dir, "b"))
	require.NoError(t, err)
	assert.Len(t, cases, 5)
	assert.Equal(t, "5", cases[0].Name)
}

func TestLoadRefusesWhatProvesNothing(t *testing.T) {
	for name, c := range map[string]struct{ file, text, message string }{
		"no case at all":       {"a.jsonl", "\n", "no case in"},
		"no JSON":              {"a.json", "{", "unexpected end of JSON input"},
		"no name":              {"a.json", `{"definition":{},"expect":{"status":"FAILED"}}`, "it has no name"},
		"no definition":        {"a.json", `{"name":"n","expect":{"status":"FAILED"}}`, "it has no definition"},
		"no expectation":       {"a.json", `{"name":"n","definition":{}}`, `"expect" has no status`},
		"unknown status":       {"a.json", `{"name":"n","definition":{},"expect":{"status":"DONE"}}`, `unknown status "DONE"`},
		"unknown type":         {"a.json", `{"name":"n","type":"FAST","definition":{},"expect":{"status":"FAILED"}}`, `"FAST"`},
		"two of one name":      {"a.jsonl", named("n") + "\n" + named("n"), `line 2: case "n" stands in`},
		"task without state":   {"a.json", `{"name":"n","definition":{},"tasks":[{"result":1}],"expect":{"status":"FAILED"}}`, "tasks[0]: it has no state"},
		"task without end":     {"a.json", `{"name":"n","definition":{},"tasks":[{"state":"S"}],"expect":{"status":"FAILED"}}`, "tasks[0]: it has neither"},
		"unknown outcome":      {"a.json", `{"name":"n","definition":{},"tasks":[{"state":"S","outcome":"?"}],"expect":{"status":"FAILED"}}`, `unknown outcome "?"`},
		"idle and done":        {"a.json", `{"name":"n","definition":{},"tasks":[{"state":"S","idle":true,"result":1}],"expect":{"status":"FAILED"}}`, "it is idle"},
		"result and failure":   {"a.json", `{"name":"n","definition":{},"tasks":[{"state":"S","outcome":"fail","result":1}],"expect":{"status":"FAILED"}}`, "it has a result and"},
		"history not a list":   {"a.json", `{"name":"n","definition":{},"expect":{"status":"FAILED","history":{}}}`, "the history is no array"},
		"event without a type": {"a.json", `{"name":"n","definition":{},"expect":{"status":"FAILED","history":[{"id":1,"previousEventId":0}]}}`, "history[0] lacks"},
		"two definitions":      {"a.json", `{"name":"n","definition":{},"definition_file":"x","expect":{"status":"FAILED"}}`, "both"},
		"definition not there": {"a.json", `{"name":"n","definition_file":"x.asl.json","expect":{"status":"FAILED"}}`, "x.asl.json"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(filepath.Join(files(t, map[string]string{c.file: c.text}), c.file))
			assert.ErrorContains(t, err, c.message)
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "missing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestACaseIsReadField(t *testing.T) {
	dir := files(t, map[string]string{
		"machine.asl.json": "{ \"StartAt\": \"A\" }",
		"case.json": `{
			"name": "n", "type": "EXPRESS", "sync": true, "definition_file": "machine.asl.json", "doubtful": true,
			"input": [1.0], "start": "2024-02-29T12:00:00Z", "last_validated": "2020-01-01T00:00:00Z",
			"tasks": [
				{"state": "A", "resource": "r", "parameters": null, "taskCredentials": {}, "result": null, "times": 2},
				{"state": "A", "outcome": "fail", "error": "E", "cause": {"a": 1}, "always": true},
				{"state": "A", "error": "E", "cause": {"a": 1}, "cause_text": "{ \"a\": 1 }"},
				{"state": "B", "unfinished": true, "worker": "w", "submitted": 1, "after": 1.5, "heartbeats": [1, 2]},
				{"state": "B", "outcome": "timeout", "error": "States.Timeout"}
			],
			"stop": {"after": 3, "error": "E"},
			"unordered_history": true, "history_ids_normalised": true,
			"expect": {"status": "FAILED", "error": null, "cause": {"b": 1}, "history": []}
		}`,
	})
	cases, err := Load(filepath.Join(dir, "case.json"))
	require.NoError(t, err)
	c := cases[0]
	assert.True(t, c.Express && c.Sync && c.Doubtful)
	assert.Equal(t, "{ \"StartAt\": \"A\" }", c.Definition)
	assert.Equal(t, []any{1.0}, c.Input)
	assert.Equal(t, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), c.Start)
	assert.Equal(t, &Stop{After: 3, Error: "E", HasError: true}, c.Stop)
	assert.Equal(t, []Task{
		{State: "A", Resource: "r", HasParameters: true, Credentials: value.NewObject(), HasCredentials: true, Times: 2, Outcome: Succeeds},
		{State: "A", Times: 1, Always: true, Outcome: Fails, Error: "E", HasError: true, Cause: `{"a":1}`, HasCause: true},
		{State: "A", Times: 1, Outcome: Fails, Error: "E", HasError: true, Cause: `{ "a": 1 }`, HasCause: true},
		{State: "B", Times: 1, Outcome: NeverEnds, Worker: "w", HasWorker: true, Submitted: int64(1), HasSubmitted: true, After: 1.5, Heartbeats: []float64{1, 2}},
		{State: "B", Times: 1, Outcome: TimesOut, Error: "States.Timeout", HasError: true},
	}, c.Tasks)
	e := c.Expect
	assert.True(t, e.Unordered && e.Normalised && e.HasHistory && e.HasError && e.HasCause)
	assert.False(t, e.HasOutput)
	assert.Nil(t, e.Error)
	assert.Empty(t, e.History)
}

func TestAnAbsentInputIsAnEmptyObjectAndTimeBeginsAtAFixedMoment(t *testing.T) {
	c, err := ReadCase([]byte(named("n")), "")
	require.NoError(t, err)
	assert.Equal(t, value.NewObject(), c.Input)
	assert.Equal(t, DefaultStart, c.Start)
}

// A recorded history tells who polled for an activity, which tasks nobody took
// up, and in which order tasks ended.
func TestARecordedHistoryTellsOfItsTasks(t *testing.T) {
	c, err := ReadCase([]byte(`{"name":"n","definition":{},"tasks":[
		{"state":"A","event":3,"outcome":"timeout"}, {"state":"B","event":4,"outcome":"timeout"},
		{"state":"C","event":5,"result":1}, {"state":"C","event":0,"result":1}, {"state":"C","event":99,"unfinished":true}],
		"expect":{"status":"FAILED","history":[
			{"id":3,"previousEventId":2,"type":"ActivityScheduled"},
			{"id":4,"previousEventId":2,"type":"ActivityScheduled"},
			{"id":5,"previousEventId":2,"type":"TaskScheduled"},
			{"id":6,"previousEventId":3,"type":"ActivityStarted","activityStartedEventDetails":{"workerName":"w"}},
			{"id":7,"previousEventId":5,"type":"TaskStarted"},
			{"id":8,"previousEventId":7,"type":"TaskSubmitted"},
			{"id":9,"previousEventId":8,"type":"TaskSucceeded"},
			{"id":10,"previousEventId":6,"type":"ActivityTimedOut"},
			{"id":11,"previousEventId":9,"type":"TaskStateExited"}]}}`), "")
	require.NoError(t, err)
	polled, idle, ended := c.Tasks[0], c.Tasks[1], c.Tasks[2]
	assert.True(t, polled.HasWorker && !polled.Idle)
	assert.Equal(t, "w", polled.Worker)
	assert.True(t, idle.Idle && !idle.HasWorker)
	assert.EqualValues(t, []int64{10, 0, 9, 0, 0}, []int64{polled.order, idle.order, ended.order, c.Tasks[3].order, c.Tasks[4].order})
	assert.False(t, ended.Idle || c.Tasks[4].Idle)
}

func TestReadTasksIsTheShortForm(t *testing.T) {
	tasks, err := ReadTasks([]byte(`{
		"B": [{"error": "E"}, {"result": 1}],
		"A": {"result": {"x": 1}}
	}`))
	require.NoError(t, err)
	assert.Equal(t, []Task{
		{State: "A", Times: 1, Always: true, Outcome: Succeeds, Result: parse(t, `{"x":1}`)},
		{State: "B", Times: 1, Outcome: Fails, Error: "E", HasError: true},
		{State: "B", Times: 1, Outcome: Succeeds, Result: int64(1)},
	}, tasks)
	for text, message := range map[string]string{
		`[]`:                    "cannot unmarshal array",
		`{"A":[{}]}`:            `state "A": task 0: it has neither`,
		`{"A":1}`:               `state "A"`,
		`{"A":[1]}`:             `state "A"`,
		`{"A":{"outcome":"x"}}`: `unknown outcome "x"`,
	} {
		_, err := ReadTasks([]byte(text))
		assert.ErrorContains(t, err, message, text)
	}
}

// TestCasesAreStrict: a field that no case has, or a state that the machine has not, is
// refused, wherever it stands. Such a case would check nothing.
func TestCasesAreStrict(t *testing.T) {
	t.Parallel()
	machine := `"definition":{"StartAt":"Reserve","States":{"Reserve":{"Type":"Task","Resource":"r","End":true}}}`
	for text, want := range map[string]string{
		`{"name":"n",` + machine + `,"tasks":[{"state":"Reserve","result":1}],"expect":{"status":"SUCCEEDED"},"inptu":1}`:                          `n: unknown field "inptu"; did you mean "input"?`,
		`{"name":"n",` + machine + `,"Input":1,"expect":{"status":"SUCCEEDED"}}`:                                                                   `n: unknown field "Input"; did you mean "input"?`,
		`{"name":"n",` + machine + `,"tasks":[{"state":"Reserve","result":1},{"state":"Reserve","reslt":1}],"expect":{"status":"SUCCEEDED"}}`:      `n: unknown field "reslt" in tasks[1]; did you mean "result"?`,
		`{"name":"n",` + machine + `,"tasks":[{"state":"Reserve","result":1}],"expect":{"status":"SUCCEEDED","outputs":1}}`:                        `n: unknown field "outputs" in expect; did you mean "output"?`,
		`{"name":"n",` + machine + `,"stop":{"after":1,"again":{"aftr":1}},"expect":{"status":"ABORTED"}}`:                                         `n: unknown field "aftr" in stop.again; did you mean "after"?`,
		`{"name":"n",` + machine + `,"tasks":[{"state":"Resreve","result":1}],"expect":{"status":"SUCCEEDED"}}`:                                    `case "n": there is no state "Resreve"; did you mean "Reserve"?`,
		`{"name":"n",` + machine + `,"tasks":[{"state":"Ship","result":1}],"expect":{"status":"SUCCEEDED"}}`:                                       `case "n": there is no state "Ship"`,
		`{"name":"n",` + machine + `,"comment":"c","source":"s","tasks":[{"state":"Reserve","result":{"any":1}}],"expect":{"status":"SUCCEEDED"}}`: "",
	} {
		_, err := ReadCase([]byte(text), "")
		if want == "" {
			assert.NoError(t, err, text)
		} else {
			assert.EqualError(t, err, want, text)
		}
	}
}

// TestAnswersAreStrict: a field that no task has is refused, wherever it stands.
func TestAnswersAreStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"A":{"reslt":1}}`:                                `state "A": unknown field "reslt"; did you mean "result"?`,
		`{"A":[{"result":1},{"eror":"E"}]}`:                `state "A": unknown field "eror" in [1]; did you mean "error"?`,
		`{"A":{"result":1},"B":{"cuase":"c","error":"E"}}`: `state "B": unknown field "cuase"; did you mean "cause"?`,
		`{"A":{"result":1,"zzzzzzzz":2}}`:                  `state "A": unknown field "zzzzzzzz"`,
	} {
		_, err := ReadTasks([]byte(text))
		assert.EqualError(t, err, want)
	}
	_, err := ReadTasks([]byte(`{"A":[{"result":1,"after":2},{"error":"E","cause":"c"}]}`))
	assert.NoError(t, err)
}
