package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gostates/gostates/states"
)

// listChildren lists the children of a Map Run. Those that are still to start are not there.
func (e *Engine) listChildren(o *ListOptions, size int) (*Page, error) {
	if o.Machine != "" {
		return nil, fmt.Errorf("%w: either a Machine or a MapRun must be given, not both", ErrInvalidPage)
	}
	if err := checkMapRunARN(o.MapRun); err != nil {
		return nil, err
	}
	if o.OldestFirst {
		return nil, fmt.Errorf("%w: the children of a Map Run are in the order of their items, and OldestFirst is for other lists", ErrInvalidPage)
	}
	bound, q := o.query(""), o.selection("")
	position, err := bound.position(o.NextToken)
	if err != nil {
		return nil, err
	}
	from := int64(0)
	if position != "" {
		if from, err = strconv.ParseInt(position, 10, 64); err != nil || from < 0 {
			return nil, badToken()
		}
	}
	kept, err := e.keptMapRun(o.MapRun)
	if err != nil {
		return nil, err
	}
	page := &Page{Executions: make([]Summary, 0, size)}
	for range maxListed {
		found, next, err := e.childrenFrom(kept, from, size)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if len(page.Executions) == size {
				page.NextToken = bound.token(strconv.FormatInt(s.index, 10))
				return page, nil
			}
			if selects(&q, &s.Summary) {
				page.Executions = append(page.Executions, s.Summary)
			}
		}
		if from = next; next < 0 {
			return page, nil
		}
	}
	page.NextToken = bound.token(strconv.FormatInt(from, 10))
	return page, nil
}

// maxListed bounds how many pages of the store are read for one page of children, of which
// the options may choose few.
const maxListed = 10

// A listedChild is a child on its way to a page.
type listedChild struct {
	index int64
	Summary
}

// childrenFrom returns children whose index is from or more, in order, and the index behind
// them, below 0 at the end. Those that run and those that have ended are merged.
func (e *Engine) childrenFrom(kept *mapRun, from int64, size int) (found []listedChild, next int64, err error) {
	results, err := kept.keeper.MapRunResults(context.Background(), kept.arn, from, false, size+1)
	if err != nil {
		return nil, 0, kept.storeError(err)
	}
	next = -1
	if len(results) > 0 {
		next = results[len(results)-1].Index + 1
	}
	ended := make(map[int64]bool, len(results))
	for _, r := range results {
		c, err := readResult(r)
		if err != nil {
			return nil, 0, err
		}
		ended[r.Index] = true
		s := c.described(kept).Summary
		s.ItemCount = c.items
		found = append(found, listedChild{r.Index, s})
	}
	if r := e.mapRuns.find(kept.arn); r != nil {
		r.mu.Lock()
		for index, c := range r.running {
			if index < from || ended[index] || next >= 0 && index >= next {
				continue
			}
			s := Summary{Identity: r.identity(index, r.state.Redrives), Status: states.StatusRunning, StartDate: c.since, ItemCount: c.items}
			found = append(found, listedChild{index, s})
		}
		r.mu.Unlock()
	}
	slices.SortFunc(found, func(a, b listedChild) int { return cmp.Compare(a.index, b.index) })
	return found, next, nil
}
