package inspector

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A mapRunRow is a Map Run, as lists and its page show it.
type mapRunRow struct {
	*engine.MapRunDescription
	Lasted string
	Bar    template.HTML
	Done   string // "12%"
	Parts  []mapRunPart
}

// A mapRunPart is how many items stand in one way.
type mapRunPart struct {
	Name  string
	Class string
	Items int64
	Runs  int64 // children
}

func mapRunRows(runs []engine.MapRunDescription, now time.Time) []mapRunRow {
	rows := make([]mapRunRow, len(runs))
	for i := range runs {
		rows[i] = mapRunRowOf(&runs[i], now)
	}
	return rows
}

func mapRunRowOf(d *engine.MapRunDescription, now time.Time) mapRunRow {
	end := d.StopDate
	if end.IsZero() {
		end = now
	}
	items, runs := &d.Items, &d.Executions
	r := mapRunRow{MapRunDescription: d, Lasted: lasted(end.Sub(d.StartDate)), Parts: []mapRunPart{
		{"Succeeded", "succeeded", items.Succeeded, runs.Succeeded}, {"Failed", "failed", items.Failed, runs.Failed},
		{"Timed out", "timed-out", items.TimedOut, runs.TimedOut}, {"Aborted", "aborted", items.Aborted, runs.Aborted},
		{"Running", "running", items.Running, runs.Running}, {"Pending", "pending", items.Pending, runs.Pending},
	}}
	total := max(items.Total, 1)
	var b strings.Builder
	b.WriteString(`<svg class="bar progress" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">`)
	at := 0.0
	for _, p := range r.Parts {
		if p.Items > 0 && p.Class != "pending" {
			width := float64(p.Items) / float64(total) * 1000
			b.WriteString(`<rect class="` + p.Class + `" x="` + strconv.FormatFloat(at, 'f', 1, 64) + `" width="` + strconv.FormatFloat(width, 'f', 1, 64) + `" height="10"/>`)
			at += width
		}
	}
	b.WriteString("</svg>")
	r.Bar = template.HTML(b.String())
	r.Done = strconv.FormatInt((total-items.Pending-items.Running)*100/total, 10) + "%"
	if items.Total == 0 {
		r.Done = "0%"
	}
	return r
}

// A mapRunPage is the page of one Map Run.
type mapRunPage struct {
	Run      mapRunRow
	Problem  *problem
	Statuses []states.Status
	Status   states.Status
	Children []executionRow
	Start    string
	Next     string
}

// mapRun shows one Map Run and its children.
func (i *Inspector) mapRun(q *request) (*view, error) {
	arn := q.PathValue("arn")
	d, err := i.config.Engine.DescribeMapRun(q.Context(), arn)
	if err != nil {
		return nil, err
	}
	status := states.Status(q.FormValue("status"))
	token := q.FormValue("next")
	o := engine.ListOptions{MapRun: arn, MaxResults: rowsOnPage, NextToken: token}
	if status != "" {
		o.Statuses = []states.Status{status}
	}
	page, err := i.config.Engine.ListExecutions(q.Context(), o)
	if err != nil {
		return nil, err
	}
	p := &mapRunPage{
		Run: mapRunRowOf(d, i.config.Engine.Now()), Problem: q.problemOf(d.Failure, ""), Statuses: statuses, Status: status, Children: i.rows(page.Executions),
	}
	at := func(token string) string {
		form := url.Values{}
		for name, text := range map[string]string{"status": string(status), "next": token} {
			if text != "" {
				form.Set(name, text)
			}
		}
		return "?" + form.Encode()
	}
	if token != "" {
		p.Start = at("")
	}
	if page.NextToken != "" {
		p.Next = at(page.NextToken)
	}
	v := &view{Page: "maprun", Title: "Map Run of " + d.State, Nav: "executions", Data: p}
	if d.Status == engine.MapRunRunning {
		v.Every = 1000
	}
	return v, nil
}
