package opentelemetry_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/opentelemetry"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// kept is a store that outlives an engine. It counts the lines that are read from it.
type kept struct {
	*storetest.Memory
	lines int
}

func (*kept) Close() error { return nil }

func (k *kept) Log(ctx context.Context, arn string) ([][]byte, error) {
	lines, err := k.Memory.Log(ctx, arn)
	k.lines += len(lines)
	return lines, err
}

func (k *kept) Tail(ctx context.Context, arn string, first func([]byte) bool) ([][]byte, int, error) {
	lines, before, err := k.Memory.Tail(ctx, arn, first)
	k.lines += len(lines)
	return lines, before, err
}

// one makes the ids of one trace, in which all spans are those of an execution.
type one struct{}

func (one) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return trace.TraceID{1}, trace.SpanID{1}
}
func (one) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return trace.SpanID{1} }

// TestTheTreeIsTheSameWithASnapshot: an execution with a long history, whose processes are lost with
// what they had not sent, leaves the same tree whether the next ones read all of its log or the end.
func TestTheTreeIsTheSameWithASnapshot(t *testing.T) {
	t.Parallel()
	const lost = 5 * time.Second // of spans that a process had not sent
	tree := func(tails bool) (all spans, read int) {
		memory, clock := &kept{Memory: new(storetest.Memory)}, enginetest.NewClock(time.Time{})
		mux := engine.NewMux()
		mux.HandleFunc("add", func(_ context.Context, task engine.Task) (any, error) {
			var n struct{ N, Most int }
			if err := task.Decode(&n); err != nil {
				return nil, err
			}
			if n.N%5 == 1 && task.Attempt == 0 {
				return nil, &engine.TaskError{Name: "Busy"}
			}
			return map[string]int{"n": n.N + 1, "most": n.Most}, nil
		})
		seen := map[string]line{}
		for process := range 6 {
			var db store.Store = memory
			if !tails {
				db = struct{ store.Store }{memory}
			}
			recorded := new(recorder)
			spans := sdktrace.NewTracerProvider(sdktrace.WithSyncer(&lines{to: recorded}), sdktrace.WithIDGenerator(opentelemetry.IDs{Next: one{}}))
			traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: spans})
			require.NoError(t, err)
			memory.lines = 0
			e, err := engine.New(engine.Config{Resolver: mux, Store: db, Clock: clock, Observers: []engine.Observer{traces}})
			require.NoError(t, err)
			if process == 0 {
				_, err := e.StartExecution(t.Context(), parse(t, `{"StartAt":"P","States":{
					"P":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n,1)","most.$":"$.most"},"Next":"C"},
					"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":600,"Next":"P"}],"Default":"Pause"},
					"Pause":{"Type":"Wait","Seconds":60,"Next":"Both"},
					"Both":{"Type":"Parallel","Next":"First","Branches":[
						{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"T"},"T":{"Type":"Task","Resource":"add","Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":1}],"End":true}}},
						{"StartAt":"W2","States":{"W2":{"Type":"Wait","Seconds":3,"Next":"P2"},"P2":{"Type":"Pass","End":true}}}]},
					"First":{"Type":"Pass","OutputPath":"$[0]","Next":"D"},
					"D":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThanPath":"$.most","Next":"Both"}],"Default":"E"},
					"E":{"Type":"Succeed"}}}`), map[string]int{"n": 0, "most": 618}, engine.Machine("m"), engine.Named("x"))
				require.NoError(t, err)
			}
			clock.Advance([]time.Duration{65 * time.Second, 10 * time.Second, 10 * time.Second, 9 * time.Second, 10 * time.Second, time.Hour}[process])
			now := clock.Now()
			require.NoError(t, e.Close())
			read = memory.lines
			for _, s := range recorded.spans(t) {
				first, again := seen[s.Span]
				switch {
				case process < 5 && s.End.After(now.Add(-lost)):
				case again:
					require.Equal(t, first, s)
				default:
					seen[s.Span] = s
					all = append(all, s)
				}
			}
		}
		slices.SortFunc(all, func(a, b line) int { return strings.Compare(a.Span, b.Span) })
		return all, read
	}
	whole, all := tree(false)
	snapped, some := tree(true)
	root := snapped.oneTree(t)
	assert.Equal(t, "execute m", root.Name)
	assert.Equal(t, whole.String(), snapped.String())
	assert.Equal(t, whole, snapped)
	assert.Greater(t, len(snapped), 1200)
	assert.Greater(t, all, 5*some, "lines that the last process read")
	t.Logf("%d spans; the last process read %d lines, and %d without snapshots", len(snapped), some, all)
}
