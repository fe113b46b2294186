package opentelemetry_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/opentelemetry"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// A line is a span as the exporter of these tests writes it.
type line struct {
	Trace, Span, Parent, Name, Kind, Status string
	Start, End                              time.Time
	Attributes                              map[string]any
	Links                                   []string
	Process                                 string
}

// lines is an exporter that writes a line for each span, at once.
type lines struct {
	mu      sync.Mutex
	to      io.Writer
	process string
}

func (l *lines) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range spans {
		one := line{
			Trace: s.SpanContext().TraceID().String(), Span: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: s.SpanKind().String(),
			Status: s.Status().Description, Start: s.StartTime(), End: s.EndTime(), Attributes: map[string]any{}, Process: l.process,
		}
		if s.Parent().SpanID().IsValid() {
			one.Parent = s.Parent().SpanID().String()
		}
		for _, a := range s.Attributes() {
			one.Attributes[string(a.Key)] = a.Value.AsInterface()
		}
		for _, link := range s.Links() {
			one.Links = append(one.Links, link.SpanContext.SpanID().String())
		}
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if _, err := l.to.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (*lines) Shutdown(context.Context) error { return nil }

// provider makes spans that are written at once.
func provider(to io.Writer, process string) *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(sdktrace.WithSyncer(&lines{to: to, process: process}), sdktrace.WithIDGenerator(opentelemetry.IDs{}))
}

// A recorder has the spans of a process in memory.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// spans returns the spans that were written so far.
func (r *recorder) spans(t testing.TB) spans {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	return readSpans(t, r.text.String())
}

// spans are those of traces.
type spans []line

func readSpans(t testing.TB, text string) (all spans) {
	t.Helper()
	in := json.NewDecoder(strings.NewReader(text))
	for in.More() {
		var one line
		require.NoError(t, in.Decode(&one))
		all = append(all, one)
	}
	return all
}

// readFile reads the spans that several processes have sent. One that a process has sent again is
// the same, and counts once.
func readFile(t testing.TB, path string) (all spans) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	seen := map[string]line{}
	for _, one := range readSpans(t, string(text)) {
		if first, again := seen[one.Span]; again {
			require.NotEqual(t, first.Process, one.Process, "%s", one.Name)
			require.Equal(t, []any{first.Parent, first.Name, first.Start, first.End}, []any{one.Parent, one.Name, one.Start, one.End})
			continue
		}
		seen[one.Span] = one
		all = append(all, one)
	}
	return all
}

// named returns the only span of a name.
func (s spans) named(t testing.TB, name string) line {
	t.Helper()
	all := slices.Collect(func(yield func(line) bool) {
		for _, one := range s {
			if one.Name == name && !yield(one) {
				return
			}
		}
	})
	require.Len(t, all, 1, "%s in\n%s", name, s)
	return all[0]
}

// oneTree checks that the spans form one tree, and returns its root.
func (s spans) oneTree(t testing.TB) line {
	t.Helper()
	ids, root := map[string]bool{}, []line{}
	for _, one := range s {
		require.Equal(t, s[0].Trace, one.Trace, "%s is in another trace:\n%s", one.Name, s)
		require.False(t, ids[one.Span], "%s was sent twice:\n%s", one.Name, s)
		ids[one.Span] = true
	}
	for _, one := range s {
		if one.Parent == "" {
			root = append(root, one)
			continue
		}
		require.True(t, ids[one.Parent], "the parent of %s was never sent:\n%s", one.Name, s)
	}
	require.Len(t, root, 1, "the tree has one root:\n%s", s)
	return root[0]
}

// String draws the tree, the spans of each in the order of their starts.
func (s spans) String() string {
	children := map[string]spans{}
	ids := map[string]bool{}
	for _, one := range s {
		ids[one.Span] = true
	}
	var roots spans
	for _, one := range s {
		if ids[one.Parent] {
			children[one.Parent] = append(children[one.Parent], one)
		} else {
			roots = append(roots, one)
		}
	}
	var b strings.Builder
	var draw func(all spans, bars string)
	draw = func(all spans, bars string) {
		slices.SortStableFunc(all, func(a, b line) int { return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End)) })
		for i, one := range all {
			branch, below := "├─ ", "│  "
			if i == len(all)-1 {
				branch, below = "└─ ", "   "
			}
			if bars == "" && len(all) == 1 {
				branch, below = "", " "
			}
			about := ""
			if one.Status != "" {
				about += "  error " + one.Status
			}
			if len(one.Links) > 0 {
				about += "  links " + strings.Join(one.Links, " ")
			}
			fmt.Fprintf(&b, "%-58s %s  %8s  %s%s\n", bars+branch+one.Name, one.Span, one.End.Sub(one.Start).Round(100*time.Microsecond), one.Process, about)
			draw(children[one.Span], bars+below)
		}
	}
	draw(roots, "")
	return b.String()
}
