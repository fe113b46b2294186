package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// FuzzImport: whatever a history says, it is refused or it is kept, and then can be
// described, redriven and forked, or that is refused.
func FuzzImport(f *testing.F) {
	m := machine(f, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"P"},
		"P":{"Type":"Parallel","Next":"M","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}},{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}}}]},
		"M":{"Type":"Map","ItemsPath":"$","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"echo","End":true}}}}}}`)
	f.Add([]byte(exported))
	f.Add([]byte(`{"events":[{"timestamp":1,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"[1,2]"}},
		{"timestamp":2,"type":"MapStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"M","input":"[1,2]"}},
		{"timestamp":2,"type":"MapStateStarted","id":3,"previousEventId":2,"mapStateStartedEventDetails":{"length":2}},
		{"timestamp":2,"type":"MapIterationStarted","id":4,"previousEventId":3,"mapIterationStartedEventDetails":{"name":"M","index":0}},
		{"timestamp":2,"type":"TaskStateEntered","id":5,"previousEventId":4,"stateEnteredEventDetails":{"name":"I","input":"1"}},
		{"timestamp":3,"type":"ExecutionAborted","id":6,"previousEventId":0,"executionAbortedEventDetails":{}}]}`))
	f.Add([]byte(`{"events":[{"timestamp":1,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"1"}},
		{"timestamp":2,"type":"ParallelStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"P","input":"[1,2]"}},
		{"timestamp":2,"type":"ParallelStateStarted","id":3,"previousEventId":2},
		{"timestamp":2,"type":"WaitStateEntered","id":4,"previousEventId":3,"stateEnteredEventDetails":{"name":"W","input":"1"}},
		{"timestamp":3,"type":"ExecutionTimedOut","id":5,"previousEventId":0}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := engine.New(engine.Config{Clock: enginetest.NewClock(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)), Limits: engine.Limits{Redrivable: -1, Retention: -1},
			Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo})})
		require.NoError(t, err)
		defer e.Close()
		x, err := e.ImportExecution(t.Context(), elsewhere, m, text)
		if err != nil {
			require.True(t, errors.Is(err, engine.ErrInvalidHistory), "%v", err)
			return
		}
		describe(t, e, x)
		n := len(history(t, e, x))
		for at := range min(n, 20) + 2 {
			_, _ = e.ForkExecution(t.Context(), x.ARN(), states.EventID(at), engine.Fork{})
		}
		_, _ = e.RedriveExecution(t.Context(), x.ARN())
		describe(t, e, x)
	})
}
