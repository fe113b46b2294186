package clients

import (
	"cmp"
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine"
)

// An order is the input of the machine of power tuning, and a measurement what it has of an
// amount of memory.
type (
	order struct {
		Function string `json:"function"`
		Powers   []int  `json:"powers"`
	}
	measurement struct {
		Power int `json:"power"`
		Cost  int `json:"cost"`
	}
)

// powerTuning adds the functions of the machine in examples/powertuning. They find that the
// amount of memory nearest to 512 MB costs least.
func powerTuning(tasks *engine.Mux) {
	tasks.Handle("initialise", engine.Func(func(_ context.Context, o order) (any, error) {
		if len(o.Powers) == 0 {
			return nil, errors.New("no powers")
		}
		return map[string]any{"powers": o.Powers, "runs": 5, "strategy": "cost"}, nil
	}))
	tasks.Handle("publish", engine.Func(func(_ context.Context, in measurement) (any, error) { return in, nil }))
	tasks.Handle("run", engine.Func(func(_ context.Context, in struct{ Version measurement }) (any, error) {
		m := in.Version
		m.Cost = max(m.Power-512, 512-m.Power)
		return m, nil
	}))
	tasks.Handle("analyse", engine.Func(func(_ context.Context, in struct{ Measurements []measurement }) (any, error) {
		return slices.MinFunc(in.Measurements, func(a, b measurement) int { return cmp.Compare(a.Cost, b.Cost) }), nil
	}))
	nothing := engine.Func(func(context.Context, any) (any, error) { return nil, nil })
	tasks.Handle("optimise", nothing)
	tasks.Handle("clean-up", nothing)
}

// powerTuningDefinition returns the machine of the example with the ARNs of functions, as one
// deploys it.
func powerTuningDefinition(t testing.TB) string {
	text, err := os.ReadFile("../../../examples/powertuning/power-tuning.asl.json")
	require.NoError(t, err)
	return string(regexp.MustCompile(`"Resource": "([a-z-]+)"`).ReplaceAll(text, []byte(`"Resource": "arn:aws:lambda:us-east-1:123456789012:function:$1"`)))
}
