package states

// A Place is where in its machine an execution was when it ended.
type Place struct {
	// State is the name of the state that failed, or that had the latest event when the
	// execution was stopped or timed out. It is empty when no state had been entered.
	State string
	// Event is the id of that failure, or latest event.
	Event EventID
	// Attempt counts the tries of the state's task before, from 0.
	Attempt int
}

// PlaceOfEnd returns where the execution of a history ended, and the event of the Place;
// the zero Place and nil for a history without an end. The last event leads back to the
// one that failed; the end of an execution that was stopped or timed out leads to nothing,
// and the event before it counts. Of one that has undone what it had completed, the failure that
// led to this counts.
func PlaceOfEnd(history []Event) (p Place, at *Event) {
	events := make(map[EventID]*Event, len(history))
	var last, before EventID
	for i := range history {
		if e := &history[i]; !e.Hidden() {
			events[e.ID] = e
			last, before = e.ID, last
		}
	}
	end := events[last]
	if end == nil || end.Finish() == nil {
		return p, nil
	}
	p.Event = before
	if end.Type == ExecutionFailed && end.PreviousID != 0 {
		p.Event = end.PreviousID
	}
	if e := events[p.Event]; e != nil && e.Type == CompensationSucceeded {
		for ; e != nil; e = events[e.PreviousID] { // back over what was undone
			if _, began := e.Details.(*CompensationDetails); began {
				p.Event = e.PreviousID
				break
			}
		}
	}
	tries := 0
	for e := events[p.Event]; e != nil; e = events[e.PreviousID] {
		switch d := e.Details.(type) {
		case *ScheduledDetails:
			tries++
		case *EnteredDetails:
			p.State, p.Attempt = d.Name, max(tries-1, 0)
			return p, events[p.Event]
		}
	}
	return p, events[p.Event]
}
