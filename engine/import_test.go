package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elsewhere is the ARN of an execution of another account.
const elsewhere = "arn:aws:states:eu-west-1:999999999999:execution:orders:order-7"

const twoTasks = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:eu-west-1:999999999999:function:a","Next":"B"},
	"B":{"Type":"Task","Resource":"arn:aws:lambda:eu-west-1:999999999999:function:b","End":true}}}`

// exported is a history as AWS's command line prints it: of twoTasks, whose second
// failed on the first of January 2026.
const exported = `{"events":[
	{"timestamp":1767225600.123,"type":"ExecutionStarted","id":1,"previousEventId":0,
		"executionStartedEventDetails":{"input":"{\"n\":1}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::999999999999:role/orders"}},
	{"timestamp":"2026-01-01T01:00:01.000000+01:00","type":"TaskStateEntered","id":2,"previousEventId":0,
		"stateEnteredEventDetails":{"name":"A","input":"{\"n\":1}","inputDetails":{"truncated":false}}},
	{"timestamp":"2026-01-01T00:00:01Z","type":"LambdaFunctionScheduled","id":3,"previousEventId":2,
		"lambdaFunctionScheduledEventDetails":{"resource":"arn:aws:lambda:eu-west-1:999999999999:function:a","input":"{\"n\":1}"}},
	{"timestamp":"2026-01-01T00:00:01Z","type":"LambdaFunctionStarted","id":4,"previousEventId":3},
	{"timestamp":"2026-01-01T00:00:02Z","type":"LambdaFunctionSucceeded","id":5,"previousEventId":4,
		"lambdaFunctionSucceededEventDetails":{"output":"{\"n\":2}","outputDetails":{"truncated":false}}},
	{"timestamp":"2026-01-01T00:00:02Z","type":"TaskStateExited","id":6,"previousEventId":5,
		"stateExitedEventDetails":{"name":"A","output":"{\"n\":2}","outputDetails":{"truncated":false}}},
	{"timestamp":"2026-01-01T00:00:02Z","type":"TaskStateEntered","id":7,"previousEventId":6,
		"stateEnteredEventDetails":{"name":"B","input":"{\"n\":2}","inputDetails":{"truncated":false}}},
	{"timestamp":"2026-01-01T00:00:02Z","type":"LambdaFunctionScheduled","id":8,"previousEventId":7,
		"lambdaFunctionScheduledEventDetails":{"resource":"arn:aws:lambda:eu-west-1:999999999999:function:b","input":"{\"n\":2}"}},
	{"timestamp":"2026-01-01T00:00:02Z","type":"LambdaFunctionStarted","id":9,"previousEventId":8},
	{"timestamp":"2026-01-01T00:00:03Z","type":"LambdaFunctionFailed","id":10,"previousEventId":9,
		"lambdaFunctionFailedEventDetails":{"error":"Broken","cause":"because"}},
	{"timestamp":"2026-01-01T00:00:03Z","type":"ExecutionFailed","id":11,"previousEventId":10,
		"executionFailedEventDetails":{"error":"Broken","cause":"because"}}]}`

// until cuts an exported history off after some events, and may reverse it.
func until(t *testing.T, n int, reverse bool) []byte {
	t.Helper()
	var file struct {
		Events []json.RawMessage `json:"events"`
	}
	require.NoError(t, json.Unmarshal([]byte(exported), &file))
	file.Events = file.Events[:n]
	if reverse {
		slices.Reverse(file.Events)
	}
	text, err := json.Marshal(file)
	require.NoError(t, err)
	return text
}

// importing makes an engine that can go on with twoTasks, on the day after exported.
func importing(t *testing.T, config engine.Config) (*engine.Engine, *enginetest.Clock, *flaky) {
	t.Helper()
	f := &flaky{mended: true}
	config.Resolver = tasks(map[string]engine.HandlerFunc{"arn:aws:lambda:eu-west-1:999999999999:function:*": f.handle})
	config.Limits.Redrivable = -1
	e, clock := startVirtual(t, config)
	clock.Advance(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
	return e, clock, f
}

// TestImport: an imported execution is like one of the engine's own, and is redriven.
func TestImport(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		var seen []engine.Task
		e, _, f := importing(t, engine.Config{Store: db})
		own := run(t, e, one(t, `{"Type":"Succeed"}`), nil)
		x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), until(t, 11, true))
		require.NoError(t, err)
		assert.Equal(t, "Broken", failure(t, x).Name)
		assert.Equal(t, engine.Identity{ARN: elsewhere, Name: "order-7", Machine: "orders",
			MachineARN: "arn:aws:states:eu-west-1:999999999999:stateMachine:orders"}, x.Identity())
		d := describe(t, e, x)
		assert.Equal(t, states.StatusFailed, d.Status)
		assert.Equal(t, time.Date(2026, 1, 1, 0, 0, 0, 123e6, time.UTC), d.StartDate)
		assert.Equal(t, time.Date(2026, 1, 1, 0, 0, 3, 0, time.UTC), d.StopDate)
		assert.JSONEq(t, `{"n":1}`, string(d.Input))
		assert.Equal(t, engine.Redrivable, d.RedriveStatus)
		assert.Len(t, history(t, e, x), 11)
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		require.Len(t, page.Executions, 2)
		assert.Equal(t, []string{own.ARN(), x.ARN()}, []string{page.Executions[0].ARN, page.Executions[1].ARN}, "it stands where it started")
		_, err = e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), []byte(exported))
		require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)

		assert.Equal(t, `"done"`, output(t, redrive(t, e, x)))
		seen = f.tasks
		require.Len(t, seen, 1)
		assert.Equal(t, "B", seen[0].State)
		assert.Equal(t, elsewhere, seen[0].Execution.ARN)
		assert.Equal(t, "12<-11 ExecutionRedriven", history(t, e, x)[11])
	})
}

// TestImportOfAListOfEvents, without the object around it.
func TestImportOfAListOfEvents(t *testing.T) {
	t.Parallel()
	e, _, _ := importing(t, engine.Config{})
	list := strings.TrimSuffix(strings.TrimPrefix(exported, `{"events":`), "}")
	x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), []byte("\n "+list))
	require.NoError(t, err)
	assert.Len(t, history(t, e, x), 11)
	_, err = e.ImportExecution(t.Context(), elsewhere+"2", machine(t, twoTasks), []byte("[]"))
	require.ErrorContains(t, err, "it has no events")
}

// TestImportOfWhatAnAliasStarted: the history says so, and it goes on so; a fork was
// started by none.
func TestImportOfWhatAnAliasStarted(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _, f := importing(t, engine.Config{Store: db})
		const of = "arn:aws:states:eu-west-1:999999999999:stateMachine:orders"
		text := strings.Replace(exported, `"roleArn"`, `"stateMachineVersionArn":"`+of+`:3","stateMachineAliasArn":"`+of+`:PROD","roleArn"`, 1)
		x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), []byte(text))
		require.NoError(t, err)
		want := engine.Identity{ARN: elsewhere, Name: "order-7", Machine: "orders", MachineARN: of, VersionARN: of + ":3", AliasARN: of + ":PROD"}
		assert.Equal(t, want, x.Identity())
		assert.Equal(t, want, describe(t, e, x).Identity)
		assert.Equal(t, `"done"`, output(t, redrive(t, e, x)))
		assert.Equal(t, want, describe(t, e, x).Identity)
		assert.Equal(t, want, f.tasks[0].Execution)
		begin := func(x *engine.Execution) []string {
			d, ok := events(t, e, x)[0].Details.(*states.StartedDetails)
			require.True(t, ok)
			return []string{d.StateMachineVersionARN, d.StateMachineAliasARN}
		}
		assert.Equal(t, []string{of + ":3", of + ":PROD"}, begin(x))
		y, err := e.ForkExecution(t.Context(), elsewhere, 7, engine.Fork{})
		require.NoError(t, err)
		assert.Empty(t, y.Identity().VersionARN+y.Identity().AliasARN)
		assert.Equal(t, []string{"", ""}, begin(y))
	})
}

// TestImportOfARunningExecution keeps it, and leaves it to its owner.
func TestImportOfARunningExecution(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock, f := importing(t, engine.Config{Store: db})
		m := machine(t, twoTasks)
		for _, n := range []int{4, 8} {
			x, err := e.ImportExecution(t.Context(), elsewhere, m, until(t, n, false))
			require.NoError(t, err)
			clock.Advance(time.Hour)
			_, err = x.Wait(t.Context())
			require.ErrorIs(t, err, engine.ErrRunsElsewhere)
			require.ErrorIs(t, e.StopExecution(t.Context(), elsewhere, "", ""), engine.ErrRunsElsewhere)
			_, err = e.RedriveExecution(t.Context(), elsewhere)
			require.ErrorIs(t, err, engine.ErrNotRedrivable)
			assert.Equal(t, states.StatusRunning, status(t, e, x))
			assert.Len(t, history(t, e, x), n)
		}
		_, err := e.ImportExecution(t.Context(), elsewhere, m, until(t, 8, false))
		require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists, "it goes no further")
		assert.Empty(t, f.tasks)
		x, err := e.ImportExecution(t.Context(), elsewhere, m, until(t, 11, false))
		require.NoError(t, err)
		assert.Equal(t, states.StatusFailed, status(t, e, x))
		assert.Equal(t, `"done"`, output(t, redrive(t, e, x)))
		assert.Equal(t, engine.Health{}, e.Health())
	})
}

// TestAnImportedExecutionStaysElsewhere when an engine is opened on the store.
func TestAnImportedExecutionStaysElsewhere(t *testing.T) {
	t.Parallel()
	f := &flaky{mended: true}
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
		"arn:aws:lambda:eu-west-1:999999999999:function:*": f.handle})}
	e, clock := startVirtual(t, config)
	x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), until(t, 8, false))
	require.NoError(t, err)
	e = reopen(t, e, config, &clock, time.Hour)
	clock.Settle()
	assert.Equal(t, engine.Health{}, e.Health())
	y, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	_, err = y.Wait(t.Context())
	require.ErrorIs(t, err, engine.ErrRunsElsewhere)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	config.Resolver = engine.NewMux() // its handlers are not asked for
	e = reopen(t, e, config, &clock, time.Hour)
	assert.Equal(t, engine.Health{}, e.Health())
	require.ErrorIs(t, e.StopExecution(t.Context(), x.ARN(), "", ""), engine.ErrRunsElsewhere)
	_, err = e.StartExecution(t.Context(), one(t, `{"Type":"Succeed"}`), nil, engine.Machine("orders"), engine.Named("order-7"))
	require.NoError(t, err, "another account's")
	assert.Empty(t, f.tasks)
}

// TestHistoriesThatCanNotBeImported are refused with what is wrong with them.
func TestHistoriesThatCanNotBeImported(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		clock.Advance(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
		m := machine(t, twoTasks)
		for name, c := range map[string]struct{ old, new, want string }{
			"no JSON":            {`{"events"`, `events`, "invalid character"},
			"no events":          {`{"events"`, `{"pages"`, "it has no events"},
			"more to come":       {`{"events"`, `{"NextToken":"eyJ","events"`, "it goes on at a next token"},
			"another page":       {`{"events"`, `{"nextToken":"eyJ","events"`, "it goes on at a next token"},
			"without the input":  {`"input":"{\"n\":1}","inputDetails":{"truncated":false},"roleArn"`, `"inputDetails":{"included":false},"roleArn"`, "event 1, ExecutionStarted: executionStartedEventDetails.inputDetails says that data is left out"},
			"no input":           {`"input":"{\"n\":1}","inputDetails":{"truncated":false},"roleArn"`, `"roleArn"`, "event 1, ExecutionStarted: executionStartedEventDetails has no input"},
			"a cut output":       {`"output":"{\"n\":2}","outputDetails":{"truncated":false}}`, `"output":"{\"n\":2}","outputDetails":{"truncated":true}}`, "event 5, LambdaFunctionSucceeded: lambdaFunctionSucceededEventDetails.outputDetails says"},
			"a gap":              {`"id":9,`, `"id":12,`, "event 10, LambdaFunctionFailed: its id is 10"},
			"another machine":    {`"name":"B"`, `"name":"C"`, "event 7, TaskStateEntered: the machine has no state 'C'"},
			"no beginning":       {`"id":1,`, `"id":100,`, "event 2, TaskStateEntered: a history begins with ExecutionStarted"},
			"an impossible time": {`1767225600.123`, `true`, "event 1: timestamp: true is no time"},
		} {
			require.Contains(t, exported, c.old, name)
			_, err := e.ImportExecution(t.Context(), elsewhere, m, []byte(strings.Replace(exported, c.old, c.new, 1)))
			require.ErrorIs(t, err, engine.ErrInvalidHistory, name)
			assert.ErrorContains(t, err, c.want, name)
		}
		_, err := e.ImportExecution(t.Context(), strings.Replace(elsewhere, "execution", "express", 1), m, []byte(exported))
		require.ErrorIs(t, err, engine.ErrTypeNotSupported)
		_, err = e.ImportExecution(t.Context(), strings.TrimSuffix(elsewhere, ":order-7"), m, []byte(exported))
		require.ErrorIs(t, err, engine.ErrInvalidARN)
		_, err = e.ImportExecution(t.Context(), elsewhere, nil, []byte(exported))
		require.Error(t, err)
		clock.Advance(100 * 24 * time.Hour)
		_, err = e.ImportExecution(t.Context(), elsewhere, m, []byte(exported))
		require.ErrorIs(t, err, engine.ErrInvalidHistory)
		assert.ErrorContains(t, err, "it ended at 2026-01-01T00:00:03Z, longer ago than Limits.Retention")
	})
}

// TestAnEnginesOwnHistoryCanBeImported by another engine.
func TestAnEnginesOwnHistoryCanBeImported(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			w := newWorld(t)
			e, err := w.open(nil)
			require.NoError(t, err)
			require.NoError(t, w.play(t.Context(), e, m, c.input))
			want := told(t, e)
			page, err := e.GetExecutionHistory(t.Context(), arnOfX, engine.HistoryOptions{MaxResults: 1000})
			require.NoError(t, err)
			text, err := json.Marshal(map[string]any{"events": page.Events})
			require.NoError(t, err)
			require.NoError(t, e.Close())
			e, err = w.open(w.store)
			require.NoError(t, err)
			_, err = e.ImportExecution(t.Context(), arnOfX, m, text)
			require.NoError(t, err)
			alike(t, want, told(t, e))
			require.NoError(t, e.Close())
		})
	}
}

// TestImportedExecutionsAreForgottenInTheirTurn: by when they ended, wherever that was.
func TestImportedExecutionsAreForgottenInTheirTurn(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{Limits: engine.Limits{Retained: 2}})
	clock.Advance(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Sub(clock.Now()))
	m := one(t, `{"Type":"Succeed"}`)
	first := run(t, e, m, nil)
	x, err := e.ImportExecution(t.Context(), elsewhere, machine(t, twoTasks), []byte(exported))
	require.NoError(t, err)
	second := run(t, e, m, nil)
	_, err = e.DescribeExecution(t.Context(), x.ARN())
	require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
	describe(t, e, first)
	describe(t, e, second)
}
