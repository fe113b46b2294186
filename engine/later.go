package engine

import (
	"slices"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
)

// A laterAnswer is the output that a task with a Task Token gets at a time: see
// [Task.CompleteAfter]. It outlives the handler that gave it, and with a Store the process.
type laterAnswer struct {
	timer  timers.Timer
	output any
}

// answersIn returns the answer that the call gets after a delay.
func (c *call) answersIn(delay time.Duration, output any) *laterAnswer {
	return c.answersAt(c.execution.engine.now().Add(delay).Truncate(time.Millisecond), output)
}

func (c *call) answersAt(at time.Time, output any) *laterAnswer {
	return &laterAnswer{timer: c.execution.timer(at, answersNow, c.id), output: output}
}

// answerLater notes the later answers that came with a step. x.mu is locked.
func (p *plan) answerLater(x *Execution, arrivals []arrival) {
	for i := range arrivals {
		h := &arrivals[i]
		if h.later == nil {
			continue
		}
		if i := slices.IndexFunc(x.calls, func(c *call) bool { return c.id == h.id }); i >= 0 {
			c := x.calls[i]
			c.later = c.answersAt(h.later.timer.Due, h.later.output)
			p.answered = append(p.answered, c)
			p.further = append(p.further, c.laterLine())
		}
	}
}

// laterLine returns the line of the log that has the answer.
func (c *call) laterLine() []byte {
	line := ownLine(laterType, c.id, c.later.timer.Due)
	line = append(line[:len(line)-1], `,"output":`...)
	return append(value.Append(line, c.later.output), '}')
}

// takeLater gives the call the answer that the log has for it, if it has one. x.mu is locked.
func (c *call) takeLater(l *storedLog) {
	if c.later != nil {
		c.execution.engine.timers.Cancel(&c.later.timer)
		c.later = nil
	}
	if answer, ok := l.later[c.id]; ok {
		c.later = c.answersAt(answer.at, answer.output)
	}
}

// A storedAnswer is what a log has of a later answer.
type storedAnswer struct {
	at     time.Time
	output any
}

// readAnswer returns the later answer in a line, which is an event with one member more.
func readAnswer(event *states.Event, line []byte) storedAnswer {
	a := storedAnswer{at: event.At}
	if v, err := value.Parse(line); err == nil { // as it did for the event
		a.output, _ = v.(*value.Object).Get("output")
	}
	return a
}

// takeAnswer makes the arrival of a later answer the answer itself. x.mu is locked.
func (x *Execution) takeAnswer(h *arrival) {
	h.kind = returned
	if i := slices.IndexFunc(x.calls, func(c *call) bool { return c.id == h.id }); i >= 0 && x.calls[i].later != nil {
		h.output = x.calls[i].later.output
	} // else the task is over, and the interpreter knows none of it
}
