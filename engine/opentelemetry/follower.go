package opentelemetry

import (
	"context"
	"sync"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/intervals"
	"github.com/gostates/gostates/states"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A follower makes the spans of one execution.
type follower struct {
	observer  *Observer
	execution identity
	observed  engine.Observed
	kept      kept

	mu      sync.Mutex
	tracker intervals.Tracker
	start   time.Time
	since   time.Time                     // spans that ended before are not sent
	live    map[states.EventID]trace.Span // of tasks that handlers of this process were called for
	by      trace.SpanContext             // of who caused the events that are told
}

// spanOf returns the span of an event.
func (f *follower) spanOf(event, redrive states.EventID) trace.SpanContext {
	return f.kept.own.WithSpanID(f.execution.span(event, redrive))
}

// run returns the span of the execution, or of a redrive of it.
func (f *follower) run(redrive states.EventID) trace.SpanContext {
	if redrive == 0 {
		return f.kept.own
	}
	return f.spanOf(redrive, 0)
}

// around returns the span in which a visit lies.
func (f *follower) around(v *intervals.Visit) trace.SpanContext {
	switch {
	case v == nil:
		redrive, _ := f.tracker.Redrive()
		return f.run(redrive)
	case v.In != nil:
		return f.spanOf(v.In.Entered, v.In.Redrive)
	}
	return f.run(v.Redrive)
}

// in returns the span of a visit, or that of the execution for none.
func (f *follower) in(v *intervals.Visit) trace.SpanContext {
	if v == nil {
		return f.around(nil)
	}
	return f.spanOf(v.Entered, v.Redrive)
}

// begin starts the span of an event below another span. The values of ctx that are for the
// span's own are not for others: the context that is returned has none of them.
func (f *follower) begin(ctx context.Context, parent trace.SpanContext, event, redrive states.EventID, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	_, span := f.observer.tracer.Start(wish(trace.ContextWithSpanContext(ctx, parent), f.execution, event, redrive), name, options...)
	return trace.ContextWithSpan(ctx, span), span
}

// startRoot starts the span of the execution; a zero time is now.
func (f *follower) startRoot(at time.Time, links ...trace.Link) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(f.about()...)}
	if f.kept.link.IsValid() {
		links = append(links, trace.Link{SpanContext: f.kept.link})
	}
	options = append(options, trace.WithLinks(links...))
	if !at.IsZero() {
		options = append(options, trace.WithTimestamp(at))
	}
	return f.begin(context.Background(), f.kept.parent, 1, 0, "execute "+f.observed.Machine, options...)
}

// Recorded implements [engine.Follower].
func (f *follower) Recorded(ctx context.Context, events []states.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by = trace.SpanContextFromContext(ctx)
	for i := range events {
		e := &events[i]
		if e.Type == states.ExecutionStarted {
			f.by = trace.SpanContext{} // the parent, which caused no more than the start
		}
		f.begun(e)
		f.tracker.Next(e, f)
		if e.Finish() != nil {
			f.ended(e)
		}
	}
}

// begun notes the start or a redrive.
func (f *follower) begun(e *states.Event) {
	switch e.Type {
	case states.ExecutionStarted:
		if f.start.IsZero() {
			f.start = e.At
		}
	case states.ExecutionRedriven:
		if !f.by.IsValid() {
			return
		}
		// The span of the redrive is sent at its end, maybe by a process that does not know who
		// asked for it. So who asked for it has a span that leads there.
		_, span := f.observer.tracer.Start(trace.ContextWithSpanContext(context.Background(), f.by), "RedriveExecution",
			trace.WithTimestamp(e.At), trace.WithLinks(trace.Link{SpanContext: f.run(e.ID)}), trace.WithAttributes(f.about()...))
		span.End(trace.WithTimestamp(e.At))
	}
}

// linkTo returns the links of a span that the call under way has caused.
func (f *follower) linkTo(span trace.SpanContext) []trace.Link {
	if !f.by.IsValid() || f.by.SpanID() == span.SpanID() && f.by.TraceID() == span.TraceID() {
		return nil
	}
	return []trace.Link{{SpanContext: f.by}}
}

// ended sends the span of the execution, or of its redrive.
func (f *follower) ended(e *states.Event) {
	redrive, since := f.tracker.Redrive()
	var links []trace.Link
	if e.Type == states.ExecutionAborted {
		links = f.linkTo(f.run(redrive))
	}
	var span trace.Span
	if redrive == 0 {
		_, span = f.startRoot(f.start, links...)
	} else {
		_, span = f.begin(context.Background(), f.kept.own, redrive, 0, "redrive "+f.observed.Machine,
			trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(since), trace.WithLinks(links...), trace.WithAttributes(f.about()...))
	}
	span.SetAttributes(attribute.String("gostates.execution.status", string(e.Type.Status())))
	f.end(span, intervals.End{At: e.At, Outcome: intervals.Outcome(e.Type.Status()), Failure: failureOf(e)})
}

// failureOf returns the failure of an event; the zero Failure for none.
func failureOf(e *states.Event) states.Failure {
	if d, ok := e.Details.(*states.FailureDetails); ok {
		return d.Failure
	}
	return states.Failure{}
}

// Left implements [intervals.Sink].
func (f *follower) Left(v *intervals.Visit, end intervals.End) {
	if end.At.Before(f.since) {
		return
	}
	about := []attribute.KeyValue{attribute.String("gostates.state.name", v.Name), attribute.String("gostates.state.type", v.Type)}
	if v.Index >= 0 {
		about = append(about, attribute.Int("gostates.state.index", v.Index))
	}
	if v.MapRun != "" {
		about = append(about, attribute.String("gostates.map_run.arn", v.MapRun))
	}
	_, span := f.begin(context.Background(), f.around(v), v.Entered, v.Redrive, "state "+v.Name,
		trace.WithTimestamp(v.At), trace.WithAttributes(about...))
	f.end(span, end)
}

// Answered implements [intervals.Sink].
func (f *follower) Answered(a *intervals.Attempt, end intervals.End) {
	if end.At.Before(f.since) {
		return
	}
	span := f.live[a.Scheduled]
	delete(f.live, a.Scheduled)
	links := f.linkTo(f.spanOf(a.Scheduled, 0))
	if span == nil {
		name := ""
		if a.Visit != nil {
			name = a.Visit.Name
		}
		_, span = f.begin(context.Background(), f.in(a.Visit), a.Scheduled, 0, "call "+name,
			trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(a.At), trace.WithAttributes(aboutAttempt(a, name)...), trace.WithLinks(links...))
	} else {
		for _, link := range links {
			span.AddLink(link)
		}
	}
	if !a.Started.IsZero() && a.Started.After(a.At) {
		span.AddEvent("started", trace.WithTimestamp(a.Started))
	}
	if !a.Submitted.IsZero() {
		span.AddEvent("submitted", trace.WithTimestamp(a.Submitted))
	}
	f.end(span, end)
}

// end ends a span.
func (f *follower) end(span trace.Span, end intervals.End) {
	if end.Outcome != intervals.Succeeded {
		name := end.Failure.Error
		if name == "" {
			name = "States." + map[intervals.Outcome]string{intervals.TimedOut: "Timeout", intervals.Aborted: "Aborted"}[end.Outcome]
		}
		if name == "States." {
			name = semconv.ErrorTypeOther.Value.AsString()
		}
		span.SetAttributes(semconv.ErrorTypeKey.String(name))
		why := name
		if cause := end.Failure.Cause; f.observer.config.Causes && cause != "" {
			why += ": " + cause[:min(len(cause), 1024)]
		}
		span.SetStatus(codes.Error, why)
	}
	span.End(trace.WithTimestamp(end.At))
}

// Begin implements [engine.Follower].
func (f *follower) Begin(ctx context.Context, work engine.Work) (context.Context, func(error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if work.MapRunARN != "" {
		return trace.ContextWithSpanContext(ctx, f.in(f.tracker.Visit(work.Event))), nil
	}
	if span := f.live[work.Event]; span != nil { // it is called once more
		return withHeader(trace.ContextWithSpan(ctx, span)), nil
	}
	a := f.tracker.Attempt(work.Event)
	if a == nil { // it has ended meanwhile
		return withHeader(trace.ContextWithSpanContext(ctx, f.spanOf(work.Event, 0))), nil
	}
	about := aboutAttempt(a, work.State)
	if work.Task.Restarts > 0 {
		about = append(about, attribute.Int("gostates.task.restarts", work.Task.Restarts))
	}
	derived, span := f.begin(ctx, f.in(a.Visit), work.Event, 0, "call "+work.State,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(work.At), trace.WithAttributes(about...))
	f.live[work.Event] = span
	return withHeader(derived), nil
}

// withHeader puts the span of a context into it as an X-Ray header, too, where the runtime of
// AWS Lambda for Go has it.
func withHeader(ctx context.Context) context.Context {
	//lint:ignore SA1029 the key is that of AWS
	return context.WithValue(ctx, "x-amzn-trace-id", XRayHeader(trace.SpanContextFromContext(ctx)))
}

// An unsampled execution sends no spans, and hands its trace on.
type unsampled struct{ own trace.SpanContext }

// Recorded implements [engine.Follower].
func (unsampled) Recorded(context.Context, []states.Event) {}

// Begin implements [engine.Follower].
func (u unsampled) Begin(ctx context.Context, _ engine.Work) (context.Context, func(error)) {
	return withHeader(trace.ContextWithSpanContext(ctx, u.own)), nil
}
