package registry_test

import (
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
)

// A Registry that New did not make, or made of no engine, has errors for everything.
func TestARegistryOfNoEngine(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, r := range map[string]*registry.Registry{"zero": new(registry.Registry), "of no engine": registry.New(nil)} {
		for call, f := range map[string]func() error{
			"Create":   func() error { _, err := r.Create(ctx, "m", one(t, `{"Type":"Pass","End":true}`)); return err },
			"Update":   func() error { _, err := r.Update(ctx, "m", one(t, `{"Type":"Pass","End":true}`)); return err },
			"Delete":   func() error { return r.Delete(ctx, "m") },
			"Describe": func() error { _, err := r.Describe(ctx, "m"); return err },
			"List":     func() error { _, err := r.List(ctx, "m", engine.ListOptions{}); return err },
			"Machine":  func() error { _, err := r.Machine(ctx, "m"); return err },
			"Publish":  func() error { _, err := r.Publish(ctx, "m", registry.PublishOptions{}); return err },
			"CreateAlias": func() error {
				_, err := r.CreateAlias(ctx, "m:A", "", registry.Route{Version: 1, Weight: 100})
				return err
			},
			"Tag":            func() error { return r.Tag(ctx, "m", map[string]string{"a": "b"}) },
			"StartExecution": func() error { _, err := r.StartExecution(ctx, "m", nil); return err },
			"Target":         func() error { _, err := r.Target(ctx, "m", states.Seed{}); return err },
			"All": func() error {
				for _, err := range r.All(ctx) {
					return err
				}
				return nil
			},
		} {
			assert.Error(t, f(), "%s: %s", name, call)
		}
	}
}
