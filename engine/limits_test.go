package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
)

func TestLimitOnEvents(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.enough","IsPresent":true,"Next":"Z"}],"Default":"A"},"Z":{"Type":"Succeed"}}}`)
	e := start(t, engine.Config{Limits: engine.Limits{Events: 10}})
	x := run(t, e, m, nil)
	assert.Equal(t, "The execution reached the maximum number of history events (10).", failure(t, x).Cause)
	assert.Len(t, events(t, e, x), 10)
	e = start(t, engine.Config{})
	assert.Equal(t, "The execution reached the maximum number of history events (25000).", failure(t, run(t, e, m, nil)).Cause)
}

func TestLimitOnPayloads(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"f": func(context.Context, engine.Task) (any, error) { return strings.Repeat("x", 300_000), nil }})
	m := one(t, `{"Type":"Task","Resource":"f","End":true}`)
	e := start(t, engine.Config{Resolver: mux})
	assert.Equal(t, "States.DataLimitExceeded", failure(t, run(t, e, m, nil)).Name)
	e = start(t, engine.Config{Resolver: mux, Limits: engine.Limits{Payload: -1}})
	assert.Len(t, output(t, run(t, e, m, nil)), 300_002)
}

// TestLimitOnMapConcurrency: documented, 40 iterations run at a time when the
// state doesn't say.
func TestLimitOnMapConcurrency(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":`+approval+`}}}`)
	for limit, want := range map[int]int{0: 40, 7: 7, -1: 100} {
		called := 0
		e, clock := startVirtual(t, engine.Config{
			Limits: engine.Limits{MapConcurrency: limit},
			Resolver: tasks(map[string]engine.HandlerFunc{"*": func(context.Context, engine.Task) (any, error) {
				called++
				return nil, nil
			}}),
		})
		x := run(t, e, m, make([]int, 100))
		clock.Settle()
		assert.Equal(t, want, called)
		assert.Equal(t, states.StatusRunning, status(t, e, x))
	}
}
