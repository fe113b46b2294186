package states_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPurity holds the package to what it promises: no clock, no randomness, no
// I/O, no goroutine, no channel.
func TestPurity(t *testing.T) {
	allowed := map[string]bool{
		"bytes": true, "cmp": true, "errors": true, "fmt": true, "iter": true, "maps": true, "math": true, "math/big": true, "slices": true, "strconv": true, "strings": true, "time": true,
		"encoding/base64": true, "encoding/binary": true, "encoding/json": true, "crypto/hmac": true, "crypto/sha256": true,
		"github.com/gostates/gostates/asl": true, "github.com/gostates/gostates/asl/value": true, "github.com/gostates/gostates/asl/chance": true, "github.com/gostates/gostates/jsonpath": true, "github.com/gostates/gostates/jsonata": true,
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		checked++
		for _, problem := range impurities(t, file, nil, allowed) {
			t.Error(problem)
		}
	}
	require.Greater(t, checked, 10)
}

// TestPuritySeesImpurity plants what TestPurity must find.
func TestPuritySeesImpurity(t *testing.T) {
	for _, planted := range []string{
		`import "os"`,
		`import "time"; var _ = time.Now()`,
		`import clock "time"; var _ = clock.After(1)`,
		`func f() { go f() }`,
		`var c chan int`,
		`func f() { select {} }`,
	} {
		require.NotEmpty(t, impurities(t, "planted.go", "package states\n"+planted, map[string]bool{"time": true}), planted)
	}
}

// impurities lists what a file has that a pure package may not.
func impurities(t *testing.T, name string, source any, allowed map[string]bool) (found []string) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, 0)
	require.NoError(t, err)
	clocks := map[string]bool{}
	report := func(n ast.Node, what string) { found = append(found, set.Position(n.Pos()).String()+": "+what) }
	for _, i := range file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if !allowed[path] {
			report(i, "import "+path)
		}
		if path == "time" {
			clocks["time"] = true
			if i.Name != nil {
				clocks[i.Name.Name] = true
			}
		}
	}
	forbidden := map[string]bool{"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true, "Sleep": true, "Tick": true, "NewTicker": true, "NewTimer": true}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "a goroutine")
		case *ast.SelectStmt:
			report(n, "a select")
		case *ast.ChanType:
			report(n, "a channel")
		case *ast.SendStmt:
			report(n, "a send")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && clocks[x.Name] && forbidden[n.Sel.Name] {
				report(n, "the clock: "+x.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return found
}
