// Package transcript prints the history of an execution for people: a table with a row
// for each event, in which branches, iterations and compensations are indented.
//
//	#  time  state           event                    data
//	1  0s                    ExecutionStarted         {"id":"order-1"}
//	2  0s    Check           TaskStateEntered
//	3  0s    Check           LambdaFunctionScheduled  check
//	4  0s    Check           LambdaFunctionStarted
//	5  2s    Check           LambdaFunctionFailed     Busy: try again
//
// [Write] prints a whole history, a [Printer] one event after the other as they come, and
// [WriteJSON] a history as AWS's GetExecutionHistory gives it. The command, failing tests
// and the examples print histories by this package.
package transcript

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/gostates/gostates/states"
)

// Options say how a history is printed. The zero Options print times since the first
// event, rows of 120 columns, all events, and no colours.
type Options struct {
	// Width is how many columns a row has at most: data that would go beyond is cut, and
	// ends with "…". 0 is 120, a negative number is no limit. Data has 20 columns at
	// least, whatever the width.
	Width int
	// Absolute prints the date and the time of each event, in UTC, instead of the time
	// since the first event.
	Absolute bool
	// Brief leaves out the events that say little: that tasks were scheduled and started,
	// and that states were exited without anything assigned.
	Brief bool
	// Colour has ANSI escape sequences: failures are red, the success of the execution is
	// green, what says little is faint.
	Colour bool
}

// Write prints a history as a table with a head line. The history may be a part of one:
// events that follow from events before that part then stand without indentation.
// Hidden events of retries are rows without a number; other hidden events are left out.
// The error is the writer's.
func Write(w io.Writer, history []states.Event, o Options) error {
	return WriteLast(w, history, len(history), o)
}

// table prints rows below a head line.
func (p *Printer) table(rows []row) error {
	p.fit(rows)
	if err := p.head(); err != nil {
		return err
	}
	for i := range rows {
		if err := p.print(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// WriteJSON prints a history in the form of AWS's GetExecutionHistory: an object with the
// array "events", indented, in which inputs and outputs are JSON texts and times are
// seconds since 1970. Hidden events are left out, as AWS has none.
func WriteJSON(w io.Writer, history []states.Event) error {
	shown := slices.DeleteFunc(slices.Clone(history), func(e states.Event) bool { return e.Hidden() })
	if shown == nil {
		shown = []states.Event{}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(map[string][]states.Event{"events": shown})
}

// A Printer prints a history one event after the other, as they come. Its columns have
// fixed widths, which longer names push aside. It is not for several goroutines at once.
type Printer struct {
	w       io.Writer
	options Options
	places  tracker
	since   stopwatch
	widths  widths
}

// NewPrinter returns a Printer that writes there.
func NewPrinter(w io.Writer, o Options) *Printer {
	if o.Width == 0 {
		o.Width = 120
	}
	return &Printer{w: w, options: o, places: newTracker(), since: stopwatch{absolute: o.Absolute}, widths: usual}
}

// Print prints the row of an event, or nothing if the options or the event's being hidden
// leave it out. Events must come in the order of the history. The error is the writer's.
func (p *Printer) Print(e *states.Event) error {
	r, ok := p.row(e)
	if !ok {
		return nil
	}
	return p.print(&r)
}

// WriteLast prints the last n events of a history as [Write] does, indented as they are in
// the whole.
func WriteLast(w io.Writer, history []states.Event, n int, o Options) error {
	p := NewPrinter(w, o)
	var rows []row
	for i := range history {
		if r, ok := p.row(&history[i]); ok {
			rows = append(rows, r)
		}
	}
	return p.table(rows[max(len(rows)-n, 0):])
}
