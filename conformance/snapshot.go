package conformance

import (
	"bytes"
	"fmt"

	"github.com/gostates/gostates/states"
)

// A snapshot is one of a run.
type snapshot struct {
	image  []byte
	events int // that were recorded before it
}

// mostSnapshots bounds the snapshots that a run keeps. Of those in between every other one goes when
// there are more.
const mostSnapshots = 16

// resume goes on with an interpreter that is made of a snapshot.
func (r *run) resume() error {
	now := snapshot{r.live.Snapshot(), len(r.history)}
	r.snapshots = append(r.snapshots, now)
	var latest, before *states.Interpreter
	for i := range r.snapshots {
		s := &r.snapshots[i]
		what := fmt.Sprintf("the execution resumed from a snapshot after %d events and %d further ones", s.events, now.events-s.events)
		resumed, err := states.Resume(r.machine, s.image, r.history[s.events:], r.options)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err := r.sameAs(resumed, what); err != nil {
			return err
		}
		before, latest = latest, resumed
	}
	if again := latest.Snapshot(); !bytes.Equal(again, now.image) {
		return fmt.Errorf("the snapshot after %d events is another one when it is made again", now.events)
	}
	if r.live = latest; before != nil && len(r.snapshots)%2 == 0 {
		r.live = before
	}
	if len(r.snapshots) > mostSnapshots {
		kept := r.snapshots[:0]
		for i, s := range r.snapshots {
			if i%2 == 0 || i == len(r.snapshots)-1 {
				kept = append(kept, s)
			}
		}
		r.snapshots = kept
	}
	return nil
}
