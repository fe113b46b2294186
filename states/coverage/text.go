package coverage

import (
	"fmt"
	"io"
	"strings"

	"github.com/gostates/gostates/states"
)

// kinds are the kinds of parts, in the order of tables, and what people call several of them.
var kinds = []struct {
	kind states.PartKind
	many string
}{
	{states.PartState, "states"}, {states.PartNext, "transitions"}, {states.PartRule, "rules"}, {states.PartDefault, "defaults"},
	{states.PartRetrier, "retriers"}, {states.PartCatcher, "catchers"}, {states.PartTimeout, "timeouts"}, {states.PartHeartbeat, "heartbeats"},
	{states.PartCompensate, "compensations"}, {states.PartMachineTimeout, "machine timeouts"},
}

// A sum is how many parts of a kind are covered.
type sum struct {
	Many         string
	Covered, All int
}

// sums returns those of the kinds that a machine has.
func (m *Machine) sums() (all []sum) {
	for _, k := range kinds {
		s := sum{Many: k.many}
		for i := range m.Parts {
			if m.Parts[i].Kind != k.kind.String() {
				continue
			}
			s.All++
			if m.Parts[i].Count > 0 {
				s.Covered++
			}
		}
		if s.All > 0 {
			all = append(all, s)
		}
	}
	return all
}

// WriteText writes the report for a terminal: for each machine how much of it is covered, and
// what is not, with the line and the column. The error is the writer's.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Machines {
		m := &r.Machines[i]
		fmt.Fprintf(&b, "%s: %.1f%% covered (%d of %d)\n ", m.Name, m.Percent(), m.Covered, len(m.Parts))
		for _, s := range m.sums() {
			fmt.Fprintf(&b, " %s %d/%d", s.Many, s.Covered, s.All)
		}
		b.WriteByte('\n')
		for j := range m.Parts {
			if p := &m.Parts[j]; p.Count == 0 {
				fmt.Fprintf(&b, "  not covered: %d:%d %s\n", p.Line, p.Column, strings.Join(strings.Fields(p.State+" "+p.Label()+" "+p.Text), " "))
			}
		}
	}
	if len(r.Machines) != 1 {
		fmt.Fprintf(&b, "%.1f%% covered (%d of %d in %d state machines)\n", r.Percent(), r.Covered, r.Parts, len(r.Machines))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
