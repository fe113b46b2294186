package graph_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/stretchr/testify/require"
)

// small has what the text forms write differently: a Choice, a Catcher, groups inside, and
// names with signs that mean something to Mermaid and DOT.
const small = `{
  "Comment": "A \"small\" one",
  "StartAt": "Ready?",
  "States": {
    "Ready?": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "<b>#1|\\", "Next": "Yes"}], "Default": "Both"},
    "Both": {"Type": "Parallel", "Branches": [
      {"StartAt": "say \"hi\"", "States": {"say \"hi\"": {"Type": "Pass", "End": true}}},
      {"StartAt": "nap", "States": {"nap": {"Type": "Wait", "Seconds": 5, "End": true}}}],
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}], "Next": "Yes"},
    "Yes": {"Type": "Succeed"},
    "No": {"Type": "Fail", "Error": "No"}
  }
}`

func TestMermaid(t *testing.T) {
	p := graph.New(read(t, small))
	require.Equal(t, `flowchart TD
  machine-start((" "))
  state-Ready_3f{{"Ready?"}}
  subgraph state-Both["Both"]
    direction TB
    subgraph branch-Both-0[" "]
      direction TB
      branch-Both-0-start((" "))
      state-say_20_22hi_22["say #34;hi#34;"]
      branch-Both-0-end(((" ")))
      branch-Both-0-start --> state-say_20_22hi_22
      state-say_20_22hi_22 --> branch-Both-0-end
    end
    subgraph branch-Both-1[" "]
      direction TB
      branch-Both-1-start((" "))
      state-nap["nap<br/>5 s"]
      branch-Both-1-end(((" ")))
      branch-Both-1-start --> state-nap
      state-nap --> branch-Both-1-end
    end
  end
  state-Yes(["Yes"])
  state-No(["No<br/>No"])
  machine-start --> state-Ready_3f
  state-Ready_3f -->|"$.a = #34;#60;b#62;#35;1#124;#92;#92;#34;"| state-Yes
  state-Ready_3f -->|"else"| state-Both
  state-Both --> state-Yes
  state-Both -.->|"on any error"| state-No
  classDef choice stroke:#b45309,stroke-width:2px
  class state-Ready_3f choice
  classDef wait stroke:#7c3aed,stroke-width:2px
  class state-nap wait
  classDef succeed stroke:#15803d,stroke-width:2px
  class state-Yes succeed
  classDef fail stroke:#b91c1c,stroke-width:2px
  class state-No fail
  linkStyle 8 stroke:#d97706
`, p.Mermaid(graph.Marks{}))

	marked := p.Mermaid(graph.Marks{
		Node: func(n *graph.Node) graph.Mark {
			if n.Name() == "nap" {
				return graph.Mark{Class: graph.Running, Badge: "3×"}
			}
			return graph.Mark{}
		},
		Edge: func(e *graph.Edge) graph.Mark {
			if e.Kind == graph.Default {
				return graph.Mark{Class: graph.Taken, Badge: "2×"}
			}
			return graph.Mark{Class: graph.Unreached}
		},
	})
	for _, line := range []string{
		`state-nap["nap 3×<br/>5 s"]`, `class state-nap running`, `-->|"else 2×"| state-Both`, `linkStyle 6 stroke:#16a34a,stroke-width:3px`, `linkStyle 0,1,2,3,4,5,7,8 stroke:#9ca3af`,
	} {
		require.Contains(t, marked, line)
	}
}

func TestDOT(t *testing.T) {
	text := graph.New(read(t, small)).DOT(graph.Marks{
		Node: func(n *graph.Node) graph.Mark { return graph.Mark{Class: graph.Covered, Note: "said \"so\"\\"} },
	})
	for _, part := range []string{
		`digraph "A \"small\" one" {`,
		`"state-Ready_3f" [id="state-Ready_3f", class="state choice covered", label="Ready?", tooltip="Ready?: Choice, said \"so\"\\", fillcolor="#bbf7d0", shape=hexagon`,
		`subgraph "cluster-state-Both" {`, `subgraph "cluster-branch-Both-1" {`,
		`label="say \"hi\""`, `label="nap\n5 s"`,
		`label="$.a = \"<b>#1|\\\\\""`,
		`"branch-Both-1-end" -> "state-No" [id="edge-Both-catch-0", class="edge catch", ltail="cluster-state-Both", label="on any error", style=dashed, color="#d97706"];`,
	} {
		require.Contains(t, text, part)
	}
	require.Equal(t, strings.Count(text, "{"), strings.Count(text, "}"))
}

// FuzzTexts draws whatever can be parsed: in both forms every text ends on its line, and what
// is opened is closed.
func FuzzTexts(f *testing.F) {
	f.Add(parcel)
	f.Add(small)
	f.Add("{\"StartAt\": \"\u2028\\\"\\\\\", \"States\": {\"\u2028\\\"\\\\\": {\"Type\": \"Fail\", \"Error\": \"\\r\\n\\u0000\u0085]\"}}}")
	f.Fuzz(func(t *testing.T, definition string) {
		m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
		if err != nil {
			return
		}
		p := graph.New(m)
		depth := 0
		for line := range strings.Lines(p.Mermaid(graph.Marks{})) {
			require.Equal(t, 0, strings.Count(line, `"`)%2, line)
			switch first, _, _ := strings.Cut(strings.TrimSpace(line), " "); first {
			case "subgraph":
				depth++
			case "end":
				depth--
			}
		}
		require.Zero(t, depth)
		for line := range strings.Lines(p.DOT(graph.Marks{})) {
			plain := strings.NewReplacer(`\\`, "", `\"`, "").Replace(line)
			require.Equal(t, 0, strings.Count(plain, `"`)%2, line)
		}
	})
}
