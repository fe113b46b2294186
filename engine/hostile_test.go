package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHostileTexts: every call that takes the text of an ARN, a name, a tag or the like
// refuses one that is none, with an error that does not grow with the text.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	m := one(t, echoes)
	e := start(t, engine.Config{})
	machines := registry.New(e)
	ctx := t.Context()
	_, err := machines.Create(ctx, "m", m)
	require.NoError(t, err)
	_, err = machines.Publish(ctx, "m", registry.PublishOptions{})
	require.NoError(t, err)
	x := run(t, e, m, nil)
	output(t, x)
	const arn = "arn:aws:states:us-east-1:123456789012:execution:m:"
	const history = `[{"timestamp":1700000000,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{}","roleArn":"r"}}]`
	second := func(_ any, err error) error { return err }
	for name, call := range map[string]func(text string) error{
		"Named":               func(s string) error { return second(e.StartExecution(ctx, m, nil, engine.Named(s))) },
		"Machine":             func(s string) error { return second(e.StartExecution(ctx, m, nil, engine.Machine(s))) },
		"Named, sync":         func(s string) error { return second(e.StartSyncExecution(ctx, m, nil, engine.Named(s))) },
		"Named, fork":         func(s string) error { return second(e.ForkExecution(ctx, x.ARN(), 2, engine.Fork{}, engine.Named(s))) },
		"Describe":            func(s string) error { return second(e.DescribeExecution(ctx, arn+s)) },
		"Describe, no ARN":    func(s string) error { return second(e.DescribeExecution(ctx, s)) },
		"Execution":           func(s string) error { return second(e.Execution(ctx, arn+s)) },
		"GetExecutionHistory": func(s string) error { return second(e.GetExecutionHistory(ctx, arn+s, engine.HistoryOptions{})) },
		"a history's token": func(s string) error {
			return second(e.GetExecutionHistory(ctx, x.ARN(), engine.HistoryOptions{NextToken: s}))
		},
		"StopExecution":      func(s string) error { return e.StopExecution(ctx, arn+s, "", "") },
		"RedriveExecution":   func(s string) error { return second(e.RedriveExecution(ctx, arn+s)) },
		"ForkExecution":      func(s string) error { return second(e.ForkExecution(ctx, arn+s, 2, engine.Fork{})) },
		"ImportExecution":    func(s string) error { return second(e.ImportExecution(ctx, arn+s, m, []byte(history))) },
		"a list's token":     func(s string) error { return second(e.ListExecutions(ctx, engine.ListOptions{NextToken: s})) },
		"SendTaskSuccess":    func(s string) error { return e.SendTaskSuccess(ctx, s, nil) },
		"SendTaskFailure":    func(s string) error { return e.SendTaskFailure(ctx, s, "", "") },
		"SendTaskHeartbeat":  func(s string) error { return e.SendTaskHeartbeat(ctx, s) },
		"registry: Create":   func(s string) error { return second(machines.Create(ctx, s, m)) },
		"registry: Update":   func(s string) error { return second(machines.Update(ctx, s, m)) },
		"registry: Describe": func(s string) error { return second(machines.Describe(ctx, s)) },
		"registry: Machine":  func(s string) error { return second(machines.Machine(ctx, s)) },
		"registry: start":    func(s string) error { return second(machines.StartExecution(ctx, s, nil)) },
		"registry: Publish":  func(s string) error { return second(machines.Publish(ctx, s, registry.PublishOptions{})) },
		"registry: a description": func(s string) error {
			return second(machines.Publish(ctx, "m", registry.PublishOptions{Description: s}))
		},
		"registry: an alias": func(s string) error {
			return second(machines.CreateAlias(ctx, "m:"+s, "", registry.Route{Version: 1, Weight: 100}))
		},
		"registry: Tag":           func(s string) error { return machines.Tag(ctx, s, map[string]string{"k": "v"}) },
		"registry: a tag's key":   func(s string) error { return machines.Tag(ctx, "m", map[string]string{s: "v"}) },
		"registry: a tag's value": func(s string) error { return machines.Tag(ctx, "m", map[string]string{"k": s}) },
	} {
		for kind, text := range map[string]string{
			"long": strings.Repeat("x", 1_000_000), "long, no UTF-8": strings.Repeat("\xff", 1_000_000),
			"no UTF-8": "x\xff", "long of two bytes": strings.Repeat("é", 100_000),
		} {
			err := call(text)
			if assert.Error(t, err, "%s: %s", name, kind) {
				assert.Less(t, len(err.Error()), 2_500, "%s: %s", name, kind)
			}
		}
	}
	for _, text := range []string{"a\nb", "a\x00b", "a\x7fb"} {
		assert.ErrorIs(t, second(e.ImportExecution(ctx, arn+text, m, []byte(history))), engine.ErrInvalidARN, "%q", text)
		assert.ErrorIs(t, second(e.DescribeExecution(ctx, arn+text)), engine.ErrInvalidARN, "%q", text)
		assert.ErrorIs(t, second(machines.Describe(ctx, text)), engine.ErrInvalidARN, "%q", text)
	}
	_, err = e.DescribeExecution(ctx, arn+strings.Repeat("é", 256-len(arn)))
	assert.ErrorIs(t, err, engine.ErrExecutionDoesNotExist, "256 characters are no more than AWS takes")
}

// TestTextsOfImportedHistories are as long as those of AWS's at most.
func TestTextsOfImportedHistories(t *testing.T) {
	t.Parallel()
	text := func(n int) string { return strings.Repeat("é", n) }
	payload := func(n int) string { b, _ := json.Marshal(strings.Repeat("x", n)); return string(b) }
	for i, c := range []struct {
		input, role, name, cause string
		refused                  string
	}{
		{input: "{}", role: text(2000), name: text(256), cause: text(32_768)},
		{input: "{}", name: text(257), refused: "executionFailedEventDetails: error has 257 characters, at most 256 are allowed"},
		{input: "{}", cause: text(32_769), refused: "cause has 32769 characters, at most 32768"},
		{input: "{}", cause: text(5_000_000), refused: "cause has 5000000 characters"},
		{input: "{}", role: text(2001), refused: "roleArn has 2001 characters"},
		{input: payload(262_142)},
		{input: payload(262_143), refused: "input has 262145 bytes, at most 262144"},
	} {
		e, clock := startVirtual(t, engine.Config{})
		at := clock.Now().Unix()
		history := fmt.Sprintf(`[{"timestamp":%d,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":%q,"roleArn":"%s"}},
			{"timestamp":%[1]d,"type":"FailStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"S","input":%[2]q}},
			{"timestamp":%[1]d,"type":"ExecutionFailed","id":3,"previousEventId":2,"executionFailedEventDetails":{"error":"%[4]s","cause":"%[5]s"}}]`, at, c.input, c.role, c.name, c.cause)
		_, err := e.ImportExecution(t.Context(), fmt.Sprint("arn:aws:states:us-east-1:123456789012:execution:m:", i), one(t, `{"Type":"Fail","ErrorPath":"$","CausePath":"$"}`), []byte(history))
		if c.refused == "" {
			assert.NoError(t, err, i)
			continue
		}
		assert.ErrorIs(t, err, engine.ErrInvalidHistory, i)
		assert.ErrorContains(t, err, c.refused)
		assert.Less(t, len(err.Error()), 1000)
	}
}
