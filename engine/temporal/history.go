package temporal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
)

// GetExecutionHistory returns the events of a Standard execution, also while it runs: see
// [engine.Engine.GetExecutionHistory], whose errors it has. A worker must be there, which is asked
// for them; of an execution that has ended, too.
func (c *Client) GetExecutionHistory(ctx context.Context, arn string, options engine.HistoryOptions) (*engine.HistoryPage, error) {
	if err := engine.CheckARN(arn); err != nil {
		return nil, err
	}
	if _, err := c.Page(arn, nil, engine.HistoryOptions{MaxResults: options.MaxResults}); err != nil {
		return nil, err
	}
	history, err := c.history(ctx, arn)
	if err != nil {
		return nil, err
	}
	return c.Page(arn, history, options)
}

// Events yields the events of a Standard execution whose ids are higher than after: see
// [engine.Engine.Events]. It asks a worker once.
func (c *Client) Events(ctx context.Context, arn string, after states.EventID) iter.Seq2[states.Event, error] {
	return func(yield func(states.Event, error) bool) {
		err := engine.CheckARN(arn)
		var history []states.Event
		if err == nil {
			history, err = c.history(ctx, arn)
		}
		if err != nil {
			yield(states.Event{}, err)
			return
		}
		for _, event := range engine.Visible(history) {
			if event.ID > after && !yield(event, nil) {
				return
			}
		}
	}
}

// history returns the whole log of an execution.
func (c *Client) history(ctx context.Context, arn string) ([]states.Event, error) {
	return wholeHistory(func(run earlierRun, from int) (*page, error) {
		answer, err := c.ask(ctx, arn, run.RunID, from)
		if err != nil {
			return nil, known(arn, err)
		}
		var p page
		return &p, answer.Get(&p)
	})
}

// mostAsked is how often a history is asked for that no worker answers in time.
const mostAsked = 5

// ask asks a workflow for its log, from a number on. The question times out after some seconds
// when the worker is lost that has it; then another worker is asked.
func (c *Client) ask(ctx context.Context, arn, runID string, from int) (answer converter.EncodedValue, err error) {
	for range mostAsked {
		answer, err = c.config.Client.QueryWorkflow(ctx, arn, runID, historyQuery, from)
		_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
		if !late && !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			break
		}
	}
	return answer, err
}

// wholeHistory puts a log together of what ask returns: of a run, which is the latest one if it has
// no id, the events from a number on.
func wholeHistory(ask func(run earlierRun, from int) (*page, error)) (all []states.Event, err error) {
	latest, err := ask(earlierRun{}, 0)
	if err != nil {
		return nil, err
	}
	for _, run := range latest.Earlier {
		if all, err = readRun(ask, run, all, run.Until); err != nil {
			return nil, fmt.Errorf("temporal: the events up to number %d are in the run %s, which Temporal keeps for its retention: %w", run.Until, run.RunID, err)
		}
	}
	return readRun(ask, earlierRun{}, all, latest.Total)
}

// readRun adds to a log the events of a run that follow, up to a number.
func readRun(ask func(run earlierRun, from int) (*page, error), run earlierRun, all []states.Event, until int) ([]states.Event, error) {
	for len(all) < until {
		p, err := ask(run, len(all))
		if err != nil {
			return nil, err
		}
		events, err := unpackLog(p.Log)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 || p.From != len(all) {
			return nil, fmt.Errorf("temporal: the event number %d is not there", len(all))
		}
		all = append(all, events[:min(len(events), until-len(all))]...)
	}
	return all, nil
}
