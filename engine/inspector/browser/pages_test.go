package browser

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// paths are the addresses of all pages, by the names of their pictures.
func (w *world) paths() map[string]string {
	waiting, failed, packing := w.fill()
	run := w.mapRun()
	undone := w.undone()
	hard := w.hostile()
	return map[string]string{
		"machines": "", "machine": "machines/orders", "version": "machines/orders:1", "executions": "executions", "filtered": "executions?status=FAILED&machine=orders",
		"waiting": "executions/" + waiting.ARN() + "?state=Approve", "failed": "executions/" + failed.ARN() + "?state=Charge", "running": "executions/" + packing.ARN(), "asleep": "executions/" + waiting.ARN(),
		"timeline": "executions/" + failed.ARN() + "?view=steps", "events": "executions/" + failed.ARN() + "?view=events", "definition": "executions/" + failed.ARN() + "?view=definition&state=Prepare",
		"payloads": "executions/" + failed.ARN() + "?view=payloads", "mapruns": "executions/" + run.execution + "?view=mapruns", "maprun": "mapruns/" + run.arn,
		"compensation": "executions/" + undone + "?view=compensation", "undone": "executions/" + undone, "hostile": "executions/" + hard, "none": "executions/nothing",
		"start": "start/machine/orders", "stop": "stop/" + waiting.ARN(), "redrive": "redrive/" + failed.ARN(), "fork": "fork/" + failed.ARN() + "?at=2", "answer": "answer/" + waiting.ARN() + "?entered=46",
	}
}

// watch notes what the page complains of to the console, such as a breach of its policy.
func watch(window context.Context) (complaints func() []string) {
	var mu sync.Mutex
	var all []string
	messages := chromedp.Console(window)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, m.String())
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// TestPages looks at every page in light and in dark: axe finds nothing wrong, and the browser has
// nothing to complain of.
func TestPages(t *testing.T) {
	program, missing := readAxe()
	if missing != "" {
		t.Log("NOT TESTED with axe: " + missing)
	}
	w := open(t, nil)
	paths := w.paths()
	window := browse(t)
	complaints := watch(window)
	for _, look := range []string{"light", "dark"} {
		do(t, window, theme(look))
		for name, path := range paths {
			do(t, window, chromedp.Navigate(w.url(path)), chromedp.WaitVisible("h1"))
			if missing == "" {
				for _, found := range axe(t, window, program, look == "dark") {
					t.Errorf("%s, %s: %s", name, look, found)
				}
			}
			wide := get(t, window, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
			require.LessOrEqual(t, wide, 0, "%s is wider than the window", name)
			picture(t, window, name+"-"+look)
		}
	}
	for _, text := range complaints() {
		if !strings.Contains(text, "status of 400") { // the page of an ARN that is none
			t.Error(text)
		}
	}
}
