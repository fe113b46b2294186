package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	succeed = `{"Type":"Succeed"}`
	forever = `{"Type":"Wait","Seconds":1000000,"End":true}`
)

func TestNewNeedsAResolver(t *testing.T) {
	t.Parallel()
	_, err := engine.New(engine.Config{})
	assert.EqualError(t, err, "engine: Config.Resolver is required")
	_, err = engine.New(engine.Config{Logging: engine.LogOptions{Level: "LOUD"}})
	assert.EqualError(t, err, "engine: Config.Resolver is required\n"+`engine: Config.Logging: unknown log level "LOUD": must be one of ALL, ERROR, FATAL, OFF`)
}

func TestInputMayBeAnythingThatIsJSON(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	for name, c := range map[string]struct {
		input any
		want  string
	}{
		"no input":      {nil, `{}`},
		"null":          {json.RawMessage(`null`), `null`},
		"text":          {json.RawMessage(` {"b": 1.0, "a": [1]} `), `{"b":1.0,"a":[1]}`},
		"a struct":      {order{ID: "o"}, `{"id":"o","quantity":0,"inventoryAvailable":false,"paid":false}`},
		"a Go string":   {"text", `"text"`},
		"a number":      {2, `2`},
		"a map, sorted": {map[string]any{"b": nil, "a": true}, `{"a":true,"b":null}`},
	} {
		assert.Equal(t, c.want, output(t, run(t, e, one(t, succeed), c.input)), name)
	}
}

func TestInputThatIsNoJSON(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	for _, input := range []any{json.RawMessage(`not some json`), json.RawMessage(`{'not': 'json'`), json.RawMessage(``), make(chan int), func() {}} {
		_, err := e.StartExecution(t.Context(), one(t, succeed), input)
		require.ErrorIs(t, err, engine.ErrInvalidExecutionInput)
		assert.Regexp(t, `^InvalidExecutionInput: Invalid State Machine Execution Input: '.+'$`, err.Error())
	}
}

func TestInputThatIsTooLarge(t *testing.T) {
	t.Parallel()
	m := one(t, succeed)
	e := start(t, engine.Config{})
	output(t, run(t, e, m, strings.Repeat("x", 262_142)))
	_, err := e.StartExecution(t.Context(), m, strings.Repeat("x", 262_143))
	require.EqualError(t, err, "InvalidExecutionInput: the input has 262145 bytes, at most 262144 are allowed")
	e = start(t, engine.Config{Limits: engine.Limits{Payload: -1}})
	output(t, run(t, e, m, strings.Repeat("x", 1_000_000)))
}

// TestWhatStandsInARNsHasAWSsForm: an engine whose ARNs nobody could read is none.
func TestWhatStandsInARNsHasAWSsForm(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]struct {
		good, bad []string
		config    func(string) engine.Config
	}{
		"Region": {
			[]string{"", "us-east-1", "ap-southeast-4", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1"},
			[]string{"local", "us-east", "US-EAST-1", "us:east-1", "us-east-1 ", "us--1", "us-east-1\n", "é-east-1", "*"},
			func(s string) engine.Config { return engine.Config{Region: s} },
		},
		"Account": {
			[]string{"", "000000000000", "210987654321"},
			[]string{"1", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢", "1234-5678-90", "123456789012\n"},
			func(s string) engine.Config { return engine.Config{Account: s} },
		},
		"RoleARN": {
			[]string{"", "arn:aws:iam::123456789012:role/r", "arn:aws-cn:iam::123456789012:role/service-role/a+b=c,d.@_-"},
			[]string{"r", "role/r", "arn:aws:iam::123456789012:user/u", "arn:aws:iam::12:role/r", "arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:role/a b"},
			func(s string) engine.Config { return engine.Config{RoleARN: s} },
		},
	} {
		for _, text := range c.good {
			start(t, c.config(text))
		}
		for _, text := range c.bad {
			config := c.config(text)
			config.Resolver = engine.NewMux()
			_, err := engine.New(config)
			assert.ErrorContains(t, err, fmt.Sprintf("engine: Config.%s is %q, it must", field, text))
		}
	}
}

func TestNamesAndARNs(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Region: "eu-north-1", Account: "210987654321"})
	x := run(t, e, one(t, succeed), nil, engine.Named("n.1_ä"), engine.Machine("m-1"))
	assert.Equal(t, engine.Identity{
		ARN: "arn:aws:states:eu-north-1:210987654321:execution:m-1:n.1_ä", Name: "n.1_ä",
		MachineARN: "arn:aws:states:eu-north-1:210987654321:stateMachine:m-1", Machine: "m-1",
	}, x.Identity())
	assert.Equal(t, "n.1_ä", x.Name())

	const id = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
	x = run(t, e, one(t, succeed), nil)
	assert.Regexp(t, `^arn:aws:states:eu-north-1:210987654321:execution:machine-[0-9a-f]{8}:`+id+`$`, x.ARN())
	assert.Equal(t, x.Identity().Machine, run(t, e, one(t, succeed), nil).Identity().Machine, "the same text has the same name")
	assert.NotEqual(t, x.Identity().Machine, run(t, e, one(t, `{"Type":"Succeed","Comment":"x"}`), nil).Identity().Machine)

	x = run(t, e, one(t, succeed), nil, engine.Express, engine.Named("n"), engine.Machine("m"))
	assert.Regexp(t, `^arn:aws:states:eu-north-1:210987654321:express:m:n:`+id+`$`, x.ARN())
}

func TestNamesThatAWSWouldNotTake(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	bad := []string{"", strings.Repeat("n", 81), "a b", "a\tb", "a\nb", "\u2003", "a\x00", "a\x7f", "a\xff"}
	for _, r := range `?*<>{}[]"#%\^|~` + "`$&,;:/" {
		bad = append(bad, "a"+string(r))
	}
	for _, name := range bad {
		_, err := e.StartExecution(t.Context(), one(t, succeed), nil, engine.Machine("m"), engine.Named(name))
		require.ErrorIs(t, err, engine.ErrInvalidName, "%q", name)
		_, err = e.StartExecution(t.Context(), one(t, succeed), nil, engine.Machine(name))
		require.ErrorIs(t, err, engine.ErrInvalidName, "%q", name)
	}
	output(t, run(t, e, one(t, succeed), nil, engine.Machine("m"), engine.Named(strings.Repeat("ä", 80))))
}

// TestNamesOutliveTheDefinition: the machine of a named execution is named as well where
// executions outlive the program, because the default name of a machine would let the
// next release start an execution of the same name once more.
func TestNamesOutliveTheDefinition(t *testing.T) {
	t.Parallel()
	memory, kept := start(t, engine.Config{}), start(t, engine.Config{Store: new(lastingStore)})
	own := finder(func(string, states.Seed) (engine.Target, error) {
		return engine.Target{Machine: one(t, succeed), Name: "own"}, nil
	})
	nameless := finder(func(string, states.Seed) (engine.Target, error) { return engine.Target{Machine: one(t, succeed)}, nil })
	named := engine.Named("order-42")
	for name, c := range map[string]struct {
		start   func() error
		refused bool
	}{
		"in memory":      {func() error { _, err := memory.StartExecution(t.Context(), one(t, succeed), nil, named); return err }, false},
		"with a store":   {func() error { _, err := kept.StartExecution(t.Context(), one(t, succeed), nil, named); return err }, true},
		"without a name": {func() error { _, err := kept.StartExecution(t.Context(), one(t, succeed), nil); return err }, false},
		"of a named one": {func() error {
			_, err := kept.StartExecution(t.Context(), one(t, succeed), nil, engine.Machine("m"), named)
			return err
		}, false},
		"Express": {func() error {
			_, err := kept.StartExecution(t.Context(), one(t, succeed), nil, named, engine.Express)
			return err
		}, false},
		"synchronous":       {func() error { _, err := kept.StartSyncExecution(t.Context(), one(t, succeed), nil, named); return err }, false},
		"by a reference":    {func() error { _, err := kept.StartExecutionFrom(t.Context(), own, "own", nil, named); return err }, false},
		"of a nameless one": {func() error { _, err := kept.StartExecutionFrom(t.Context(), nameless, "", nil, named); return err }, true},
	} {
		if err := c.start(); c.refused {
			assert.ErrorIs(t, err, engine.ErrInvalidName, name)
			assert.ErrorContains(t, err, "engine.Machine", name)
		} else {
			assert.NoError(t, err, name)
		}
	}
	page, err := kept.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	require.Len(t, page.Executions, 3, "what is refused is not kept")
	for _, x := range page.Executions {
		if x.Identity.Machine == "m" {
			fork, err := kept.ForkExecution(t.Context(), x.Identity.ARN, 2, engine.Fork{Machine: one(t, `{"Type":"Succeed","Comment":"new"}`)}, engine.Named("fork"))
			require.NoError(t, err, "a fork has the other's machine name, whatever its definition")
			assert.Equal(t, "m", fork.Identity().Machine)
		}
	}
}

// TestStartIsIdempotent: measured on AWS, the same name and input give the same
// execution while it runs, and an error otherwise.
func TestStartIsIdempotent(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	m := one(t, forever)
	named := []engine.StartOption{engine.Named("n"), engine.Machine("m")}
	x := run(t, e, m, json.RawMessage(`{"a":1,"b":2}`), named...)
	assert.Same(t, x, run(t, e, m, json.RawMessage(`{"b":2.0,"a":1}`), named...))

	_, err := e.StartExecution(t.Context(), m, json.RawMessage(`{"a":2}`), named...)
	require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
	assert.EqualError(t, err, "ExecutionAlreadyExists: Execution Already Exists: 'arn:aws:states:us-east-1:123456789012:execution:m:n'")
	assert.NotSame(t, x, run(t, e, m, nil, engine.Named("n"), engine.Machine("other")), "names are a machine's own")

	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	_, err = e.StartExecution(t.Context(), m, json.RawMessage(`{"a":1,"b":2}`), named...)
	require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
}

func TestExpressNamesNeedNotBeUnique(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	a := run(t, e, one(t, forever), nil, engine.Express, engine.Machine("m"), engine.Named("n"))
	b := run(t, e, one(t, forever), nil, engine.Express, engine.Machine("m"), engine.Named("n"))
	assert.NotEqual(t, a.ARN(), b.ARN())
}

func TestOneOfManyStartsWithTheSameNameWins(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	m := one(t, forever)
	var wg sync.WaitGroup
	all := make([]*engine.Execution, 16)
	for i := range all {
		wg.Go(func() { all[i], _ = e.StartExecution(t.Context(), m, nil, engine.Machine("m"), engine.Named("n")) })
	}
	wg.Wait()
	for _, x := range all {
		require.NotNil(t, x)
		assert.Same(t, all[0], x)
	}
}

func TestUnknownResourcesAreFoundAtTheStart(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"ship-order": echo, "bill": echo})})
	m := machine(t, `{"StartAt":"Both","States":{
		"Both":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"Ship","States":{"Ship":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:ship-oder","End":true}}},
			{"StartAt":"Each","States":{"Each":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"Bill","States":{
				"Bill":{"Type":"Task","Resource":"bill","Next":"Weigh"},
				"Weigh":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"weigh","Payload":{}},"End":true}}}}}}]}}}`)
	_, err := e.StartExecution(t.Context(), m, nil)
	require.EqualError(t, err, `engine: no handler for the resource "arn:aws:lambda:us-east-1:123456789012:function:ship-oder" of the state "Ship"; did you mean "ship-order"?
engine: no handler for the resource "weigh" of the state "Weigh"`)
	var unknown *engine.ResourceError
	require.True(t, errors.As(err, &unknown))
	assert.Equal(t, &engine.ResourceError{State: "Ship", Resource: "arn:aws:lambda:us-east-1:123456789012:function:ship-oder", Nearest: "ship-order"}, unknown)
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, page.Executions)
}

func TestAResolverThatForgetsFailsTheTask(t *testing.T) {
	t.Parallel()
	known := true
	e, _ := startVirtual(t, engine.Config{Resolver: engine.ResolverFunc(func(string) engine.Handler {
		if !known {
			return nil
		}
		return engine.HandlerFunc(echo)
	})})
	m := one(t, `{"Type":"Task","Resource":"bill","End":true}`)
	output(t, run(t, e, m, nil))
	known = false
	failed := failure(t, run(t, e, m, nil))
	assert.Equal(t, "States.TaskFailed", failed.Name)
	assert.Equal(t, `engine: no handler for the resource "bill" of the state "S"`, failed.Cause)
}

func TestExpressRefusesWhatOnlyStandardCan(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": echo})})
	for _, resource := range []string{
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"arn:aws:states:::states:startExecution.sync:2",
		"arn:aws:states:us-east-1:123456789012:activity:review",
	} {
		m := one(t, `{"Type":"Task","Resource":"`+resource+`","Parameters":{"QueueUrl":"q","MessageBody":"m","StateMachineArn":"m"},"End":true}`)
		_, err := e.StartExecution(t.Context(), m, nil, engine.Express)
		require.ErrorIs(t, err, engine.ErrTypeNotSupported, resource)
		assert.Contains(t, err.Error(), "/States/S/Resource")
		_, err = e.StartSyncExecution(t.Context(), m, nil)
		require.ErrorIs(t, err, engine.ErrTypeNotSupported, resource)
		run(t, e, m, nil)
	}
}

func TestStartNeedsAMachineAndATime(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	for _, m := range []*asl.StateMachine{nil, {}} {
		_, err := e.StartExecution(t.Context(), m, nil)
		require.EqualError(t, err, "engine: the state machine is empty: it must come from asl.Parse")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.StartExecution(ctx, one(t, succeed), nil)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = e.StartSyncExecution(ctx, one(t, succeed), nil)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestContextObjectNamesTheExecution(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{RoleARN: "arn:aws:iam::123456789012:role/r"})
	m := one(t, `{"Type":"Pass","Parameters":{"arn.$":"$$.Execution.Id","name.$":"$$.Execution.Name","role.$":"$$.Execution.RoleArn","machine.$":"$$.StateMachine"},"End":true}`)
	assert.Equal(t, `{"arn":"arn:aws:states:us-east-1:123456789012:execution:m:n","name":"n","role":"arn:aws:iam::123456789012:role/r",`+
		`"machine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"}}`,
		output(t, run(t, e, m, nil, engine.Named("n"), engine.Machine("m"))))

	redrives := one(t, `{"Type":"Pass","InputPath":"$$.Execution","End":true}`)
	assert.Contains(t, output(t, run(t, e, redrives, nil)), `"RedriveCount":0`)
	assert.Contains(t, output(t, run(t, e, redrives, nil, engine.Express)), `"RedriveCount":0`)
	result, err := e.StartSyncExecution(t.Context(), redrives, nil)
	require.NoError(t, err)
	assert.NotContains(t, string(result.Output()), "RedriveCount", "measured on AWS: synchronous ones have none")
}

func TestSeededExecutionsAreTheSame(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	m := one(t, `{"Type":"Pass","Parameters":{"id.$":"States.UUID()"},"End":true}`)
	seed := engine.Seeded(states.Seed{1, 2, 3})
	first := output(t, run(t, e, m, nil, seed))
	assert.Equal(t, first, output(t, run(t, e, m, nil, seed)))
	assert.NotEqual(t, first, output(t, run(t, e, m, nil)))
}
