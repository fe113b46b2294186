package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// caseJSON is a case as it is written.
type caseJSON struct {
	Name           string                       `json:"name"`
	Type           string                       `json:"type"`
	Sync           bool                         `json:"sync"`
	Definition     json.RawMessage              `json:"definition"`
	DefinitionFile string                       `json:"definition_file"`
	Input          casefile.Field               `json:"input"`
	Tasks          []taskJSON                   `json:"tasks"`
	Stop           *stopJSON                    `json:"stop"`
	Objects        map[string]map[string]string `json:"s3"`
	Redrives       []float64                    `json:"redrives"`
	Extensions     bool                         `json:"extensions"`
	StopsWithout   bool                         `json:"stops_without_compensation"`
	Start          time.Time                    `json:"start"`
	LastValidated  time.Time                    `json:"last_validated"`
	Doubtful       bool                         `json:"doubtful"`
	TasksMissing   bool                         `json:"tasks_missing"`
	Functions      map[string]struct {
		Source string `json:"source"`
	} `json:"lambda_handlers"`
	Expect     expectJSON `json:"expect"`
	Unordered  bool       `json:"unordered_history"`
	Normalised bool       `json:"history_ids_normalised"`
}

type expectJSON struct {
	Status  string         `json:"status"`
	Output  casefile.Field `json:"output"`
	Error   casefile.Field `json:"error"`
	Cause   casefile.Field `json:"cause"`
	History casefile.Field `json:"history"`
}

type stopJSON struct {
	After float64        `json:"after"`
	Error casefile.Field `json:"error"`
	Cause casefile.Field `json:"cause"`
	Again *stopJSON      `json:"again"`
}

func (in *stopJSON) decode() (*Stop, error) {
	if in == nil {
		return nil, nil
	}
	s := &Stop{After: in.After}
	var err error
	if s.Error, s.HasError, err = in.Error.Text(); err != nil {
		return nil, err
	}
	if s.Cause, s.HasCause, err = in.Cause.Text(); err != nil {
		return nil, err
	}
	s.Again, err = in.Again.decode()
	return s, err
}

type taskJSON struct {
	State       string         `json:"state"`
	Function    string         `json:"function"`
	Approximate bool           `json:"approximate"`
	Resource    string         `json:"resource"`
	Parameters  casefile.Field `json:"parameters"`
	Credentials casefile.Field `json:"taskCredentials"`
	Times       int            `json:"times"`
	Always      bool           `json:"always"`
	Worker      casefile.Field `json:"worker"`
	Idle        bool           `json:"idle"`
	Event       int64          `json:"event"`
	Submitted   casefile.Field `json:"submitted"`
	After       float64        `json:"after"`
	Heartbeats  []float64      `json:"heartbeats"`
	Outcome     Outcome        `json:"outcome"`
	Unfinished  bool           `json:"unfinished"`
	Result      casefile.Field `json:"result"`
	Error       casefile.Field `json:"error"`
	Cause       casefile.Field `json:"cause"`
	CauseText   casefile.Field `json:"cause_text"`
}

// ReadCase reads one case from its JSON text. The folder dir is the one that the file
// named by "definition_file" lies in. The error names the case and its field; a field that
// no case has is an error, too, and so is a task of a state that the machine does not have.
func ReadCase(text []byte, dir string) (*Case, error) {
	var raw caseJSON
	if err := casefile.Strict(text, &raw, outlineFields...); err != nil {
		if raw.Name != "" {
			err = fmt.Errorf("%s: %w", raw.Name, err)
		}
		return nil, err
	}
	c := &Case{
		Name: raw.Name, Sync: raw.Sync, Doubtful: raw.Doubtful, TasksMissing: raw.TasksMissing,
		Input: raw.Input.Value, Start: raw.Start, Redrives: raw.Redrives,
		Objects:    raw.Objects,
		Extensions: raw.Extensions, StopsWithoutCompensation: raw.StopsWithout,
	}
	switch raw.Type {
	case "EXPRESS":
		c.Express = true
	case "STANDARD", "":
	default:
		return nil, fmt.Errorf("%s: the type is neither STANDARD nor EXPRESS but %q", raw.Name, raw.Type)
	}
	if !raw.Input.Set {
		c.Input = value.NewObject()
	}
	if c.Start.IsZero() {
		c.Start = raw.LastValidated
	}
	if c.Start.IsZero() {
		c.Start = DefaultStart
	}
	var err error
	if c.Definition, err = casefile.Definition(raw.Definition, raw.DefinitionFile, dir); err != nil {
		return nil, fmt.Errorf("%s: %w", raw.Name, err)
	}
	if len(raw.Functions) > 0 {
		c.Functions = make(map[string]string, len(raw.Functions))
		for name, f := range raw.Functions {
			c.Functions[name] = f.Source
		}
	}
	if err := c.Expect.decode(&raw); err != nil {
		return nil, fmt.Errorf("%s: %w", raw.Name, err)
	}
	c.Expect.update(raw.LastValidated)
	if c.Stop, err = raw.Stop.decode(); err != nil {
		return nil, fmt.Errorf("%s: stop: %w", raw.Name, err)
	}
	traces := c.Expect.traces()
	for i := range raw.Tasks {
		t, err := raw.Tasks[i].decode()
		if err != nil {
			return nil, fmt.Errorf("%s: tasks[%d]: %w", raw.Name, i, err)
		}
		if trace, ok := traces[raw.Tasks[i].Event]; ok {
			t.Idle = t.Idle || !trace.begun && t.silent()
			t.order = trace.ended
			if trace.hasWorker && !t.HasWorker {
				t.Worker, t.HasWorker = trace.worker, true
			}
		}
		c.Tasks = append(c.Tasks, t)
	}
	if err := errors.Join(c.valid(), c.CheckStates(), c.Expect.valid()); err != nil {
		return nil, fmt.Errorf("case %q: %w", c.Name, err)
	}
	return c, nil
}

func (e *Expect) decode(raw *caseJSON) error {
	in := &raw.Expect
	*e = Expect{
		Status: in.Status,
		Output: in.Output.Value, HasOutput: in.Output.Set,
		Error: in.Error.Value, HasError: in.Error.Set,
		Cause: in.Cause.Value, HasCause: in.Cause.Set,
		HasHistory: in.History.Set,
		Unordered:  raw.Unordered, Normalised: raw.Normalised,
	}
	if !in.History.Set {
		return nil
	}
	events, ok := in.History.Value.([]any)
	if !ok {
		return errors.New("the history is no array")
	}
	for i, v := range events {
		event, ok := v.(*value.Object)
		if !ok {
			return fmt.Errorf("history[%d] is no object", i)
		}
		if number(event, "id") < 0 || number(event, "previousEventId") < 0 || eventType(event) == "" {
			return fmt.Errorf("history[%d] lacks id, previousEventId or type", i)
		}
		e.History = append(e.History, event)
	}
	return nil
}

func (in *taskJSON) decode() (Task, error) {
	t := Task{
		State: in.State, Function: in.Function, Approximate: in.Approximate, Resource: in.Resource,
		Parameters: in.Parameters.Value, HasParameters: in.Parameters.Set,
		Credentials: in.Credentials.Value, HasCredentials: in.Credentials.Set,
		Times: max(in.Times, 1), Always: in.Always,
		Submitted: in.Submitted.Value, HasSubmitted: in.Submitted.Set,
		Idle: in.Idle, After: in.After, Heartbeats: in.Heartbeats,
		Outcome: in.Outcome, Result: in.Result.Value,
	}
	switch {
	case in.Result.Set && in.Outcome != "" && in.Outcome != Succeeds:
		return t, fmt.Errorf(`it has a result and the outcome %q`, in.Outcome)
	case in.Result.Set:
		t.Outcome = Succeeds
	case in.Unfinished && in.Outcome == "":
		t.Outcome = NeverEnds
	case in.Outcome == "" && in.Error.Set:
		t.Outcome = Fails
	}
	var err error
	if t.Worker, t.HasWorker, err = in.Worker.Text(); err != nil {
		return t, fmt.Errorf("worker: %w", err)
	}
	if t.Error, t.HasError, err = in.Error.Text(); err != nil {
		return t, fmt.Errorf("error: %w", err)
	}
	switch cause := in.Cause.Value.(type) {
	case nil:
	case string:
		t.Cause, t.HasCause = cause, true
	default:
		t.Cause, t.HasCause = value.String(cause), true
	}
	if in.CauseText.Set {
		t.Cause, t.HasCause, err = in.CauseText.Text()
	}
	if err != nil {
		return t, fmt.Errorf("cause_text: %w", err)
	}
	return t, nil
}

// ReadTasks reads the outcomes of tasks in their short form, a JSON object that
// has them by the name of the state: an array of tasks as in a [Case], without
// their "state", to be used in order; or a single one, to be used always.
//
//	{
//	  "Reserve": [{"error": "Busy", "cause": "try again"}, {"result": {"id": 7}}],
//	  "Notify": {"result": "sent"}
//	}
//
// A field that no task has is an error, which suggests the one that was meant.
func ReadTasks(text []byte) ([]Task, error) {
	var byState map[string]json.RawMessage
	if err := json.Unmarshal(text, &byState); err != nil {
		return nil, err
	}
	var tasks []Task
	for _, state := range slices.Sorted(maps.Keys(byState)) {
		var list []taskJSON
		if raw := byState[state]; len(raw) > 0 && raw[0] == '[' {
			if err := casefile.Strict(raw, &list); err != nil {
				return nil, fmt.Errorf("state %q: %w", state, err)
			}
		} else {
			if len(raw) == 0 || raw[0] != '{' {
				return nil, fmt.Errorf(`state %q: an answer is an object such as {"result": ...} or {"error": ...}, or an array of these, not %s`, state, raw)
			}
			list = make([]taskJSON, 1)
			if err := casefile.Strict(raw, &list[0]); err != nil {
				return nil, fmt.Errorf("state %q: %w", state, err)
			}
			list[0].Always = true
		}
		for i := range list {
			list[i].State = state
			t, err := list[i].decode()
			if err == nil {
				err = t.valid()
			}
			if err != nil {
				return nil, fmt.Errorf("state %q: task %d: %w", state, i, err)
			}
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

// number gives a member that is a whole number, or -1.
func number(o *value.Object, key string) int64 {
	v, _ := o.Get(key)
	n, ok := v.(int64)
	if !ok {
		return -1
	}
	return n
}

// eventType gives an event's type, or "".
func eventType(event *value.Object) string {
	v, _ := event.Get("type")
	s, _ := v.(string)
	return s
}
