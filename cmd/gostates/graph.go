package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/gostates/gostates/states"
	"github.com/spf13/cobra"
)

// graphFormats are the values of --format, and themes those of --theme.
var (
	graphFormats = []string{"mermaid", "dot", "svg"}
	themes       = []string{"auto", "light", "dark"}
)

func graphCommand() *cobra.Command {
	var format, theme, history string
	var which source
	cmd := &cobra.Command{
		Use:   "graph [--format FORMAT] [--history FILE] [--theme THEME] FILE",
		Short: "draw a definition",
		Long: `
graph reads a definition and prints a picture of it, in one of these formats:

  mermaid   text for a code block of Markdown, which GitHub and many editors draw
  dot       text for Graphviz
  svg       the picture itself: gostates graph --format svg order.asl.json >order.svg

With --history it draws what became of an execution over it. The file is what
"aws stepfunctions get-execution-history" or "gostates run --history=json" prints,
{"events": [...]} or the list of events alone. The definition may have Compensate.
The FILE "-" is standard input. With --json the output is a list of what is drawn.

` + sourceHelp,
		Args:              oneDefinition,
		ValidArgsFunction: files("json", "yaml", "yml", "asl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(graphFormats, format) {
				return misused("unknown format %q%s; there are %s", format, didYouMean(format, graphFormats), strings.Join(graphFormats, ", "))
			}
			if !slices.Contains(themes, theme) {
				return misused("unknown theme %q%s; there are %s", theme, didYouMean(theme, themes), strings.Join(themes, ", "))
			}
			return drawGraph(cmd, &which, args[0], history, format, theme)
		},
	}
	cmd.Flags().StringVar(&format, "format", "mermaid", "the format: mermaid, dot or svg")
	cmd.Flags().StringVar(&history, "history", "", "draw the path of an execution by the history in this file")
	cmd.Flags().StringVar(&theme, "theme", "auto", "the colours of svg: light, dark, or auto as the reader's system asks")
	which.add(cmd)
	completeFlag(cmd, "format", cobra.FixedCompletions(graphFormats, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "theme", cobra.FixedCompletions(themes, cobra.ShellCompDirectiveNoFileComp))
	completeFlag(cmd, "history", files("json"))
	return cmd
}

func drawGraph(cmd *cobra.Command, which *source, file, history, format, theme string) error {
	machine, err := which.parse(cmd, file, asl.Parser{Extensions: true})
	if err != nil {
		return err
	}
	picture := graph.New(machine)
	var path *graph.Path
	var marks graph.Marks
	if history != "" {
		events, err := readHistory(history, cmd.InOrStdin())
		if err != nil {
			return err
		}
		path = picture.Follow(events)
		marks = path.Marks()
	}
	switch {
	case wantsJSON(cmd):
		return printJSON(cmd.OutOrStdout(), outlineOf(picture, path))
	case format == "dot":
		_, err = io.WriteString(cmd.OutOrStdout(), picture.DOT(marks))
	case format == "svg":
		err = svg.Write(cmd.OutOrStdout(), picture, svg.Options{Marks: marks, Theme: svg.Theme(slices.Index(themes, theme))})
	default:
		_, err = io.WriteString(cmd.OutOrStdout(), picture.Mermaid(marks))
	}
	return err
}

// readHistory reads the events of a history, {"events": [...]} or the list alone, and puts
// them into the order of their ids.
func readHistory(name string, stdin io.Reader) ([]states.Event, error) {
	text, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	events, err := states.ReadHistory(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no history: %w", name, err)
	}
	return events, nil
}

// A drawnNode and a drawnEdge are what is drawn, as JSON.
type drawnNode struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Detail  string   `json:"detail,omitempty"`
	Group   string   `json:"group"`
	Retries []string `json:"retries,omitempty"`
	Status  string   `json:"status,omitempty"`
	Visits  int      `json:"visits,omitempty"`
}

type drawnEdge struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	Label string `json:"label,omitempty"`
	Taken int    `json:"taken,omitempty"`
}

// outlineOf lists what is drawn, and what became of it in an execution, unless path is nil.
func outlineOf(p *graph.Picture, path *graph.Path) map[string]any {
	nodes, edges := []drawnNode{}, []drawnEdge{}
	for _, n := range p.Nodes() {
		d := drawnNode{ID: n.ID, Name: n.Name(), Type: n.Type(), Detail: n.Detail, Group: n.Group.ID, Retries: n.Retries}
		if path != nil {
			progress := path.States[n.Name()]
			if d.Status = progress.Status(); progress != nil {
				d.Visits = progress.Visits
			}
		}
		nodes = append(nodes, d)
	}
	for _, e := range p.Edges() {
		d := drawnEdge{ID: e.ID, Kind: string(e.Kind), Label: e.Label}
		if e.From != nil {
			d.From = e.From.Name()
		}
		if e.To != nil {
			d.To = e.To.Name()
		}
		if path != nil {
			d.Taken = path.Taken[e.ID]
		}
		edges = append(edges, d)
	}
	return map[string]any{"nodes": nodes, "edges": edges}
}
