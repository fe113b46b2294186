package registry_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/require"
)

// TestHostileTextsAndNumbers: every call refuses what is too long, no UTF-8 or out of range,
// and none panics.
func TestHostileTextsAndNumbers(t *testing.T) {
	t.Parallel()
	e, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	m, err := asl.Parse([]byte(`{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}}}`))
	require.NoError(t, err)
	r, ctx := registry.New(e), t.Context()
	_, err = r.Create(ctx, "m", m)
	require.NoError(t, err)
	v, err := r.Publish(ctx, "m", registry.PublishOptions{})
	require.NoError(t, err)
	one := registry.Route{Version: v.Number, Weight: 100}
	_, err = r.CreateAlias(ctx, "m:live", "", one)
	require.NoError(t, err)

	for name, take := range map[string]func(text string) error{
		"Create":           func(text string) error { _, err := r.Create(ctx, text, m); return err },
		"Update":           func(text string) error { _, err := r.Update(ctx, text, m); return err },
		"Describe":         func(text string) error { _, err := r.Describe(ctx, text); return err },
		"Delete":           func(text string) error { return r.Delete(ctx, "m:"+text) },
		"Publish, machine": func(text string) error { _, err := r.Publish(ctx, text, registry.PublishOptions{}); return err },
		"Publish, revision": func(text string) error {
			_, err := r.Publish(ctx, "m", registry.PublishOptions{Revision: text})
			return err
		},
		"Publish, description": func(text string) error {
			_, err := r.Publish(ctx, "m", registry.PublishOptions{Description: text})
			return err
		},
		"CreateAlias":              func(text string) error { _, err := r.CreateAlias(ctx, "m:"+text, "", one); return err },
		"CreateAlias, description": func(text string) error { _, err := r.CreateAlias(ctx, "m:new", text, one); return err },
		"UpdateAlias":              func(text string) error { _, err := r.UpdateAlias(ctx, "m:"+text, "", one); return err },
		"UpdateAlias, description": func(text string) error { _, err := r.UpdateAlias(ctx, "m:live", text); return err },
		"Tag, key":                 func(text string) error { return r.Tag(ctx, "m", map[string]string{text: ""}) },
		"Tag, value":               func(text string) error { return r.Tag(ctx, "m", map[string]string{"k": text}) },
		"Tag, machine":             func(text string) error { return r.Tag(ctx, text, nil) },
		"Untag, machine":           func(text string) error { return r.Untag(ctx, text) },
		"List":                     func(text string) error { _, err := r.List(ctx, text, engine.ListOptions{}); return err },
		"List, token":              func(text string) error { _, err := r.List(ctx, "m", engine.ListOptions{NextToken: text}); return err },
		"StartExecution":           func(text string) error { _, err := r.StartExecution(ctx, text, nil); return err },
		"StartExecution, name":     func(text string) error { _, err := r.StartExecution(ctx, "m", nil, engine.Named(text)); return err },
		"StartExecution, qualifier": func(text string) error {
			_, err := r.StartExecution(ctx, "m:"+text, nil)
			return err
		},
	} {
		for about, text := range map[string]string{"long": strings.Repeat("x", 1_000_000), "no UTF-8": "x\xff", "a large number": "99999999999999999999999"} {
			if about == "a large number" && !strings.Contains("UpdateAlias StartExecution, qualifier", name) {
				continue // elsewhere it is a text like any other, and a version that is gone is deleted
			}
			t.Run(name+"/"+about, func(t *testing.T) { require.Error(t, take(text)) })
		}
	}
	for _, n := range []int{math.MinInt, -1, 0, 2, 101, math.MaxInt} {
		for about, routes := range map[string][]registry.Route{
			"a version": {{Version: n, Weight: 100}},
			"a weight":  {{Version: v.Number, Weight: n}},
			"weights":   {{Version: v.Number, Weight: n}, {Version: v.Number + 1, Weight: math.MaxInt - n + 101}},
		} {
			t.Run(fmt.Sprint(about, "/", n), func(t *testing.T) {
				_, err := r.CreateAlias(ctx, "m:new", "", routes...)
				require.Error(t, err)
			})
		}
	}
}
