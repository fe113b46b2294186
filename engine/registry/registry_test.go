package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ordersARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"

// saying makes a machine whose output is a text.
func saying(t testing.TB, text string) *asl.StateMachine {
	return one(t, fmt.Sprintf(`{"Type":"Pass","Result":%q,"End":true}`, text))
}

// withRegistry runs a test without a store and with one.
func withRegistry(t *testing.T, test func(t *testing.T, e *engine.Engine, clock *enginetest.Clock)) {
	for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"*": echo})})
			test(t, e, clock)
		})
	}
}

// published registers a machine with as many versions as there are texts.
func published(t testing.TB, r *registry.Registry, name string, texts ...string) {
	t.Helper()
	for i, text := range texts {
		register := r.Update
		if i == 0 {
			register = r.Create
		}
		_, err := register(t.Context(), name, saying(t, text))
		require.NoError(t, err)
		v, err := r.Publish(t.Context(), name, registry.PublishOptions{})
		require.NoError(t, err)
		require.Equal(t, i+1, v.Number)
	}
}

// says starts an execution and returns what it comes to.
func says(t testing.TB, r *registry.Registry, reference string, options ...engine.StartOption) string {
	t.Helper()
	x, err := r.StartExecution(t.Context(), reference, nil, options...)
	require.NoError(t, err)
	return strings.Trim(output(t, x), `"`)
}

func TestCreate(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
		r, created := registry.New(e), clock.Now()
		m, err := r.Create(t.Context(), "orders", saying(t, "a"))
		require.NoError(t, err)
		assert.Equal(t, ordersARN, m.ARN)
		assert.Equal(t, "orders", m.Name)
		assert.Equal(t, registry.InitialRevision, m.Revision)
		assert.Len(t, m.Definition, 64)
		assert.True(t, created.Equal(m.CreationDate) && created.Equal(m.UpdateDate))
		clock.Advance(time.Hour)
		again, err := r.Create(t.Context(), "orders", saying(t, "a"))
		require.NoError(t, err, "the same definition once more")
		assert.Equal(t, m, again)
		_, err = r.Create(t.Context(), "orders", saying(t, "b"))
		assert.ErrorIs(t, err, registry.ErrStateMachineAlreadyExists)
		assert.EqualError(t, err, "StateMachineAlreadyExists: State Machine Already Exists: '"+ordersARN+"'")
		_, err = r.Create(t.Context(), "or/ders", saying(t, "b"))
		assert.ErrorIs(t, err, engine.ErrInvalidName)
		for _, machine := range []*asl.StateMachine{nil, {}} {
			_, err = r.Create(t.Context(), "other", machine)
			assert.ErrorContains(t, err, "asl.Parse")
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
		r := registry.New(e)
		_, err := r.Update(t.Context(), "orders", saying(t, "a"))
		assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
		first, err := r.Create(t.Context(), "orders", saying(t, "a"))
		require.NoError(t, err)
		clock.Advance(time.Hour)
		same, err := r.Update(t.Context(), ordersARN, saying(t, "a"))
		require.NoError(t, err)
		assert.Equal(t, first, same, "the same definition changes nothing")
		second, err := r.Update(t.Context(), "orders", saying(t, "b"))
		require.NoError(t, err)
		assert.NotEqual(t, first.Revision, second.Revision)
		assert.NotEqual(t, first.Definition, second.Definition)
		assert.Equal(t, first.CreationDate, second.CreationDate)
		assert.Equal(t, time.Hour, second.UpdateDate.Sub(first.UpdateDate))
		found, err := r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		assert.Equal(t, second, found)
		third, err := r.Update(t.Context(), "orders", saying(t, "a"))
		require.NoError(t, err)
		assert.NotContains(t, []string{first.Revision, second.Revision}, third.Revision, "a revision is never used again")
		_, err = r.Update(t.Context(), "orders:1", saying(t, "c"))
		assert.ErrorIs(t, err, engine.ErrInvalidARN, "versions stay as they are")
	})
}

func TestPublish(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
		r := registry.New(e)
		_, err := r.Publish(t.Context(), "orders", registry.PublishOptions{})
		assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
		m, err := r.Create(t.Context(), "orders", saying(t, "a"))
		require.NoError(t, err)
		v1, err := r.Publish(t.Context(), "orders", registry.PublishOptions{Revision: registry.InitialRevision, Description: "the first"})
		require.NoError(t, err)
		assert.Equal(t, &registry.Version{Number: 1, ARN: ordersARN + ":1", Description: "the first", Definition: m.Definition,
			Revision: m.Revision, CreationDate: m.CreationDate}, v1)
		again, err := r.Publish(t.Context(), "orders", registry.PublishOptions{Description: "not the first"})
		require.NoError(t, err)
		assert.Equal(t, v1, again, "a revision has one version")

		m, err = r.Update(t.Context(), "orders", saying(t, "b"))
		require.NoError(t, err)
		_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{Revision: registry.InitialRevision})
		assert.ErrorIs(t, err, registry.ErrResourceConflict)
		assert.ErrorContains(t, err, "for revision INITIAL. The current State Machine revision is "+m.Revision)
		v2, err := r.Publish(t.Context(), "orders", registry.PublishOptions{Revision: m.Revision})
		require.NoError(t, err)
		m, err = r.Describe(t.Context(), "orders:2")
		require.NoError(t, err)
		assert.Equal(t, []registry.Version{*v2, *v1}, m.Versions)

		require.NoError(t, r.Delete(t.Context(), "orders:2"))
		v3, err := r.Publish(t.Context(), "orders", registry.PublishOptions{})
		require.NoError(t, err)
		assert.Equal(t, 3, v3.Number, "numbers are not used again")
		_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{Description: strings.Repeat("é", 257)})
		assert.ErrorIs(t, err, registry.ErrInvalidRequest)
		_, err = r.Publish(t.Context(), "orders:3", registry.PublishOptions{})
		assert.ErrorIs(t, err, engine.ErrInvalidARN)
	})
}

func TestMachineOfAReference(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		published(t, r, "orders", "a", "b")
		_, err := r.Update(t.Context(), "orders", saying(t, "c"))
		require.NoError(t, err)
		_, err = r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
		require.NoError(t, err)
		for reference, text := range map[string]string{"orders": "c", "orders:1": "a", ordersARN + ":2": "b", ordersARN: "c"} {
			m, err := r.Machine(t.Context(), reference)
			require.NoError(t, err)
			assert.Equal(t, saying(t, text).Definition(), m.Definition(), reference)
		}
		_, err = r.Machine(t.Context(), "orders:PROD")
		assert.ErrorIs(t, err, engine.ErrInvalidARN)
	})
}

func TestReferences(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		published(t, r, "orders", "a")
		for reference, want := range map[string]error{
			"orders":                                nil,
			"orders:1":                              nil,
			ordersARN:                               nil,
			ordersARN + ":1":                        nil,
			"":                                      engine.ErrInvalidARN,
			":1":                                    engine.ErrInvalidARN,
			"orders:":                               engine.ErrInvalidARN,
			"orders:1:2":                            engine.ErrInvalidARN,
			"arn:aws:iam::123456789012:role/orders": engine.ErrInvalidARN,
			"arn:aws:states:us-east-1:123456789012:execution:orders:1":    engine.ErrInvalidARN,
			"arn:aws:states:us-east-1:123456789012:stateMachine:":         engine.ErrInvalidARN,
			"arn:aws:states:eu-west-1:123456789012:stateMachine:orders":   engine.ErrStateMachineDoesNotExist,
			"arn:aws:states:us-east-1:123456789013:stateMachine:orders:1": engine.ErrStateMachineDoesNotExist,
			"Orders":      engine.ErrStateMachineDoesNotExist,
			"orders:2":    engine.ErrStateMachineDoesNotExist,
			"orders:01":   engine.ErrStateMachineDoesNotExist,
			"orders:+1":   engine.ErrStateMachineDoesNotExist,
			"orders:PROD": engine.ErrStateMachineDoesNotExist,
		} {
			_, err := r.Describe(t.Context(), reference)
			assert.ErrorIs(t, err, want, reference)
			_, err = r.Machine(t.Context(), reference)
			assert.ErrorIs(t, err, want, reference)
			_, err = r.StartExecution(t.Context(), reference, nil)
			assert.ErrorIs(t, err, want, reference)
			if want != nil && errors.Is(want, engine.ErrInvalidARN) {
				assert.ErrorIs(t, r.Delete(t.Context(), reference), want, reference)
			}
		}
		_, err := r.StartExecution(t.Context(), "other", nil)
		assert.EqualError(t, err, "StateMachineDoesNotExist: State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:other'")
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, _ := startVirtual(t, engine.Config{Store: db})
	r := registry.New(e)
	definitions := func() int {
		found, err := db.Documents(t.Context(), "definitions", "", 100)
		require.NoError(t, err)
		return len(found)
	}
	published(t, r, "orders", "a", "b")
	published(t, r, "other", "a")
	_, err := r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
	require.NoError(t, err)
	_, err = r.CreateAlias(t.Context(), "orders:TEST", "", registry.Route{Version: 1, Weight: 50}, registry.Route{Version: 2, Weight: 50})
	require.NoError(t, err)

	err = r.Delete(t.Context(), "orders:1")
	assert.ErrorIs(t, err, registry.ErrResourceConflict)
	assert.ErrorContains(t, err, "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD, TEST]")
	for _, nothing := range []string{"unknown", "unknown:1", "orders:3", "orders:NONE", "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"} {
		assert.NoError(t, r.Delete(t.Context(), nothing), "what is not there is no error")
	}
	require.NoError(t, r.Delete(t.Context(), "orders:TEST"))
	require.NoError(t, r.Delete(t.Context(), "orders:2"))
	assert.Equal(t, 3, definitions(), "the current revision has it still")
	require.NoError(t, r.Delete(t.Context(), "orders:PROD"))
	require.NoError(t, r.Delete(t.Context(), ordersARN+":1"))
	assert.Equal(t, 2, definitions())
	m, err := r.Describe(t.Context(), "orders")
	require.NoError(t, err)
	assert.Empty(t, m.Versions)
	assert.Empty(t, m.Aliases)
	assert.Equal(t, "b", says(t, r, "orders"))

	require.NoError(t, r.Delete(t.Context(), "orders"))
	require.NoError(t, r.Delete(t.Context(), "orders"))
	_, err = r.StartExecution(t.Context(), "orders", nil)
	assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
	assert.Equal(t, 1, definitions(), "that of another machine stays")
	_, err = r.Create(t.Context(), "orders", saying(t, "c"))
	assert.NoError(t, err, "the name is free")
}

func TestAll(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r, m := registry.New(e), saying(t, "a")
		for i := range 1001 {
			_, err := r.Create(t.Context(), fmt.Sprintf("m%04d", i), m)
			require.NoError(t, err)
		}
		i := 0
		for m, err := range r.All(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("m%04d", i), m.Name)
			i++
			if i == 1 || i == 1000 {
				require.NoError(t, r.Delete(t.Context(), m.Name), "others may be called meanwhile")
			}
		}
		assert.Equal(t, 1001, i)
		i = 0
		for range r.All(t.Context()) {
			if i++; i == 3 {
				break
			}
		}
		assert.Equal(t, 3, i)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for m, err := range r.All(ended) {
			assert.Nil(t, m)
			assert.ErrorIs(t, err, context.Canceled)
		}
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		assert.ErrorIs(t, r.Tag(t.Context(), "orders", map[string]string{"a": "1"}), registry.ErrResourceNotFound)
		assert.ErrorIs(t, r.Untag(t.Context(), "orders", "a"), registry.ErrResourceNotFound)
		published(t, r, "orders", "a")
		err := r.Tag(t.Context(), "orders:1", map[string]string{"a": "1"})
		assert.EqualError(t, err, "ResourceNotFound: Resource not found: '"+ordersARN+":1'")
		require.NoError(t, r.Tag(t.Context(), "orders", map[string]string{"a": "1", "b": ""}))
		require.NoError(t, r.Tag(t.Context(), ordersARN, map[string]string{"b": "2", "c": "3"}))
		require.NoError(t, r.Untag(t.Context(), "orders", "a", "unknown"))
		require.NoError(t, r.Untag(t.Context(), "orders"))
		m, err := r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"b": "2", "c": "3"}, m.Tags)
		m.Tags["b"] = "changed"
		m, err = r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		assert.Equal(t, "2", m.Tags["b"])
		assert.ErrorIs(t, r.Tag(t.Context(), "orders", map[string]string{"": "1"}), registry.ErrInvalidRequest)
		assert.ErrorIs(t, r.Tag(t.Context(), "orders", map[string]string{strings.Repeat("k", 129): "1"}), registry.ErrInvalidRequest)
		assert.ErrorIs(t, r.Tag(t.Context(), "orders", map[string]string{"k": strings.Repeat("v", 257)}), registry.ErrInvalidRequest)
		many := map[string]string{}
		for i := range 48 {
			many[fmt.Sprint(i)] = ""
		}
		require.NoError(t, r.Tag(t.Context(), "orders", many))
		assert.ErrorIs(t, r.Tag(t.Context(), "orders", map[string]string{"one more": ""}), registry.ErrTooManyTags)
	})
}

// TestTwoAtOnce: changes made at the same time, also by two engines on one store, are
// all there.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		r := registry.New(start(t, engine.Config{}))
		changeAtOnce(t, r, r)
	})
	t.Run("in a store", func(t *testing.T) {
		t.Parallel()
		db := new(lastingStore)
		changeAtOnce(t, registry.New(start(t, engine.Config{Store: db})), registry.New(start(t, engine.Config{Store: db})))
	})
}

func changeAtOnce(t *testing.T, a, b *registry.Registry) {
	_, err := a.Create(t.Context(), "orders", saying(t, "a"))
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		r := []*registry.Registry{a, b}[i%2]
		m := saying(t, fmt.Sprint(i))
		wg.Go(func() {
			_, err := r.Update(t.Context(), "orders", m)
			if err == nil {
				_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{})
			}
			errs[i] = errors.Join(err, r.Tag(t.Context(), "orders", map[string]string{fmt.Sprint(i): "tagged"}))
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	m, err := b.Describe(t.Context(), "orders")
	require.NoError(t, err)
	assert.Len(t, m.Tags, len(errs))
	for i, v := range m.Versions {
		assert.Equal(t, len(m.Versions)-i, v.Number)
		machine, err := b.Machine(t.Context(), v.ARN)
		require.NoError(t, err)
		require.NotNil(t, machine)
	}
	assert.Equal(t, m.Versions[0].Definition, m.Definition, "who updated last published last")
}

// TestRegistriesOfOneEngine have the same machines.
func TestRegistriesOfOneEngine(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		published(t, registry.New(e), "orders", "a")
		r := registry.New(e)
		assert.Equal(t, "a", says(t, r, "orders:1"), "it was never parsed here")
		require.NoError(t, registry.New(e).Delete(t.Context(), "orders"))
		_, err := r.Describe(t.Context(), "orders")
		assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
	})
}
