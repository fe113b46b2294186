package temporal

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// The names by which Temporal knows what this package registers. They stand in histories, and in
// the code of programs in other languages: they never change.
const (
	executionWorkflow = "gostates.Execution"
	mapRunWorkflow    = "gostates.MapRun"
	taskActivity      = "gostates.Task"

	tokenUpdate    = "gostates.token"
	stopSignal     = "gostates.stop"
	progressSignal = "gostates.progress"
	endedSignal    = "gostates.ended"
	historyQuery   = "gostates.history"
)

// A start is the argument of an execution's workflow. Whatever decides what the workflow does is
// in it: a worker's own settings may change while the workflow runs.
type start struct {
	// Definition is the definition's text, compressed, and Within the names of the Map states in
	// the mode DISTRIBUTED that lead to the machine of a child in it.
	Definition []byte   `json:"definition"`
	Within     []string `json:"within,omitempty"`

	Input     json.RawMessage  `json:"input"`
	Execution states.Execution `json:"execution"`
	Seed      states.Seed      `json:"seed"`
	Options   states.Options   `json:"options"`
	Express   bool             `json:"express,omitempty"`
	// Tells has the execution tell its Parent its end.
	Tells bool `json:"tells,omitempty"`
	// Started is when the execution started, in an earlier run or for its parent; zero stands for
	// the start of the workflow.
	Started time.Time `json:"started,omitzero"`
	// Redrives counts the redrives, and RedriveDate is when the last was.
	Redrives    int       `json:"redrives,omitempty"`
	RedriveDate time.Time `json:"redriveDate,omitzero"`
	// MapRun is the Map Run that the execution is a child of, and Index its place in that.
	MapRun string `json:"mapRun,omitempty"`
	Index  int64  `json:"index,omitempty"`
	// Queues are the task queues of resources that have one of their own.
	Queues map[string]string `json:"queues,omitempty"`
	// Liveness is [Config.Liveness].
	Liveness time.Duration `json:"liveness"`
	// Attributes says that the execution keeps its search attributes.
	Attributes bool `json:"attributes,omitempty"`
	// RenewAfter is the length of the workflow's history from which on the execution goes on in
	// another run; 0 leaves it to Temporal.
	RenewAfter int `json:"renewAfter,omitempty"`
	// ExpressDuration is how long Express children of its Map Runs may take.
	ExpressDuration time.Duration `json:"expressDuration"`
	// Lean leaves the log in the run that it came about in, however short it is.
	Lean bool `json:"lean,omitempty"`
	// Semantics is [states.Semantics] of the program that began the run.
	Semantics int `json:"semantics"`
	// Resumed is how an execution stands that goes on: after continue-as-new, or redriven.
	Resumed *resumed `json:"resumed,omitempty"`
}

// A resumed is what a run of an execution's workflow leaves to the next.
type resumed struct {
	// Snapshot is that of the interpreter, compressed; empty for an execution that is redriven,
	// which is restored from the Log.
	Snapshot []byte `json:"snapshot,omitempty"`
	// Log has the events from number Dropped on, compressed, each on a line. Those before stayed
	// in the runs of Earlier.
	Log     []byte       `json:"log,omitempty"`
	Dropped int          `json:"dropped,omitempty"`
	Earlier []earlierRun `json:"earlier,omitempty"`
	// Redriven says that the execution had ended, and goes on by a redrive.
	Redriven bool `json:"redriven,omitempty"`
	// Heard says when the tasks that send heartbeats by their Task Tokens are silent for too long.
	Heard map[states.EventID]time.Time `json:"heard,omitempty"`
	// Later are the answers that tasks get at a time.
	Later map[states.EventID]*later `json:"later,omitempty"`
	// Children are the executions that tasks wait for.
	Children map[states.EventID]string `json:"children,omitempty"`
	// Runs are the Map Runs that the execution waits for.
	Runs []states.EventID `json:"runs,omitempty"`
	// More says that the interpreter can go on without an input.
	More bool `json:"more,omitempty"`
}

// An earlierRun is a run of the workflow that has the events up to number Until.
type earlierRun struct {
	RunID string `json:"run"`
	Until int    `json:"until"`
}

// A job is the argument of the activity that does a task.
type job struct {
	Execution   engine.Identity `json:"execution"`
	ID          states.EventID  `json:"id"`
	State       string          `json:"state"`
	Resource    string          `json:"resource"`
	Function    string          `json:"function,omitempty"`
	Input       json.RawMessage `json:"input"`
	Credentials json.RawMessage `json:"credentials,omitempty"`
	Token       string          `json:"token,omitempty"`
	Attempt     int             `json:"attempt,omitempty"`
	Deadline    time.Time       `json:"deadline,omitzero"`
	Beats       bool            `json:"beats,omitempty"` // the state has HeartbeatSeconds, and they are the activity's
	TestCase    string          `json:"testCase,omitempty"`
	Payload     int             `json:"payload,omitempty"`
	Depth       int             `json:"depth,omitempty"`
}

// An answer is what the activity of a task returns.
type answer struct {
	Output json.RawMessage `json:"output,omitempty"`
	// Child is the execution that the workflow starts for the task.
	Child *child `json:"child,omitempty"`
}

// A child is an execution that a task starts.
type child struct {
	Start start `json:"start"`
	Waits bool  `json:"waits,omitempty"`
	Sync  bool  `json:"sync,omitempty"`
}

// A failed is the detail of the activity's error for a task that failed.
type failed struct {
	HasError bool         `json:"hasError,omitempty"`
	HasCause bool         `json:"hasCause,omitempty"`
	Stage    states.Stage `json:"stage,omitempty"`
	Cause    string       `json:"cause,omitempty"`
	Expired  bool         `json:"expired,omitempty"` // the task ran out of its TimeoutSeconds
}

// A progress is a signal of a handler that is at work.
type progress struct {
	Task   states.EventID  `json:"task"`
	Began  bool            `json:"began,omitempty"`
	Worker string          `json:"worker,omitempty"`
	Output json.RawMessage `json:"output,omitempty"` // of an acknowledgement
	Later  *later          `json:"later,omitempty"`  // the answer that comes with it
}

// A later is the output that a task gets at a time.
type later struct {
	// After is how long that is after the workflow has heard of it, and Due is when it is.
	After  time.Duration   `json:"after,omitempty"`
	Due    time.Time       `json:"due,omitzero"`
	Output json.RawMessage `json:"output"`
}

// A tokenCall is the argument of the update by which a Task Token is used.
type tokenCall struct {
	Token     string          `json:"token"`
	Heartbeat bool            `json:"heartbeat,omitempty"`
	Output    json.RawMessage `json:"output,omitempty"`
	Failure   *states.Failure `json:"failure,omitempty"`
}

// An ended is the signal by which an execution tells its end to the task that waits for it.
type ended struct {
	Task        states.EventID      `json:"task"`
	Description *engine.Description `json:"description"`
}

// A page is the answer of the query for the history.
type page struct {
	// Log has events, compressed, each on a line, from number From on. Next is the number of
	// the event after them, and Total the number of events so far.
	Log     []byte       `json:"log,omitempty"`
	From    int          `json:"from"`
	Next    int          `json:"next"`
	Total   int          `json:"total"`
	Earlier []earlierRun `json:"earlier,omitempty"`
}

// An end is how an execution ended: the workflow's result, or the detail of its error.
type end struct {
	Status  states.Status   `json:"status"`
	Output  json.RawMessage `json:"output,omitempty"`
	Failure *states.Failure `json:"failure,omitempty"`
	// At is when it ended.
	At time.Time `json:"at"`
	// Last is the id of the history's last event.
	Last states.EventID `json:"last"`
}

func (e *end) finish() (*states.Finish, error) {
	f := &states.Finish{Status: e.Status}
	if e.Failure != nil {
		f.Failure = *e.Failure
	}
	if e.Status != states.StatusSucceeded {
		return f, nil
	}
	var err error
	f.Output, err = parse(e.Output)
	return f, err
}

// size returns about how many bytes the argument takes.
func (s *start) size() int {
	n := base64.StdEncoding.EncodedLen(len(s.Definition)) + len(s.Input) + len(s.Execution.InputText) + 4096
	for resource, queue := range s.Queues {
		n += len(resource) + len(queue) + 8
	}
	if r := s.Resumed; r != nil {
		n += base64.StdEncoding.EncodedLen(len(r.Snapshot)) + base64.StdEncoding.EncodedLen(len(r.Log)) + 100*(len(r.Earlier)+len(r.Heard)+len(r.Children)+len(r.Later))
		for _, l := range r.Later {
			n += len(l.Output)
		}
	}
	return n
}

// encode gives a value of package value as JSON.
func encode(v any) json.RawMessage { return value.Append(nil, v) }

// parse reads what encode gives; nothing at all is null.
func parse(text json.RawMessage) (any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	return value.Parse(text)
}

// pack compresses a text.
func pack(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// unpack returns what pack was given.
func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("temporal: a packed text can't be read: %w", err)
	}
	return io.ReadAll(r)
}

// packLog writes events as a compressed log.
func packLog(events []states.Event) []byte {
	var b []byte
	var w states.LogWriter
	for i := range events {
		b = append(w.Append(b, &events[i]), '\n')
	}
	return pack(b)
}

// unpackLog reads what packLog wrote.
func unpackLog(packed []byte) (events []states.Event, err error) {
	if len(packed) == 0 {
		return nil, nil
	}
	text, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		event, err := states.ParseLog(bytes.TrimSuffix(line, []byte{'\n'}))
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}
