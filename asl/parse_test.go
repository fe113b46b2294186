package asl_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// one wraps a state, called S, into a machine; further states may follow it.
func one(state string, more ...string) string {
	return `{"StartAt":"S","States":{"S":` + state + strings.Join(append([]string{""}, more...), ",") + `}}`
}

// done is a state to go on to.
const done = `"Done":{"Type":"Succeed"}`

// parseOne parses a machine of one state and returns that state.
func parseOne[S asl.State](t *testing.T, state string, more ...string) S {
	t.Helper()
	m, err := asl.Parse(one(state, more...))
	require.NoError(t, err)
	s, ok := m.Find("S").(S)
	require.True(t, ok, "the state is a %T", m.Find("S"))
	return s
}

func TestParseMachine(t *testing.T) {
	definition := `{"Comment":"c","Version":"1.0","QueryLanguage":"JSONPath","TimeoutSeconds":60,
		"StartAt":"A","States":{"B":{"Type":"Succeed"},"A":{"Type":"Pass","Comment":"first","Next":"B"}}}`
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	assert.Equal(t, "c", m.Comment)
	assert.Equal(t, "1.0", m.Version)
	assert.Equal(t, asl.JSONPath, m.QueryLanguage)
	assert.EqualValues(t, 60, m.TimeoutSeconds)
	assert.Equal(t, definition, m.Definition())

	assert.Equal(t, 2, m.Len())
	var names []string
	for s := range m.All() {
		names = append(names, s.Name())
	}
	assert.Equal(t, []string{"B", "A"}, names, "states keep the order of the text")

	a := m.Start().(*asl.Pass)
	assert.Equal(t, "A", a.Name())
	assert.Equal(t, "Pass", a.Type())
	assert.Equal(t, "first", a.Comment())
	assert.Equal(t, asl.JSONPath, a.QueryLanguage())
	assert.Equal(t, "/States/A", a.Pointer())
	assert.Same(t, m.Graph, a.Graph())
	assert.Nil(t, m.Owner())
	assert.Same(t, m.Find("B"), a.Next, "transitions are pointers")
	assert.Nil(t, m.Find("C"))
}

func TestParseMachineDefaults(t *testing.T) {
	m, err := asl.Parse([]byte(one(`{"Type":"Pass","End":true}`)))
	require.NoError(t, err)
	assert.Equal(t, "1.0", m.Version)
	assert.Equal(t, asl.JSONPath, m.QueryLanguage)
	assert.Zero(t, m.TimeoutSeconds)
	assert.Nil(t, m.Start().(*asl.Pass).Next, "End leaves Next nil")
}

func TestParsePass(t *testing.T) {
	s := parseOne[*asl.Pass](t, `{"Type":"Pass","InputPath":"$.in","Parameters":{"a.$":"$.x"},"Result":{"b":1},
		"ResultPath":"$.out","OutputPath":"$.out","Assign":{"v.$":"$.y"},"End":true}`)
	assert.Equal(t, "$.in", fmt.Sprint(s.InputPath))
	assert.NotNil(t, s.Arguments)
	assert.True(t, s.HasResult)
	assert.JSONEq(t, `{"b":1}`, value.String(s.Result))
	assert.Equal(t, "$.out", s.ResultPath.String())
	assert.Equal(t, "$.out", fmt.Sprint(s.Output))
	assert.NotNil(t, s.Assign)

	s = parseOne[*asl.Pass](t, `{"Type":"Pass","Result":null,"End":true}`)
	assert.True(t, s.HasResult, "null is a result")
	assert.Nil(t, s.Result)

	s = parseOne[*asl.Pass](t, `{"Type":"Pass","End":true}`)
	assert.False(t, s.HasResult)
	assert.Nil(t, s.InputPath)
	assert.Nil(t, s.ResultPath)
}

func TestParseNullPaths(t *testing.T) {
	s := parseOne[*asl.Pass](t, `{"Type":"Pass","InputPath":null,"ResultPath":null,"OutputPath":null,"End":true}`)
	in, err := s.InputPath.Eval("x", nil)
	require.NoError(t, err)
	assert.Equal(t, "{}", value.String(in), "InputPath null gives an empty object")
	out, err := s.ResultPath.Set("raw", "result")
	require.NoError(t, err)
	assert.Equal(t, "raw", out, "ResultPath null drops the result")
	out, err = s.Output.Eval("x", nil)
	require.NoError(t, err)
	assert.Equal(t, "{}", value.String(out), "OutputPath null gives an empty object")
}

func TestParseTask(t *testing.T) {
	s := parseOne[*asl.Task](t, `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Credentials":{"RoleArn":"arn:aws:iam::1:role/r"},"Parameters":{"QueueUrl":"q","MessageBody":"m"},"ResultSelector":{"a.$":"$.b"},
		"TimeoutSeconds":30,"HeartbeatSecondsPath":"$.beat","Next":"Done"}`, done)
	assert.Equal(t, asl.WaitForTaskToken, s.Resource.Pattern)
	assert.NotNil(t, s.Credentials)
	assert.NotNil(t, s.ResultSelector)
	assert.True(t, s.Timeout.IsSet())
	assert.EqualValues(t, 30, s.Timeout.Literal)
	assert.Nil(t, s.Timeout.Path)
	assert.True(t, s.Heartbeat.IsSet())
	assert.Equal(t, "$.beat", s.Heartbeat.Path.String())
	assert.Equal(t, "Done", s.Next.Name())

	s = parseOne[*asl.Task](t, `{"Type":"Task","Resource":"reserve-inventory","End":true}`)
	assert.False(t, s.Timeout.IsSet())
	assert.Equal(t, "reserve-inventory", s.Resource.Text)
}

func TestParseRetriers(t *testing.T) {
	s := parseOne[*asl.Task](t, `{"Type":"Task","Resource":"r","End":true,"Retry":[
		{"ErrorEquals":["A","B"],"IntervalSeconds":3,"MaxAttempts":0,"BackoffRate":1.5,"MaxDelaySeconds":9,"JitterStrategy":"FULL","Comment":"c"},
		{"ErrorEquals":["States.ALL"],"JitterStrategy":"NONE"}]}`)
	assert.Equal(t, []asl.Retrier{
		{ErrorEquals: []string{"A", "B"}, IntervalSeconds: 3, MaxAttempts: 0, BackoffRate: 1.5, MaxDelaySeconds: 9, FullJitter: true, Comment: "c"},
		{ErrorEquals: []string{"States.ALL"}, IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2},
	}, s.Retry)
}

func TestParseCatchers(t *testing.T) {
	s := parseOne[*asl.Task](t, `{"Type":"Task","Resource":"r","End":true,"Catch":[
		{"ErrorEquals":["A"],"Next":"Done","ResultPath":"$.e","Assign":{"v":1},"Comment":"c"},
		{"ErrorEquals":["B"],"Next":"S","ResultPath":null},
		{"ErrorEquals":["States.ALL"],"Next":"Done"}]}`, done)
	require.Len(t, s.Catch, 3)
	assert.Equal(t, []string{"A"}, s.Catch[0].ErrorEquals)
	assert.Equal(t, "Done", s.Catch[0].Next.Name())
	assert.Equal(t, "$.e", s.Catch[0].ResultPath.String())
	assert.NotNil(t, s.Catch[0].Assign)
	assert.Equal(t, "c", s.Catch[0].Comment)
	assert.Equal(t, "S", s.Catch[1].Next.Name(), "a catcher may lead back")
	assert.NotNil(t, s.Catch[1].ResultPath, "null is not absent")
	assert.Nil(t, s.Catch[2].ResultPath)
	assert.Nil(t, s.Catch[2].Assign)
}

func TestParseWait(t *testing.T) {
	s := parseOne[*asl.Wait](t, `{"Type":"Wait","Seconds":0,"End":true}`)
	assert.True(t, s.Seconds.IsSet(), "0 is a number of seconds")
	s = parseOne[*asl.Wait](t, `{"Type":"Wait","SecondsPath":"$.s","End":true}`)
	assert.Equal(t, "$.s", s.Seconds.Path.String())
	s = parseOne[*asl.Wait](t, `{"Type":"Wait","Timestamp":"2016-03-14T01:59:00Z","End":true}`)
	assert.Equal(t, time.Date(2016, 3, 14, 1, 59, 0, 0, time.UTC), s.Timestamp.UTC())
	assert.False(t, s.Seconds.IsSet())
	s = parseOne[*asl.Wait](t, `{"Type":"Wait","TimestampPath":"$$.Execution.StartTime","InputPath":"$.a","OutputPath":"$.b","End":true}`)
	assert.Equal(t, "$$.Execution.StartTime", s.TimestampPath.String())
	assert.Equal(t, "$.a", fmt.Sprint(s.InputPath))
	assert.Equal(t, "$.b", fmt.Sprint(s.Output))
}

func TestParseEnds(t *testing.T) {
	succeed := parseOne[*asl.Succeed](t, `{"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"}`)
	assert.Equal(t, "$.a", fmt.Sprint(succeed.InputPath))
	assert.Equal(t, "$.b", fmt.Sprint(succeed.Output))

	fail := parseOne[*asl.Fail](t, `{"Type":"Fail","Error":"E","CausePath":"States.Format('at {}', $.place)"}`)
	assert.True(t, fail.Error.IsSet())
	assert.Equal(t, "E", fail.Error.Literal)
	assert.Equal(t, "States.Format('at {}', $.place)", fail.Cause.Expression.String())

	fail = parseOne[*asl.Fail](t, `{"Type":"Fail"}`)
	assert.False(t, fail.Error.IsSet())
	assert.False(t, fail.Cause.IsSet())
}

func TestParseParallel(t *testing.T) {
	s := parseOne[*asl.Parallel](t, `{"Type":"Parallel","Next":"Done","Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A2"},"A2":{"Type":"Succeed"}}},
		{"Comment":"second","StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],
		"ResultSelector":{"x.$":"$[0]"},"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Done"}]}`, done)
	require.Len(t, s.Branches, 2)
	assert.Equal(t, "A", s.Branches[0].Start().Name())
	assert.Equal(t, 2, s.Branches[0].Len())
	assert.Same(t, s, s.Branches[1].Owner())
	assert.Equal(t, 0, s.Branches[0].Branch())
	assert.Equal(t, 1, s.Branches[1].Branch())
	assert.Equal(t, "/States/S/Branches/1/States/B", s.Branches[1].Start().Pointer())
	assert.Same(t, s.Branches[1], s.Branches[1].Start().Graph())
	assert.Len(t, s.Retry, 1)
	assert.Len(t, s.Catch, 1)
}

func TestFindReachesNestedStates(t *testing.T) {
	m, err := asl.Parse(one(`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}]}`))
	require.NoError(t, err)
	require.NotNil(t, m.Find("A"))
	assert.Equal(t, 1, m.Len(), "nested states are not the machine's own")
}

func TestParseMap(t *testing.T) {
	const worker = `{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"W","States":{"W":{"Type":"Pass","End":true}}}`
	s := parseOne[*asl.Map](t, `{"Type":"Map","ItemsPath":"$.items","ItemSelector":{"v.$":"$$.Map.Item.Value"},"MaxConcurrency":5,
		"ToleratedFailureCountPath":"$.count","ToleratedFailurePercentage":12.5,"Label":"label","End":true,"ItemProcessor":`+worker+`}`)
	assert.Equal(t, "$.items", fmt.Sprint(s.Items))
	assert.NotNil(t, s.ItemSelector, "ItemSelector is what Parameters meant")
	assert.EqualValues(t, 5, s.MaxConcurrency.Literal)
	assert.Equal(t, "$.count", s.ToleratedFailureCount.Path.String())
	assert.EqualValues(t, 12, s.ToleratedFailurePercentage.Literal)
	assert.InDelta(t, 12.5, s.ToleratedFailurePercentage.Exact(), 0)
	assert.Equal(t, "label", s.Label)
	assert.Equal(t, "W", s.Processor.Start().Name())
	assert.Same(t, s, s.Processor.Owner())
	assert.Equal(t, "/States/S/ItemProcessor/States/W", s.Processor.Start().Pointer())

	s = parseOne[*asl.Map](t, `{"Type":"Map","Parameters":{"v.$":"$$.Map.Item.Value"},"MaxConcurrencyPath":"$.n","End":true,
		"Iterator":{"StartAt":"W","States":{"W":{"Type":"Pass","End":true}}}}`)
	assert.NotNil(t, s.ItemSelector)
	assert.Equal(t, "$.n", s.MaxConcurrency.Path.String())
	assert.NotNil(t, s.Processor, "Iterator is the older ItemProcessor")
	assert.Equal(t, "$", fmt.Sprint(s.Items))
}

func TestParseSubstitutions(t *testing.T) {
	// CloudFormation and Terraform fill these in before AWS sees them; published
	// definitions still hold them.
	s := parseOne[*asl.Task](t, `{"Type":"Task","Resource":"${Function.Arn}","Parameters":{"TableName":"${Table}","n.$":"States.Format('${Prefix}-{}', $.id)"},"End":true}`)
	assert.Equal(t, "${Function.Arn}", s.Resource.Text)
	task := parseOne[*asl.Task](t, `{"Type":"Task","Resource":"arn:${AWS::Partition}:states:::batch:submitJob.sync","End":true}`)
	assert.Equal(t, asl.RunJob, task.Resource.Pattern)
}

func TestLocate(t *testing.T) {
	m, err := asl.Parse("{\n\"StartAt\":\"S\",\"States\":{\n\"S\":{\"Type\":\"Pass\",\n  \"Next\":\"é\"},\"é\":{\"Type\":\"Succeed\"}}}")
	require.NoError(t, err)
	ds := asl.Diagnostics{{Pointer: "/States/é/Type"}, {Pointer: "/States/S/Next/of/nothing"}, {Pointer: ""}, {Pointer: "/States/S"}}
	m.Locate(ds)
	var places []string
	for _, d := range ds {
		places = append(places, fmt.Sprintf("%d:%d %s", d.Line, d.Column, d.Pointer))
	}
	assert.Equal(t, []string{"1:1 ", "3:1 /States/S", "4:3 /States/S/Next", "4:20 /States/é/Type"}, places)
}
