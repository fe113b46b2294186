package browser

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// tabTo presses the tabulator until something is focused that a selector names.
func tabTo(t *testing.T, window context.Context, selector string) {
	t.Helper()
	for range 150 {
		do(t, window, chromedp.KeyEvent(kb.Tab))
		if get(t, window, chromedp.Evaluate[bool](`document.activeElement.matches(`+"`"+selector+"`"+`)`)) {
			outline := get(t, window, chromedp.Evaluate[string](`(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.querySelector(".target"); return r ? getComputedStyle(r).stroke : s.outlineStyle; })()`))
			require.NotEqual(t, "none", outline, "%s shows that it is focused", selector)
			return
		}
	}
	t.Fatalf("the tabulator does not lead to %s", selector)
}

// TestKeyboard finds an execution, chooses a state, opens an event, and stops the execution, by
// keyboard alone.
func TestKeyboard(t *testing.T) {
	w := open(t, nil)
	waiting, _, _ := w.fill()
	window := browse(t)
	do(t, window, chromedp.Navigate(w.url("")), chromedp.WaitVisible("h1"))
	tabTo(t, window, "a.skip")
	picture(t, window, "keyboard-skip")
	tabTo(t, window, "nav a[href$=executions]")
	do(t, window, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("form.filter"))
	tabTo(t, window, "input[name=status][value=RUNNING]")
	do(t, window, chromedp.KeyEvent(" "))
	tabTo(t, window, "form.filter button")
	do(t, window, chromedp.KeyEvent(kb.Enter))
	until(t, window, `location.search.includes("status=RUNNING")`)
	tabTo(t, window, "td a[href$=order-1001]")
	do(t, window, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#state-Approve"))
	tabTo(t, window, "#state-Approve a")
	picture(t, window, "keyboard-graph")
	do(t, window, chromedp.KeyEvent(kb.Enter))
	until(t, window, `document.querySelector(".panel h2")?.textContent === "Approve"`)
	tabTo(t, window, "nav.tabs a[href*=events]")
	do(t, window, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("ol.events"))
	tabTo(t, window, "#e3 summary")
	do(t, window, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#e3 .body pre"))
	picture(t, window, "keyboard-event")
	do(t, window, chromedp.Navigate(w.url("executions/"+waiting.ARN())), chromedp.WaitVisible("h1"))
	tabTo(t, window, "a.button[href*=stop]")
	do(t, window, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("button.danger"))
	tabTo(t, window, "input[name=error]")
	do(t, window, chromedp.KeyEvent("By.Keyboard"))
	tabTo(t, window, "button.danger")
	do(t, window, chromedp.KeyEvent(kb.Enter))
	until(t, window, `document.querySelector("h1 + span")?.textContent.trim() === "Aborted"`)
	d, err := w.engine.DescribeExecution(t.Context(), waiting.ARN())
	require.NoError(t, err)
	require.Equal(t, "By.Keyboard", d.Failure.Error)
}
