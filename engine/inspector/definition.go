package inspector

import (
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
)

// A sourceLine is a line of a definition.
type sourceLine struct {
	Number int
	Text   string
	State  string // of the line on which a state begins, its name
	Class  string // and what became of it
	Chosen bool
}

// mostLines bounds the lines of a definition on a page.
const mostLines = 4_000

// longestLine bounds a line, in bytes.
const longestLine = 4 << 10

// A lineRange is where a state stands in a definition.
type lineRange struct{ from, to, start, end int }

// linesOf returns where the states stand, by their names.
func linesOf(o *asl.Outline) map[string]lineRange {
	lines := make(map[string]lineRange)
	if o != nil {
		for _, s := range o.States() {
			lines[s.Name] = lineRange{s.Range.Start.Line, s.Range.End.Line, s.Range.Start.Offset, s.Range.End.Offset}
		}
	}
	return lines
}

// sourceOf returns the lines of a definition, and how many are left out. A path colours the
// states.
func sourceOf(text string, states map[string]lineRange, path *graph.Path, chosen string) (all []sourceLine, more int) {
	begins := make(map[int]string)
	for name, r := range states {
		begins[r.from] = name
	}
	at := states[chosen]
	for line := range strings.SplitSeq(text, "\n") {
		if len(all) == mostLines {
			more++
			continue
		}
		n := len(all) + 1
		if len(line) > longestLine {
			line = line[:longestLine] + "…"
		}
		s := sourceLine{Number: n, Text: plain(strings.TrimSuffix(line, "\r")), State: begins[n], Chosen: chosen != "" && n >= at.from && n <= at.to}
		if s.State != "" && path != nil {
			s.Class = path.States[s.State].Status()
		}
		all = append(all, s)
	}
	return all, more
}

// definitionOf returns the line and the text of a state's definition.
func (s *story) definitionOf(state asl.State) (int, *payload) {
	r, ok := linesOf(s.outline())[state.Name()]
	if !ok {
		return 0, nil
	}
	text := s.machine.Definition()[r.start:r.end]
	html, _ := indent([]byte(text), shownPayload) // the whole is on the page of the definition
	return r.from, &payload{HTML: html, Size: sizeOf(len(text))}
}

// definitionText serves the definition of an execution as a text.
func (i *Inspector) definitionText(q *request) (*view, error) {
	m, err := i.config.Engine.DescribeStateMachineForExecution(q.Context(), q.PathValue("arn"))
	if err != nil {
		return nil, err
	}
	writeText(q.w, []byte(m.Definition.Definition()))
	return nil, nil
}
