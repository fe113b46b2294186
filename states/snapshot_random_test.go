package states_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// An image is a snapshot of a random execution.
type image struct {
	snapshot []byte
	events   int // that were recorded before it
}

// resume checks that the snapshots of this moment and of earlier ones lead here. Executions with an
// odd seed go on with what is resumed from one of them.
func (r *run) resume() {
	now := image{r.it.Snapshot(), len(r.read)}
	r.images = append(r.images, now)
	live := r.it
	first := r.random.IntN(len(r.images))
	for i, image := range r.images {
		if i != first && i < len(r.images)-8 {
			continue
		}
		resumed, err := states.Resume(r.machine, image.snapshot, r.read[image.events:], r.options)
		require.NoError(r.t, err, "seed %d, after %d of %d events: %s", r.seed, image.events, now.events, r.definition)
		if live.String() != resumed.String() {
			r.print()
		}
		require.Equal(r.t, live.String(), resumed.String(), "seed %d, after %d of %d events: %s", r.seed, image.events, now.events, r.definition)
		require.Equal(r.t, described(live.Open()), described(resumed.Open()), "seed %d, after %d of %d events: %s", r.seed, image.events, now.events, r.definition)
		if i == len(r.images)-1 {
			require.Equal(r.t, now.snapshot, resumed.Snapshot(), "seed %d, after %d events: %s", r.seed, now.events, r.definition)
		}
		if r.seed%2 == 1 && (i == first || i == len(r.images)-1) {
			r.it = resumed
		}
	}
}

// described tells of commands all that a driver may ask of them.
func described(commands []states.Command) (all []string) {
	for _, c := range commands {
		switch c := c.(type) {
		case *states.StartTimer:
			all = append(all, fmt.Sprint("timer ", c.ID, c.Due.UTC().Format(time.RFC3339Nano)))
		case *states.InvokeTask:
			all = append(all, fmt.Sprint("task ", c.ID, c.State.Name(), value.String(c.Input), value.String(c.Credentials), c.Token, c.Attempt,
				c.EnteredID, c.Deadline.UTC().Format(time.RFC3339Nano), c.Heartbeat, c.Acknowledged))
		case *states.StartMapRun:
			item, failure := c.Item(3, "", "item", "")
			all = append(all, fmt.Sprintf("run %d %s %s %s %d %d %s %+v %d %+v %+v %+v %s %+v %+v %x", c.ID, c.ARN, c.Label, c.State.Name(), c.EnteredID, c.Redrives,
				value.String(c.Items), c.Reader, c.MaxConcurrency, c.Tolerance, c.Batch, c.Writer, value.String(item), failure, c.Child("c"), c.ChildSeed("c")))
		case *states.Finish:
			all = append(all, fmt.Sprintf("finish %s %s %+v", c.Status, value.String(c.Output), c.Failure))
		default:
			all = append(all, fmt.Sprintf("%#v", c))
		}
	}
	return all
}
