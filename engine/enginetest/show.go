package enginetest

import (
	"strings"

	"github.com/gostates/gostates/states/transcript"
)

// show logs the histories of the environment's executions, because the test failed.
func (e *Env) show() {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.order {
		var table strings.Builder
		_ = transcript.Write(&table, r.events, transcript.Options{}) // a Builder takes all
		e.t.Logf("the history of %s:\n%s", r.arn, table.String())
	}
}
