package engine

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A MapRunStatus says how a Map Run stands.
type MapRunStatus string

// The statuses of Map Runs.
const (
	MapRunRunning   MapRunStatus = "RUNNING"
	MapRunSucceeded MapRunStatus = "SUCCEEDED"
	MapRunFailed    MapRunStatus = "FAILED"
	MapRunAborted   MapRunStatus = "ABORTED"
)

// A mapRunState is what is kept of a Map Run itself. Together with the results of its children
// it is all that is needed to go on.
type mapRunState struct {
	Status     MapRunStatus `json:"status"`
	MachineARN string       `json:"machine"` // that of the children
	State      string       `json:"state"`   // the Map state's name
	Express    bool         `json:"express,omitempty"`
	Start      time.Time    `json:"start"`
	Stop       time.Time    `json:"stop,omitzero"`
	// The bounds that hold: those of the definition, or of the last update.
	MaxConcurrency      int64   `json:"maxConcurrency,omitempty"`
	ToleratedCount      int64   `json:"toleratedCount,omitempty"`
	ToleratedPercentage float64 `json:"toleratedPercentage,omitempty"`

	Redrives int       `json:"redrives,omitempty"`
	Redriven time.Time `json:"redriven,omitzero"`
	// Child is the first child that may have no result, From the place of its first item.
	// Behind it some may have one.
	Child int64       `json:"child"`
	From  items.Place `json:"from"`
	// Given is the number of children that were given their items, of all that are known to
	// be. When Read is set there are no further items.
	Given int64 `json:"given"`
	Read  bool  `json:"read,omitempty"`
	// TotalItems is the number of items that are known to be.
	TotalItems int64 `json:"totalItems"`

	Items      mapRunTally     `json:"items"`
	Executions mapRunTally     `json:"executions"`
	Failure    *states.Failure `json:"failure,omitempty"`
}

// A mapRunTally counts items or children that have ended.
type mapRunTally struct {
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed,omitempty"`
	TimedOut  int64 `json:"timedOut,omitempty"`
	Aborted   int64 `json:"aborted,omitempty"`
}

// add counts n that ended with a status; a negative n takes them back.
func (t *mapRunTally) add(status states.Status, n int64) {
	switch status {
	case states.StatusSucceeded:
		t.Succeeded += n
	case states.StatusTimedOut:
		t.TimedOut += n
	case states.StatusAborted:
		t.Aborted += n
	default:
		t.Failed += n
	}
}

func (t *mapRunTally) ended() int64 { return t.Succeeded + t.bad() }

func (t *mapRunTally) bad() int64 { return t.Failed + t.TimedOut + t.Aborted }

// count counts a child's result, n times.
func (s *mapRunState) count(c *childResult, n int64) {
	s.Items.add(c.status, n*c.items)
	s.Executions.add(c.status, n)
}

// tolerance returns the bounds of failures that hold.
func (s *mapRunState) tolerance() states.Tolerance {
	return states.Tolerance{Count: s.ToleratedCount, Percentage: s.ToleratedPercentage}
}

// text returns the state as it is kept.
func (s *mapRunState) text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it has nothing that can't be JSON
	}
	return text
}

// A childResult is what became of a child of a Map Run.
type childResult struct {
	index   int64
	status  states.Status
	items   int64
	output  any
	failure states.Failure
	// input is kept of a child that did not succeed, which may be run again, and where results
	// are to tell it.
	input    any
	hasInput bool
	start    time.Time
	stop     time.Time
	redrives int // of the run, when the child ended
	again    int // how often the child was redriven
}

func (c *childResult) bad() bool { return c.status != states.StatusSucceeded }

// kept returns the result as it is kept.
func (c *childResult) kept() store.MapRunResult {
	var o value.Builder
	o.Set("status", string(c.status))
	o.Set("items", c.items)
	o.Set("start", c.start.UnixMilli())
	o.Set("stop", c.stop.UnixMilli())
	if c.redrives > 0 {
		o.Set("redrives", int64(c.redrives))
	}
	if c.again > 0 {
		o.Set("again", int64(c.again))
	}
	if c.hasInput {
		o.Set("input", c.input)
	}
	if !c.bad() {
		o.Set("output", c.output)
	}
	if c.failure.HasError {
		o.Set("error", c.failure.Error)
	}
	if c.failure.HasCause {
		o.Set("cause", c.failure.Cause)
	}
	return store.MapRunResult{Index: c.index, Bad: c.bad(), Result: value.Append(nil, o.Object())}
}

// readResult reads a result that was kept.
func readResult(r store.MapRunResult) (*childResult, error) {
	v, err := value.Parse(r.Result)
	if err != nil {
		return nil, err
	}
	o, _ := v.(*value.Object)
	if o == nil {
		o = value.NewObject()
	}
	number := func(key string) int64 {
		v, _ := o.Get(key)
		n, _ := v.(int64)
		return n
	}
	text := func(key string) (string, bool) {
		v, _ := o.Get(key)
		s, ok := v.(string)
		return s, ok
	}
	c := &childResult{
		index: r.Index, items: number("items"), start: time.UnixMilli(number("start")).UTC(), stop: time.UnixMilli(number("stop")).UTC(),
		redrives: int(number("redrives")), again: int(number("again")),
	}
	status, _ := text("status")
	c.status = states.Status(status)
	c.failure.Error, c.failure.HasError = text("error")
	c.failure.Cause, c.failure.HasCause = text("cause")
	c.input, c.hasInput = o.Get("input")
	c.output, _ = o.Get("output")
	return c, nil
}

// child returns the result as result files have it.
func (c *childResult) child(r *mapRun) *results.Child {
	id := r.identity(c.index, c.redrives)
	child := &results.Child{
		ARN: id.ARN, Name: id.Name, StateMachineARN: id.MachineARN, Input: c.input, Status: string(c.status), Output: c.output,
		RedriveCount: c.again, RedriveStatus: string(Redrivable), Start: c.start, Stop: c.stop,
	}
	if !c.bad() {
		child.RedriveStatus, child.RedriveStatusReason = string(NotRedrivable), reasonSucceeded
	}
	if c.failure.HasError {
		child.Error = &c.failure.Error
	}
	if c.failure.HasCause {
		child.Cause = &c.failure.Cause
	}
	return child
}

// childUUID returns the name of a child of a Map Run. After a crash the child comes to the same
// name. An Express child that is run again is another execution.
func childUUID(run string, index int64, redrives int) string {
	key := run + " " + strconv.FormatInt(index, 10)
	if redrives > 0 {
		key += " " + strconv.Itoa(redrives)
	}
	sum := sha256.Sum256([]byte(key))
	return randomUUID(sum[:])
}
