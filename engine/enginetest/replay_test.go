package enginetest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded runs a machine and returns its history as AWS's GetExecutionHistory answers it.
func recorded(t *testing.T, definition string, input any, arrange func(env *enginetest.Env)) ([]states.Event, []byte) {
	t.Helper()
	env := enginetest.New(t, definition)
	arrange(env)
	history := env.Run(input).History()
	text, err := json.Marshal(map[string]any{"events": history})
	require.NoError(t, err)
	return history, text
}

// types are those of a history's events, with their times and what failed.
func types(history []states.Event) (all []string) {
	for _, e := range history {
		line := e.At.Sub(history[0].At).String() + " " + string(e.Type)
		switch d := e.Details.(type) {
		case *states.FailureDetails:
			line += " " + d.Error + " " + d.Cause
		case *states.OutputDetails:
			line += " " + string(e.DetailsJSON(true))
		}
		all = append(all, line)
	}
	return all
}

// TestAnswersFrom: an execution with the answers of another has the same history.
func TestAnswersFrom(t *testing.T) {
	t.Parallel()
	const each = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
		"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "End": true, "Retry": [{"ErrorEquals": ["Bad"]}]}}}}}}`
	for name, test := range map[string]struct {
		definition string
		input      any
		arrange    func(env *enginetest.Env)
	}{
		"retries, times, outputs": {shop, nil, func(env *enginetest.Env) {
			env.On("Charge").Fail("Busy", "try again").After(time.Second).Times(2).Return(7).After(time.Minute)
			env.On("Ship").Return("sent").After(time.Hour)
		}},
		"a failure": {shop, nil, func(env *enginetest.Env) { env.On("Charge").Fail("Declined") }},
		"functions": {lambda, nil, func(env *enginetest.Env) { env.On("Call").Return("Hello") }},
		"tokens": {ask, nil, func(env *enginetest.Env) {
			env.On("Ask").Return("yes").After(time.Hour - 1).Submitted(map[string]int{"id": 1})
		}},
		"a token that fails": {ask, nil, func(env *enginetest.Env) { env.On("Ask").Fail("No").After(time.Minute) }},
		"a timeout":          {ask, nil, func(env *enginetest.Env) { env.On("Ask").Hang() }},
		"an activity": {`{"StartAt": "Dig", "States": {"Dig": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:dig", "End": true}}}`, nil,
			func(env *enginetest.Env) { env.On("Dig").Return("hole").After(time.Hour).Worker("mole") }},
		"iterations": {each, []int{1, 2, 3}, func(env *enginetest.Env) {
			env.On("Work").Index(0).Return("slow").After(time.Hour)
			env.On("Work").Index(1).Fail("Bad").After(time.Minute).Return("second")
			env.On("Work").Index(2).Return("quick")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, text := recorded(t, test.definition, test.input, test.arrange)
			for _, history := range []any{want, text, string(text)} {
				env := enginetest.New(t, test.definition)
				env.AnswersFrom(history)
				assert.Equal(t, types(want), types(env.Run(test.input).History()))
			}
			enginetest.Replay(t, test.definition, text)
		})
	}
}

// TestRecordedHistoriesThatDoNotFit fail the test.
func TestRecordedHistoriesThatDoNotFit(t *testing.T) {
	t.Parallel()
	history, text := recorded(t, shop, nil, func(env *enginetest.Env) {
		env.On("Charge").Fail("Busy").Return(7)
		env.On("Ship").Return("sent")
	})
	file := filepath.Join(t.TempDir(), "history.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	changed := strings.ReplaceAll(shop, `"Next": "Ship"`, `"Next": "Pack"`)
	changed = strings.Replace(changed, `"Ship": {`, `"Pack": {"Type": "Pass", "Next": "Ship"}, "Ship": {`, 1)
	for name, test := range map[string]struct {
		test   func(t testing.TB)
		report string
	}{
		"a file": {func(t testing.TB) { enginetest.Replay(t, shop, file) }, ""},
		"a changed machine": {func(t testing.TB) { enginetest.Replay(t, changed, history) },
			"Replay: event 10, TaskStateEntered of Ship, would be PassStateEntered of Pack"},
		"a changed machine's answers": {func(t testing.TB) {
			env := enginetest.New(t, strings.ReplaceAll(shop, "Ship", "Send"))
			env.AnswersFrom(history)
		}, `the history has a state "Ship", and the machine has none`},
		"a call less": {func(t testing.TB) {
			env := enginetest.New(t, strings.ReplaceAll(shop, "Busy", "Idle"))
			env.AnswersFrom(history)
			env.Run(nil).Failed("Busy")
		}, "the recorded answer was to answer once, and did never"},
		"no machine": {func(t testing.TB) { enginetest.Replay(t, "{}", history) }, "Replay: the machine: "},
		"no file":    {func(t testing.TB) { enginetest.Replay(t, shop, "nowhere.json") }, "nowhere.json"},
		"no history": {func(t testing.TB) { enginetest.Replay(t, shop, 7) }, "a int is none"},
		"no events":  {func(t testing.TB) { enginetest.Replay(t, shop, "[]") }, "it has no events"},
		"no start":   {func(t testing.TB) { enginetest.Replay(t, shop, history[1:]) }, "is not in its place"},
		"no answers": {func(t testing.TB) { enginetest.New(t, shop).AnswersFrom("{}") }, "it has no events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := failure(t, test.test)
			if test.report == "" {
				assert.Empty(t, report)
			}
			assert.Contains(t, report, test.report)
		})
	}
}
