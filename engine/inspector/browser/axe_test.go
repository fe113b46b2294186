package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axePackage is what knows how people with assistive technology get along with a page.
const axePackage = "axe-core@4.14.1"

// axeDir is the folder into which axePackage is installed.
func axeDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "gostates", "axe-core")
}

// readAxe returns axe's program, which it installs when the environment wants that; or why there is
// none.
func readAxe() (text, missing string) {
	file := filepath.Join(axeDir(), "node_modules", "axe-core", "axe.min.js")
	b, err := os.ReadFile(file)
	if err != nil && os.Getenv("GOSTATES_NPM") == "1" {
		if err := os.MkdirAll(axeDir(), 0o700); err != nil {
			return "", err.Error()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		written, err := exec.CommandContext(ctx, "npm", "install", "--prefix", axeDir(), "--no-audit", "--no-fund", axePackage).CombinedOutput()
		if err != nil {
			return "", "npm install " + axePackage + ": " + err.Error() + ": " + string(written)
		}
		b, err = os.ReadFile(file)
		if err != nil {
			return "", err.Error()
		}
	} else if err != nil {
		return "", "no axe-core in " + axeDir() + ": GOSTATES_NPM=1 installs " + axePackage
	}
	return string(b), ""
}

// A violation is something that axe finds wrong.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// axe has axe look at the page, or at its colours alone, and returns what it finds, in words.
func axe(t *testing.T, window context.Context, program string, colours bool) (found []string) {
	t.Helper()
	// The page's policy allows no script but its own; what a debugger evaluates is not the page's.
	get(t, window, chromedp.Evaluate[any](program+"; 0"))
	only := ""
	if colours {
		only = `, runOnly: ["color-contrast", "link-in-text-block"]`
	}
	text := get(t, window, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]`+only+`}).then((r) => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	var all []violation
	require.NoError(t, json.Unmarshal([]byte(text), &all))
	for _, v := range all {
		var nodes []string
		for _, n := range v.Nodes {
			nodes = append(nodes, n.HTML+"\n    "+strings.ReplaceAll(n.Summary, "\n", "\n    "))
		}
		found = append(found, fmt.Sprintf("%s, %s: %s\n  %s", v.Impact, v.ID, v.Help, strings.Join(nodes[:min(len(nodes), 3)], "\n  ")))
	}
	return found
}
