package storetest

import (
	"context"

	"github.com/gostates/gostates/engine/store"
)

var _ store.MapRunStore = (*Memory)(nil)

// CreateMapRun implements [store.MapRunStore].
func (m *Memory) CreateMapRun(ctx context.Context, r store.MapRun) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if m.byARN[r.Execution] == nil {
		return store.ErrExecutionDoesNotExist
	}
	return m.mapRuns.CreateMapRun(ctx, r)
}

// ChangeMapRun implements [store.MapRunStore].
func (m *Memory) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	return m.mapRuns.ChangeMapRun(ctx, arn, version, c)
}

// MapRun implements [store.MapRunStore].
func (m *Memory) MapRun(ctx context.Context, arn string) (store.MapRun, error) {
	if err := m.enter(ctx); err != nil {
		return store.MapRun{}, err
	}
	defer m.mu.Unlock()
	return m.mapRuns.MapRun(ctx, arn)
}

// MapRuns implements [store.MapRunStore].
func (m *Memory) MapRuns(ctx context.Context, execution, after string, limit int) ([]store.MapRun, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.mapRuns.MapRuns(ctx, execution, after, limit)
}

// OpenMapRuns implements [store.MapRunStore].
func (m *Memory) OpenMapRuns(ctx context.Context) ([]string, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.mapRuns.OpenMapRuns(ctx)
}

// MapRunResults implements [store.MapRunStore].
func (m *Memory) MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) ([]store.MapRunResult, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.mapRuns.MapRunResults(ctx, arn, from, bad, limit)
}
