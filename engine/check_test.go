package engine_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// invocations is a definition of n states that invoke a function one after the other, and
// of one before them that waits.
func invocations(n int) string {
	var b strings.Builder
	b.WriteString(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"Next":"S0"},`)
	for i := range n {
		fmt.Fprintf(&b, `"S%d":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"Next":"S%d"},`, i, i+1)
	}
	fmt.Fprintf(&b, `"S%d":{"Type":"Succeed"}}}`, n)
	return b.String()
}

// TestFirstStartIsLinear holds what it takes to parse a machine and to start it for the
// first time against what it takes for a machine four times as large.
func TestFirstStartIsLinear(t *testing.T) {
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"f": echo})})
	cost := func(states int) (bytes uint64) {
		definition := invocations(states)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := asl.Parse(definition)
		require.NoError(t, err)
		x, err := e.StartExecution(t.Context(), m, nil)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := cost(1000), cost(4000)
	t.Logf("1,000 states: %d KiB, 4,000 states: %d KiB", small>>10, large>>10)
	assert.Less(t, large, 8*small)
}

func TestQualifiedFunctionsAreFoundAtTheStart(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"ship:live": echo})})
	m := one(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"ship","Qualifier":"live"},"End":true}`)
	x, err := e.StartExecution(t.Context(), m, nil)
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)

	m = one(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"ship","Qualifier":"test"},"End":true}`)
	_, err = e.StartExecution(t.Context(), m, nil)
	require.EqualError(t, err, `engine: no handler for the resource "ship:test" of the state "S"`)
}
