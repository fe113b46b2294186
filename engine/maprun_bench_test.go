package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// BenchmarkMapRun runs b.N items in one Map Run.
func BenchmarkMapRun(b *testing.B) {
	for _, c := range []struct {
		name, kind, fields string
		durable            bool
	}{
		{"Express", "EXPRESS", "", false},
		{"Standard", "STANDARD", "", false},
		{"ExpressSQLite", "EXPRESS", "", true},
		{"StandardSQLite", "STANDARD", "", true},
		{"BatchesSQLite", "EXPRESS", `"ItemBatcher": {"MaxItemsPerBatch": 100}, `, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			tasks := engine.NewMux()
			tasks.Handle("f", engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return nil, nil }))
			config := engine.Config{Resolver: tasks, MapRuns: engine.MapRuns{
				Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(b.N)}, DropUnread: true,
			}}
			if c.durable {
				config.Store = sqlite.Open(filepath.Join(b.TempDir(), "runs.db"))
			}
			e, err := engine.New(config)
			require.NoError(b, err)
			defer e.Close()
			machine := mapOf(c.kind, fromNumbers+`"ResultPath": null, `+c.fields)
			b.ReportAllocs()
			b.ResetTimer()
			x, err := e.StartExecution(b.Context(), machine, nil, engine.Machine("bench"), engine.Named("x"))
			require.NoError(b, err)
			_, err = x.Wait(b.Context())
			require.NoError(b, err)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// BenchmarkMapRunOfHundred is how long a run of a hundred items takes.
func BenchmarkMapRunOfHundred(b *testing.B) {
	for _, durable := range []bool{false, true} {
		b.Run(fmt.Sprint("durable=", durable), func(b *testing.B) {
			tasks := engine.NewMux()
			tasks.Handle("f", engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return nil, nil }))
			config := engine.Config{Resolver: tasks, MapRuns: engine.MapRuns{Sources: map[string]func(objects.Reference) items.Source{"numbers": numbers(100)}}}
			if durable {
				config.Store = sqlite.Open(filepath.Join(b.TempDir(), "runs.db"))
			}
			e, err := engine.New(config)
			require.NoError(b, err)
			defer e.Close()
			machine := mapOf("STANDARD", fromNumbers)
			for b.Loop() {
				x, err := e.StartExecution(b.Context(), machine, nil)
				require.NoError(b, err)
				_, err = x.Wait(b.Context())
				require.NoError(b, err)
			}
		})
	}
}
