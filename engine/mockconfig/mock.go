package mockconfig

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A mock answers the tasks of one state.
type mock struct {
	config    *Config
	responses *responses
}

// Handle implements [engine.Handler].
func (m *mock) Handle(ctx context.Context, task engine.Task) (any, error) {
	n, err := m.config.invocation(ctx, task)
	if err != nil {
		return nil, err
	}
	for _, r := range m.responses.all {
		if n <= r.last {
			return r.answer(task)
		}
	}
	// That the execution fails is documented; how is not known. Here the task does.
	return nil, &engine.TaskError{Name: "States.Runtime", Cause: fmt.Sprintf(
		"The mocked response %s has nothing for the invocation %d of the state '%s'.", m.responses.name, n, task.State)}
}

// answer gives the answer.
func (r *response) answer(task engine.Task) (any, error) {
	if r.output == nil {
		failed := r.failed
		return nil, &failed
	}
	// Another emulator has a Return with a FunctionError fail, as the function's own would.
	var function struct {
		FunctionError string
		Payload       json.RawMessage
	}
	if json.Unmarshal(r.output, &function) == nil && function.FunctionError != "" {
		return nil, &engine.TaskError{Name: function.FunctionError, Cause: string(function.Payload)}
	}
	if !strings.HasSuffix(task.Resource, ".waitForTaskToken") {
		return r.output, nil
	}
	return json.RawMessage("{}"), task.Complete(json.RawMessage("{}"), r.output)
}

// invocation returns how many invocations of the task's state there were before the task in its
// execution.
func (c *Config) invocation(ctx context.Context, task engine.Task) (int, error) {
	id, err := strconv.ParseInt(task.IdempotencyKey[strings.LastIndexByte(task.IdempotencyKey, '/')+1:], 10, 64)
	if err != nil {
		return 0, err
	}
	eng := engine.EngineFrom(ctx)
	before := 0
	inState := make(map[engine.EventID]string) // the state that each event belongs to
	for o := (engine.HistoryOptions{MaxResults: 1000}); ; {
		page, err := eng.GetExecutionHistory(ctx, task.Execution.ARN, o)
		if err != nil {
			// An Express execution has no history that could be read, and is gone with its process.
			return c.counts.next(task), nil
		}
		for i := range page.Events {
			e := &page.Events[i]
			if int64(e.ID) >= id {
				return before, nil
			}
			inState[e.ID] = inState[e.PreviousID]
			if d, ok := e.Details.(*states.EnteredDetails); ok {
				inState[e.ID] = d.Name
			}
			switch e.Type {
			case states.TaskScheduled, states.LambdaFunctionScheduled, states.ActivityScheduled:
				if inState[e.ID] == task.State {
					before++
				}
			}
		}
		if o.NextToken = page.NextToken; o.NextToken == "" {
			return before, nil
		}
	}
}

// counts counts the invocations of states in Express executions.
type counts struct {
	mu          sync.Mutex
	byExecution map[string]map[string]int
	order       []string
}

// mostCounted bounds the executions that are counted. One that is older begins again.
const mostCounted = 10_000

// next counts a task, and returns how many of its state there were before.
func (c *counts) next(task engine.Task) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	arn := task.Execution.ARN
	all := c.byExecution[arn]
	if all == nil {
		if c.byExecution == nil {
			c.byExecution = make(map[string]map[string]int)
		}
		all = make(map[string]int)
		c.byExecution[arn] = all
		if c.order = append(c.order, arn); len(c.order) > mostCounted {
			delete(c.byExecution, c.order[0])
			c.order = c.order[1:]
		}
	}
	all[task.State]++
	return all[task.State] - 1
}
