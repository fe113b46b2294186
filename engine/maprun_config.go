package engine

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store"
)

// MapRuns is what Map states in the mode DISTRIBUTED work with, and the bounds of their Map
// Runs beyond those of the definition. The zero value runs those that have their items from the
// state's input and put no results elsewhere.
type MapRuns struct {
	// Objects is where an ItemReader reads from: a directory, a file system, S3, or whatever
	// has these methods. One that is an [objects.Writer] as well takes what a ResultWriter
	// writes.
	Objects objects.Reader
	// Sources are sources of items that Go programs have, by the names that stand in place of
	// a bucket's: an ItemReader whose Bucket is "orders" reads Sources["orders"]. The function
	// gets the rest of what the ItemReader names, and is called again when the run goes on
	// after a restart; see [items.Seq]. It returns before it reads.
	Sources map[string]func(objects.Reference) items.Source
	// Parquet reads objects of the InputType PARQUET. Module engine/items/parquet has one;
	// nil refuses machines that read such objects.
	Parquet items.Format
	// Concurrency bounds the children of one run that are at work at a time when the state
	// gives no bound; default 10,000, which is AWS's.
	Concurrency int
	// Rate bounds how many children of one run start in a second; 0 sets no bound.
	Rate float64
	// DropUnread has a run succeed whose output is larger than [Limits.Payload] when the
	// state's ResultPath is null, so that nothing reads the output; AWS fails such a run.
	DropUnread bool
}

const defaultMapRunConcurrency = 10_000

// ErrMapRunNotSupported is returned for a machine with a Map state in the mode DISTRIBUTED for
// which the engine lacks something: a field of [Config.MapRuns], or a Store that keeps Map Runs.
var ErrMapRunNotSupported = errors.New("engine: the engine lacks something for a distributed Map state")

// lacksForMapRuns returns what the engine lacks to run the Map states of a machine.
func (e *Engine) lacksForMapRuns(m *asl.StateMachine) error { return lacksForMapRuns(&e.config, m) }

func lacksForMapRuns(config *Config, m *asl.StateMachine) error {
	var lacking []error
	c := &config.MapRuns
	for _, s := range distributedMaps(m.Graph) {
		lack := func(format string, args ...any) {
			lacking = append(lacking, fmt.Errorf("%w: state %q: %s", ErrMapRunNotSupported, s.Name(), fmt.Sprintf(format, args...)))
		}
		if _, ok := config.Store.(store.MapRunStore); !ok && config.Store != nil {
			lack("a %T keeps no Map Runs", config.Store)
		}
		d := s.Distributed
		if d.Reader != nil && c.Objects == nil && len(c.Sources) == 0 {
			lack("it has an ItemReader, and neither MapRuns.Objects nor MapRuns.Sources is set")
		}
		if d.Reader != nil && d.Reader.Config.InputType == "PARQUET" && c.Parquet == nil && len(c.Sources) == 0 {
			lack("its ItemReader reads Parquet, and MapRuns.Parquet is nil; module github.com/gostates/gostates/engine/items/parquet has a reader")
		}
		if _, ok := c.Objects.(objects.Writer); d.Writer != nil && d.Writer.Resource != "" && !ok {
			lack("it has a ResultWriter, and MapRuns.Objects is no objects.Writer")
		}
	}
	return errors.Join(lacking...)
}
