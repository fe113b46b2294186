package opentelemetry_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/opentelemetry"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// A stage is an engine whose spans are recorded.
type stage struct {
	*testing.T
	*recorder
	tracer trace.Tracer
	engine *engine.Engine
	clock  *enginetest.Clock
}

// newStage makes a stage on a virtual clock; path is that of a store, empty for none.
func newStage(t *testing.T, path string, mux *engine.Mux, config opentelemetry.Config) *stage {
	t.Helper()
	s := &stage{T: t, recorder: new(recorder), clock: enginetest.NewClock(time.Time{})}
	spans := provider(s.recorder, "process")
	s.tracer = spans.Tracer("test")
	config.TracerProvider = spans
	traces, err := opentelemetry.New(config)
	require.NoError(t, err)
	c := engine.Config{Resolver: mux, Clock: s.clock, Observers: []engine.Observer{traces}}
	if path != "" {
		c.Store = sqlite.Open(path)
	}
	s.engine, err = engine.New(c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.engine.Close() })
	return s
}

func parse(t testing.TB, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse([]byte(definition))
	require.NoError(t, err)
	return m
}

// request makes a span, and does something in it.
func (s *stage) request(name string, do func(ctx context.Context)) {
	ctx, span := s.tracer.Start(s.Context(), name)
	do(ctx)
	span.End()
}

// start starts an execution of a machine named m.
func (s *stage) start(ctx context.Context, definition string, options ...engine.StartOption) *engine.Execution {
	s.Helper()
	x, err := s.engine.StartExecution(ctx, parse(s.T, definition), nil, append([]engine.StartOption{engine.Machine("m"), engine.Named("x")}, options...)...)
	require.NoError(s.T, err)
	s.clock.Settle()
	return x
}

const asks = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"

// TestSpansSayWhatHappened: names, kinds, attributes, errors.
func TestSpansSayWhatHappened(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.HandleFunc("arn:aws:lambda:eu-north-1:123456789012:function:charge", func(ctx context.Context, task engine.Task) (any, error) {
		trace.SpanFromContext(ctx).SetName("charge it")
		if task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "Busy", Cause: "secret"}
		}
		return nil, nil
	})
	for causes, status := range map[bool]string{false: "Busy", true: "Busy: secret"} {
		s := newStage(t, "", mux, opentelemetry.Config{Causes: causes})
		x := s.start(t.Context(), `{"StartAt":"Charge","States":{"Charge":{"Type":"Task","Resource":"arn:aws:lambda:eu-north-1:123456789012:function:charge",
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":7}],"Next":"Broke"},"Broke":{"Type":"Fail","Error":"Bankrupt"}}}`)
		s.clock.Advance(time.Minute)
		all := s.spans(t)
		root := all.oneTree(t)
		assert.Equal(t, "execute m", root.Name)
		assert.Equal(t, "server", root.Kind)
		assert.Equal(t, "Bankrupt", root.Attributes["error.type"])
		assert.Equal(t, "FAILED", root.Attributes["gostates.execution.status"])
		assert.Equal(t, "arn:aws:states:us-east-1:123456789012:stateMachine:m", root.Attributes["aws.step_functions.state_machine.arn"])
		assert.Equal(t, x.ARN(), root.Attributes["gostates.execution.arn"])
		assert.Equal(t, 7*time.Second, root.End.Sub(root.Start))
		assert.Equal(t, "Bankrupt", all.named(t, "state Broke").Status)
		assert.Empty(t, all.named(t, "state Charge").Status, "it was retried, and ended well")
		var statuses []string
		for i, one := range slices.DeleteFunc(all, func(l line) bool { return l.Name != "charge it" }) {
			statuses = append(statuses, one.Status)
			assert.Equal(t, "client", one.Kind)
			assert.EqualValues(t, i, one.Attributes["gostates.task.attempt"])
			assert.Equal(t, "charge", one.Attributes["faas.invoked_name"])
			assert.Equal(t, "aws", one.Attributes["faas.invoked_provider"])
			assert.Equal(t, "eu-north-1", one.Attributes["faas.invoked_region"])
		}
		assert.Equal(t, []string{status, ""}, statuses)
	}
}

// TestWhatTasksCall: the span of a task says what it calls, whichever way the resource is written.
func TestWhatTasksCall(t *testing.T) {
	t.Parallel()
	const invoke = "arn:aws:states:::lambda:invoke"
	for resource, want := range map[string]map[string]any{
		"charge":                  {"gostates.task.resource": "charge"},
		"charge.waitForTaskToken": {"gostates.task.resource": "charge.waitForTaskToken"},
		asks:                      {"gostates.task.resource": "sqs:sendMessage.waitForTaskToken"},
		"arn:aws:lambda:eu-north-1:123456789012:function:f": {"gostates.task.resource": "arn:aws:lambda:eu-north-1:123456789012:function:f",
			"faas.invoked_name": "f", "faas.invoked_provider": "aws", "faas.invoked_region": "eu-north-1"},
		invoke: {"gostates.task.resource": "lambda:invoke", "faas.invoked_name": "g", "faas.invoked_provider": "aws"},
		"arn:aws:states:us-east-1:123456789012:activity:pack": {"gostates.task.resource": "arn:aws:states:us-east-1:123456789012:activity:pack",
			"aws.step_functions.activity.arn": "arn:aws:states:us-east-1:123456789012:activity:pack"},
	} {
		t.Run(resource, func(t *testing.T) {
			t.Parallel()
			mux := engine.NewMux()
			for _, name := range []string{"charge", "charge.waitForTaskToken", "arn:aws:lambda:*", "g", asks} {
				mux.HandleFunc(name, func(context.Context, engine.Task) (any, error) { return nil, nil })
			}
			s := newStage(t, "", mux, opentelemetry.Config{})
			_, err := s.engine.CreateActivity(t.Context(), "pack")
			require.NoError(t, err)
			token := ""
			if strings.HasSuffix(resource, "Token") {
				token = `"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q",`
			}
			s.start(t.Context(), `{"StartAt":"Call","States":{"Call":{"Type":"Task","Resource":"`+resource+`","Parameters":{`+token+`"FunctionName":"g"},
				"TimeoutSeconds":60,"End":true}}}`)
			s.clock.Advance(time.Hour)
			got := map[string]any{}
			for key, v := range s.spans(t).named(t, "call Call").Attributes {
				if key == "gostates.task.resource" || !strings.HasPrefix(key, "gostates.") && key != "error.type" {
					got[key] = v
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestAStateThatCanNotBegin: it has failed, with what the execution has failed with.
func TestAStateThatCanNotBegin(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", engine.NewMux(), opentelemetry.Config{})
	s.start(t.Context(), `{"StartAt":"Wrong","States":{"Wrong":{"Type":"Pass","Parameters":{"a.$":"$.none"},"End":true}}}`)
	all := s.spans(t)
	assert.Equal(t, "States.Runtime", all.named(t, "execute m").Status)
	assert.Equal(t, "States.Runtime", all.named(t, "state Wrong").Status)
}

// TestTracesGoThroughTokens: a task that waits for its Task Token has one span, whether the
// execution was in memory or not, which links to who answered; and so have who stopped an
// execution, and who had it redriven, from whose span the tree goes on.
func TestTracesGoThroughTokens(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"in memory": "", "in a store": "x.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if path != "" {
				path = filepath.Join(t.TempDir(), path)
			}
			var tokens []string
			mux := engine.NewMux()
			mux.HandleFunc(asks, func(_ context.Context, task engine.Task) (any, error) {
				tokens = append(tokens, task.Token)
				return nil, nil
			})
			s := newStage(t, path, mux, opentelemetry.Config{})
			var x *engine.Execution
			s.request("POST /orders", func(ctx context.Context) {
				x = s.start(ctx, `{"StartAt":"Both","States":{"Both":{"Type":"Parallel","End":true,"Branches":[
					{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"`+asks+`","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"End":true}}},
					{"StartAt":"Ask2","States":{"Ask2":{"Type":"Task","Resource":"`+asks+`","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"End":true}}}]}}}`)
			})
			s.clock.Advance(time.Hour)
			s.request("approve", func(ctx context.Context) {
				require.NoError(t, s.engine.SendTaskSuccess(ctx, tokens[0], nil))
			})
			s.request("stop", func(ctx context.Context) {
				require.NoError(t, s.engine.StopExecution(ctx, x.ARN(), "Enough", ""))
			})
			s.clock.Advance(time.Hour)
			s.request("redrive", func(ctx context.Context) {
				_, err := s.engine.RedriveExecution(ctx, x.ARN())
				require.NoError(t, err)
			})
			s.clock.Settle()
			s.request("approve again", func(ctx context.Context) {
				require.NoError(t, s.engine.SendTaskSuccess(ctx, tokens[2], nil))
			})
			s.clock.Settle()
			all := s.spans(t)
			tree := slices.DeleteFunc(slices.Clone(all), func(l line) bool { return l.Trace != all.named(t, "execute m").Trace })
			t.Logf("\n%s", tree)
			assert.Equal(t, "POST /orders", tree.oneTree(t).Name)

			answered := tree.named(t, "call Ask")
			assert.Equal(t, []string{all.named(t, "approve").Span}, answered.Links)
			assert.Equal(t, time.Hour, answered.End.Sub(answered.Start))
			execution, redrive := tree.named(t, "execute m"), tree.named(t, "redrive m")
			assert.Equal(t, "Enough", execution.Status)
			assert.Equal(t, []string{all.named(t, "stop").Span}, execution.Links)
			assert.Equal(t, execution.Span, redrive.Parent)
			asked := all.named(t, "RedriveExecution")
			assert.Equal(t, all.named(t, "redrive").Span, asked.Parent)
			assert.Equal(t, []string{redrive.Span}, asked.Links)
			assert.Empty(t, redrive.Status)
			again := slices.DeleteFunc(slices.Clone(tree), func(l line) bool { return l.Name != "state Both" })
			require.Len(t, again, 2)
			assert.Equal(t, []string{execution.Span, redrive.Span}, []string{again[0].Parent, again[1].Parent})
		})
	}
}

// TestTracesGoThroughChildren: nested executions stand below the task that starts them, the
// children of a Map Run below its state, or in traces of their own with a link.
func TestTracesGoThroughChildren(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]bool{"one trace": false, "a trace for each child of a Map Run": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := engine.NewMux()
			mux.Handle("echo", engine.HandlerFunc(func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil }))
			s := newStage(t, filepath.Join(t.TempDir(), "x.db"), mux, opentelemetry.Config{NewTrace: func(x engine.Observed) bool {
				return apart && strings.Contains(x.Parent.ARN, ":mapRun:")
			}})
			machines := registry.New(s.engine)
			_, err := machines.Create(t.Context(), "child", parse(t, `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"echo","End":true}}}`))
			require.NoError(t, err)
			x, err := s.engine.StartExecution(t.Context(), parse(t, `{"StartAt":"Nested","States":{
				"Nested":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"child"},"ResultPath":null,"Next":"Each"},
				"Each":{"Type":"Map","Label":"L","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
					"StartAt":"Item","States":{"Item":{"Type":"Task","Resource":"echo","End":true}}}}}}`), json.RawMessage(`[1,2]`), engine.Machine("m"), engine.Named("x"))
			require.NoError(t, err)
			s.clock.Settle()
			_, err = x.Wait(t.Context())
			require.NoError(t, err)
			all := s.spans(t)
			nested := all.named(t, "execute child")
			assert.Equal(t, all.named(t, "call Nested").Span, nested.Parent)
			each := all.named(t, "state Each")
			children := slices.DeleteFunc(slices.Clone(all), func(l line) bool { return l.Name != "execute m/L" })
			require.Len(t, children, 2)
			for _, child := range children {
				if apart {
					assert.NotEqual(t, each.Trace, child.Trace)
					assert.Equal(t, []string{each.Span}, child.Links)
				} else {
					assert.Equal(t, each.Span, child.Parent)
				}
			}
			if !apart {
				all.oneTree(t)
			}
		})
	}
}

// TestXRayHeadersNameTheTrace: that of a start, unless the caller has a span; and handlers find
// one.
func TestXRayHeadersNameTheTrace(t *testing.T) {
	t.Parallel()
	const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	var seen string
	mux := engine.NewMux()
	mux.HandleFunc("see", func(ctx context.Context, _ engine.Task) (any, error) {
		seen, _ = ctx.Value("x-amzn-trace-id").(string)
		return nil, nil
	})
	s := newStage(t, "", mux, opentelemetry.Config{})
	x := s.start(t.Context(), `{"StartAt":"See","States":{"See":{"Type":"Task","Resource":"see","End":true}}}`, engine.Traced(header))
	all := s.spans(t)
	root := all.named(t, "execute m")
	assert.Equal(t, "5759e988bd862e3fe1be46a994272793", root.Trace)
	assert.Equal(t, "53995c3f42cd8ad8", root.Parent)
	assert.Equal(t, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent="+all.named(t, "call See").Span+";Sampled=1", seen)
	d, err := s.engine.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, header, d.TraceHeader)

	assert.Equal(t, header, opentelemetry.XRayHeader(opentelemetry.ParseXRayHeader(header)))
	for _, bad := range []string{"", "Root=1-2-3", "Root=1-5759e988-bd862e3fe1be46a994272793", "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
		"Parent=53995c3f42cd8ad8;Sampled=1", "Self=1-5759e988-bd862e3fe1be46a994272793", strings.Repeat(";", 99) + "Root"} {
		assert.False(t, opentelemetry.ParseXRayHeader(bad).IsValid(), bad)
	}
	assert.Empty(t, opentelemetry.XRayHeader(trace.SpanContext{}))
}

// TestWhatIsNotSampled is not sent, but handlers find the trace, so that they send nothing
// either.
func TestWhatIsNotSampled(t *testing.T) {
	t.Parallel()
	var seen trace.SpanContext
	mux := engine.NewMux()
	mux.HandleFunc("see", func(ctx context.Context, _ engine.Task) (any, error) {
		seen = trace.SpanContextFromContext(ctx)
		return nil, nil
	})
	s := newStage(t, "", mux, opentelemetry.Config{})
	s.start(t.Context(), `{"StartAt":"See","States":{"See":{"Type":"Task","Resource":"see","End":true}}}`,
		engine.Traced("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"))
	assert.Empty(t, s.spans(t))
	assert.Equal(t, "5759e988bd862e3fe1be46a994272793", seen.TraceID().String())
	assert.False(t, seen.IsSampled())
}

// TestProvidersWithoutIDs are refused, unless they make no spans.
func TestProvidersWithoutIDs(t *testing.T) {
	t.Parallel()
	_, err := opentelemetry.New(opentelemetry.Config{TracerProvider: sdktrace.NewTracerProvider()})
	require.ErrorIs(t, err, opentelemetry.ErrIDs)
	for _, none := range []trace.TracerProvider{nil, noop.NewTracerProvider()} {
		traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: none})
		require.NoError(t, err)
		assert.Empty(t, traces.Trace(t.Context(), engine.Observed{}))
		assert.Nil(t, traces.Follow(engine.Observed{}))
	}
}

// TestIDsOfOtherSpans are those of the next Generator, which makes the ids of traces, too.
func TestIDsOfOtherSpans(t *testing.T) {
	t.Parallel()
	ids := opentelemetry.IDs{Next: fixed{}}
	traceID, spanID := ids.NewIDs(t.Context())
	assert.Equal(t, trace.TraceID{7}, traceID)
	assert.Equal(t, trace.SpanID{7}, spanID)
	assert.Equal(t, trace.SpanID{8}, ids.NewSpanID(t.Context(), traceID))
	a, _ := opentelemetry.IDs{}.NewIDs(t.Context())
	b, _ := opentelemetry.IDs{}.NewIDs(t.Context())
	assert.NotEqual(t, a, b)
}

type fixed struct{}

func (fixed) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return trace.TraceID{7}, trace.SpanID{7}
}

func (fixed) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return trace.SpanID{8} }

// BenchmarkTraces runs an execution of five tasks without traces, with spans that nobody
// samples, and with spans that are thrown away.
func BenchmarkTraces(b *testing.B) {
	m := parse(b, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"C"},
		"C":{"Type":"Task","Resource":"echo","Next":"D"},"D":{"Type":"Task","Resource":"echo","Next":"E"},"E":{"Type":"Task","Resource":"echo","End":true}}}`)
	mux := engine.NewMux()
	mux.HandleFunc("echo", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
	for _, c := range []struct {
		name    string
		sampler sdktrace.Sampler
	}{{"none", nil}, {"not sampled", sdktrace.NeverSample()}, {"sampled", sdktrace.AlwaysSample()}} {
		b.Run(c.name, func(b *testing.B) {
			config := engine.Config{Resolver: mux}
			if c.sampler != nil {
				traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: sdktrace.NewTracerProvider(
					sdktrace.WithSampler(c.sampler), sdktrace.WithIDGenerator(opentelemetry.IDs{}), sdktrace.WithBatcher(dropped{}))})
				require.NoError(b, err)
				config.Observers = []engine.Observer{traces}
			}
			e, err := engine.New(config)
			require.NoError(b, err)
			defer e.Close()
			b.ReportAllocs()
			for b.Loop() {
				x, err := e.StartExecution(b.Context(), m, nil)
				require.NoError(b, err)
				_, err = x.Wait(b.Context())
				require.NoError(b, err)
			}
		})
	}
}

// dropped is an exporter that throws spans away.
type dropped struct{}

func (dropped) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (dropped) Shutdown(context.Context) error                             { return nil }
