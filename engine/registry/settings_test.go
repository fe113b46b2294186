package registry_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	roleA = "arn:aws:iam::123456789012:role/a"
	roleB = "arn:aws:iam::123456789012:role/b"
)

// Each setting makes a revision when it changes and none when it does not, comes back as it
// was given, and is kept with versions and executions, also when the engine is opened anew.
func TestSettings(t *testing.T) {
	t.Parallel()
	logs := registry.LoggingConfiguration{LogOptions: engine.LogOptions{Level: engine.LogAll, IncludeExecutionData: true}, Destinations: []string{"arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}
	key := engine.EncryptionConfiguration{Type: "CUSTOMER_MANAGED_KMS_KEY", KeyID: "k", ReusePeriod: 300}
	for name, c := range map[string]struct {
		set, back registry.Option
		get       func(registry.Settings) any
		want      any
	}{
		"logging":    {registry.Logging(logs), registry.Logging(registry.LoggingConfiguration{}), func(s registry.Settings) any { return *s.Logging }, logs},
		"tracing":    {registry.Tracing(true), registry.Tracing(false), func(s registry.Settings) any { return s.Tracing }, true},
		"encryption": {registry.Encryption(key), registry.Encryption(engine.EncryptionConfiguration{Type: engine.OwnedKey}), func(s registry.Settings) any { return *s.Encryption }, key},
		"role":       {registry.Role(roleB), registry.Role(roleA), func(s registry.Settings) any { return s.RoleARN }, roleB},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := new(lastingStore)
			e := start(t, engine.Config{Store: db})
			r := registry.New(e)
			_, err := r.Create(t.Context(), "m", saying(t, "a"), registry.Role(roleA))
			require.NoError(t, err)
			changed, err := r.Update(t.Context(), "m", nil, c.set, registry.Published("with it"))
			require.NoError(t, err)
			require.NotEqual(t, registry.InitialRevision, changed.Revision)
			x, err := r.StartExecution(t.Context(), "m:1", nil)
			require.NoError(t, err)
			if name != "role" { // which makes one in any case
				again, err := r.Update(t.Context(), "m", nil, c.set)
				require.NoError(t, err)
				require.Equal(t, changed.Revision, again.Revision)
			}
			reset, err := r.Update(t.Context(), "m", nil, c.back)
			require.NoError(t, err)
			require.NotEqual(t, changed.Revision, reset.Revision)
			require.NoError(t, e.Close())

			r = registry.New(start(t, engine.Config{Store: db}))
			m, err := r.Describe(t.Context(), "m")
			require.NoError(t, err)
			assert.Equal(t, reset.Settings, m.Settings)
			assert.Equal(t, c.want, c.get(m.Versions[0].Settings))
			of, err := r.DescribeForExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			assert.Equal(t, c.want, c.get(of.Settings))
			assert.Equal(t, changed.Revision, of.Revision)
			assert.Equal(t, changed.UpdateDate, of.UpdateDate)
			assert.Equal(t, "m", of.Machine)
			if name == "role" {
				assert.Equal(t, roleB, of.RoleARN)
			} else {
				assert.Equal(t, roleA, of.RoleARN)
			}
		})
	}
}

// The type of a machine decides what its executions are, unless it has none.
func TestTypes(t *testing.T) {
	t.Parallel()
	r := registry.New(start(t, engine.Config{}))
	for name, options := range map[string][]registry.Option{
		"standard": {registry.Type(engine.TypeStandard)}, "express": {registry.Type(engine.TypeExpress)}, "any": nil,
	} {
		_, err := r.Create(t.Context(), name, saying(t, "a"), options...)
		require.NoError(t, err)
		x, err := r.StartExecution(t.Context(), name, nil)
		require.NoError(t, err)
		assert.Equal(t, name == "express", strings.Contains(x.ARN(), ":express:"), name)
		d, err := r.RunSyncExecution(t.Context(), name, nil)
		if name == "standard" {
			assert.ErrorIs(t, err, engine.ErrTypeNotSupported)
			continue
		}
		require.NoError(t, err)
		assert.JSONEq(t, `"a"`, string(d.Output))
	}
	_, err := r.Update(t.Context(), "express", saying(t, "b"), registry.Type(engine.TypeStandard))
	assert.ErrorIs(t, err, registry.ErrInvalidRequest, "a type does not change")
}

// Options that no machine can have are refused before anything is registered.
func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	r := registry.New(start(t, engine.Config{}))
	for name, c := range map[string]struct {
		option registry.Option
		want   error
	}{
		"nil":         {nil, registry.ErrInvalidRequest},
		"type":        {registry.Type("FAST"), registry.ErrInvalidRequest},
		"level":       {registry.Logging(registry.LoggingConfiguration{LogOptions: engine.LogOptions{Level: "SOME"}}), registry.ErrInvalidRequest},
		"tag":         {registry.Tags(map[string]string{"": "v"}), registry.ErrInvalidRequest},
		"description": {registry.Published(strings.Repeat("d", 257)), registry.ErrInvalidRequest},
	} {
		_, err := r.Create(t.Context(), "m", saying(t, "a"), c.option)
		assert.ErrorIs(t, err, c.want, name)
		_, err = r.Describe(t.Context(), "m")
		assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist, name)
	}
}
