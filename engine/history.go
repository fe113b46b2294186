package engine

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/gostates/gostates/states"
)

// HistoryOptions choose one page of a history.
type HistoryOptions struct {
	// ReverseOrder gives the latest events first.
	ReverseOrder bool
	// MaxResults bounds the page: 1 to 1,000, default 100.
	MaxResults int
	// NextToken is the token of the page before; empty for the first. It goes
	// with the same execution and order.
	NextToken string
}

// A HistoryPage is some events of an execution.
type HistoryPage struct {
	// Events are in the order asked for, without those that only serve recovery.
	// encoding/json writes them as AWS does.
	Events []states.Event
	// NextToken asks for the page after this one; empty on the last.
	NextToken string
}

// GetExecutionHistory returns the events of a Standard execution, also while it
// runs. Errors: [ErrExecutionDoesNotExist], [ErrInvalidARN], [ErrInvalidPage] for a bad
// page size, and for a token that no page of the same execution and order had,
// [ErrTypeNotSupported] for an Express execution, and a [*StoreError].
func (e *Engine) GetExecutionHistory(ctx context.Context, arn string, options HistoryOptions) (*HistoryPage, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if _, err := pageSize(options.MaxResults); err != nil {
		return nil, err
	}
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	history, err := e.archive.events(arn)
	if err != nil {
		return nil, err
	}
	return historyPage(arn, history, options)
}

// historyPage returns one page of the history of an execution.
func historyPage(arn string, history []states.Event, options HistoryOptions) (*HistoryPage, error) {
	size, err := pageSize(options.MaxResults)
	if err != nil {
		return nil, err
	}
	q := query{"history", arn, strconv.FormatBool(options.ReverseOrder)}
	after, err := q.number(options.NextToken)
	if err != nil {
		return nil, err
	}
	events := visible(history)
	if options.ReverseOrder {
		slices.Reverse(events)
	}
	if after != 0 {
		// Ids have no gaps, but in reverse order new events come in front.
		i := slices.IndexFunc(events, func(ev states.Event) bool { return ev.ID == states.EventID(after) })
		if i < 0 {
			return nil, badToken() // of another execution that had the same ARN
		}
		events = events[i+1:]
	}
	page := &HistoryPage{Events: events}
	if len(events) > size {
		page.Events = events[:size]
		page.NextToken = q.numbered(uint64(events[size-1].ID))
	}
	return page, nil
}

// Events yields the events of a Standard execution whose ids are higher than after, in their
// order, as they are when it is called: those that come while it yields are left out. It costs
// one reading of the history however many events there are, where
// [Engine.GetExecutionHistory] costs one for each page. An error ends it; errors are those of
// GetExecutionHistory.
func (e *Engine) Events(ctx context.Context, arn string, after states.EventID) iter.Seq2[states.Event, error] {
	return func(yield func(states.Event, error) bool) {
		events, err := e.eventsAfter(ctx, arn, after)
		if err != nil {
			yield(states.Event{}, err)
			return
		}
		for i := range events {
			if !yield(events[i], nil) {
				return
			}
		}
	}
}

func (e *Engine) eventsAfter(ctx context.Context, arn string, after states.EventID) ([]states.Event, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	history, err := e.archive.events(arn)
	if err != nil {
		return nil, err
	}
	// Ids have no gaps, but hidden events have none.
	from := len(history)
	for from > 0 && (history[from-1].Hidden() || history[from-1].ID > after) {
		from--
	}
	return visible(history[from:]), nil
}

// visible returns a copy of what users see of a history. The seed is not for them:
// who knows it knows the execution's Task Tokens.
func visible(history []states.Event) []states.Event {
	events := make([]states.Event, 0, len(history))
	for i := range history {
		event := history[i]
		if event.Hidden() {
			continue
		}
		if d, ok := event.Details.(*states.StartedDetails); ok {
			public := *d
			public.Seed = states.Seed{}
			event.Details = &public
		}
		events = append(events, event)
	}
	return events
}
