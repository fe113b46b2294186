// Package opentelemetry traces executions: a span for each execution, each visit of a state and
// each attempt of a task, in one tree with the spans of who started the execution and of the
// handlers that do its tasks.
//
//	provider := sdktrace.NewTracerProvider(
//		sdktrace.WithBatcher(exporter),
//		sdktrace.WithIDGenerator(opentelemetry.IDs{}),
//	)
//	traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: provider})
//	eng, err := engine.New(engine.Config{Resolver: tasks, Observers: []engine.Observer{traces}})
//
// # One tree
//
// An execution belongs to the trace of the context that it is started with: of a program's span,
// or of the task that it is nested in. Where that has no span, the X-Ray header of
// [engine.Traced] names the trace; without one, the execution begins a trace. Children of a Map
// Run stand below the Map state; [Config.NewTrace] gives them traces of their own, with a link,
// where they are too many for one.
//
// A handler's context has the span of its attempt, so that what the handler does stands below
// it, and its attributes and events can be set. Under the key "x-amzn-trace-id" the context has
// the same as an X-Ray header, where the AWS SDKs' X-Ray tracing looks on Lambda;
// [XRayHeader] returns it. A task that waits for a Task Token or for an activity's worker has
// one span until it is answered, which links to the span of who answered it. An execution
// that was stopped links to who stopped it. A redrive has a span of its own below that of the
// execution; who asked for it has a span that links there.
//
// # Restarts
//
// The ids of spans are derived from the execution and its events, and the trace is kept with the
// start of the execution. So every process can name every span: the one that ends an execution
// sends the span of the execution, from its start to its end, under the id to which the spans
// sent by processes before it refer. This takes the [IDs] of this package in the
// TracerProvider; [New] refuses one without. A span is sent when it ends. Those
// that a killed process had not sent are sent by the next one, as far as the execution goes on
// there ([Config.Resend]); some may be sent twice, with the same id. A task whose process is killed has one span, which ends with its answer to the next
// process. Attributes that a handler has set are lost when another process, or the same after
// the execution has slept, ends the span.
//
// Executions that were started without the package are not traced. Nothing but names, ARNs,
// numbers and the names of errors goes into spans, unless [Config.Causes] says so.
package opentelemetry

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/states"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
)

// Config says how executions are traced. The zero value is useful.
type Config struct {
	// TracerProvider makes the spans; default: the global one. One that makes spans must have
	// the [IDs] of this package.
	TracerProvider trace.TracerProvider
	// NewTrace reports whether an execution with a parent begins a trace of its own, whose first
	// span has a link to the parent's; default: none does.
	NewTrace func(x engine.Observed) bool
	// Causes puts the causes of errors into spans, up to 1,024 bytes of each. They may say what
	// inputs were.
	Causes bool
	// Resend is how much a killed process may have had to send: of an execution that goes on in
	// the next process, those spans are sent once more that ended so long before its last event,
	// or later, under the ids that they had. Default 10 seconds; a negative value sends none.
	Resend time.Duration
}

// An Observer traces executions. It is an [engine.Tracer] and an [engine.Brief] for
// [engine.Config.Observers], and may serve any number of engines. New makes one.
type Observer struct {
	tracer trace.Tracer
	config Config
}

// scope is the name of the instrumentation.
const scope = "github.com/gostates/gostates/engine/opentelemetry"

// ErrIDs is returned by [New] for a TracerProvider whose spans don't have the ids that are asked
// for.
var ErrIDs = errors.New("opentelemetry: the TracerProvider must be made with sdktrace.WithIDGenerator(opentelemetry.IDs{})")

// New returns an Observer. It returns [ErrIDs] for a TracerProvider that has no [IDs]; of the
// global one that is still to be set it can't be told, and its spans would stand in no tree.
func New(config Config) (*Observer, error) {
	if config.TracerProvider == nil {
		config.TracerProvider = otel.GetTracerProvider()
	}
	config.Resend = cmp.Or(config.Resend, 10*time.Second)
	o := &Observer{tracer: config.TracerProvider.Tracer(scope), config: config}
	// The trial is not sampled, and never ends.
	of := identity{trace: trace.TraceID{1}, arn: "trial"}
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: of.trace, SpanID: trace.SpanID{1}, Remote: true})
	_, span := o.tracer.Start(wish(trace.ContextWithSpanContext(context.Background(), parent), of, 1, 0), "trial")
	if got := span.SpanContext(); got.IsValid() && got.SpanID() != parent.SpanID() && got.SpanID() != of.span(1, 0) {
		return nil, ErrIDs
	}
	return o, nil
}

// Trace implements [engine.Tracer].
func (o *Observer) Trace(ctx context.Context, x engine.Observed) string {
	parent := trace.SpanContextFromContext(ctx)
	if !parent.IsValid() {
		parent = ParseXRayHeader(x.TraceHeader)
	}
	k := kept{}
	if parent.IsValid() && x.Parent.ARN != "" && o.config.NewTrace != nil && o.config.NewTrace(x) {
		k.link, parent = parent, trace.SpanContext{}
	}
	k.parent = parent
	// The span is sent when the execution ends, maybe by another process. This one is to learn
	// the trace, and whether it is sampled.
	f := &follower{observer: o, execution: identity{arn: x.ARN, trace: parent.TraceID()}, observed: x, kept: k}
	_, span := f.startRoot(time.Time{})
	own := span.SpanContext()
	if !own.IsValid() {
		return ""
	}
	k.own = own
	return k.text()
}

// Lookback implements [engine.Brief]: spans are sent once more that ended no longer ago than
// [Config.Resend].
func (o *Observer) Lookback() time.Duration { return o.config.Resend }

// Follow implements [engine.Observer].
func (o *Observer) Follow(x engine.Observed) engine.Follower {
	k, err := parseKept(x.TraceContext)
	if err != nil {
		return nil
	}
	if !k.own.IsSampled() {
		return unsampled{k.own}
	}
	f := &follower{
		observer: o, kept: k, observed: x, live: map[states.EventID]trace.Span{},
		execution: identity{arn: x.ARN, trace: k.own.TraceID()}, tracker: intervals.Tracker{Definition: x.Definition},
	}
	var again intervals.Sink
	if n := len(x.History); n > 0 && x.Restored && o.config.Resend > 0 {
		again, f.since = f, x.History[n-1].At.Add(-o.config.Resend)
	}
	for i := range x.History {
		f.begun(&x.History[i])
		f.tracker.Next(&x.History[i], again)
	}
	f.since, f.observed.History = time.Time{}, nil
	return f
}
