// Package mapruns keeps Map Runs in memory: for engines without a Store, and for the store in
// memory of package storetest.
package mapruns

import (
	"context"
	"slices"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// A Memory is a [store.MapRunStore] in memory. It knows nothing of executions: whoever has
// one tells it by Remove what is over. The zero value is empty; any number of goroutines may
// use it at a time.
type Memory struct {
	mu    sync.Mutex
	byARN map[string]*run
	last  int // number of the run that began last
}

type run struct {
	store.MapRun
	number  int
	results []store.MapRunResult // in the order of their indexes
	bad     int                  // of them
}

var _ store.MapRunStore = (*Memory)(nil)

// CreateMapRun implements [store.MapRunStore].
func (m *Memory) CreateMapRun(_ context.Context, r store.MapRun) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byARN[r.ARN] != nil {
		return store.ErrMapRunAlreadyExists
	}
	if m.byARN == nil {
		m.byARN = make(map[string]*run)
	}
	m.last++
	r.Version, r.State = 1, slices.Clone(r.State)
	m.byARN[r.ARN] = &run{MapRun: r, number: m.last}
	return nil
}

// ChangeMapRun implements [store.MapRunStore].
func (m *Memory) ChangeMapRun(_ context.Context, arn string, version int64, c store.MapRunChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.byARN[arn]
	if r == nil || r.Version != version {
		return store.ErrConflict
	}
	r.Version++
	r.Open, r.State = c.Open, append(r.State[:0:0], c.State...)
	for _, result := range c.Results {
		result.Result = slices.Clone(result.Result)
		r.put(result)
	}
	return nil
}

// put adds a result. Most come nearly in order.
func (r *run) put(result store.MapRunResult) {
	at := len(r.results)
	for at > 0 && r.results[at-1].Index >= result.Index {
		if at--; len(r.results)-at > 64 {
			at, _ = r.find(result.Index)
			break
		}
	}
	if at < len(r.results) && r.results[at].Index == result.Index {
		r.count(r.results[at], -1)
		r.results[at] = result
	} else {
		r.results = slices.Insert(r.results, at, result)
	}
	r.count(result, 1)
}

func (r *run) count(result store.MapRunResult, n int) {
	if result.Bad {
		r.bad += n
	}
}

// find returns where the result of an index is, or would be.
func (r *run) find(index int64) (int, bool) {
	return slices.BinarySearchFunc(r.results, index, func(a store.MapRunResult, index int64) int { return int(a.Index - index) })
}

// MapRun implements [store.MapRunStore].
func (m *Memory) MapRun(_ context.Context, arn string) (store.MapRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.byARN[arn]; r != nil {
		return r.copy(), nil
	}
	return store.MapRun{}, store.ErrMapRunDoesNotExist
}

func (r *run) copy() store.MapRun {
	c := r.MapRun
	c.State = slices.Clone(c.State)
	return c
}

// MapRuns implements [store.MapRunStore].
func (m *Memory) MapRuns(_ context.Context, execution, after string, limit int) ([]store.MapRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.last + 1
	if after != "" {
		if r := m.byARN[after]; r != nil {
			before = r.number
		} else {
			return nil, nil
		}
	}
	var found []*run
	for _, r := range m.byARN {
		if r.Execution == execution && r.number < before {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *run) int { return b.number - a.number })
	all := make([]store.MapRun, 0, min(len(found), limit))
	for _, r := range found[:min(len(found), limit)] {
		all = append(all, r.copy())
	}
	return all, nil
}

// OpenMapRuns implements [store.MapRunStore].
func (m *Memory) OpenMapRuns(context.Context) (arns []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for arn, r := range m.byARN {
		if r.Open {
			arns = append(arns, arn)
		}
	}
	return arns, nil
}

// MapRunResults implements [store.MapRunStore].
func (m *Memory) MapRunResults(_ context.Context, arn string, from int64, bad bool, limit int) ([]store.MapRunResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.byARN[arn]
	if r == nil || bad && r.bad == 0 {
		return nil, nil
	}
	at, _ := r.find(from)
	var found []store.MapRunResult
	for _, result := range r.results[at:] {
		if bad && !result.Bad {
			continue
		}
		if len(found) == limit {
			break
		}
		result.Result = slices.Clone(result.Result)
		found = append(found, result)
	}
	return found, nil
}

// Remove forgets the runs of an execution.
func (m *Memory) Remove(execution string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for arn, r := range m.byARN {
		if r.Execution == execution {
			delete(m.byARN, arn)
		}
	}
}
