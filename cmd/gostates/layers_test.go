package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/gostates/gostates/"

// layers says which of the module's packages each may import, and which packages
// from outside the standard library. Imports run one way: value, chance <- jsonpath <- asl
// <- states <- engine <- the rest; conformance reaches an engine only through its
// own interface, and reads the items of Map Runs as one does.
var layers = []struct {
	folder  string
	module  []string
	outside []string
}{
	{"asl/value", nil, nil},
	{"asl/chance", nil, nil},
	{"jsonpath", []string{"asl/value", "asl/chance"}, nil},
	{"jsonata", []string{"asl/value", "asl/chance"}, nil},
	{"asl", []string{"asl/value", "jsonpath", "jsonata"}, nil},
	{"asl/export", []string{"asl", "asl/value"}, nil},
	{"states", []string{"asl", "asl/value", "asl/chance", "jsonpath", "jsonata"}, nil},
	{"states/transcript", []string{"asl/value", "states"}, nil},
	{"asl/format", []string{"asl"}, nil},
	{"asl/template", []string{"asl", "asl/value"}, []string{"go.yaml.in/yaml/v3"}},
	{"asl/gen", []string{"asl", "asl/value"}, nil},
	{"asl/graph", []string{"asl", "asl/value", "states"}, nil},
	{"asl/graph/svg", []string{"asl/graph", "asl/graph/svg/internal/layered"}, nil},
	{"asl/graph/svg/internal/layered", nil, nil},
	{"states/replay", []string{"asl", "asl/value", "states"}, nil},
	{"states/coverage", []string{"asl", "asl/graph", "asl/graph/svg", "states"}, nil},
	{"conformance", []string{"asl", "asl/value", "states", "engine/children", "engine/items", "engine/objects", "engine/results", "conformance/internal/casefile", "conformance/internal/python"}, nil},
	{"conformance/internal/casefile", []string{"asl", "asl/value"}, nil},
	{"conformance/internal/python", []string{"asl/value"}, nil},
	{"conformance/corpus", []string{"asl", "asl/template", "asl/value", "jsonpath", "jsonata", "states", "conformance", "conformance/internal/casefile"}, nil},
	{"engine/store", []string{"states"}, nil},
	{"engine/objects", nil, nil},
	{"engine/items", []string{"asl/value", "engine/objects"}, nil},
	{"engine/results", []string{"asl/value", "engine/objects"}, nil},
	{"engine/children", []string{"asl/value", "engine/items", "engine/results", "states"}, nil},
	{"engine", []string{"asl", "asl/value", "asl/chance", "jsonpath", "states", "engine/children", "engine/items", "engine/objects", "engine/results", "engine/store", "engine/internal/mapruns", "engine/internal/virtual", "engine/internal/convert", "engine/internal/intervals", "engine/internal/names", "engine/internal/outbox", "engine/internal/packed", "engine/internal/places", "engine/internal/slogcore", "engine/internal/tags", "engine/internal/timers", "engine/internal/shapes"}, []string{"go.uber.org/zap", "go.uber.org/zap/zapcore"}},
	{"engine/integration", []string{"asl", "asl/value", "engine"}, nil},
	{"engine/exectask", []string{"asl/value", "engine"}, nil},
	{"engine/httptask", []string{"asl/value", "engine"}, nil},
	{"engine/mockconfig", []string{"engine", "states"}, nil},
	{"engine/lambdaendpoint", []string{"asl/value", "engine"}, nil},
	{"engine/registry", []string{"asl", "asl/chance", "states", "engine", "engine/store", "engine/internal/names", "engine/internal/tags"}, nil},
	{"engine/inspector", []string{"asl", "asl/graph", "asl/graph/svg", "asl/value", "engine", "engine/registry", "states"}, nil},
	{"engine/internal/virtual", []string{"asl", "states"}, nil},
	{"engine/internal/intervals", []string{"asl", "asl/value", "states"}, nil},
	{"engine/opentelemetry", []string{"engine", "engine/internal/intervals", "states"}, []string{"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes", "go.opentelemetry.io/otel/semconv/v1.43.0", "go.opentelemetry.io/otel/trace"}},
	{"engine/prometheus", []string{"engine", "engine/internal/intervals", "engine/store", "states"}, []string{"github.com/prometheus/client_golang/prometheus"}},
	{"engine/stepfunctions", []string{"asl", "asl/chance", "asl/value", "states", "engine", "engine/registry", "engine/internal/names"}, nil},
	{"engine/internal/shapes", []string{"asl/value"}, nil},
	{"engine/internal/places", nil, nil},
	{"engine/internal/timers", nil, nil},
	{"engine/internal/outbox", []string{"engine/store"}, nil},
	{"engine/internal/packed", []string{"asl/value", "states"}, nil},
	{"engine/internal/slogcore", nil, []string{"go.uber.org/zap/zapcore"}},
	{"engine/internal/names", nil, nil},
	{"engine/internal/tags", []string{"engine/internal/names"}, nil},
	{"engine/internal/convert", []string{"asl/value"}, nil},
	{"engine/store/sqlite", []string{"engine/store", "states"}, []string{"modernc.org/sqlite", "modernc.org/sqlite/lib", "golang.org/x/sys/windows"}},
	{"engine/internal/mapruns", []string{"engine/store"}, nil},
	{"engine/store/storetest", []string{"engine/store", "engine/internal/mapruns", "states"}, []string{"github.com/stretchr/testify/require", "github.com/stretchr/testify/assert"}},
	{"engine/internal/killtest", []string{"asl", "asl/value", "engine", "engine/items", "engine/objects", "engine/store", "states"}, []string{"github.com/stretchr/testify/require", "github.com/stretchr/testify/assert"}},
	{"engine/enginetest", []string{"asl", "asl/template", "asl/value", "states", "states/coverage", "states/replay", "states/transcript", "engine", "engine/internal/convert", "engine/internal/virtual", "engine/mockconfig"}, nil},
	{"conformance/onengine", []string{"asl", "asl/value", "conformance", "conformance/corpus", "engine", "engine/enginetest", "engine/objects", "engine/stepfunctions", "engine/store", "states"}, nil},
	{"cmd/gostates", []string{
		"asl", "asl/export",
		"asl/format", "asl/gen",
		"asl/graph", "asl/graph/svg",
		"asl/template", "asl/value",
		"conformance", "conformance/corpus", "conformance/onengine",
		"engine", "engine/httptask", "engine/inspector", "engine/lambdaendpoint", "engine/mockconfig", "engine/registry", "engine/stepfunctions",
		"engine/exectask",
		"engine/store", "engine/store/sqlite",
		"states", "states/coverage", "states/replay", "states/transcript",
	}, []string{"golang.org/x/sys/unix", "github.com/spf13/cobra", "go.uber.org/zap", "go.uber.org/zap/zapcore", "github.com/spf13/pflag"}},
}

// TestLayers checks every import of every package but the examples, tests left out.
func TestLayers(t *testing.T) {
	const root = "../.."
	allowed := map[string]map[string]bool{}
	for _, l := range layers {
		allowed[l.folder] = map[string]bool{}
		for _, p := range l.module {
			allowed[l.folder][module+p] = true
		}
		for _, p := range l.outside {
			allowed[l.folder][p] = true
		}
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		folder, _ := filepath.Rel(root, filepath.Dir(path))
		folder = filepath.ToSlash(folder)
		if d.IsDir() && (d.Name() == "examples" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); d.IsDir() && path != root && err == nil {
			return filepath.SkipDir // a module of its own
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rules, known := allowed[folder]
		if !known {
			t.Errorf("%s: the folder %s has no layer", path, folder)
			return nil
		}
		seen[folder] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range file.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") && !rules[name] {
				t.Errorf("%s must not import %s", path, name)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, len(layers), "a layer has no files")
}
