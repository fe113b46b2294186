package enginetest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMocks(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "MockConfigFile.json")
	require.NoError(t, os.WriteFile(file, []byte(`{
		"StateMachines": {
			"machine": {"TestCases": {
				"Good": {"Charge": "Paid", "Ship": "Sent"},
				"Slow": {"Charge": "BusyTwice"}}},
			"Other": {"TestCases": {"Declined": {"Charge": "Declined"}}}},
		"MockedResponses": {
			"Paid": {"0": {"Return": {"id": 7}}},
			"Sent": {"0": {"Return": "sent"}},
			"BusyTwice": {"0-1": {"Throw": {"Error": "Busy", "Cause": "try again"}}, "2": {"Return": {"id": 8}}},
			"Declined": {"0": {"Throw": {"Error": "Declined", "Cause": "no money"}}}}}`), 0o600))
	for _, options := range [][]engine.StartOption{nil, {engine.Express}} {
		env := enginetest.New(t, shop)
		env.Mocks(file, "Good")
		env.Run(nil, options...).Output("sent").Path("Charge", "Ship")

		env.Mocks(file, "Slow")
		env.On("Ship").With(enginetest.JSON(`{"receipt": {"id": 8}}`)).Return("really sent")
		run := env.Run(nil, options...).Output("really sent")
		assert.Equal(t, 30*time.Second, run.Duration())

		env.Mocks(file, "Other#Declined")
		env.Run(nil, options...).Failed("Declined")
		assert.Len(t, env.Calls("Charge"), 5)
	}
	for testCase, report := range map[string]string{
		"Bad":       "no test case 'Bad' of the state machine 'machine'; it has Good, Slow",
		"Third#Bad": "no state machine 'Third'; it has Other, machine",
		"Slow":      "unexpected call 30s after the start: Ship",
	} {
		assert.Contains(t, failure(t, func(t testing.TB) {
			env := enginetest.New(t, shop)
			env.Mocks(file, testCase)
			env.Run(nil)
		}), report)
	}
	assert.Contains(t, failure(t, func(t testing.TB) { enginetest.New(t, shop).Mocks("nowhere.json", "Good") }), "nowhere.json")
}
