// Package packed holds histories in little memory: a fifth of that of their events, and nearly
// all of it text, in which the garbage collector has nothing to look at.
package packed

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A History is the events of an execution that has ended. It never changes, and the zero History
// is empty.
type History struct {
	// text has for each event its form, and what the form says follows.
	text []byte
	// values are the payloads of the events, in the order in which they first occur.
	values []any
	// details are those that have no form of their own, and whole the events that have none.
	details []states.Details
	whole   []states.Event
	length  int
}

// A form says what the details of an event are, and what of the event is as the event before
// has it.
type form byte

const (
	whole   form = iota // the event is among History.whole
	none                // it has no details
	other               // its details are among History.details
	entered             // they are *states.EnteredDetails, and so on
	exited
	scheduled
	resource
	output

	kindOf form = 0x0f

	nextID    form = 1 << 4 // the id is one higher
	follows   form = 1 << 5 // the event before is also the previous one
	sameTime  form = 1 << 6 // as the event before
	sameTexts form = 1 << 7 // its name, or its resource, is the one that came last
)

// A context is what an event leaves to the next.
type context struct {
	id       states.EventID
	at       time.Time
	name     string
	resource states.ResourceDetails
	region   string
}

// Of returns the history of events.
func Of(events []states.Event) History {
	w := NewWriter()
	defer w.Release()
	w.Append(events)
	return w.History()
}

// Len returns the number of the events.
func (h *History) Len() int { return h.length }

// Events returns the events, equal to those that the history was made of. They are the caller's.
func (h *History) Events() []states.Event {
	if h.length == 0 {
		return nil
	}
	r := reader{rest: *h, values: h.values}
	events := make([]states.Event, h.length)
	for i := range events {
		r.event(&events[i])
	}
	return events
}

// A Writer has the events of an execution that runs. It has room for more of them, and what it
// returns is no part of that.
type Writer struct {
	history History
	last    context
}

var writers = sync.Pool{New: func() any { return new(Writer) }}

// NewWriter returns a Writer without events. [Writer.Release] gives it back.
func NewWriter() *Writer { return writers.Get().(*Writer) }

// mostRoom is how many bytes of text a Writer may have room for that is used again.
const mostRoom = 64 << 10

// Release gives the Writer back, which must not be used any more.
func (w *Writer) Release() {
	h := &w.history
	if cap(h.text) > mostRoom || cap(h.values) > mostRoom/16 {
		return
	}
	clear(h.values)
	clear(h.details)
	clear(h.whole)
	h.text, h.values, h.details, h.whole, h.length = h.text[:0], h.values[:0], h.details[:0], h.whole[:0], 0
	w.last = context{}
	writers.Put(w)
}

// Append adds events.
func (w *Writer) Append(events []states.Event) {
	for i := range events {
		w.event(&events[i])
	}
	w.history.length += len(events)
}

// Events returns the events so far. They are the caller's.
func (w *Writer) Events() []states.Event { return w.history.Events() }

// History returns the events so far, in no more memory than they need.
func (w *Writer) History() History {
	h := &w.history
	return History{
		text: slices.Clone(h.text), values: slices.Clone(h.values),
		details: slices.Clone(h.details), whole: slices.Clone(h.whole), length: h.length,
	}
}

func (w *Writer) event(e *states.Event) {
	number, known := numberOf(e.Type)
	same := e.At == w.last.at
	if !known || !e.Due.IsZero() || !same && time.Unix(0, e.At.UnixNano()).UTC() != e.At {
		w.history.text = append(w.history.text, byte(whole))
		w.history.whole = append(w.history.whole, *e)
		return
	}
	f := w.form(e.Details)
	if e.ID == w.last.id+1 {
		f |= nextID
	}
	if e.PreviousID == w.last.id {
		f |= follows
	}
	if same {
		f |= sameTime
	}
	w.history.text = append(w.history.text, byte(f), number)
	if f&nextID == 0 {
		w.number(int64(e.ID))
	}
	if f&follows == 0 {
		w.number(int64(e.PreviousID))
	}
	if f&sameTime == 0 {
		w.number(e.At.UnixNano())
	}
	w.last.id, w.last.at = e.ID, e.At
	w.write(f, e.Details)
}

// form returns the form of details.
func (w *Writer) form(details states.Details) (f form) {
	switch d := details.(type) {
	case nil:
		return none
	case *states.EnteredDetails:
		return w.named(entered, d.Name)
	case *states.ExitedDetails:
		if d.Assigned == nil && !d.Caught {
			return w.named(exited, d.Name)
		}
	case *states.ScheduledDetails:
		if d.Credentials == nil {
			f = w.of(scheduled, d.ResourceType, d.Resource)
			if d.Region != w.last.region {
				f &^= sameTexts
			}
			return f
		}
	case *states.ResourceDetails:
		return w.of(resource, d.ResourceType, d.Resource)
	case *states.OutputDetails:
		return w.of(output, d.ResourceType, d.Resource)
	}
	return other
}

func (w *Writer) named(f form, name string) form {
	if name == w.last.name {
		f |= sameTexts
	}
	return f
}

func (w *Writer) of(f form, kind, name string) form {
	if w.last.resource == (states.ResourceDetails{ResourceType: kind, Resource: name}) {
		f |= sameTexts
	}
	return f
}

// write writes what a form leaves open of details.
func (w *Writer) write(f form, details states.Details) {
	same := f&sameTexts != 0
	switch f & kindOf {
	case other:
		w.history.details = append(w.history.details, details)
	case entered:
		d := details.(*states.EnteredDetails)
		w.name(d.Name, same)
		w.value(d.Input)
	case exited:
		d := details.(*states.ExitedDetails)
		w.name(d.Name, same)
		w.value(d.Output)
	case scheduled:
		d := details.(*states.ScheduledDetails)
		w.resource(d.ResourceType, d.Resource, same)
		if !same {
			w.string(d.Region)
			w.last.region = d.Region
		}
		w.value(d.Parameters)
		w.number(d.TimeoutSeconds)
		w.number(d.HeartbeatSeconds)
	case resource:
		d := details.(*states.ResourceDetails)
		w.resource(d.ResourceType, d.Resource, same)
	case output:
		d := details.(*states.OutputDetails)
		w.resource(d.ResourceType, d.Resource, same)
		w.value(d.Output)
	}
}

func (w *Writer) name(name string, same bool) {
	if !same {
		w.string(name)
		w.last.name = name
	}
}

func (w *Writer) resource(kind, name string, same bool) {
	if !same {
		w.string(kind)
		w.string(name)
		w.last.resource = states.ResourceDetails{ResourceType: kind, Resource: name}
	}
}

func (w *Writer) number(n int64) { w.history.text = binary.AppendVarint(w.history.text, n) }

func (w *Writer) string(s string) {
	w.number(int64(len(s)))
	w.history.text = append(w.history.text, s...)
}

// lookBack is how many payloads are looked at for one that is the same.
const lookBack = 4

// value writes which payload it is, 0 for nil.
func (w *Writer) value(v any) {
	if v == nil {
		w.number(0)
		return
	}
	values := w.history.values
	for i := len(values) - 1; i >= max(0, len(values)-lookBack); i-- {
		if same(values[i], v) {
			w.number(int64(i + 1))
			return
		}
	}
	w.history.values = append(values, v)
	w.number(int64(len(values) + 1))
}

// same reports whether two payloads are one and the same object. Others are not compared.
func same(a, b any) bool {
	x, ok := a.(*value.Object)
	y, _ := b.(*value.Object)
	return ok && x == y
}

// A reader reads a history.
type reader struct {
	rest   History // but for its values
	values []any
	last   context
}

func (r *reader) event(e *states.Event) {
	f := form(r.byte())
	if f == whole {
		*e, r.rest.whole = r.rest.whole[0], r.rest.whole[1:]
		return
	}
	e.Type = types[r.byte()]
	e.ID, e.PreviousID, e.At = r.last.id+1, r.last.id, r.last.at
	if f&nextID == 0 {
		e.ID = states.EventID(r.number())
	}
	if f&follows == 0 {
		e.PreviousID = states.EventID(r.number())
	}
	if f&sameTime == 0 {
		e.At = time.Unix(0, r.number()).UTC()
	}
	r.last.id, r.last.at = e.ID, e.At
	e.Details = r.details(f)
}

func (r *reader) details(f form) (details states.Details) {
	same := f&sameTexts != 0
	switch f & kindOf {
	case other:
		details, r.rest.details = r.rest.details[0], r.rest.details[1:]
		return details
	case entered:
		return &states.EnteredDetails{Name: r.name(same), Input: r.value()}
	case exited:
		return &states.ExitedDetails{Name: r.name(same), Output: r.value()}
	case scheduled:
		of := r.resource(same)
		if !same {
			r.last.region = r.string()
		}
		return &states.ScheduledDetails{
			ResourceType: of.ResourceType, Resource: of.Resource, Region: r.last.region, Parameters: r.value(),
			TimeoutSeconds: r.number(), HeartbeatSeconds: r.number(),
		}
	case resource:
		of := r.resource(same)
		return &of
	case output:
		of := r.resource(same)
		return &states.OutputDetails{ResourceType: of.ResourceType, Resource: of.Resource, Output: r.value()}
	}
	return nil
}

func (r *reader) name(same bool) string {
	if !same {
		r.last.name = r.string()
	}
	return r.last.name
}

func (r *reader) resource(same bool) states.ResourceDetails {
	if !same {
		r.last.resource = states.ResourceDetails{ResourceType: r.string(), Resource: r.string()}
	}
	return r.last.resource
}

func (r *reader) byte() byte {
	b := r.rest.text[0]
	r.rest.text = r.rest.text[1:]
	return b
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.rest.text)
	r.rest.text = r.rest.text[size:]
	return n
}

func (r *reader) string() string {
	n := r.number()
	s := string(r.rest.text[:n])
	r.rest.text = r.rest.text[n:]
	return s
}

func (r *reader) value() any {
	if n := r.number(); n > 0 {
		return r.values[n-1]
	}
	return nil
}
