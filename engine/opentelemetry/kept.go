package opentelemetry

import (
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// A kept is what is kept with the start of an execution.
type kept struct {
	own    trace.SpanContext // of the execution
	parent trace.SpanContext // zero when it begins a trace
	link   trace.SpanContext // to a parent in another trace; zero for none
}

// text writes it, as up to four fields: the own and the parent's span in the form of a
// traceparent of W3C, the link likewise, and a tracestate.
func (k kept) text() string {
	b := traceparent(k.own) + " " + traceparent(k.parent) + " " + traceparent(k.link)
	if s := k.own.TraceState().String(); s != "" {
		b += " " + s
	}
	return b
}

var errKept = errors.New("opentelemetry: nothing was kept with the start")

// parseKept reads what text has written.
func parseKept(text string) (k kept, err error) {
	fields := strings.SplitN(text, " ", 4)
	if len(fields) < 3 {
		return k, errKept
	}
	if k.own, err = parseTraceparent(fields[0]); err != nil {
		return k, err
	}
	if len(fields) == 4 {
		if state, err := trace.ParseTraceState(fields[3]); err == nil {
			k.own = k.own.WithTraceState(state)
		}
	}
	// Neither of them need be there.
	k.parent, _ = parseTraceparent(fields[1])
	k.link, _ = parseTraceparent(fields[2])
	return k, nil
}

// traceparent returns a span as W3C's traceparent has it, "-" for none.
func traceparent(c trace.SpanContext) string {
	if !c.IsValid() {
		return "-"
	}
	return fmt.Sprintf("00-%s-%s-%s", c.TraceID(), c.SpanID(), c.TraceFlags())
}

// parseTraceparent reads a traceparent.
func parseTraceparent(text string) (trace.SpanContext, error) {
	fields := strings.Split(text, "-")
	if len(fields) != 4 || fields[0] != "00" {
		return trace.SpanContext{}, errKept
	}
	traceID, err1 := trace.TraceIDFromHex(fields[1])
	spanID, err2 := trace.SpanIDFromHex(fields[2])
	if err := errors.Join(err1, err2); err != nil {
		return trace.SpanContext{}, err
	}
	flags := trace.TraceFlags(0)
	if strings.HasSuffix(fields[3], "1") {
		flags = trace.FlagsSampled
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: flags}), nil
}

// XRayHeader returns a span as the header X-Amzn-Trace-Id has it; empty for no span.
func XRayHeader(c trace.SpanContext) string {
	if !c.IsValid() {
		return ""
	}
	sampled := "0"
	if c.IsSampled() {
		sampled = "1"
	}
	id := c.TraceID().String()
	return "Root=1-" + id[:8] + "-" + id[8:] + ";Parent=" + c.SpanID().String() + ";Sampled=" + sampled
}

// ParseXRayHeader reads the header X-Amzn-Trace-Id: a remote span. Without a Root or a Parent it
// returns no valid one, and without a Sampled of 1 one that is not sampled.
func ParseXRayHeader(header string) trace.SpanContext {
	var c trace.SpanContextConfig
	for field := range strings.SplitSeq(header, ";") {
		key, v, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch key {
		case "Root":
			if parts := strings.Split(v, "-"); len(parts) == 3 && parts[0] == "1" && len(parts[1]) == 8 {
				c.TraceID, _ = trace.TraceIDFromHex(parts[1] + parts[2])
			}
		case "Parent":
			c.SpanID, _ = trace.SpanIDFromHex(v)
		case "Sampled":
			if v == "1" {
				c.TraceFlags = trace.FlagsSampled
			}
		}
	}
	c.Remote = true
	return trace.NewSpanContext(c)
}
