package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/internal/mapruns"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A Memory is a store that forgets everything with the process: the plain form of
// what a store does, for tests that want one without a file. The zero value is empty
// and ready; any number of goroutines may use it at a time.
type Memory struct {
	mu          sync.Mutex
	closed      bool
	started     int // executions so far
	byARN       map[string]*execution
	definitions map[string]string
	documents   map[documentKey]string

	mapRuns mapruns.Memory

	notified      int64 // notifications so far
	notifications []store.Notification
}

var (
	_ store.Store   = (*Memory)(nil)
	_ store.Remover = (*Memory)(nil)
	_ store.Counter = (*Memory)(nil)
	_ store.Purger  = (*Memory)(nil)
)

type execution struct {
	number int // of its start, from 1
	record store.Record
	lines  [][]byte
}

var errClosed = errors.New("storetest: the store is closed")

// enter locks the store for a call, if there is nothing against it.
func (m *Memory) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return errClosed
	}
	if m.byARN == nil {
		m.byARN, m.definitions, m.documents = map[string]*execution{}, map[string]string{}, map[documentKey]string{}
	}
	return nil
}

// Create implements [store.Store].
func (m *Memory) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	return m.create(r, definition, lines)
}

// create is Create with m.mu locked.
func (m *Memory) create(r store.Record, definition string, lines [][]byte) error {
	if m.byARN[r.ARN] != nil {
		return store.ErrExecutionAlreadyExists
	}
	m.started++
	m.byARN[r.ARN] = &execution{number: m.started, record: copied(r), lines: copies(lines)}
	if _, known := m.definitions[r.Definition]; !known {
		m.definitions[r.Definition] = definition
	}
	return nil
}

// Append implements [store.Store].
func (m *Memory) Append(ctx context.Context, arn string, length int, c store.Change) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	return m.append(arn, length, c)
}

// append is Append with m.mu locked.
func (m *Memory) append(arn string, length int, c store.Change) error {
	x := m.byARN[arn]
	if x == nil || len(x.lines) != length && length != store.AnyLength {
		return store.ErrConflict
	}
	x.lines = append(x.lines, copies(c.Lines)...)
	x.record.Due = c.Due
	if c.End != nil {
		x.record.Status, x.record.StopDate = c.End.Status, c.End.StopDate
	}
	x.record = copied(x.record)
	return nil
}

// Log implements [store.Store].
func (m *Memory) Log(ctx context.Context, arn string) ([][]byte, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if x := m.byARN[arn]; x != nil {
		return copies(x.lines), nil
	}
	return nil, nil
}

// Tail implements [store.Tailer].
func (m *Memory) Tail(ctx context.Context, arn string, first func([]byte) bool) ([][]byte, int, error) {
	lines, err := m.Log(ctx, arn)
	for i, line := range slices.Backward(lines) {
		if first(line) {
			return lines[i:], i, err
		}
	}
	return lines, 0, err
}

// Record implements [store.Store].
func (m *Memory) Record(ctx context.Context, arn string) (store.Record, error) {
	if err := m.enter(ctx); err != nil {
		return store.Record{}, err
	}
	defer m.mu.Unlock()
	if x := m.byARN[arn]; x != nil {
		return copied(x.record), nil
	}
	return store.Record{}, store.ErrExecutionDoesNotExist
}

// inOrder returns the executions that pass a test, in the order of their start.
func (m *Memory) inOrder(wanted func(*execution) bool) []*execution {
	all := slices.Collect(maps.Values(m.byARN))
	all = slices.DeleteFunc(all, func(x *execution) bool { return !wanted(x) })
	slices.SortFunc(all, func(a, b *execution) int { return a.number - b.number })
	return all
}

// Find implements [store.Store].
func (m *Memory) Find(ctx context.Context, key store.Key) (arns []string, err error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	for arn := range m.byARN {
		if store.KeyOf(arn) == key {
			arns = append(arns, arn)
		}
	}
	return arns, nil
}

// running returns the executions that have not ended, in the order of their start.
func (m *Memory) running() []*execution {
	return m.inOrder(func(x *execution) bool { return x.record.Status == states.StatusRunning })
}

// Running implements [store.Store].
func (m *Memory) Running(ctx context.Context, from time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		if err := m.enter(ctx); err != nil {
			yield(store.Record{}, err)
			return
		}
		var records []store.Record
		for _, x := range m.running() {
			if !x.record.Due.Before(from) {
				records = append(records, copied(x.record))
			}
		}
		m.mu.Unlock()
		slices.SortStableFunc(records, func(a, b store.Record) int { return a.Due.Compare(b.Due) })
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// RunningDefinitions implements [store.Store].
func (m *Memory) RunningDefinitions(ctx context.Context) ([]string, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	hashes := map[string]bool{}
	for _, x := range m.running() {
		hashes[x.record.Definition] = true
	}
	return slices.Collect(maps.Keys(hashes)), nil
}

// List implements [store.Store].
func (m *Memory) List(ctx context.Context, q store.Query) (records []store.Record, next string, err error) {
	if err := m.enter(ctx); err != nil {
		return nil, "", err
	}
	defer m.mu.Unlock()
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, "", fmt.Errorf("%w: the limit is %d, it must be between 1 and 1000", store.ErrInvalidPage, q.Limit)
	}
	// A place is the start date and the number of the last execution of a page, and the
	// number of the newest execution when the first page was read.
	var after time.Time
	number, newest := 0, m.started
	if q.Next != "" {
		var start string
		n, err := fmt.Sscanf(q.Next, "%s %d %d", &start, &number, &newest)
		if after, _ = time.Parse(time.RFC3339Nano, start); n != 3 || err != nil || after.IsZero() {
			return nil, "", fmt.Errorf("%w: no earlier page gave %q", store.ErrInvalidPage, q.Next)
		}
	}
	compare := func(x *execution, start time.Time, number int) int {
		c := cmp.Or(x.record.StartDate.Compare(start), cmp.Compare(x.number, number))
		if q.OldestFirst {
			return c
		}
		return -c
	}
	all := m.inOrder(func(x *execution) bool {
		return x.number <= newest && q.Selects(&x.record) && (q.Next == "" || compare(x, after, number) > 0)
	})
	slices.SortFunc(all, func(a, b *execution) int { return compare(a, b.record.StartDate, b.number) })
	if len(all) > q.Limit {
		all = all[:q.Limit]
		last := all[q.Limit-1]
		next = fmt.Sprintf("%s %d %d", last.record.StartDate.Format(time.RFC3339Nano), last.number, newest)
	}
	for _, x := range all {
		records = append(records, copied(x.record))
	}
	return records, next, nil
}

// Count implements [store.Counter].
func (m *Memory) Count(ctx context.Context) ([]store.Count, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	counts := map[store.Count]int64{}
	for _, x := range m.byARN {
		counts[store.Count{MachineARN: x.record.MachineARN, Machine: x.record.Machine, Status: x.record.Status}]++
	}
	var all []store.Count
	for c, n := range counts {
		c.Executions = n
		all = append(all, c)
	}
	return all, nil
}

// Definition implements [store.Store].
func (m *Memory) Definition(ctx context.Context, hash string) (string, error) {
	if err := m.enter(ctx); err != nil {
		return "", err
	}
	defer m.mu.Unlock()
	if text, ok := m.definitions[hash]; ok {
		return text, nil
	}
	return "", fmt.Errorf("storetest: there is no definition with the hash %q", hash)
}

// Expire implements [store.Store].
func (m *Memory) Expire(ctx context.Context, before time.Time, limit int) (int, error) {
	return m.Purge(ctx, store.Purge{StoppedBefore: before}, limit)
}

// Purge implements [store.Purger].
func (m *Memory) Purge(ctx context.Context, p store.Purge, limit int) (int, error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	q := store.Query{MachineARN: p.MachineARN, Statuses: p.Statuses}
	old := m.inOrder(func(x *execution) bool {
		stop := x.record.StopDate
		return !stop.IsZero() && stop.Before(p.StoppedBefore) && q.Selects(&x.record)
	})
	slices.SortStableFunc(old, func(a, b *execution) int { return a.record.StopDate.Compare(b.record.StopDate) })
	old = old[:max(min(len(old), limit), 0)]
	m.remove(old...)
	return len(old), nil
}

// Remove implements [store.Remover].
func (m *Memory) Remove(ctx context.Context, arn string) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	switch x := m.byARN[arn]; {
	case x == nil:
		return store.ErrExecutionDoesNotExist
	case x.record.StopDate.IsZero():
		return store.ErrExecutionRunning
	default:
		m.remove(x)
		return nil
	}
}

// remove removes executions, with m.mu locked.
func (m *Memory) remove(all ...*execution) {
	for _, x := range all {
		delete(m.byARN, x.record.ARN)
		m.mapRuns.Remove(x.record.ARN)
	}
	used := map[string]bool{}
	for _, x := range m.byARN {
		used[x.record.Definition] = true
	}
	maps.DeleteFunc(m.definitions, func(hash, _ string) bool { return !used[hash] })
}

// Oldest implements [store.Store].
func (m *Memory) Oldest(ctx context.Context) (oldest time.Time, err error) {
	if err := m.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer m.mu.Unlock()
	for _, x := range m.byARN {
		if at := x.record.StopDate; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest, nil
}

// Close implements [store.Store].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func copied(r store.Record) store.Record {
	r.Options, r.TokenKey = slices.Clone(r.Options), slices.Clone(r.TokenKey)
	r.StartDate = r.StartDate.UTC()
	if !r.StopDate.IsZero() {
		r.StopDate = r.StopDate.UTC()
	}
	if !r.Due.IsZero() {
		r.Due = r.Due.UTC()
	}
	if r.Status != states.StatusRunning {
		r.Due = time.Time{}
	}
	return r
}

func copies(lines [][]byte) [][]byte {
	all := make([][]byte, len(lines))
	for i, line := range lines {
		all[i] = slices.Clone(line)
	}
	return all
}
