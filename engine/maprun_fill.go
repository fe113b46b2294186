package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// fill starts children while there is room for them. It reports whether none is left, neither
// to start nor running.
func (r *mapRun) fill() (over bool, err error) {
	for {
		room, n := r.room()
		if r.engine.draining.Load() || r.engine.config.Standby || !room {
			return false, r.failedToStart()
		}
		c, ok, err := r.nextChild()
		if f, failed := errors.AsType[*children.Failure](err); failed {
			r.winding = &f.Failure
			r.kick()
			return false, nil
		}
		switch {
		case err != nil:
			return false, err
		case !ok:
			return n == 0, r.failedToStart()
		}
		if r.rateWait() {
			r.mu.Lock()
			r.unsure = append(r.unsure, c)
			r.mu.Unlock()
			return false, r.failedToStart()
		}
		r.begin(c)
	}
}

// room reports whether a child can start, and how many run. When many have ended their results
// are kept first.
func (r *mapRun) room() (room bool, running int) {
	const most = 1_000
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := cmp.Or(r.state.MaxConcurrency, int64(r.engine.config.MapRuns.Concurrency))
	if limit <= 0 {
		limit = defaultMapRunConcurrency
	}
	running = len(r.running)
	return int64(running) < limit && len(r.ended) < most && r.startErr == nil, running
}

// failedToStart returns why a child could not be started, so that it is tried again later.
func (r *mapRun) failedToStart() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.startErr
	r.startErr = nil
	return err
}

// rateWait reports whether the next child has to wait for its time, and has the pump come then.
func (r *mapRun) rateWait() bool {
	rate := r.engine.config.MapRuns.Rate
	if rate <= 0 {
		return false
	}
	now := r.engine.config.Clock.Now()
	if now.Before(r.soonest) {
		r.kickAt(r.soonest)
		return true
	}
	if r.soonest.Before(now.Add(-time.Second)) {
		r.soonest = now
	}
	r.soonest = r.soonest.Add(time.Duration(float64(time.Second) / rate))
	return false
}

// nextChild returns the next child that is to start, and notes that it runs.
func (r *mapRun) nextChild() (c unstarted, ok bool, err error) {
	r.mu.Lock()
	if len(r.unsure) > 0 {
		c, r.unsure = r.unsure[0], r.unsure[1:]
		r.mu.Unlock()
		return c, true, nil
	}
	r.mu.Unlock()
	if c, ok, err = r.nextAgain(); ok || err != nil {
		return c, ok, err
	}
	for {
		from := r.place
		input, ok, err := r.nextInput()
		if !ok || err != nil {
			return c, false, err
		}
		index := r.index
		r.index++
		r.place = input.Next
		had, err := r.had(index)
		if err != nil {
			r.index, r.place = index, from
			r.stopReading()
			return c, false, err
		}
		r.mu.Lock()
		r.state.Given = max(r.state.Given, r.index)
		r.state.TotalItems = max(r.state.TotalItems, r.place.Index)
		if !had {
			r.running[index] = &runningChild{items: input.Items, since: r.engine.now()}
			r.given = append(r.given, givenChild{index, from})
		}
		r.mu.Unlock()
		if !had {
			return unstarted{index: index, input: input}, true, nil
		}
	}
}

// nextAgain returns the next child that a redrive of the run runs again.
func (r *mapRun) nextAgain() (c unstarted, ok bool, err error) {
	if r.state.Redrives == 0 {
		return c, false, nil
	}
	for {
		kept, ok, err := r.redo.next(r, true)
		if !ok || err != nil {
			return c, false, err
		}
		result, err := readResult(kept)
		if err != nil {
			return c, false, err
		}
		if result.redrives >= r.state.Redrives {
			continue
		}
		r.mu.Lock()
		r.running[result.index] = &runningChild{items: result.items, since: r.engine.now()}
		r.mu.Unlock()
		return unstarted{index: result.index, input: children.Input{Value: result.input, Items: result.items}, redo: true}, true, nil
	}
}

// had reports whether a child has a result from before a restart.
func (r *mapRun) had(index int64) (bool, error) {
	for {
		kept, ok, err := r.done.peek(r, false)
		if !ok || err != nil || kept.Index > index {
			return false, err
		}
		r.done.read = r.done.read[1:]
		if kept.Index == index {
			return true, nil
		}
	}
}

// portions reads the results of a run in order. The zero value begins at the first one.
type portions struct {
	from int64
	read []store.MapRunResult
	end  bool
}

const portion = 1_000 // results

// peek returns the next result, and leaves it there.
func (p *portions) peek(r *mapRun, bad bool) (next store.MapRunResult, ok bool, err error) {
	if len(p.read) == 0 && !p.end {
		if p.read, err = r.keeper.MapRunResults(context.Background(), r.arn, p.from, bad, portion); err != nil {
			return next, false, r.storeError(err)
		}
		if p.end = len(p.read) == 0; !p.end {
			p.from = p.read[len(p.read)-1].Index + 1
		}
	}
	if p.end {
		return next, false, nil
	}
	return p.read[0], true, nil
}

// next returns the next result.
func (p *portions) next(r *mapRun, bad bool) (next store.MapRunResult, ok bool, err error) {
	if next, ok, err = p.peek(r, bad); ok {
		p.read = p.read[1:]
	}
	return next, ok, err
}

// nextInput returns what the next child is given, and false behind the last one.
func (r *mapRun) nextInput() (input children.Input, ok bool, err error) {
	if r.state.Read && r.index >= r.state.Given {
		return input, false, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = &children.Failure{Failure: states.Fail("States.ItemReaderFailed", fmt.Sprintf("The reader of the items panicked: %v", p))}
		}
		if err != nil {
			ok = false
			r.stopReading()
		}
	}()
	if r.next == nil {
		r.next, r.stop = iter.Pull2(children.Inputs(r.reading, r.command, r.source(), r.place))
	}
	input, err, ok = r.next()
	if !ok {
		r.stopReading()
		r.mu.Lock()
		r.state.Read, r.dirty = true, true
		r.mu.Unlock()
		r.kick() // whoever waited to know how many there are
	}
	return input, ok, err
}

// stopReading gives the reader of items up. Another one begins at the place. Only the pump may call it.
func (r *mapRun) stopReading() {
	if r.stop != nil {
		r.stop()
	}
	r.next, r.stop = nil, nil
}

// source returns what the items are read from.
func (r *mapRun) source() items.Source { return sourceOf(r.command, &r.engine.config.MapRuns) }

func sourceOf(command *states.StartMapRun, config *MapRuns) items.Source {
	reader := command.Reader
	if reader == nil {
		return items.Values(command.Items)
	}
	object, err := items.ObjectOf(reader.Arguments, reader.List)
	if err != nil {
		return items.Failing(err)
	}
	if open := config.Sources[object.Bucket]; open != nil {
		return items.Limited(open(object), reader.Config.MaxItems)
	}
	if config.Objects == nil {
		return items.Failing(&items.Error{Cause: fmt.Sprintf("There is no source of items with the name of the bucket '%s'.", object.Bucket)})
	}
	return &items.Reader{Objects: config.Objects, List: reader.List, Object: object, Config: items.Config(reader.Config), Parquet: config.Parquet}
}

// knownItems returns how many items a run has, -1 when that is only known when they are read.
func knownItems(c *states.StartMapRun) int64 {
	switch v := c.Items.(type) {
	case []any:
		return int64(len(v))
	case *value.Object:
		return int64(v.Len())
	}
	return -1
}
