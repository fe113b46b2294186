package inspector

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/engine"
)

// counts are how many executions there are, as they were lately. Counting a million takes a
// while, so that it is done for all readers together, and no more than a twentieth of the time.
type counts struct {
	mu    sync.Mutex
	known engine.Counts
	ok    bool
	until time.Time
}

// restedFor is how much longer counts are believed than it took to count.
const restedFor = 20

// count counts all executions; ok is false when nobody can.
func (i *Inspector) count(ctx context.Context) (all engine.Counts, ok bool) {
	c := &i.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	began := time.Now()
	if began.Before(c.until) {
		return c.known, c.ok
	}
	known, err := i.config.Engine.CountExecutions(ctx, engine.CountOptions{})
	if ctx.Err() != nil {
		return c.known, c.ok // it says nothing of the next one
	}
	c.known, c.ok = known, err == nil
	c.until = time.Now().Add(max(time.Since(began)*restedFor, time.Second/2))
	return c.known, c.ok
}

// countsOf counts by status, for a machine or for all. Those of a version or an alias are not
// known.
func (i *Inspector) countsOf(ctx context.Context, machine string) (by []statusCount) {
	all, ok := i.count(ctx)
	sums := make(map[string]int64)
	found := machine == ""
	for _, c := range all {
		if machine == "" || machine == c.Machine || machine == c.MachineARN {
			sums[string(c.Status)] += c.Executions
			found = true
		}
	}
	ok = ok && (found || strings.Count(machine, ":") == 0)
	for _, s := range statuses {
		by = append(by, statusCount{s, sums[string(s)], ok})
	}
	return by
}
