package enginetest

import (
	"strings"

	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
)

// maxShown is how many histories of executions are shown that tasks have started.
const maxShown = 10

// show logs the histories of the environment's executions, because the test failed: of those
// that it has started, and of some others that did not succeed.
func (e *Env) show() {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	others := 0
	for _, r := range e.order {
		if !r.begun {
			if end := r.end(); end != nil && end.Status == states.StatusSucceeded {
				continue
			}
			if others++; others > maxShown {
				continue
			}
		}
		var table strings.Builder
		_ = transcript.Write(&table, r.events, transcript.Options{}) // a Builder takes all
		e.t.Logf("the history of %s:\n%s", r.arn, table.String())
	}
	if others > maxShown {
		e.t.Logf("%d more executions did not succeed, or have not ended", others-maxShown)
	}
}
