package inspector

import (
	"html/template"
	"net/url"
	"strconv"
	"time"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// An executionPage is the page of one execution.
type executionPage struct {
	*engine.Description
	Lasted  string
	Events  int
	Problem *problem
	Place   states.Place // where it failed
	Step    int          // likewise, the number of the step
	View    string
	Views   []tab
	Broken  string // why there is no picture

	Graph         template.HTML
	Chosen        *stepPage
	Input, Output *payload
	Now           []activeRow
	MoreNow       int
	Steps         *stepsPage
	List          *eventsPage
	Lines         []sourceLine
	MoreLines     int
	MapRuns       []mapRunRow
	MoreMapRuns   string
	Undoing       []undoRow
}

// A tab leads to another view of an execution.
type tab struct {
	Name, Title string
	Number      int // shown beside it, unless it is 0
}

// A stepsPage is some of the steps of an execution.
type stepsPage struct {
	Rows                     []step
	Total                    int
	First, Last              int
	Start, Before, Next, End string
}

// every returns how often the page of an execution that runs asks for itself, in milliseconds: so
// that the server is at work for it a twentieth of the time at most, when it took so long.
func every(s *story, took time.Duration) int {
	if s.status != states.StatusRunning {
		return 0
	}
	for _, every := range []int{1000, 2000, 5000, 10_000} {
		if took*20 <= time.Duration(every)*time.Millisecond {
			return every
		}
	}
	return 30_000
}

// execution shows one execution.
func (i *Inspector) execution(q *request) (*view, error) {
	began := time.Now()
	arn := q.PathValue("arn")
	d, err := i.about(q.Context(), arn)
	if err != nil {
		return nil, err
	}
	s, err := i.story(q.Context(), d)
	if err != nil {
		return nil, err
	}
	now := i.config.Engine.Now()
	p := &executionPage{Description: d, Events: len(s.events), View: q.FormValue("view"), Broken: s.problem, Lasted: lasted(s.end(now).Sub(s.start))}
	p.Problem = q.problemOf(d.Failure, "payloads/"+pathOf(arn)+"?part=cause")
	if d.Status != states.StatusRunning && d.Status != states.StatusSucceeded {
		p.Place, _ = states.PlaceOfEnd(s.events)
		p.Step = s.visitOf(p.Place.Event)
	}
	runs := new(engine.MapRunPage)
	if s.distributes() {
		if runs, err = i.config.Engine.ListMapRuns(q.Context(), arn, rowsOnPage, q.FormValue("runs")); err != nil {
			return nil, err
		}
	}
	p.Undoing = s.undoing()
	p.views(len(runs.MapRuns))
	if err := i.show(q, s, p, runs); err != nil {
		return nil, err
	}
	return &view{Page: "execution", Title: d.Name, Nav: "executions", Data: p, Every: every(s, i.since(began))}, nil
}

// views lists the views that there are, and falls back to the first one.
func (p *executionPage) views(runs int) {
	p.Views = []tab{{"graph", "Graph", 0}, {"steps", "Timeline", 0}, {"events", "Events", p.Events}, {"payloads", "Input and output", 0}, {"definition", "Definition", 0}}
	if runs > 0 {
		p.Views = append(p.Views, tab{"mapruns", "Map Runs", runs})
	}
	if len(p.Undoing) > 0 {
		p.Views = append(p.Views, tab{"compensation", "Compensation", 0})
	}
	for _, t := range p.Views {
		if t.Name == p.View {
			return
		}
	}
	p.View = "graph"
}

// show fills in the view that is asked for.
func (i *Inspector) show(q *request, s *story, p *executionPage, runs *engine.MapRunPage) (err error) {
	now := i.config.Engine.Now()
	chosen, err := s.chosen(q.URL.Query())
	if err != nil {
		return err
	}
	switch p.View {
	case "graph", "definition":
		name := ""
		if chosen > 0 {
			name = s.path.Visits[chosen-1].Node.Name()
		} else if s.picture != nil && s.picture.Find(q.FormValue("state")) != nil {
			name = q.FormValue("state")
		}
		if s.picture != nil {
			p.Graph = s.draw(p.View, name)
		}
		if p.View == "definition" {
			if s.machine != nil {
				p.Lines, p.MoreLines = sourceOf(s.machine.Definition(), linesOf(s.outline()), s.path, name)
			}
			return nil
		}
		switch {
		case chosen > 0:
			p.Chosen = s.describe(q, p.ARN, chosen, now)
		case name != "":
			n := s.picture.Find(name)
			p.Chosen = &stepPage{step: step{Name: name, Type: n.Type(), Status: graph.Unreached}, Comment: n.State.Comment(), Detail: n.Detail, Retries: n.Retries}
			p.Chosen.Line, p.Chosen.Definition = s.definitionOf(n.State)
		default:
			p.Now, p.MoreNow = s.activeRows(q, p.Active, now)
			p.payloads(q)
		}
	case "payloads":
		p.payloads(q)
	case "steps":
		p.Steps, err = s.stepsOf(q, now)
	case "events":
		p.List, err = s.eventsOf(q, p.ARN)
	case "mapruns":
		p.MapRuns = mapRunRows(runs.MapRuns, now)
		if runs.NextToken != "" {
			p.MoreMapRuns = "?" + url.Values{"view": {"mapruns"}, "runs": {runs.NextToken}}.Encode()
		}
	}
	return err
}

// payloads shows the input and the output.
func (p *executionPage) payloads(q *request) {
	at := "payloads/" + pathOf(p.ARN) + "?part="
	p.Input = q.payloadOf(p.Description.Input, at+"input", shownPayload)
	p.Output = q.payloadOf(p.Description.Output, at+"output", shownPayload)
}

// chosen returns the number of the step that an address names, by its number or by its state: of
// several stays in a state the one that runs, or failed, or the last. It is 0 when there is none.
func (s *story) chosen(form url.Values) (int, error) {
	if s.path == nil {
		return 0, nil
	}
	number, err := between(form, "step", len(s.path.Visits), 0)
	if err != nil || number > 0 && len(s.path.Visits) > 0 {
		return number, err
	}
	name := form.Get("state")
	if name == "" {
		return 0, nil
	}
	best := 0
	for n, v := range s.path.Visits {
		if v.Node.Name() == name && (best == 0 || urgency(v) >= urgency(s.path.Visits[best-1])) {
			best = n + 1
		}
	}
	return best, nil
}

// urgency says which of several visits a reader wants to see first.
func urgency(v *graph.Visit) int {
	switch v.Status {
	case graph.Running:
		return 2
	case graph.Failed:
		return 1
	}
	return 0
}

// draw draws the graph, with one state chosen.
func (s *story) draw(view, chosen string) template.HTML {
	var lines map[string]lineRange
	if view == "definition" {
		lines = linesOf(s.outline())
	}
	marks := s.path.Marks()
	node := marks.Node
	marks.Node = func(n *graph.Node) graph.Mark {
		m := node(n)
		if n.Name() == chosen {
			m.Class += " chosen"
		}
		return m
	}
	return template.HTML(plain(svg.Draw(s.picture, svg.Options{
		Marks: marks, Unstyled: true, Transparent: true, Title: "What became of each state",
		Link: func(n *graph.Node) string {
			address := "?" + url.Values{"view": {view}, "state": {n.Name()}}.Encode()
			if view == "definition" {
				address += "#L" + strconv.Itoa(lines[n.Name()].from)
			}
			return address
		},
	})))
}

// stepsOf returns the page of steps that the address asks for.
func (s *story) stepsOf(q *request, now time.Time) (*stepsPage, error) {
	if s.path == nil {
		return new(stepsPage), nil
	}
	form := q.URL.Query()
	total := len(s.path.Visits)
	from, err := between(form, "from", total, 1)
	if err != nil {
		return nil, err
	}
	p := &stepsPage{Total: total, First: from}
	p.Start, p.Before, p.Next, p.End = pageFrom(form, from, total)
	for n := from; n < from+rowsOnPage && n <= total; n++ {
		p.Rows = append(p.Rows, s.stepOf(n, now))
		p.Last = n
	}
	return p, nil
}

// An undoRow is something that happened while an execution undid what it had done.
type undoRow struct {
	Event   states.EventID
	At      string
	What    string
	Status  string
	Step    int
	Problem string
}

// undoing returns what compensation did, in its order.
func (s *story) undoing() (rows []undoRow) {
	for n := range s.events {
		e := &s.events[n]
		r := undoRow{Event: e.ID, At: date(e.At)}
		switch d := e.Details.(type) {
		case *states.CompensationDetails:
			r.What, r.Problem = "began, because of "+d.State+": "+strconv.Itoa(d.Steps)+" to undo", d.Error
		case *states.CompensationFailedDetails:
			r.What, r.Problem, r.Status = d.Handler+" could not undo "+d.State, d.Error, graph.Failed
		case *states.EnteredDetails:
			v := s.visitOf(e.ID)
			if v == 0 || !s.path.Visits[v-1].Node.Handler {
				continue
			}
			r.What, r.Status, r.Step = d.Name, s.path.Visits[v-1].Status, v
		default:
			if e.Type != states.CompensationSucceeded {
				continue
			}
			r.What, r.Status = "all is undone", graph.Succeeded
		}
		rows = append(rows, r)
	}
	return rows
}
