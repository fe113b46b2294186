package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStoppingUndoes: an execution that is stopped undoes what it has completed, also
// when the engine that goes on with it has only the text of its definition.
func TestStoppingUndoes(t *testing.T) {
	t.Parallel()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"do","Compensate":"UndoA","Next":"B"},"B":{"Type":"Wait","Seconds":3600,"End":true},
		"UndoA":{"Type":"Task","Resource":"undo"}}}`))
	require.NoError(t, err)
	for _, reopened := range []bool{false, true} {
		var called []string
		note := func(_ context.Context, task engine.Task) (any, error) {
			called = append(called, task.Resource)
			return nil, nil
		}
		config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"do": note, "undo": note})}
		e, clock := startVirtual(t, config)
		x := run(t, e, m, nil)
		clock.Settle()
		if reopened {
			e = reopen(t, e, config, &clock, time.Minute)
		}
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Enough", ""))
		clock.Settle()
		assert.Equal(t, []string{"do", "undo"}, called)
		assert.Equal(t, states.StatusAborted, status(t, e, x))
	}
}
