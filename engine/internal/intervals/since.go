package intervals

import (
	"time"

	"github.com/gostates/gostates/states"
)

// Since returns the event from which on a Tracker needs the events of an execution that was never
// redriven, if nobody is to be told of what ended longer ago than lookback before the last event; of
// nothing that has ended by then, if lookback isn't positive. It is the entry into a state of the
// machine's own chain: the last one that was left so long ago, because what comes next refers to it, or
// the first of all. A Tracker that is told the start and all from that event on tells the same of the
// events to come as one that is told all; and of these, of what ended no longer ago. The events may
// begin with those of an earlier call, and come in several pieces, which may overlap. Since returns 0
// as long as no state was entered.
func Since(lookback time.Duration, pieces ...[]states.Event) (since states.EventID) {
	var last time.Time
	for _, events := range pieces {
		if n := len(events); n > 0 {
			last = events[n-1].At
		}
	}
	var t Tracker
	var left *Visit
	for _, events := range pieces {
		for i := range events {
			e := &events[i]
			t.Next(e, nil)
			if _, enters := e.Details.(*states.EnteredDetails); enters && since == 0 {
				since = e.ID
			}
			if t.left != left {
				left = t.left
				if lookback <= 0 || e.At.Before(last.Add(-lookback)) {
					since = left.Entered
				}
			}
		}
	}
	return since
}
