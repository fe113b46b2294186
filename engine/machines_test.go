package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ordersARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"

// A finder finds machines by a function.
type finder func(reference string, seed states.Seed) (engine.Target, error)

func (f finder) Target(_ context.Context, reference string, seed states.Seed) (engine.Target, error) {
	return f(reference, seed)
}

// TestStartExecutionFrom: the engine starts whatever its Machines find, under the name and
// the ARNs that they say, and returns their errors.
func TestStartExecutionFrom(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	var seeds []states.Seed
	errFinder := errors.New("nobody knows")
	answer, failure := engine.Target{}, error(nil)
	machines := finder(func(reference string, seed states.Seed) (engine.Target, error) {
		assert.Equal(t, "orders:PROD", reference)
		seeds = append(seeds, seed)
		return answer, failure
	})
	both := func(options ...engine.StartOption) (*engine.Execution, [2]error) {
		x, err := e.StartExecutionFrom(t.Context(), machines, "orders:PROD", nil, options...)
		_, sync := e.StartSyncExecutionFrom(t.Context(), machines, "orders:PROD", nil, options...)
		return x, [2]error{err, sync}
	}
	refused := func(want error, says string, options ...engine.StartOption) {
		t.Helper()
		_, errs := both(options...)
		for _, err := range errs {
			require.ErrorContains(t, err, says)
			if want != nil {
				require.ErrorIs(t, err, want)
			}
		}
	}
	refused(nil, "asl.Parse")
	failure = errFinder
	refused(errFinder, "nobody knows")
	answer, failure = engine.Target{Machine: one(t, `{"Type":"Succeed"}`), Name: "orders", VersionARN: ordersARN + ":3", AliasARN: ordersARN + ":PROD"}, nil
	refused(engine.ErrInvalidName, "can't be called 'other'", engine.Machine("other"))
	refused(engine.ErrInvalidName, "contains", engine.Named("a b"))

	seeds = nil
	x, errs := both(engine.Seeded(states.Seed{7}), engine.Machine("orders"), engine.Named("n"))
	require.Equal(t, [2]error{}, errs)
	assert.Equal(t, engine.Identity{ARN: "arn:aws:states:us-east-1:123456789012:execution:orders:n", Name: "n",
		Machine: "orders", MachineARN: ordersARN, VersionARN: ordersARN + ":3", AliasARN: ordersARN + ":PROD"}, x.Identity())
	assert.Equal(t, []states.Seed{{7}, {7}}, seeds)
	_, errs = both()
	require.Equal(t, [2]error{}, errs)
	assert.NotEqual(t, seeds[2], seeds[3], "chance seeds what no option does")
}
