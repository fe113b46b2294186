package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSourcesThatFail: what a source does wrong fails the run, and no more.
func TestSourcesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		source func(yield func(any, error) bool)
		cause  string
	}{
		"a panic":            {func(func(any, error) bool) { panic("oops") }, "The reader of the items panicked: oops"},
		"a panic later":      {func(yield func(any, error) bool) { yield(1, nil); panic("oops") }, "The reader of the items panicked: oops"},
		"what is no JSON":    {func(yield func(any, error) bool) { yield(func() {}, nil) }, "item 0 is no JSON: <any>"},
		"the items' own sin": {func(yield func(any, error) bool) { yield(nil, &items.Error{Cause: "bad items"}) }, "bad items"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMapWorld(t, 0, nil)
			w.config.MapRuns.Sources["numbers"] = func(objects.Reference) items.Source {
				return items.Seq("x", func(context.Context) iter.Seq2[any, error] { return c.source })
			}
			x := w.start("STANDARD", fromNumbers)
			_, err := x.Wait(t.Context())
			failure, ok := errors.AsType[*engine.ExecutionError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "States.ItemReaderFailed", failure.Name)
			before, _, _ := strings.Cut(c.cause, "<any>")
			assert.True(t, strings.HasPrefix(failure.Cause, before), failure.Cause)
		})
	}
	t.Run("what may pass is tried again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newMapWorld(t, 0, nil)
			tries := 0
			w.config.MapRuns.Sources["numbers"] = func(objects.Reference) items.Source {
				return items.Seq("x", func(context.Context) iter.Seq2[int, error] {
					return func(yield func(int, error) bool) {
						tries++
						for i := range tries {
							if !yield(i, nil) {
								return
							}
						}
						if tries < 5 {
							yield(0, errors.New("the network is away"))
						}
					}
				})
			}
			result, err := w.start("EXPRESS", fromNumbers).Wait(t.Context())
			require.NoError(t, err)
			assert.JSONEq(t, "[0,1,2,3,4]", string(result.Output()))
			assert.Equal(t, 5, tries)
			require.NoError(t, w.engine.Close())
		})
	})
}

// TestLargeOutputs: results that are too large together fail the run, unless nothing reads
// them and the engine is told to drop them.
func TestLargeOutputs(t *testing.T) {
	for _, c := range []struct {
		fields string
		drops  bool
		fails  bool
	}{{"", false, true}, {"", true, true}, {`"ResultPath": null, `, false, true}, {`"ResultPath": null, `, true, false}, {toResults, false, false}} {
		t.Run(fmt.Sprint(c.fields, c.drops), func(t *testing.T) {
			w := newMapWorld(t, 100, nil)
			w.config.Limits.Payload = 150
			w.config.MapRuns.DropUnread = c.drops
			x := w.start("EXPRESS", fromNumbers+c.fields)
			if c.fails {
				assert.Equal(t, "States.DataLimitExceeded", w.failed(x))
				return
			}
			_, err := x.Wait(t.Context())
			if c.fields == toResults {
				// where the manifest is takes more
				assert.ErrorContains(t, err, "DataLimitExceeded")
				return
			}
			require.NoError(t, err)
		})
	}
}

// TestLacking: a machine is refused at its start when the engine lacks what its Map state needs.
func TestLacking(t *testing.T) {
	for fields, want := range map[string]string{
		fromNumbers: "MapRuns.Sources", toResults: "objects.Writer",
		strings.Replace(fromNumbers, "JSON", "PARQUET", 1): "MapRuns.Sources",
	} {
		w := newMapWorld(t, 1, nil)
		w.config.MapRuns = engine.MapRuns{}
		w.open()
		_, err := w.engine.StartExecution(t.Context(), mapOf("EXPRESS", fields), nil)
		require.ErrorIs(t, err, engine.ErrMapRunNotSupported)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, `"Each"`)
	}
}

// TestMapRunsThatAreNone: texts that no Map Run has.
func TestMapRunsThatAreNone(t *testing.T) {
	w := newMapWorld(t, 1, nil)
	w.open()
	for arn, want := range map[string]error{
		"": engine.ErrInvalidARN, "x": engine.ErrInvalidARN, "arn:aws:states:us-east-1:123456789012:execution:m:x": engine.ErrInvalidARN,
		"arn:aws:states:us-east-1:123456789012:mapRun:m/L:u": engine.ErrMapRunDoesNotExist,
	} {
		_, err := w.engine.DescribeMapRun(t.Context(), arn)
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, w.engine.UpdateMapRun(t.Context(), arn, engine.MapRunUpdate{}), want)
		_, err = w.engine.MapRun(t.Context(), arn)
		require.ErrorIs(t, err, want)
		if arn != "" {
			_, err = w.engine.ListExecutions(t.Context(), engine.ListOptions{MapRun: arn})
			require.ErrorIs(t, err, want)
		}
	}
	_, err := w.engine.ListMapRuns(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:m:x", 0, "")
	require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
}
