package inspector

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A statusCount is a status, and how many executions of the machine that is asked for have it.
type statusCount struct {
	Status     states.Status
	Executions int64
	Counted    bool // else the number is not known
}

// rowsOnPage is how many executions, steps or events a page shows.
const rowsOnPage = 50

// statuses are those of executions, in the order of the filter.
var statuses = []states.Status{states.StatusRunning, states.StatusSucceeded, states.StatusFailed, states.StatusTimedOut, states.StatusAborted}

// An executionRow is an execution in a list.
type executionRow struct {
	engine.Summary
	Lasted string
}

func (i *Inspector) rows(all []engine.Summary) []executionRow {
	rows := make([]executionRow, len(all))
	now := i.config.Engine.Now()
	for n, s := range all {
		end := s.StopDate
		if end.IsZero() {
			end = now
		}
		rows[n] = executionRow{s, lasted(end.Sub(s.StartDate))}
	}
	return rows
}

// A listPage is the page of the executions.
type listPage struct {
	Filter   filter
	Statuses []statusCount
	Rows     []executionRow
	Newest   string // addresses of other pages; "" for none
	Older    string
	Machines []string // to choose from
}

// A filter is what the list of executions is asked for.
type filter struct {
	Machine, Name string
	Status        map[states.Status]bool
	Since, Until  string // as <input type="datetime-local"> has them, in UTC
}

// Any reports whether the filter leaves anything out.
func (f *filter) Any() bool {
	return f.Machine != "" || f.Name != "" || len(f.Status) > 0 || f.Since != "" || f.Until != ""
}

// timeForms are those that browsers send for <input type="datetime-local">.
var timeForms = []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05.000", time.RFC3339Nano}

// readTime reads a time of a filter; the zero time for none.
func readTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s is no time: %q", errBadRequest, name, text)
}

// readFilter reads the parameters of the address.
func readFilter(form url.Values) (f filter, o engine.ListOptions, err error) {
	f = filter{
		Machine: strings.TrimSpace(form.Get("machine")), Name: strings.TrimSpace(form.Get("name")), Since: form.Get("since"), Until: form.Get("until"),
		Status: make(map[states.Status]bool),
	}
	o = engine.ListOptions{Machine: f.Machine, NamePrefix: f.Name, MaxResults: rowsOnPage, NextToken: form.Get("next")}
	if o.StartedSince, err = readTime("since", f.Since); err != nil {
		return f, o, err
	}
	if o.StartedBefore, err = readTime("until", f.Until); err != nil {
		return f, o, err
	}
	for _, text := range form["status"] {
		if text != "" && !f.Status[states.Status(text)] {
			f.Status[states.Status(text)] = true
			o.Statuses = append(o.Statuses, states.Status(text))
		}
	}
	return f, o, nil
}

// executions shows the list of executions.
func (i *Inspector) executions(q *request) (*view, error) {
	form := q.URL.Query()
	f, o, err := readFilter(form)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(f.Name, "arn:") { // the address of one
		q.w.Header().Set("Location", q.root+placeOf(f.Name))
		q.w.WriteHeader(303)
		return nil, nil
	}
	page, err := i.config.Engine.ListExecutions(q.Context(), o)
	if err != nil {
		return nil, err
	}
	p := &listPage{Filter: f, Statuses: i.countsOf(q.Context(), f.Machine), Rows: i.rows(page.Executions), Machines: i.machineNames(q.Context())}
	at := func(token string) string {
		form.Del("next")
		if token != "" {
			form.Set("next", token)
		}
		return q.root + "executions?" + form.Encode()
	}
	if o.NextToken != "" {
		p.Newest = at("")
	}
	if page.NextToken != "" {
		p.Older = at(page.NextToken)
	}
	v := &view{Page: "executions", Title: "Executions", Nav: "executions", Data: p}
	if o.NextToken == "" {
		v.Every = 3000
	}
	return v, nil
}

// placeOf returns the address of what an ARN names, relative to the root.
func placeOf(arn string) string {
	switch parts := strings.SplitN(arn, ":", 7); {
	case len(parts) > 5 && parts[5] == "mapRun":
		return "mapruns/" + pathOf(arn)
	case len(parts) > 5 && parts[5] == "stateMachine":
		return "machines/" + pathOf(arn)
	}
	return "executions/" + pathOf(arn)
}
