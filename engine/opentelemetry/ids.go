package opentelemetry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/gostates/gostates/states"
	"go.opentelemetry.io/otel/trace"
)

// A Generator makes the ids of spans. It is the SDK's IDGenerator.
type Generator interface {
	NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID)
	NewSpanID(ctx context.Context, traceID trace.TraceID) trace.SpanID
}

// IDs is a [Generator] for a TracerProvider. It gives the spans of executions the ids by which
// other processes know them, and other spans those of Next.
type IDs struct {
	// Next makes the ids of other spans and of traces; default: random ones, those of traces
	// beginning with the time, as X-Ray wants it.
	Next Generator
}

// NewIDs returns the ids of a span that begins a trace.
func (g IDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	next := g.Next
	if next == nil {
		next = random{}
	}
	traceID, spanID := next.NewIDs(ctx)
	if w, ok := ctx.Value(wishKey{}).(*wished); ok {
		of := w.of
		if of.trace.IsValid() {
			traceID = of.trace // which the execution has begun before
		}
		of.trace = traceID
		spanID = of.span(w.event, w.redrive)
	}
	return traceID, spanID
}

// NewSpanID returns the id of a span of a trace.
func (g IDs) NewSpanID(ctx context.Context, traceID trace.TraceID) trace.SpanID {
	if w, ok := ctx.Value(wishKey{}).(*wished); ok {
		return w.of.span(w.event, w.redrive)
	}
	if g.Next != nil {
		return g.Next.NewSpanID(ctx, traceID)
	}
	return random{}.NewSpanID(ctx, traceID)
}

// random is the Generator of who has no other.
type random struct{}

func (r random) NewIDs(ctx context.Context) (traceID trace.TraceID, _ trace.SpanID) {
	rand.Read(traceID[:]) // never fails
	binary.BigEndian.PutUint32(traceID[:], uint32(time.Now().Unix()))
	return traceID, r.NewSpanID(ctx, traceID)
}

func (random) NewSpanID(context.Context, trace.TraceID) (spanID trace.SpanID) {
	rand.Read(spanID[:])
	return spanID
}

// An identity is an execution in a trace.
type identity struct {
	trace trace.TraceID
	arn   string
}

// span returns the id of the span that an event of the execution begins, after the event of a
// redrive; 0 for none.
func (i identity) span(event, redrive states.EventID) (id trace.SpanID) {
	var room [256]byte
	b := append(room[:0], i.trace[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(event))
	b = binary.BigEndian.AppendUint64(b, uint64(redrive))
	sum := sha256.Sum256(append(b, i.arn...))
	copy(id[:], sum[:])
	if !id.IsValid() {
		id[0] = 1
	}
	return id
}

// wishKey is the key of a *wished in a context.
type wishKey struct{}

// A wished is the span that is started next.
type wished struct {
	of             identity
	event, redrive states.EventID
}

// wish returns a context in which [IDs] gives a span the id of an event. No span but that is to
// be started in it.
func wish(ctx context.Context, of identity, event, redrive states.EventID) context.Context {
	return context.WithValue(ctx, wishKey{}, &wished{of, event, redrive})
}
