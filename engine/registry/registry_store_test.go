package registry_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainStore keeps no documents.
type plainStore struct{ store.Store }

func TestAStoreWithoutDocuments(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Store: plainStore{new(storetest.Memory)}})
	r := registry.New(e)
	_, err := r.Create(t.Context(), "orders", saying(t, "a"))
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = r.StartExecution(t.Context(), "orders", nil)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = r.Describe(t.Context(), "orders")
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	for _, err := range r.All(t.Context()) {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
	}
	assert.ErrorIs(t, r.Delete(t.Context(), "orders"), errors.ErrUnsupported)
	x, err := e.StartExecution(t.Context(), saying(t, "a"), nil)
	require.NoError(t, err)
	assert.Equal(t, `"a"`, output(t, x), "machines that are not registered need none")
}

// brokenDocuments fails with documents while it is broken.
type brokenDocuments struct {
	lastingStore
	broken atomic.Bool // the engine has goroutines of its own
	after  bool        // changes take effect all the same
}

func (s *brokenDocuments) Document(ctx context.Context, collection, key string) (string, error) {
	if s.broken.Load() && !s.after {
		return "", errStore
	}
	return s.lastingStore.Document(ctx, collection, key)
}

func (s *brokenDocuments) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	if s.broken.Load() && !s.after {
		return errStore
	}
	if err := s.lastingStore.ChangeDocuments(ctx, changes); err != nil || !s.broken.Load() {
		return err
	}
	return errStore
}

// TestAFailingStoreOfMachines: whoever gets a StoreError may ask again, and gets what
// there is.
func TestAFailingStoreOfMachines(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		db := &brokenDocuments{after: after}
		db.broken.Store(true)
		e := start(t, engine.Config{Store: db})
		r := registry.New(e)
		twice := func(call func() error) {
			t.Helper()
			var failed *engine.StoreError
			db.broken.Store(true)
			require.ErrorAs(t, call(), &failed)
			require.ErrorIs(t, failed, errStore)
			db.broken.Store(false)
			require.NoError(t, call())
		}
		twice(func() error { _, err := r.Create(t.Context(), "orders", saying(t, "a")); return err })
		twice(func() error { _, err := r.Publish(t.Context(), "orders", registry.PublishOptions{}); return err })
		twice(func() error { _, err := r.Update(t.Context(), "orders", saying(t, "b")); return err })
		twice(func() error {
			_, err := r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
			return err
		})
		m, err := r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		assert.Len(t, m.Versions, 1)
		twice(func() error { return r.Delete(t.Context(), "orders:PROD") })
		twice(func() error { return r.Delete(t.Context(), "orders") })
	}
}

// TestADamagedMachine is reported as the store's failure, with its name.
func TestADamagedMachine(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	require.NoError(t, db.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "machines", Key: "orders", New: "{"}}))
	r := registry.New(start(t, engine.Config{Store: db}))
	calls := map[string]func() error{
		"Describe": func() error { _, err := r.Describe(t.Context(), "orders"); return err },
		"Create":   func() error { _, err := r.Create(t.Context(), "orders", saying(t, "a")); return err },
		"Start":    func() error { _, err := r.StartExecution(t.Context(), "orders:PROD", nil); return err },
		"All": func() (last error) {
			for _, err := range r.All(t.Context()) {
				last = err
			}
			return last
		},
	}
	for name, call := range calls {
		var failed *engine.StoreError
		err := call()
		require.ErrorAs(t, err, &failed, name)
		assert.ErrorContains(t, err, `the document of the machine "orders"`, name)
	}
}

// TestADefinitionThatIsMissing is reported, and one that was removed while it was looked
// for is not missing: the machine is looked at again.
func TestADefinitionThatIsMissing(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	published(t, registry.New(start(t, engine.Config{Store: db})), "orders", "a", "b")
	found, err := db.Documents(t.Context(), "definitions", "", 10)
	require.NoError(t, err)
	require.Len(t, found, 2)
	late := &lateDocuments{Store: db, DocumentStore: db}
	e := start(t, engine.Config{Store: late})
	other := registry.New(start(t, engine.Config{Store: db}))
	late.before = func() {
		_, err := other.Update(t.Context(), "orders", saying(t, "c"))
		assert.NoError(t, err)
		assert.NoError(t, other.Delete(t.Context(), "orders:2"))
	}
	assert.Equal(t, "c", says(t, registry.New(e), "orders"), "b is gone")
	require.Nil(t, late.before)

	a := saying(t, "a").Definition()
	for _, d := range found {
		if d.Text == a {
			require.NoError(t, db.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "definitions", Key: d.Key, Old: a}}))
		}
	}
	_, err = registry.New(e).Machine(t.Context(), "orders:1")
	var failed *engine.StoreError
	require.ErrorAs(t, err, &failed)
	assert.ErrorContains(t, err, "is missing")
}

// lateDocuments lets something happen before it reads the first definition.
type lateDocuments struct {
	store.Store
	store.DocumentStore
	before func()
}

func (s *lateDocuments) Document(ctx context.Context, collection, key string) (string, error) {
	if before := s.before; collection == "definitions" && before != nil {
		s.before = nil
		before()
	}
	return s.DocumentStore.Document(ctx, collection, key)
}

func TestARegistryOfAClosedEngine(t *testing.T) {
	t.Parallel()
	for _, db := range []store.Store{nil, new(lastingStore)} {
		e := start(t, engine.Config{Store: db})
		require.NoError(t, e.Close())
		r := registry.New(e)
		_, err := r.Create(t.Context(), "orders", saying(t, "a"))
		assert.ErrorIs(t, err, engine.ErrClosed)
		_, err = r.StartExecution(t.Context(), "orders", nil)
		assert.ErrorIs(t, err, engine.ErrClosed)
		_, err = r.StartSyncExecution(t.Context(), "orders", nil)
		assert.ErrorIs(t, err, engine.ErrClosed)
		assert.ErrorIs(t, r.Delete(t.Context(), "orders"), engine.ErrClosed)
	}
}
