package temporal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
)

// A replaying registry registers workflows alone.
type replaying struct{ worker.WorkflowReplayer }

func (replaying) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

// TestReplay: what was recorded with the same semantics, by this release or an earlier one, comes
// to the same commands. When it fails, either the change mends what may differ, and states.Semantics
// must be raised and the workflows recorded anew, or it must not be.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/semantics-1/*.json")
	require.NoError(t, err)
	require.Len(t, files, 6)
	require.Equal(t, 1, states.Semantics, "the folder is that of another version")
	base, err := engine.NewDriver(engine.Config{})
	require.NoError(t, err)
	d := &driver{Driver: base, config: Config{Resolver: engine.NewMux(), DataConverter: converter.GetDefaultDataConverter()}}
	for _, file := range files {
		r := worker.NewWorkflowReplayer()
		d.register(replaying{r})
		assert.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(silent{}, file), file)
	}
	// A replay that comes to other commands is noticed.
	text, err := os.ReadFile("testdata/semantics-1/tasks.json")
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte(strings.ReplaceAll(string(text), `"gostates.Task"`, `"gostates.Items"`)), 0o600))
	r := worker.NewWorkflowReplayer()
	d.register(replaying{r})
	require.Error(t, r.ReplayWorkflowHistoryFromJSONFile(silent{}, other))
}
