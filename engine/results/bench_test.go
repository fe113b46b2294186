package results_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/results"
)

// BenchmarkWriter writes children into files of a directory.
func BenchmarkWriter(b *testing.B) {
	for _, transformation := range []string{"NONE", "COMPACT"} {
		b.Run(transformation, func(b *testing.B) {
			dir, err := objects.OpenDir(b.TempDir())
			require.NoError(b, err)
			defer dir.Close()
			w := results.Writer{Objects: dir, Target: results.Target{Bucket: "b"}, MapRunARN: run, Transformation: transformation}
			child := good("g", []any{int64(2), []any{int64(3)}})
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, w.Add(b.Context(), child))
			}
			require.NoError(b, w.Close(b.Context()))
		})
	}
}
