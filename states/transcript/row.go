package transcript

import (
	"io"
	"strconv"
	"strings"

	"github.com/gostates/gostates/states"
)

// A row is an event as text.
type row struct {
	number, time, state, event, data string

	paint string // the colour of the event, "" for none
	faint bool   // the whole row says little
}

// widths are those of a table's columns, in columns of a terminal.
type widths struct{ number, time, state, event int }

// usual are the widths of a table that is printed before its history is known.
var usual = widths{number: 3, time: 8, state: 24, event: 25}

// maxState is how wide the column of states may be, unless there is no limit.
const maxState = 40

// minData is how many columns data has at least.
const minData = 20

const gap = "  "

// The colours, as ANSI has them.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	faint  = "2"
)

// row returns the row of an event, and false when there is none.
func (p *Printer) row(e *states.Event) (row, bool) {
	at := p.places.place(e)
	if e.Hidden() && e.Type != states.RetryScheduled {
		return row{}, false
	}
	r := row{
		time:  p.since.text(e.At),
		state: strings.Repeat(gap, at.depth) + plain(at.name),
		event: plain(string(e.Type)),
		data:  plain(p.places.data(e)),
		faint: minor(e),
	}
	if p.options.Brief && r.faint && r.data == "" || p.options.Brief && brief(e.Type) {
		return row{}, false
	}
	if !e.Hidden() {
		r.number = strconv.FormatInt(int64(e.ID), 10)
	}
	switch {
	case e.Type == states.RetryScheduled:
		r.paint = yellow
	case e.Type.Fails():
		r.paint = red
	case e.Type == states.ExecutionSucceeded:
		r.paint = green
	}
	return r, true
}

// minor reports whether an event says little.
func minor(e *states.Event) bool {
	if d, ok := e.Details.(*states.ExitedDetails); ok {
		return d.Assigned == nil
	}
	return brief(e.Type) || strings.HasSuffix(string(e.Type), "StateStarted")
}

// brief reports whether events of a type are left out of a brief table.
func brief(t states.EventType) bool {
	switch t {
	case states.TaskScheduled, states.TaskStarted, states.LambdaFunctionScheduled, states.LambdaFunctionStarted,
		states.ActivityScheduled, states.ActivityStarted:
		return true
	}
	return false
}

// fit makes the columns as wide as the rows want them.
func (p *Printer) fit(rows []row) {
	p.widths = widths{number: 1, time: len("time"), state: len("state"), event: len("event")}
	for i := range rows {
		r := &rows[i]
		p.widths.number = max(p.widths.number, columns(r.number))
		p.widths.time = max(p.widths.time, columns(r.time))
		p.widths.state = max(p.widths.state, columns(r.state))
		p.widths.event = max(p.widths.event, columns(r.event))
	}
	if p.options.Width > 0 {
		p.widths.state = min(p.widths.state, maxState)
	}
}

// head prints the names of the columns.
func (p *Printer) head() error {
	return p.print(&row{number: "#", time: "time", state: "state", event: "event", data: "data", faint: true})
}

// print prints a row.
func (p *Printer) print(r *row) error {
	state := r.state
	if p.options.Width > 0 {
		state = cut(state, maxState)
	}
	left := padLeft(r.number, p.widths.number) + gap + pad(r.time, p.widths.time) + gap + pad(state, p.widths.state) + gap
	data := r.data
	if p.options.Width > 0 {
		used := columns(left) + max(p.widths.event, columns(r.event)) + len(gap)
		data = cut(data, max(p.options.Width-used, minData))
	}
	event := r.event
	if data != "" {
		event = pad(event, p.widths.event)
		data = gap + data
	}
	var line string
	switch {
	case !p.options.Colour:
		line = left + event + data
	case r.paint != "":
		line = left + colour(r.paint, event+data)
	case r.faint:
		line = colour(faint, left+event+data)
	default:
		line = left + event + data
	}
	_, err := io.WriteString(p.w, strings.TrimRight(line, " ")+"\n")
	return err
}

func colour(code, text string) string { return "\x1b[" + code + "m" + text + "\x1b[0m" }
