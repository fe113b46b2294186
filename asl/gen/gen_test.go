package gen_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/gen"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/shop.golden anew")

func machine(t testing.TB, definition string) *asl.StateMachine {
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	return m
}

func TestTasks(t *testing.T) {
	definition, err := os.ReadFile("testdata/shop.asl.json")
	require.NoError(t, err)
	got, err := gen.Tasks(machine(t, string(definition)), gen.Options{Package: "shop", Source: "shop.asl.json"})
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("testdata/shop.golden", got, 0o644))
	}
	want, err := os.ReadFile("testdata/shop.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
	neat, err := format.Source(got)
	require.NoError(t, err)
	require.Equal(t, string(neat), string(got), "it is in the form that gofmt gives")
}

// whole implements the interface for testdata/shop.asl.json. Its method Reserve, put away,
// makes a program that must not compile.
const whole = `package shop

import (
	"context"
	"encoding/json"

	"github.com/gostates/gostates/engine"
)

type handlers struct{}

func (handlers) CheckStock(_ context.Context, input json.RawMessage) (any, error) { return input, nil }
func (handlers) Charge(_ context.Context, in ChargeInput) (any, error) {
	var total int64 = in.Retries + in.Shop.ID
	return map[string]any{"total": total, "rate": in.Rate, "note": in.Note + in.Currency + in.Lines[0], "dry": in.DryRun}, nil
}
func (handlers) Reserve(_ context.Context, in ReserveInput) (any, error)          { return in.Sku, nil }
func (handlers) SQSSendMessageWaitForTaskToken(_ context.Context, in SQSSendMessageWaitForTaskTokenInput) (any, error) {
	var token string = in.MessageBody.Token
	return token, nil
}
func (handlers) PrintLabel(context.Context, json.RawMessage) (any, error) { return nil, nil }
func (handlers) DynamodbUpdateItem(_ context.Context, in DynamodbUpdateItemInput) (any, error) {
	return in.Key.ID.S, nil
}

var Mux = func() *engine.Mux { m := engine.NewMux(); Register(m, handlers{}); return m }()
`

// TestCompiles builds what is generated, with handlers for everything, and with one missing.
func TestCompiles(t *testing.T) {
	definition, err := os.ReadFile("testdata/shop.asl.json")
	require.NoError(t, err)
	source, err := gen.Tasks(machine(t, string(definition)), gen.Options{Package: "shop"})
	require.NoError(t, err)
	program := whole
	require.NoError(t, build(t, map[string]string{"tasks.go": string(source), "handlers.go": program}))

	lacking := strings.Replace(program, "func (handlers) Reserve(", "func (handlers) Unserve(", 1)
	err = build(t, map[string]string{"tasks.go": string(source), "handlers.go": lacking})
	require.ErrorContains(t, err, "missing method Reserve")
}

// TestRuns runs a program that registers what implements the generated interface.
func TestRuns(t *testing.T) {
	const definition = `{"StartAt": "Each", "States": {
		"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Price", "States": {
			"Price": {"Type": "Task", "Resource": "price", "Parameters": {"item.$": "$", "currency": "EUR", "shop": {"id": 7}}, "End": true}}}, "Next": "Sum"},
		"Sum": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:sum-up:live", "End": true}}}`
	source, err := gen.Tasks(machine(t, definition), gen.Options{Package: "main"})
	require.NoError(t, err)
	program := `package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

type handlers struct{}

func (handlers) Price(_ context.Context, in PriceInput) (any, error) {
	return fmt.Sprintf("%s for %s in %d", in.Currency, in.Item, in.Shop.ID), nil
}

func (handlers) SumUp(_ context.Context, in json.RawMessage) (any, error) {
	return map[string]json.RawMessage{"all": in}, nil
}

func main() {
	machine, err := asl.Parse(` + "`" + definition + "`" + `)
	if err != nil {
		panic(err)
	}
	mux := engine.NewMux()
	Register(mux, handlers{})
	eng, err := engine.New(engine.Config{Resolver: mux})
	if err != nil {
		panic(err)
	}
	defer eng.Close()
	run, err := eng.StartExecution(context.Background(), machine, []int{1, 2})
	if err != nil {
		panic(err)
	}
	result, err := run.Wait(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(string(result.Output()))
}
`
	out, err := command(t, map[string]string{"tasks.go": string(source), "main.go": program}, "run")
	require.NoError(t, err, out)
	require.Equal(t, `{"all":["EUR for 1 in 7","EUR for 2 in 7"]}`+"\n", out)
}

// build compiles files as a package of this module that is nowhere on the disk.
func build(t *testing.T, files map[string]string) error {
	t.Helper()
	out, err := command(t, files, "build")
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// command has the go command build or run files as a package of this module that is nowhere
// on the disk, and returns what it prints.
func command(t *testing.T, files map[string]string, what string) (string, error) {
	t.Helper()
	wd, err := os.Getwd()
	require.NoError(t, err)
	dir, replace := t.TempDir(), make(map[string]string)
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		replace[filepath.Join(wd, "generated", name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644))
	out, err := exec.CommandContext(t.Context(), "go", what, "-overlay", filepath.Join(dir, "overlay.json"), "./generated").CombinedOutput()
	return string(out), err
}

// TestNames has resources whose names are hard to write in Go, or alike.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		resource, handled, method string
	}{
		{"reserve-inventory", "reserve-inventory", "ReserveInventory"},
		{"arn:aws:lambda:eu-west-1:123456789012:function:get_order", "get_order", "GetOrder"},
		{"arn:aws:states:::dynamodb:putItem", "arn:aws:states:::dynamodb:putItem", "DynamodbPutItem"},
		{"arn:aws:states:::aws-sdk:s3:getObject", "arn:aws:states:::aws-sdk:s3:getObject", "S3GetObject"},
		{"arn:aws:states:::ecs:runTask.sync", "arn:aws:states:::ecs:runTask.sync", "ECSRunTaskSync"},
		{"${ChargeFunctionArn}", "${ChargeFunctionArn}", "ChargeFunctionArn"},
		{"docker://hello-world", "docker://hello-world", "DockerHelloWorld"},
		{"2nd-try", "2nd-try", "Do2ndTry"},
		{"größe", "größe", "Größe"},
		{"結果", "結果", "Do結果"},
		{"a\nb", "a\nb", "AB"},
		{"*/ evil", "*/ evil", "Evil"},
	} {
		definition, err := json.Marshal(map[string]any{"StartAt": "S", "States": map[string]any{
			"S": map[string]any{"Type": "Task", "Resource": c.resource, "Parameters": map[string]any{"TableName": "t", "Item": "i", "Key": "k", "TaskDefinition": "d"}, "Next": "T"},
			"T": map[string]any{"Type": "Task", "Resource": c.resource + "?", "End": true},
		}})
		require.NoError(t, err)
		if strings.HasPrefix(c.resource, "arn:") {
			definition = []byte(strings.Replace(string(definition), `?"`, `"`, 1))
			definition = []byte(strings.Replace(string(definition), `"End":true,"Resource"`, `"End":true,"Parameters":{"TableName":"t","Item":"i","Key":"k","TaskDefinition":"d"},"Resource"`, 1))
		}
		source, err := gen.Tasks(machine(t, string(definition)), gen.Options{})
		require.NoError(t, err, c.resource)
		require.Contains(t, string(source), "\t"+c.method+"(ctx context.Context, ", c.resource)
		require.Contains(t, string(source), fmt.Sprintf("mux.Handle(%q, engine.Func(t.%s))", c.handled, c.method))
		if !strings.HasPrefix(c.resource, "arn:") {
			require.Contains(t, string(source), "\t"+c.method+"2(ctx", "the other resource has a name of its own")
		}
	}
}

// TestInputs has inputs whose shape cannot be told, or not written in Go.
func TestInputs(t *testing.T) {
	for parameters, want := range map[string]string{
		`{"a": null}`:                       "A json.RawMessage `json:\"a\"`",
		`{"a": [1, "x"]}`:                   "A json.RawMessage",
		`{"a": []}`:                         "A json.RawMessage",
		`{"a": [{"b": true}]}`:              "A []struct {",
		`{"a": {}}`:                         "A json.RawMessage",
		`{"a.$": "States.UUID()"}`:          "A string",
		`{"a.$": "States.MathAdd($.n, 1)"}`: "A json.RawMessage",
		`{}`:                                "input json.RawMessage)",
		`{"a": 1, "A": 2}`:                  "input json.RawMessage)",
		`{"a-b": 1, "a_b": 2}`:              "input json.RawMessage)",
		`{"a\"b": 1}`:                       "input json.RawMessage)",
		`{"a,omitempty": 1}`:                "input json.RawMessage)",
		`{"-": 1}`:                          "input json.RawMessage)",
		`{"": 1}`:                           "input json.RawMessage)",
	} {
		source, err := gen.Tasks(machine(t, `{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "r", "Parameters": `+parameters+`, "End": true}}}`), gen.Options{})
		require.NoError(t, err, parameters)
		require.Contains(t, strings.Join(strings.Fields(string(source)), " "), want, parameters)
	}
	source, err := gen.Tasks(machine(t, `{"StartAt": "S", "States": {
		"S": {"Type": "Task", "Resource": "r", "Parameters": {"a": 1}, "Next": "T"}, "T": {"Type": "Task", "Resource": "r", "Parameters": {"b": 1}, "End": true}}}`), gen.Options{})
	require.NoError(t, err)
	require.Contains(t, string(source), "input json.RawMessage)", "two shapes are none")
}

func TestRefused(t *testing.T) {
	m := machine(t, `{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "r", "End": true}}}`)
	for _, o := range []gen.Options{{Package: "two words"}, {Package: "func"}, {Package: "_"}, {Type: "tasks"}, {Type: "A B"}, {Type: "A;"}} {
		source, err := gen.Tasks(m, o)
		require.Error(t, err)
		require.Nil(t, source)
	}
	source, err := gen.Tasks(m, gen.Options{Type: "Orders"})
	require.NoError(t, err)
	require.Contains(t, string(source), "func RegisterOrders(mux *engine.Mux, t Orders) {")
	_, err = gen.Tasks(machine(t, `{"StartAt": "S", "States": {"S": {"Type": "Pass", "End": true}}}`), gen.Options{})
	require.ErrorIs(t, err, gen.ErrNoTasks)
}

// FuzzTasks generates for whatever has tasks: it is Go, in the form that gofmt gives.
func FuzzTasks(f *testing.F) {
	definition, err := os.ReadFile("testdata/shop.asl.json")
	require.NoError(f, err)
	f.Add(string(definition))
	f.Add("{\"StartAt\": \"\u2028*/\", \"States\": {\"\u2028*/\": {\"Type\": \"Task\", \"Resource\": \"\u2028`\xff\", \"Parameters\": {\"a\u00a0\": 1}, \"End\": true}}}")
	f.Fuzz(func(t *testing.T, definition string) {
		m, err := asl.Parse(definition)
		if err != nil {
			return
		}
		source, err := gen.Tasks(m, gen.Options{Source: definition[:min(len(definition), 20)]})
		if err != nil {
			require.ErrorIs(t, err, gen.ErrNoTasks)
			return
		}
		neat, err := format.Source(source)
		require.NoError(t, err)
		require.Equal(t, string(neat), string(source))
	})
}
