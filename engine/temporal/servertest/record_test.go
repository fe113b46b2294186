package servertest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
)

// TestRecord records the workflow histories that TestReplay of package temporal replays, into the
// folder that the variable GOSTATES_RECORD names: a new one for each version of states.Semantics.
func TestRecord(t *testing.T) {
	folder := os.Getenv("GOSTATES_RECORD")
	if folder == "" {
		t.Skip("the variable GOSTATES_RECORD names no folder")
	}
	s, ctx := needsServer(t), within(t)
	c := s.GetDefaultClient()
	tasks := engine.NewMux()
	tasks.HandleFunc("echo", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
	tasks.HandleFunc("flaky", func(_ context.Context, task engine.Task) (any, error) {
		if task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "Flaky", Cause: "once"}
		}
		return "well", nil
	})
	tokens := make(chan string, 1)
	tasks.HandleFunc("ask.waitForTaskToken", func(_ context.Context, task engine.Task) (any, error) {
		tokens <- task.Token
		return nil, nil
	})
	config := temporal.Config{Client: c, TaskQueue: t.Name(), Resolver: tasks, Machines: byName{
		"inner": parse(t, `{"StartAt":"E","States":{"E":{"Type":"Task","Resource":"echo","End":true}}}`),
	}}
	executions := start(t, config, nil)
	for name, definition := range map[string]string{
		"tasks": `{"StartAt":"E","States":{"E":{"Type":"Task","Resource":"echo","Next":"F"},
			"F":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1}],"TimeoutSeconds":60,"Next":"W"},"W":{"Type":"Wait","Seconds":1,"End":true}}}`,
		"token": `{"StartAt":"P","TimeoutSeconds":600,"States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"ask.waitForTaskToken","HeartbeatSeconds":60,"End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}]}}}`,
		"map":    `{"StartAt":"M","States":{"M":{"Type":"Map","Items":[1,2,3],"QueryLanguage":"JSONata","MaxConcurrency":2,"End":true,"ItemProcessor":{"StartAt":"E","States":{"E":{"Type":"Task","Resource":"echo","QueryLanguage":"JSONata","End":true}}}}}}`,
		"nested": `{"StartAt":"N","States":{"N":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"inner","Input":{}},"End":true}}}`,
		"distributed": `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"E","States":{"E":{"Type":"Task","Resource":"echo","End":true}}},"End":true}}}`,
	} {
		x, err := executions.StartExecution(ctx, parse(t, definition), json.RawMessage(`{"items":[1,2]}`), engine.Machine(name), engine.Named("recorded"))
		require.NoError(t, err)
		if name == "token" {
			token := <-tokens
			require.NoError(t, executions.SendTaskHeartbeat(ctx, token))
			require.NoError(t, executions.SendTaskSuccess(ctx, token, "yes"))
		}
		_, err = x.Wait(ctx)
		require.NoError(t, err)
		record := func(id, file string) {
			all := new(history.History)
			for events := c.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
				event, err := events.Next()
				require.NoError(t, err)
				all.Events = append(all.Events, event)
			}
			text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(all)
			require.NoError(t, err)
			require.NoError(t, os.MkdirAll(folder, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(folder, file+".json"), text, 0o644))
		}
		record(x.ARN(), name)
		for event, err := range executions.Events(ctx, x.ARN(), 0) {
			require.NoError(t, err)
			if run := mapRunOf(t, event); run != "" {
				record(run, "map-run")
			}
		}
	}
}

// mapRunOf returns the ARN of the Map Run that an event begins, empty for any other event.
func mapRunOf(t *testing.T, event any) string {
	text, err := json.Marshal(event)
	require.NoError(t, err)
	var begun struct {
		MapRunStartedEventDetails struct{ MapRunARN string }
	}
	require.NoError(t, json.Unmarshal(text, &begun))
	return begun.MapRunStartedEventDetails.MapRunARN
}
