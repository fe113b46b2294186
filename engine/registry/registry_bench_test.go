package registry_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// BenchmarkStartByName is what it costs to start an Express execution by the name of an
// alias, whose machine has some versions: there is little else in it.
func BenchmarkStartByName(b *testing.B) {
	for _, versions := range []int{1, 100} {
		for name, db := range map[string]func() store.Store{
			"memory": func() store.Store { return nil },
			"sqlite": func() store.Store { return sqlite.Open(filepath.Join(b.TempDir(), "orders.db")) },
		} {
			b.Run(fmt.Sprintf("%s/versions=%d", name, versions), func(b *testing.B) {
				e := start(b, engine.Config{Store: db()})
				r := registry.New(e)
				var texts []string
				for i := range versions {
					texts = append(texts, fmt.Sprint(i))
				}
				published(b, r, "orders", texts...)
				_, err := r.CreateAlias(b.Context(), "orders:PROD", "", registry.Route{Version: versions, Weight: 100})
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := r.StartSyncExecution(b.Context(), "orders:PROD", nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
