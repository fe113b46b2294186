package temporal

import (
	"errors"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// A Map Run is a workflow of its own, whose id is the ARN of the run. Its argument has a snapshot of
// the execution from the moment at which the run began, so that every process knows the fields of
// the Map state as they were evaluated.

const (
	itemsActivity  = "gostates.Items"
	exportActivity = "gostates.Export"
	runEndedSignal = "gostates.runEnded"
)

// A runStart is the argument of a Map Run's workflow.
type runStart struct {
	Definition []byte         `json:"definition"`
	Within     []string       `json:"within,omitempty"`
	Options    states.Options `json:"options"`
	Snapshot   []byte         `json:"snapshot"`
	Run        states.EventID `json:"run"`
	Execution  string         `json:"execution"` // the ARN of the one that waits for the run
	Depth      int            `json:"depth,omitempty"`
	Children   childSettings  `json:"children"`
	RenewAfter int            `json:"renewAfter,omitempty"`
	Semantics  int            `json:"semantics"`
	State      runState       `json:"state"`
}

// childSettings are what the children of a Map Run have of the execution.
type childSettings struct {
	Express    time.Duration     `json:"express"` // how long one of that kind may take
	Queues     map[string]string `json:"queues,omitempty"`
	Liveness   time.Duration     `json:"liveness"`
	Attributes bool              `json:"attributes,omitempty"`
}

// A runState is how a Map Run stands: what one run of its workflow leaves to the next.
type runState struct {
	// Place is where the items of child number Index begin. All items are read when Read is set.
	Place items.Place `json:"place"`
	Index int64       `json:"index,omitempty"`
	Read  bool        `json:"read,omitempty"`
	// Open are the children at work, with the numbers of their items.
	Open map[int64]int64 `json:"open,omitempty"`
	// Results are those of the children that have ended, unless they are exported or too many.
	Results map[int64][]byte `json:"results,omitempty"`
	Size    int              `json:"size,omitempty"`
	TooMany bool             `json:"tooMany,omitempty"`
	// Failed counts the items that failed.
	Failed int64 `json:"failed,omitempty"`
	// Winding is why the run ends before its items do, and Stopped says that its children were
	// stopped. A Winding without an error's name is an abort.
	Winding *states.Failure `json:"winding,omitempty"`
	Stopped bool            `json:"stopped,omitempty"`
}

// A runEnd is the signal by which a Map Run tells its end.
type runEnd struct {
	Run     states.EventID  `json:"run"`
	Output  []byte          `json:"output,omitempty"`
	Failure *states.Failure `json:"failure,omitempty"`
}

// A mapRun is a Map Run that the execution waits for.
type mapRun struct {
	command  *states.StartMapRun
	starting bool
	aborted  bool
}

// machine returns the machine of the execution.
func (s *runStart) machine() (*asl.StateMachine, error) {
	return programs.machine(s.Definition, s.Within)
}

// command returns the command that began the run.
func (s *runStart) command() (*states.StartMapRun, error) {
	m, err := s.machine()
	if err != nil {
		return nil, err
	}
	snapshot, err := unpack(s.Snapshot)
	if err != nil {
		return nil, err
	}
	x, err := states.Resume(m, snapshot, nil, s.Options)
	if err != nil {
		return nil, err
	}
	for _, command := range x.Open() {
		if run, ok := command.(*states.StartMapRun); ok && run.ID == s.Run {
			return run, nil
		}
	}
	return nil, errors.New("temporal: the snapshot has no such Map Run")
}

// beginRun starts the workflow of a Map Run.
func (x *execution) beginRun(command *states.StartMapRun) {
	id := command.ID
	r := &mapRun{command: command, starting: true}
	x.runs[id] = r
	s := &runStart{
		Definition: x.start.Definition, Within: x.start.Within, Options: x.start.Options, Snapshot: pack(x.it.Snapshot()), Run: id,
		Execution: x.start.Execution.ARN, Depth: x.start.Execution.Parent.Depth, RenewAfter: x.start.RenewAfter, Semantics: states.Semantics,
		Children: childSettings{x.start.ExpressDuration, x.start.Queues, x.start.Liveness, x.start.Attributes},
	}
	fail := func(cause string) {
		x.inbox = append(x.inbox, states.MapRunErred{Run: id, Failure: states.Fail("States.Runtime", cause)})
		x.wakeUp()
	}
	if len(s.Definition)+len(s.Snapshot) > mostArgument*3/4 {
		r.starting = false
		fail("What the Map Run and the states that are open have as data is too large for a workflow of Temporal.")
		return
	}
	options := workflow.ChildWorkflowOptions{
		WorkflowID: command.ARN, TaskQueue: workflow.GetInfo(x.ctx).TaskQueueName, StaticSummary: command.State.Name(),
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
	}
	if command.Redrives > 0 {
		options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	}
	f := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(x.ctx, options), mapRunWorkflow, s)
	x.selector.AddFuture(f.GetChildWorkflowExecution(), func(f workflow.Future) {
		err := f.Get(x.ctx, nil)
		if r.starting = false; r.aborted && err == nil {
			x.tell(command.ARN, stopSignal, states.Failure{})
		} else if err != nil && x.runs[id] == r {
			fail(err.Error())
		}
	})
	// The run tells its end, but for one that somebody has terminated.
	x.selector.AddFuture(f, func(f workflow.Future) {
		err := f.Get(x.ctx, nil)
		if _, ok := errors.AsType[*sdk.ChildWorkflowExecutionError](err); ok && x.runs[id] == r {
			fail("The workflow of the Map Run ended: " + err.Error())
		}
	})
}

// abortRun stops a Map Run that nobody waits for any more.
func (x *execution) abortRun(r *mapRun) {
	if r.aborted = true; !r.starting {
		x.tell(r.command.ARN, stopSignal, states.Failure{})
	}
}

// runEnded takes the end of a Map Run.
func (x *execution) runEnded(e *runEnd) {
	if x.runs[e.Run] == nil {
		return
	}
	output, err := parse(e.Output)
	switch {
	case e.Failure != nil:
		x.inbox = append(x.inbox, states.MapRunErred{Run: e.Run, Failure: *e.Failure})
	case err != nil:
		x.inbox = append(x.inbox, states.MapRunErred{Run: e.Run, Failure: states.Fail("States.Runtime", err.Error())})
	default:
		x.inbox = append(x.inbox, states.MapRunReturned{Run: e.Run, Output: output})
	}
}
