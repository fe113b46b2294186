package browser

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestHostile: names and payloads that want to do harm are shown as texts, and do none.
func TestHostile(t *testing.T) {
	w := open(t, nil)
	arn := w.hostile()
	window := browse(t)
	dialogs := 0
	require.NoError(t, chromedp.Listen(window, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			dialogs++
		}
	}))
	for _, path := range []string{"", "executions", "machines/hostile", "executions/" + arn, "executions/" + arn + "?step=1", "executions/" + arn + "?view=events", "executions/" + arn + "?view=payloads", "executions/" + arn + "?view=definition",
		"executions/" + arn + "?view=steps", "executions?name=%22%3E%3Cscript%3Ewindow.harmed%3D1%3C/script%3E", "start/like/" + arn, "fork/" + arn + "?at=2"} {
		do(t, window, chromedp.Navigate(w.url(path)), chromedp.WaitVisible("h1"))
		require.True(t, get(t, window, chromedp.Evaluate[bool](`window.harmed === undefined && document.scripts.length === 1 && document.images.length === 0`)), path)
		require.LessOrEqual(t, get(t, window, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)), 0, path)
		require.Less(t, get(t, window, chromedp.Evaluate[int](`document.documentElement.outerHTML.length`)), 450_000, path)
	}
	require.Zero(t, dialogs)
	do(t, window, chromedp.Navigate(w.url("payloads/"+arn+"?part=input")), chromedp.WaitReady("pre"))
	require.True(t, get(t, window, chromedp.Evaluate[bool](`document.contentType === "text/plain" && document.body.textContent.length > 200000`)))
	do(t, window, chromedp.Navigate(w.url("executions/"+arn+"?view=payloads")), chromedp.WaitVisible("pre.json"))
	picture(t, window, "hostile-payload")
}
