package browser

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// standby shows a store that nobody runs, and can only be read.
func standby(t *testing.T, path string) string {
	eng, err := engine.New(engine.Config{Store: sqlite.OpenReadOnly(path), Standby: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	handler, err := inspector.New(inspector.Config{Engine: eng, Machines: registry.New(eng)})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// took says how long a page takes from the request to the last byte.
func took(t *testing.T, address string) (time.Duration, int) {
	t.Helper()
	began := time.Now()
	answer, err := http.Get(address)
	require.NoError(t, err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, address)
	return time.Since(began), len(page)
}

// TestLongHistory looks at 25,000 events in a store that can only be read.
func TestLongHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.db")
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: sqlite.Open(path)})
	require.NoError(t, err)
	m, err := asl.Parse(`{"StartAt": "Count", "States": {
		"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "who": "somebody with a name of some length", "items": [1, 2, 3, 4]}, "Next": "More?"},
		"More?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 6248, "Next": "Count"}], "Default": "Done"}, "Done": {"Type": "Succeed"}}}`)
	require.NoError(t, err)
	x, err := eng.StartExecution(t.Context(), m, json.RawMessage(`{"n": 0}`), engine.Machine("ring"), engine.Named("long"))
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)
	require.NoError(t, eng.Close())
	server := standby(t, path)
	at := server + "/executions/" + x.ARN()
	for _, page := range []string{"", "?view=steps", "?view=events", "?view=events&event=24990", "?state=Count", "?view=definition"} {
		first, size := took(t, at+page)
		again, _ := took(t, at+page)
		t.Logf("24,996 events, %-28q %6d bytes, first in %v, again in %v", page, size, first.Round(100*time.Microsecond), again.Round(100*time.Microsecond))
		require.Less(t, size, 150_000, page)
	}
	window := browse(t)
	do(t, window, chromedp.Navigate(at+"?view=events&event=24990#e24990"), chromedp.WaitVisible("#e24990"))
	picture(t, window, "long-events")
	require.Equal(t, 46, get(t, window, chromedp.Evaluate[int](`document.querySelectorAll("ol.events > li").length`)))
	do(t, window, chromedp.Click("nav.pages a[rel=prev]"))
	until(t, window, `document.querySelectorAll("ol.events > li").length === 50 && document.querySelector("#e24901")`)
	do(t, window, chromedp.Navigate(at+"?state=Count"), chromedp.WaitVisible(".panel nav.pages"))
	require.Contains(t, get(t, window, chromedp.Text(".panel nav.pages")), "6,248 of 6,248")
	picture(t, window, "long-graph")
	do(t, window, chromedp.Navigate(at+"?view=steps"), chromedp.WaitVisible("table.steps"))
	picture(t, window, "long-steps")

	// What would change something says that the store can only be read.
	do(t, window, chromedp.Navigate(server+"/start/like/"+x.ARN()), chromedp.WaitVisible("button.main"), chromedp.Click("button.main"), chromedp.WaitVisible("[role=alert]"))
	require.Contains(t, get(t, window, chromedp.Text("[role=alert]")), "read")
}
