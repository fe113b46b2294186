package inspector

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/states"
)

// mostNames bounds the names that the filter of executions offers.
const mostNames = 200

// machineNames returns the names of machines, the first of them if there are many.
func (i *Inspector) machineNames(ctx context.Context) (names []string) {
	if i.config.Machines == nil {
		return nil
	}
	for m, err := range i.config.Machines.After(ctx, "") {
		if err != nil || len(names) == mostNames {
			return names
		}
		names = append(names, m.Name)
	}
	return names
}

// A machinesPage is the page of all machines.
type machinesPage struct {
	Machines []machineRow
	Next     string // the address of the page that follows, "" for none
	First    string
	Statuses []states.Status
	Counted  bool
	Health   healthPart
	Queues   []engine.Queue
}

// A machineRow is a machine in a list.
type machineRow struct {
	Name, ARN  string
	Registered *registry.Registered // nil for one that has executions and is not registered
	Counts     []statusCount
}

// A healthPart says what is wrong with the engine.
type healthPart struct {
	engine.Health
	Reasons []stranded
	More    int // executions that Reasons leave out
}

type stranded struct {
	ARN string
	Why string
}

// mostStranded bounds how many stranded executions a page shows.
const mostStranded = 20

func (i *Inspector) health() healthPart {
	h := healthPart{Health: i.config.Engine.Health()}
	for arn, why := range h.Stranded {
		h.Reasons = append(h.Reasons, stranded{arn, why.Error()})
	}
	slices.SortFunc(h.Reasons, func(a, b stranded) int { return strings.Compare(a.ARN, b.ARN) })
	if len(h.Reasons) > mostStranded {
		h.More = len(h.Reasons) - mostStranded
		h.Reasons = h.Reasons[:mostStranded]
	}
	return h
}

// machines shows all machines.
func (i *Inspector) machines(q *request) (*view, error) {
	p := &machinesPage{Health: i.health(), Statuses: statuses, Queues: i.config.Engine.Queues()}
	if !q.access.Payloads {
		for n := range p.Queues {
			p.Queues[n].Key = ""
		}
	}
	after := q.FormValue("after")
	counted, ok := i.count(q.Context())
	p.Counted = ok
	known := make(map[string]bool)
	if i.config.Machines != nil {
		for m, err := range i.config.Machines.After(q.Context(), after) {
			if err != nil {
				return nil, err
			}
			if len(p.Machines) == rowsOnPage {
				p.Next = p.Machines[rowsOnPage-1].Name
				break
			}
			p.Machines = append(p.Machines, machineRow{Name: m.Name, ARN: m.ARN, Registered: m})
			known[m.ARN] = true
		}
	}
	if after != "" {
		p.First = q.root
	}
	if p.Next == "" { // on the last page those that are not registered follow
		for _, c := range counted {
			if !known[c.MachineARN] && len(p.Machines) < mostRows && !i.registered(q, c.MachineARN) {
				known[c.MachineARN] = true
				p.Machines = append(p.Machines, machineRow{Name: c.Machine, ARN: c.MachineARN})
			}
		}
	}
	for n := range p.Machines {
		p.Machines[n].Counts = countsIn(counted, p.Machines[n].ARN)
	}
	return &view{Page: "machines", Title: "State machines", Nav: "machines", Data: p, Every: 5000}, nil
}

// mostRows bounds the machines on a page, those that are not registered among them.
const mostRows = 4 * rowsOnPage

// countsIn picks the counts of one machine, one for each of the statuses.
func countsIn(all engine.Counts, arn string) (by []statusCount) {
	for _, s := range statuses {
		one := statusCount{Status: s}
		for _, c := range all {
			if c.MachineARN == arn && c.Status == s {
				one.Executions = c.Executions
			}
		}
		by = append(by, one)
	}
	return by
}

// A machinePage is the page of one machine.
type machinePage struct {
	Name, ARN, Reference string
	Registered           *registry.Registered // nil when it is not registered
	Version              *registry.Version    // that the reference names; nil for none
	Graph                template.HTML
	Title                string
	Lines                []sourceLine
	MoreLines            int
	Problem              string
	Rows                 []executionRow
	More                 bool
}

// machine shows one machine, or a version of one.
func (i *Inspector) machine(q *request) (*view, error) {
	reference := q.PathValue("reference")
	p := &machinePage{Reference: reference, Name: reference}
	if name, ok := strings.CutPrefix(reference, "arn:"); ok {
		parts := strings.SplitN(name, ":", 6)
		p.Name = parts[len(parts)-1]
	}
	m, err := i.described(q, p)
	if err != nil {
		return nil, err
	}
	if q.FormValue("text") != "" && m != nil {
		writeText(q.w, []byte(m.Definition()))
		return nil, nil
	}
	if m != nil {
		picture := graph.New(m)
		p.Title = m.Comment
		outline := asl.Parser{Extensions: true}.Outline([]byte(m.Definition()))
		lines := linesOf(outline)
		p.Graph = template.HTML(plain(svg.Draw(picture, svg.Options{
			Unstyled: true, Transparent: true, Title: "The state machine " + p.Name,
			Link: func(n *graph.Node) string { return "#L" + fmt.Sprint(lines[n.Name()].from) },
		})))
		p.Lines, p.MoreLines = sourceOf(m.Definition(), lines, nil, "")
	}
	page, err := i.config.Engine.ListExecutions(q.Context(), engine.ListOptions{Machine: reference, MaxResults: 10})
	if err != nil {
		return nil, err
	}
	p.Rows, p.More = i.rows(page.Executions), page.NextToken != ""
	return &view{Page: "machine", Title: p.Name, Nav: "machines", Data: p, Every: 3000}, nil
}

// described finds what is registered of a machine, and its definition. Of a machine that is not
// registered it finds nothing, unless it has no executions either.
func (i *Inspector) described(q *request, p *machinePage) (*asl.StateMachine, error) {
	if i.config.Machines == nil {
		return nil, nil
	}
	r, err := i.config.Machines.Describe(q.Context(), p.Reference)
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.Registered, p.ARN = r, r.ARN
	reference := p.Reference
	for n := range r.Versions {
		if v := &r.Versions[n]; v.ARN == reference || fmt.Sprintf("%s:%d", r.Name, v.Number) == reference {
			p.Version = v
		}
	}
	if p.Version == nil {
		reference = r.Name // an alias has no definition of its own
	}
	m, err := i.config.Machines.Machine(q.Context(), reference)
	if err != nil {
		p.Problem = err.Error()
		return nil, nil
	}
	return m, nil
}
