package svg_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/stretchr/testify/require"
)

const machine = `{
  "Comment": "Builds <b>&amp;</b> ships",
  "StartAt": "Build",
  "States": {
    "Build": {"Type": "Task", "Comment": "by \"make\"", "Resource": "build", "Retry": [{"ErrorEquals": ["Busy"]}], "Catch": [{"ErrorEquals": ["A"], "Next": "No"}, {"ErrorEquals": ["B"], "Next": "No"}], "Compensate": "Clean", "Next": "Good?"},
    "Clean": {"Type": "Pass"},
    "Good?": {"Type": "Choice", "Default": "Again", "Choices": [{"Variable": "$.ok", "BooleanEquals": true, "Next": "Each"}]},
    "Again": {"Type": "Wait", "Seconds": 60, "Next": "Build"},
    "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [
      {"StartAt": "x & <y>", "States": {"x & <y>": {"Type": "Pass", "End": true}}}, {"StartAt": "z", "States": {"z": {"Type": "Succeed"}}}], "End": true}}}, "End": true},
    "No": {"Type": "Fail", "Error": "]]>"},
    "Forever": {"Type": "Pass", "Next": "Forever"}
  }
}`

func picture(t testing.TB, definition string) *graph.Picture {
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	return graph.New(m)
}

// An element is a tag of a picture with its attributes.
type element map[string]string

// elements reads a picture as XML, and returns its elements.
func elements(t testing.TB, text string) []element {
	var all []element
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, "%s", text)
		if start, ok := token.(xml.StartElement); ok {
			e := element{"": start.Name.Local}
			for _, a := range start.Attr {
				e[a.Name.Local] = a.Value
			}
			all = append(all, e)
		}
	}
}

// TestDraw looks for each state and edge of a picture by its ID.
func TestDraw(t *testing.T) {
	p := picture(t, machine)
	text := svg.Draw(p, svg.Options{})
	byID := make(map[string]element)
	for _, e := range elements(t, text) {
		if id := e["id"]; id != "" {
			require.NotContains(t, byID, id, "an ID stands twice")
			byID[id] = e
		}
	}
	for _, n := range p.Nodes() {
		e := byID[n.ID]
		require.Equal(t, n.Name(), e["data-state"])
		require.Equal(t, n.Type(), e["data-type"])
		require.Equal(t, n.State.Pointer(), e["data-pointer"])
		require.Contains(t, strings.Fields(e["class"]), strings.ToLower(n.Type()))
		for _, g := range n.Groups {
			require.Contains(t, byID, g.ID)
		}
	}
	for _, edge := range p.Edges() {
		e := byID[edge.ID]
		require.Contains(t, strings.Fields(e["class"]), string(edge.Kind), edge.ID)
		if edge.From != nil {
			require.Equal(t, edge.From.Name(), e["data-from"])
		}
		if edge.To != nil {
			require.Equal(t, edge.To.Name(), e["data-to"])
		}
	}
	require.Contains(t, text, "<title id=\"title\">Builds &lt;b&gt;&amp;amp;&lt;/b&gt; ships</title>")
	require.Equal(t, text, svg.Draw(p, svg.Options{}), "the same picture is drawn alike")
	require.NotRegexp(t, `NaN|Inf|%!`, text)
	require.NotRegexp(t, regexp.MustCompile(`(?i)<script|href|url\(|@import|<image|foreignObject`), text)
	require.Equal(t, 1, strings.Count(text, "http"), "only the namespace")
}

func TestOptions(t *testing.T) {
	p := picture(t, machine)
	marks := graph.Marks{
		Node: func(n *graph.Node) graph.Mark {
			if n.Name() == "Build" {
				return graph.Mark{Class: `mine" onload="x`, Badge: "7×", Note: "so <it> says"}
			}
			return graph.Mark{}
		},
		Edge: func(e *graph.Edge) graph.Mark {
			if e.Kind == graph.Catch && e.Index == 1 {
				return graph.Mark{Class: graph.Taken, Badge: "2×"}
			}
			return graph.Mark{Class: graph.Unreached}
		},
	}
	text := svg.Draw(p, svg.Options{Marks: marks, Prefix: "one-", Title: "The <title>", Style: ".mine{fill:red}</style>", Theme: svg.Dark, Transparent: true})
	byID := make(map[string]element)
	for _, e := range elements(t, text) {
		require.NotContains(t, e, "onload")
		if id := e["id"]; id != "" {
			require.Regexp(t, `^one-`, id)
			byID[id] = e
		}
	}
	require.Equal(t, `state task mine" onload="x`, byID["one-state-Build"]["class"])
	require.Equal(t, "edge catch unreached", strings.Join(strings.Fields(strings.Replace(byID["one-edge-Build-catch-0"]["class"], "label", "", 1)), " "))
	require.Contains(t, byID["one-edge-Build-catch-0-line"]["class"], graph.Taken, "the line looks like the edge that was taken")
	require.Contains(t, text, ">7×</text>")
	require.Contains(t, text, "so &lt;it&gt; says")
	require.Contains(t, text, ".mine{fill:red}")
	require.NotContains(t, text, "prefers-color-scheme")
	require.NotContains(t, text, `class="paper"`)

	require.Contains(t, svg.Draw(p, svg.Options{}), "prefers-color-scheme:dark")
	require.NotContains(t, svg.Draw(p, svg.Options{Theme: svg.Light}), "prefers-color-scheme")
}

// TestLinks: a page with a style sheet of its own leads from each state to another address.
func TestLinks(t *testing.T) {
	p := picture(t, machine)
	text := svg.Draw(p, svg.Options{Unstyled: true, Style: ".mine{}", Link: func(n *graph.Node) string {
		if n.Name() == "z" {
			return ""
		}
		return "?state=" + n.Name()
	}})
	require.NotContains(t, text, "<style")
	links := make(map[string]string)
	for _, e := range elements(t, text) {
		if e[""] == "a" {
			links[e["aria-label"]] = e["href"]
		}
	}
	require.Len(t, links, len(p.Nodes())-1)
	require.Equal(t, "?state=x & <y>", links["x & <y>, Pass"])
	sheet := svg.StyleSheet(svg.Auto)
	for _, e := range elements(t, svg.Draw(p, svg.Options{})) {
		for _, class := range strings.Fields(e["class"]) {
			if class == "box" || class == "stripe" || class == "line" || class == "tip" {
				require.Contains(t, sheet, "."+class)
			}
		}
	}
	require.Contains(t, sheet, ".link:focus .target{stroke:")
}

// TestManyBranches: branches that would be too wide side by side stand in rows.
func TestManyBranches(t *testing.T) {
	branches := make([]string, 40)
	for i := range branches {
		branches[i] = fmt.Sprintf(`{"StartAt": "state %[1]d", "States": {"state %[1]d": {"Type": "Pass", "End": true}}}`, i)
	}
	definition := `{"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": [` + strings.Join(branches, ",") + `], "End": true}}}`
	all := elements(t, svg.Draw(picture(t, definition), svg.Options{}))
	width, err := strconv.ParseFloat(all[0]["width"], 64)
	require.NoError(t, err)
	require.Less(t, width, 1700.0)
}

// FuzzDraw draws whatever can be parsed: it is XML, without an ID that stands twice.
func FuzzDraw(f *testing.F) {
	f.Add(machine)
	f.Add(`{"StartAt": "` + "\u0001\uffff" + `", "States": {"` + "\u0001\uffff" + `": {"Type": "Succeed"}}}`)
	f.Add("{\"StartAt\": \"\xff\", \"States\": {\"\xff\": {\"Type\": \"Fail\", \"Error\": \"\xfe\\u0000\"}}}")
	f.Fuzz(func(t *testing.T, definition string) {
		m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
		if err != nil {
			return
		}
		seen := make(map[string]bool)
		for _, e := range elements(t, svg.Draw(graph.New(m), svg.Options{})) {
			if id := e["id"]; id != "" {
				require.False(t, seen[id], id)
				seen[id] = true
			}
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	p := picture(b, machine)
	b.ReportAllocs()
	for b.Loop() {
		svg.Draw(p, svg.Options{})
	}
}
