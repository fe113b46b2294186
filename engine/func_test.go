package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type parcel struct {
	Weight int     `json:"weight"`
	To     string  `json:"to,omitempty"`
	Cost   float64 `json:"cost,omitempty"`
}

func taskWith(t *testing.T, input string) engine.Task {
	t.Helper()
	v, err := value.Parse(input)
	require.NoError(t, err)
	return engine.Task{Input: v}
}

func TestFuncDecodesInputAndEncodesOutput(t *testing.T) {
	t.Parallel()
	h := engine.Func(func(_ context.Context, p parcel) (parcel, error) {
		p.Cost = float64(p.Weight) * 1.25
		return p, nil
	})
	got, err := h.Handle(t.Context(), taskWith(t, `{"weight":3,"to":"Oslo","other":[1]}`))
	require.NoError(t, err)
	assert.Equal(t, `{"weight":3,"to":"Oslo","cost":3.75}`, value.String(got))
}

func TestFuncRefusesInputThatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := engine.Func(func(context.Context, parcel) (any, error) { panic("not reached") })
	_, err := h.Handle(t.Context(), taskWith(t, `{"weight":"heavy"}`))
	require.ErrorContains(t, err, "the task's input does not fit: json: cannot unmarshal string into Go struct field parcel.weight of type int")
}

func TestFuncRefusesOutputThatIsNoJSON(t *testing.T) {
	t.Parallel()
	h := engine.Func(func(context.Context, any) (any, error) { return make(chan int), nil })
	_, err := h.Handle(t.Context(), taskWith(t, `{}`))
	task, ok := errors.AsType[*engine.TaskError](err)
	require.True(t, ok)
	assert.Equal(t, "States.Runtime", task.Name)
	assert.Contains(t, task.Cause, "unsupported type: chan int")
}

func TestLambdaFuncTakesEverySignatureOfLambda(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	fail := false
	result := func() error {
		if fail {
			return boom
		}
		return nil
	}
	withTask := func(ctx context.Context) {
		require.NotNil(t, ctx)
	}
	for name, c := range map[string]struct {
		f      any
		output string
		fails  bool
	}{
		"func()":                        {func() {}, `null`, false},
		"func() error":                  {func() error { return result() }, `null`, true},
		"func() (Out, error)":           {func() (parcel, error) { return parcel{Weight: 2}, result() }, `{"weight":2}`, true},
		"func(ctx)":                     {func(ctx context.Context) { withTask(ctx) }, `null`, false},
		"func(ctx) error":               {func(ctx context.Context) error { withTask(ctx); return result() }, `null`, true},
		"func(ctx) (Out, error)":        {func(ctx context.Context) (int, error) { withTask(ctx); return 5, result() }, `5`, true},
		"func(In)":                      {func(p parcel) { assert.Equal(t, 7, p.Weight) }, `null`, false},
		"func(In) error":                {func(p parcel) error { assert.Equal(t, 7, p.Weight); return result() }, `null`, true},
		"func(In) (Out, error)":         {func(p *parcel) (*parcel, error) { return p, result() }, `{"weight":7}`, true},
		"func(ctx, In)":                 {func(ctx context.Context, p map[string]any) { withTask(ctx); assert.InDelta(t, 7, p["weight"], 0) }, `null`, false},
		"func(ctx, In) error":           {func(_ context.Context, p parcel) error { assert.Equal(t, 7, p.Weight); return result() }, `null`, true},
		"func(ctx, In) (Out, error)":    {func(_ context.Context, p parcel) (any, error) { return p.Weight, result() }, `7`, true},
		"func(In) (Out, error), any In": {func(p any) (any, error) { return p, result() }, `{"weight":7}`, true},
		"func() (Out, error), null":     {func() (any, error) { return nil, result() }, `null`, true},
	} {
		fail = false
		h := engine.LambdaFunc(c.f)
		got, err := h.Handle(t.Context(), taskWith(t, `{"weight":7}`))
		require.NoError(t, err, name)
		v, err := value.Of(got)
		require.NoError(t, err, name)
		assert.Equal(t, c.output, value.String(v), name)
		fail = true
		if _, err = h.Handle(t.Context(), taskWith(t, `{"weight":7}`)); c.fails {
			assert.ErrorIs(t, err, boom, name)
		} else {
			assert.NoError(t, err, name)
		}
	}
}

func TestLambdaFuncRefusesOtherFunctions(t *testing.T) {
	t.Parallel()
	for why, f := range map[string]any{
		"it is not a function": "f",
		"it is nil":            (func())(nil),
		"it must take a context and an input at most":                                 func(context.Context, int, int) {},
		"the first of two parameters must be a context.Context, the second the input": func(int, int) {},
		"it must return an output and an error at most":                               func() (int, int, error) { return 0, 0, nil },
		"its last result must be an error":                                            func() int { return 0 },
	} {
		_, err := engine.LambdaFunc(f).Handle(t.Context(), engine.Task{})
		assert.ErrorContains(t, err, why)
	}
	//lint:ignore ST1008 a handler's results must not be in this order
	for _, f := range []any{nil, func(int, context.Context) {}, func(...int) {}, func() (error, int) { return nil, 0 }, func(context.Context, context.Context) {}} {
		_, err := engine.LambdaFunc(f).Handle(t.Context(), engine.Task{})
		assert.ErrorContains(t, err, "is no Lambda handler")
	}
}

// An invoker is what lambda.Handler of aws-lambda-go is.
type invoker func(ctx context.Context, payload []byte) ([]byte, error)

func (i invoker) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return i(ctx, payload) }

// TestLambdaFuncTakesLambdaHandlers: JSON text goes in and comes out.
func TestLambdaFuncTakesLambdaHandlers(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		answer string
		err    error
		want   string // the output, or
		failed string // the error name
	}{
		"JSON":          {`{"a": [1, 2.50]}`, nil, `{"a":[1,2.5]}`, ""},
		"a text":        {`"x"`, nil, `"x"`, ""},
		"nothing":       {"", nil, `null`, ""},
		"no JSON":       {"x", nil, "", "States.Runtime"},
		"an error":      {"", boom, "", "errorString"},
		"a named error": {"1", &engine.TaskError{Name: "OutOfStock"}, "", "OutOfStock"},
	} {
		t.Run(name, func(t *testing.T) {
			mux := engine.NewMux()
			mux.Handle("f", engine.LambdaFunc(invoker(func(ctx context.Context, payload []byte) ([]byte, error) {
				assert.Equal(t, "S", engine.TaskFrom(ctx).State)
				assert.Equal(t, `{"b":2,"a":1}`, string(payload), "the members keep their order")
				return []byte(c.answer), c.err
			})))
			x := run(t, start(t, engine.Config{Resolver: mux}), one(t, `{"Type":"Task","Resource":"f","End":true}`), json.RawMessage(`{"b":2,"a":1}`))
			if c.failed != "" {
				assert.Equal(t, c.failed, failure(t, x).Name)
				return
			}
			assert.Equal(t, c.want, output(t, x))
		})
	}
	mux := engine.NewMux()
	mux.Handle("f", engine.LambdaFunc(invoker(nil)))
	require.ErrorContains(t, mux.Err(), "engine_test.invoker that is nil")
}

func TestLambdaFuncRefusesInputThatDoesNotFit(t *testing.T) {
	t.Parallel()
	_, err := engine.LambdaFunc(func(parcel) {}).Handle(t.Context(), taskWith(t, `[]`))
	assert.ErrorContains(t, err, "the task's input does not fit")
}
