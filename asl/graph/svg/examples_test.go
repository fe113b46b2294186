package svg_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/graph/svg"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "draw the pictures of the examples anew")

// TestExamples draws the definitions of the examples that have a picture beside them.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../../examples/*/*.svg")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 7)
	for _, file := range files {
		definition, err := os.ReadFile(strings.TrimSuffix(file, ".svg") + ".asl.json")
		require.NoError(t, err)
		drawn := svg.Draw(picture(t, string(definition)), svg.Options{})
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(drawn), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), drawn, "go test ./asl/graph/svg -update draws %s anew", file)
	}
}
