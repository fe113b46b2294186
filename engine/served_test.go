package engine_test

import (
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServes(t *testing.T) {
	t.Parallel()
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	require.NoError(t, err)
	defer eng.Close()
	const activity = "arn:aws:states:us-east-1:123456789012:activity:dig"
	start, stop := "arn:aws:states:::states:startExecution.sync:2", "arn:aws:states:::aws-sdk:sfn:stopExecution"
	serves := func(want bool, resources ...string) {
		t.Helper()
		for _, r := range resources {
			assert.Equal(t, want, eng.Serves(r), r)
		}
	}
	serves(false, activity, start, "charge", "")
	serves(true, stop)
	_, err = eng.CreateActivity(t.Context(), "dig")
	require.NoError(t, err)
	registry.New(eng)
	serves(true, activity, start, stop)
	serves(false, "charge")
	assert.False(t, (*engine.Engine)(nil).Serves(stop))
}
