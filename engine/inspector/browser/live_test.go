package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// until waits for an expression to hold on the page, which may be on its way to another.
func until(t *testing.T, window context.Context, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(window, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[any](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil || !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "context") {
			require.NoError(t, err, expression)
			return
		}
		require.NoError(t, ctx.Err(), expression)
	}
}

// TestLive: what becomes of an execution shows without the page being loaded again, and what a reader
// has opened, focused and scrolled stays so.
func TestLive(t *testing.T) {
	w := open(t, nil)
	_, _, packing := w.fill()
	window := browse(t)
	do(t, window, chromedp.Navigate(w.url("executions/"+packing.ARN()+"?state=Check")), chromedp.WaitVisible(".state.running"))
	do(t, window, chromedp.WaitVisible(`#state-Pack.running`))
	get(t, window, chromedp.Evaluate[any](`window.same = true; document.querySelector("details[data-key=attempt1]").open = false; document.querySelector("#state-Check a").focus(); 0`))
	picture(t, window, "live-before")
	close(w.gates["1003"])
	until(t, window, `document.querySelector("#state-Pack.succeeded") && document.querySelector("#state-Approve.running")`)
	picture(t, window, "live-after")
	require.True(t, get(t, window, chromedp.Evaluate[bool](`window.same`)), "it is the same page")
	require.False(t, get(t, window, chromedp.Evaluate[bool](`document.querySelector("details[data-key=attempt1]").open`)))
	require.Equal(t, "state-Check", get(t, window, chromedp.Evaluate[string](`document.activeElement.parentElement.id`)))
	require.Equal(t, "live", get(t, window, chromedp.Text("#live")))

	require.NoError(t, w.engine.StopExecution(t.Context(), packing.ARN(), "Enough", ""))
	until(t, window, `document.querySelector("h1 + span").textContent.trim() === "Aborted" && document.querySelector(".problem strong")?.textContent === "Enough"`)
	until(t, window, `document.getElementById("live").textContent === "" && !document.body.dataset.every`)
	require.True(t, get(t, window, chromedp.Evaluate[bool](`window.same`)))

	// A list shows what has begun since, and says when nobody answers any more.
	do(t, window, chromedp.Navigate(w.url("executions")), chromedp.WaitVisible("h1"))
	get(t, window, chromedp.Evaluate[any](`window.same = true; 0`))
	w.wait(w.start("nightly-report", "one-more", map[string]any{}))
	until(t, window, `[...document.querySelectorAll("td a")].some((a) => a.textContent === "one-more")`)
	require.True(t, get(t, window, chromedp.Evaluate[bool](`window.same`)))
	w.server.CloseClientConnections()
	w.server.Listener.Close()
	until(t, window, `document.getElementById("live").textContent === "connection lost"`)
}

// TestWithoutScripts: the pages are whole, and those of what goes on are loaded again.
func TestWithoutScripts(t *testing.T) {
	w := open(t, nil)
	_, _, packing := w.fill()
	window := browse(t)
	scripts := func(off bool) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
			return err
		})
	}
	do(t, window, scripts(true), chromedp.Navigate(w.url("executions/"+packing.ARN())), chromedp.WaitVisible(`#state-Pack.running`))
	close(w.gates["1003"])
	do(t, window, chromedp.WaitVisible(`#state-Approve.running`), scripts(false))
}
