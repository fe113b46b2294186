package registry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAliases(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
		r := registry.New(e)
		published(t, r, "orders", "a", "b")
		first := []registry.Route{{Version: 1, Weight: 100}}
		prod, err := r.CreateAlias(t.Context(), "orders:PROD", "for customers", first...)
		require.NoError(t, err)
		now := clock.Now().UTC()
		assert.Equal(t, &registry.Alias{Name: "PROD", ARN: ordersARN + ":PROD", Description: "for customers", Routes: first,
			CreationDate: now, UpdateDate: now}, prod)
		clock.Advance(time.Hour)
		again, err := r.CreateAlias(t.Context(), ordersARN+":PROD", "for customers", first...)
		require.NoError(t, err, "the same once more")
		assert.Equal(t, prod, again)
		for _, differs := range []func() error{
			func() error { _, err := r.CreateAlias(t.Context(), "orders:PROD", "", first...); return err },
			func() error {
				_, err := r.CreateAlias(t.Context(), "orders:PROD", "for customers", registry.Route{Version: 2, Weight: 100})
				return err
			},
		} {
			err := differs()
			assert.ErrorIs(t, err, registry.ErrResourceConflict)
			assert.ErrorContains(t, err, "an alias with the same name and a different routing configuration already exists")
		}

		both := []registry.Route{{Version: 1, Weight: 90}, {Version: 2, Weight: 10}}
		changed, err := r.UpdateAlias(t.Context(), "orders:PROD", "", both...)
		require.NoError(t, err)
		assert.Equal(t, both, changed.Routes)
		assert.Equal(t, "for customers", changed.Description)
		assert.Equal(t, time.Hour, changed.UpdateDate.Sub(changed.CreationDate))
		changed, err = r.UpdateAlias(t.Context(), "orders:PROD", "for all")
		require.NoError(t, err)
		assert.Equal(t, both, changed.Routes)
		assert.Equal(t, "for all", changed.Description)
		_, err = r.UpdateAlias(t.Context(), "orders:NONE", "x")
		assert.EqualError(t, err, "ResourceNotFound: Request references a resource that does not exist.")

		_, err = r.CreateAlias(t.Context(), "orders:A", "", first...)
		require.NoError(t, err)
		m, err := r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		require.Len(t, m.Aliases, 2)
		assert.Equal(t, *changed, m.Aliases[0], "the oldest first")
		assert.Equal(t, "A", m.Aliases[1].Name)
	})
}

func TestAliasesThatThereCantBe(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		published(t, r, "orders", "a", "b", "c")
		all := registry.Route{Version: 1, Weight: 100}
		for _, c := range []struct {
			alias  string
			routes []registry.Route
			want   error
			says   string
		}{
			{"orders:P", nil, registry.ErrInvalidRequest, "an alias needs a version"},
			{"orders:P", []registry.Route{{1, 50}, {2, 30}, {3, 20}}, registry.ErrInvalidRequest, "not to 3"},
			{"orders:P", []registry.Route{{1, 70}, {2, 29}}, registry.ErrInvalidRequest, "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
			{"orders:P", []registry.Route{{1, 99}}, registry.ErrInvalidRequest, "Received: [99]"},
			{"orders:P", []registry.Route{{1, 101}}, registry.ErrInvalidRequest, "version 1 is 101"},
			{"orders:P", []registry.Route{{1, -1}, {2, 101}}, registry.ErrInvalidRequest, "version 1 is -1"},
			{"orders:P", []registry.Route{{1, 50}, {1, 50}}, registry.ErrInvalidRequest, "both routes lead to version 1"},
			{"orders:P", []registry.Route{{4, 100}}, registry.ErrResourceNotFound, "no version 4"},
			{"orders:P", []registry.Route{{1, 100}, {0, 0}}, registry.ErrResourceNotFound, "no version 0"},
			{"orders", []registry.Route{all}, engine.ErrInvalidName, "an alias is asked for"},
			{"orders:1", []registry.Route{all}, engine.ErrInvalidName, "'1' is a number"},
			{"orders:PRÖD", []registry.Route{all}, engine.ErrInvalidName, "characters"},
			{"orders:P D", []registry.Route{all}, engine.ErrInvalidName, "characters"},
			{"orders:" + strings.Repeat("P", 81), []registry.Route{all}, engine.ErrInvalidName, "81 characters"},
			{"other:P", []registry.Route{all}, engine.ErrStateMachineDoesNotExist, "'arn:aws:states:us-east-1:123456789012:stateMachine:other'"},
		} {
			_, err := r.CreateAlias(t.Context(), c.alias, "", c.routes...)
			assert.ErrorIs(t, err, c.want, c.alias)
			assert.ErrorContains(t, err, c.says)
		}
		_, err := r.CreateAlias(t.Context(), "orders:P", strings.Repeat("d", 257), all)
		assert.ErrorIs(t, err, registry.ErrInvalidRequest)
		m, err := r.Describe(t.Context(), "orders")
		require.NoError(t, err)
		assert.Empty(t, m.Aliases)
		for i := range 100 {
			_, err := r.CreateAlias(t.Context(), fmt.Sprintf("orders:v_1.%d-", i), "", all)
			require.NoError(t, err)
		}
		_, err = r.CreateAlias(t.Context(), "orders:P", "", all)
		assert.ErrorIs(t, err, registry.ErrServiceQuotaExceeded)
		_, err = r.UpdateAlias(t.Context(), "orders:v_1.0-", "", registry.Route{Version: 9, Weight: 100})
		assert.ErrorIs(t, err, registry.ErrResourceNotFound)
	})
}

// TestAThousandVersions: a machine can have no more.
func TestAThousandVersions(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e := start(t, engine.Config{Store: db})
	r := registry.New(e)
	published(t, r, "orders", "a")
	old, err := db.Document(t.Context(), "machines", "orders")
	require.NoError(t, err)
	var entry map[string]any
	require.NoError(t, json.Unmarshal([]byte(old), &entry))
	version := entry["versions"].([]any)[0].(map[string]any)
	versions := []any{}
	for i := range 999 {
		versions = append(versions, map[string]any{
			"number": i + 1, "revision": fmt.Sprint(i), "definition": version["definition"], "created": version["created"]})
	}
	entry["versions"], entry["published"] = versions, 999
	text, err := json.Marshal(entry)
	require.NoError(t, err)
	require.NoError(t, db.ChangeDocuments(t.Context(), []store.DocumentChange{
		{Collection: "machines", Key: "orders", Old: old, New: string(text)}}))

	v, err := r.Publish(t.Context(), "orders", registry.PublishOptions{})
	require.NoError(t, err)
	assert.Equal(t, 1000, v.Number)
	_, err = r.Update(t.Context(), "orders", saying(t, "b"))
	require.NoError(t, err)
	_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{})
	assert.ErrorIs(t, err, registry.ErrServiceQuotaExceeded)
	require.NoError(t, r.Delete(t.Context(), "orders:500"))
	v, err = r.Publish(t.Context(), "orders", registry.PublishOptions{})
	require.NoError(t, err)
	assert.Equal(t, 1001, v.Number)
}
