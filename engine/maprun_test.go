package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbers is a source of n numbers.
func numbers(n int) func(objects.Reference) items.Source {
	return func(objects.Reference) items.Source {
		return items.Seq("numbers", func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				for i := range n {
					if !yield(i, nil) {
						return
					}
				}
			}
		})
	}
}

// mapOf is a machine with one distributed Map state, whose children have one task f.
func mapOf(kind, fields string) *asl.StateMachine {
	m, err := asl.Parse([]byte(fmt.Sprintf(`{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "Label": "L", %s
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": %q}, "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}}}}`, fields, kind)))
	if err != nil {
		panic(err)
	}
	return m
}

const fromNumbers = `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "numbers", "Key": "all"}}, `

// TestMapRunsAreRun: both kinds of children, in memory and in a store, with a window smaller
// than the number of items: every item has one call and its place in the output.
func TestMapRunsAreRun(t *testing.T) {
	for _, kind := range []string{"EXPRESS", "STANDARD"} {
		for _, durable := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, durable), func(t *testing.T) {
				t.Parallel()
				var calls, at, most atomic.Int64
				tasks := engine.NewMux()
				tasks.Handle("f", engine.Func(func(_ context.Context, n int) (int, error) {
					calls.Add(1)
					most.Store(max(most.Load(), at.Add(1)))
					defer at.Add(-1)
					return n * n, nil
				}))
				config := engine.Config{Resolver: tasks, MapRuns: engine.MapRuns{Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(1000)}}}
				if durable {
					config.Store = sqlite.Open(filepath.Join(t.TempDir(), "runs.db"))
				}
				e, err := engine.New(config)
				require.NoError(t, err)
				defer e.Close()
				x, err := e.StartExecution(t.Context(), mapOf(kind, fromNumbers+`"MaxConcurrency": 7,`), nil, engine.Machine("squares"), engine.Named("x"))
				require.NoError(t, err)
				result, err := x.Wait(t.Context())
				require.NoError(t, err)
				var got []int
				require.NoError(t, result.Decode(&got))
				require.Len(t, got, 1000)
				for i, n := range got {
					require.Equal(t, i*i, n)
				}
				assert.EqualValues(t, 1000, calls.Load())
				assert.LessOrEqual(t, most.Load(), int64(7))
				page, err := e.ListMapRuns(t.Context(), x.ARN(), 0, "")
				require.NoError(t, err)
				require.Len(t, page.MapRuns, 1)
				d := page.MapRuns[0]
				assert.Equal(t, engine.MapRunSucceeded, d.Status)
				assert.Equal(t, engine.MapRunCounts{Succeeded: 1000, Total: 1000, ResultsWritten: 1000}, d.Items)
				assert.Equal(t, d.Items, d.Executions)
			})
		}
	}
}

var _ = json.Marshal
var _ sync.Mutex
var _ = time.Second
var _ store.Store
