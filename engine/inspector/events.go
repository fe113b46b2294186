package inspector

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/gostates/gostates/asl/graph"
	"github.com/gostates/gostates/states"
)

// An eventRow is an event in a list.
type eventRow struct {
	ID, Previous states.EventID
	Type         states.EventType
	Class        string // of the kind of thing that it says: "failed", "succeeded", "aborted", ""
	Step         int    // the number of the stay in a state that it belongs to, 0 for none
	State        string
	Resource     string
	After        string // since the start
	At           string
	Details      *payload
	Forkable     bool
}

// An eventsPage is some of the events of an execution.
type eventsPage struct {
	Rows                     []eventRow
	Total                    int
	First, Last              states.EventID // on the page
	Newest                   bool           // the newest come first
	Start, Before, Next, End string         // addresses, "" for none
	Turned                   string         // the address of the other order
}

// between reads a number of the address from 1 to most; else it returns the default.
func between(form url.Values, name string, most, otherwise int) (int, error) {
	text := form.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: %s=%s", errBadRequest, name, text)
	}
	return max(min(n, most), 1), nil
}

// pageFrom returns the addresses of pages of total rows around the one that begins at a row,
// which are counted from 1.
func pageFrom(form url.Values, from, total int) (start, before, next, end string) {
	at := func(n int) string {
		other := url.Values{}
		for name, values := range form {
			other[name] = values
		}
		other.Set("from", strconv.Itoa(max(n, 1)))
		return "?" + other.Encode()
	}
	if from > 1 {
		start, before = at(1), at(from-rowsOnPage)
	}
	if from+rowsOnPage <= total {
		next = at(from + rowsOnPage)
		end = at((total-1)/rowsOnPage*rowsOnPage + 1)
	}
	return start, before, next, end
}

// eventsOf returns the page of events that the address asks for.
func (s *story) eventsOf(q *request, arn string) (*eventsPage, error) {
	form := q.URL.Query()
	total := len(s.events)
	p := &eventsPage{Total: total, Newest: form.Get("order") == "newest"}
	from, err := between(form, "from", total, 1)
	if err != nil {
		return nil, err
	}
	if event, err := between(form, "event", total, 0); err != nil {
		return nil, err
	} else if event > 0 {
		form.Del("event")
		row := event
		if p.Newest {
			row = total - event + 1
		}
		from = (row-1)/rowsOnPage*rowsOnPage + 1
	}
	form.Set("view", "events")
	p.Start, p.Before, p.Next, p.End = pageFrom(form, from, total)
	turned := url.Values{"view": {"events"}}
	if !p.Newest {
		turned.Set("order", "newest")
	}
	p.Turned = "?" + turned.Encode()
	for row := from; row < from+rowsOnPage && row <= total; row++ {
		id := row
		if p.Newest {
			id = total - row + 1
		}
		p.Rows = append(p.Rows, s.eventRow(q, arn, states.EventID(id)))
	}
	if n := len(p.Rows); n > 0 {
		p.First, p.Last = p.Rows[0].ID, p.Rows[n-1].ID
	}
	return p, nil
}

func (s *story) eventRow(q *request, arn string, id states.EventID) eventRow {
	e := s.event(id)
	r := eventRow{
		ID: e.ID, Previous: e.PreviousID, Type: e.Type, Class: classOfEvent(e), Step: s.visitOf(id),
		After: lasted(e.At.Sub(s.start)), At: date(e.At), Details: q.detailsOf(e, arn, shownInList),
	}
	if r.Step > 0 {
		r.State = s.path.Visits[r.Step-1].Node.Name()
	}
	switch d := e.Details.(type) {
	case *states.ScheduledDetails:
		r.Resource = resourceOf(d.ResourceType, d.Resource)
	case *states.EnteredDetails:
		r.State = d.Name
		r.Forkable = true
	case *states.ExitedDetails:
		r.State = d.Name
	case *states.OutputDetails:
		r.Forkable = e.Type != states.ExecutionSucceeded && e.Type != states.TaskSubmitted
	case *states.FailureDetails:
		r.Forkable = e.Type.Status() == ""
	}
	return r
}

// resourceOf names what a task calls.
func resourceOf(kind, resource string) string {
	if kind == "" {
		return resource
	}
	return kind + ":" + resource
}

// classOfEvent returns how an event is coloured.
func classOfEvent(e *states.Event) string {
	switch status := e.Type.Status(); {
	case status == states.StatusSucceeded:
		return graph.Succeeded
	case status == states.StatusAborted:
		return graph.Aborted
	case e.Type.Fails():
		return graph.Failed
	}
	switch e.Details.(type) {
	case *states.EvaluationDetails:
		return graph.Failed
	}
	return ""
}
