package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience bounds how long one look at a page may take, in real time.
const patience = 30 * time.Second

// chromium returns the browser's program, "" when there is none.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browse opens a window. The test is skipped when there is no browser.
func browse(t *testing.T) context.Context {
	path := chromium()
	if path == "" {
		t.Log("NOT TESTED in a browser: there is no chromium in the PATH")
		t.Skip("NOT TESTED: no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1440, 1000), chromedp.Flag("force-color-profile", "srgb"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

// do runs actions within the patience of the tests.
func do(t *testing.T, window context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(window, patience)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx, actions...))
}

// get runs an action that returns something.
func get[T any](t *testing.T, window context.Context, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(window, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	require.NoError(t, err)
	return v
}

// theme has pages asked for in light or in dark.
func theme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}

// picture writes a picture of the window, if the environment asks for it.
func picture(t *testing.T, window context.Context, name string) {
	t.Helper()
	folder := os.Getenv("GOSTATES_SCREENSHOTS")
	if folder == "" {
		return
	}
	png := get(t, window, chromedp.CaptureScreenshot())
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600))
}
