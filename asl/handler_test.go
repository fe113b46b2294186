package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// extended reads with the extensions.
var extended = asl.Parser{Extensions: true}

// undo is a handler that is right, under the name Undo.
const undo = `"Undo":{"Type":"Task","Resource":"undo"}`

// undone is a Task with that handler, and further fields.
func undone(fields string) string {
	return `{"Type":"Task","Resource":"do","Compensate":"Undo",` + fields + `}`
}

func TestHandlersInTheGraph(t *testing.T) {
	m, err := extended.Parse([]byte(`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"a","Compensate":"Undo","Next":"B"},
		"B":{"Type":"Parallel","Compensate":"Undo","Next":"C","Branches":[{"StartAt":"D","States":{
			"D":{"Type":"Task","QueryLanguage":"JSONata","Resource":"d","Compensate":"Note","End":true},
			"Note":{"Type":"Pass"}}}]},
		"C":{"Type":"Map","Compensate":"UndoAll","Next":"E","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}},
		"E":{"Type":"Task","Resource":"e","End":true},
		"Undo":{"Type":"Task","Resource":"u","Parameters":{"of.$":"$$.Compensation.State"},"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true},
		"UndoAll":{"Type":"Map","ItemProcessor":{"StartAt":"J","States":{"J":{"Type":"Task","Resource":"j","Catch":[{"ErrorEquals":["E"],"Next":"K"}],"End":true},"K":{"Type":"Pass","End":true}}}}
	}}`))
	require.NoError(t, err)
	assert.True(t, m.Compensates())
	for name, handler := range map[string]string{"A": "Undo", "B": "Undo", "C": "UndoAll", "D": "Note", "E": "", "I": "", "Undo": "", "Note": ""} {
		if handler == "" {
			assert.Nil(t, asl.Handler(m.Find(name)), name)
		} else {
			assert.Same(t, m.Find(handler), asl.Handler(m.Find(name)), name)
		}
	}
	for name, is := range map[string]bool{"Undo": true, "UndoAll": true, "Note": true, "A": false, "E": false, "J": false} {
		assert.Equal(t, is, asl.IsHandler(m.Find(name)), name)
	}
	assert.Nil(t, m.Find("Undo").(*asl.Task).Next)
	assert.Nil(t, m.Find("Note").(*asl.Pass).Next)

	plain, err := extended.Parse([]byte(one(pass)))
	require.NoError(t, err)
	assert.False(t, plain.Compensates())
}

// TestCompensationProblems has a definition for everything that can be wrong, and all
// that is said about it.
func TestCompensationProblems(t *testing.T) {
	const inner = `{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`
	for name, c := range map[string]struct {
		definition string
		problems   []string
	}{
		"no such state": {
			one(`{"Type":"Task","Resource":"do","Compensate":"Undoo","Next":"T"}`, `"T":`+undone(`"End":true`), undo),
			[]string{`1:74: MISSING_HANDLER: Missing handler: Undoo at /States/S/Compensate; did you mean "Undo"?`},
		},
		"no state like it": {
			one(`{"Type":"Task","Resource":"do","Compensate":"Elsewhere","End":true}`),
			[]string{`1:74: MISSING_HANDLER: Missing handler: Elsewhere at /States/S/Compensate`},
		},
		"a state of another graph": {
			one(`{"Type":"Parallel","Next":"T","Branches":[{"StartAt":"I","States":{"I":`+undone(`"End":true`)+`}}]}`, `"T":`+undone(`"End":true`), undo),
			[]string{`1:145: MISSING_HANDLER: Missing handler: Undo (that state belongs to another graph; a handler stands beside what it undoes) at /States/S/Branches/0/States/I/Compensate`},
		},
		"reached by StartAt": {
			`{"StartAt":"Undo","States":{"S":` + undone(`"End":true`) + `,` + undo + `}}`,
			[]string{
				`1:12: INVALID_HANDLER: State "Undo" is a handler, so no transition may lead to it (only Compensate does) at /StartAt`,
				`1:29: MISSING_TRANSITION_TARGET: State "S" is not reachable. at /States/S`,
			},
		},
		"reached by Next": {
			one(undone(`"Next":"Undo"`), undo, `"T":`+pass),
			[]string{
				`1:88: INVALID_HANDLER: State "Undo" is a handler, so no transition may lead to it (only Compensate does) at /States/S/Next`,
				`1:137: MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T`,
			},
		},
		"reached by Default and a Choice Rule": {
			one(undone(`"Next":"C"`), undo, `"T":`+pass, `"C":{"Type":"Choice","Default":"Undo","Choices":[{"Variable":"$.x","IsNull":true,"Next":"Undo"},{"Variable":"$.y","IsNull":true,"Next":"T"}]}`),
			[]string{
				`1:196: INVALID_HANDLER: State "Undo" is a handler, so no transition may lead to it (only Compensate does) at /States/C/Default`,
				`1:253: INVALID_HANDLER: State "Undo" is a handler, so no transition may lead to it (only Compensate does) at /States/C/Choices/0/Next`,
			},
		},
		"reached by a Catcher": {
			one(undone(`"Catch":[{"ErrorEquals":["E"],"Next":"Undo"}],"End":true`), undo),
			[]string{`1:118: INVALID_HANDLER: State "Undo" is a handler, so no transition may lead to it (only Compensate does) at /States/S/Catch/0/Next`},
		},
		"a Choice state": {
			one(undone(`"Next":"T"`), `"Undo":{"Type":"Choice","Default":"T","Choices":[{"Variable":"$.x","IsNull":true,"Next":"T"}]},"T":`+pass),
			[]string{`1:74: INVALID_HANDLER: State "Undo" cannot be a handler: its type is Choice (a handler is a Task, Pass, Parallel or Map state) at /States/S/Compensate`},
		},
		"a Wait state": {
			one(undone(`"End":true`), `"Undo":{"Type":"Wait","Seconds":1,"End":true}`),
			[]string{`1:74: INVALID_HANDLER: State "Undo" cannot be a handler: its type is Wait (a handler is a Task, Pass, Parallel or Map state) at /States/S/Compensate`},
		},
		"a Succeed state that is an end besides": {
			one(undone(`"Next":"Undo"`), `"Undo":{"Type":"Succeed"}`),
			[]string{`1:74: INVALID_HANDLER: State "Undo" cannot be a handler: its type is Succeed (a handler is a Task, Pass, Parallel or Map state) at /States/S/Compensate`},
		},
		"a Fail state": {
			one(undone(`"End":true`), `"Undo":{"Type":"Fail"}`),
			[]string{`1:74: INVALID_HANDLER: State "Undo" cannot be a handler: its type is Fail (a handler is a Task, Pass, Parallel or Map state) at /States/S/Compensate`},
		},
		"a state that could not be read": {
			one(undone(`"End":true`), `"Undo":{"Type":"Taks"}`),
			[]string{`1:108: SCHEMA_VALIDATION_FAILED: Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map] at /States/Undo/Type; did you mean "Task"?`},
		},
		"named by a state that could not be read": {
			one(`{"Type":"Taks","Resource":"do","Compensate":"Undo","Next":"T"}`, `"T":`+pass, undo),
			[]string{`1:38: SCHEMA_VALIDATION_FAILED: Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map] at /States/S/Type; did you mean "Task"?`},
		},
		"with fields that handlers have not": {
			one(undone(`"Next":"T"`), `"T":`+pass, `"Undo":{"Type":"Task","Resource":"u","Assign":{},"Catch":[],"Next":"T"}`),
			[]string{
				`1:161: INVALID_HANDLER: State "Undo" is a handler, which cannot have 'Assign' (the variables would end with the handler) at /States/Undo/Assign`,
				`1:173: INVALID_HANDLER: State "Undo" is a handler, which cannot have 'Catch' (a Catcher is a transition, and no handler has one) at /States/Undo/Catch`,
				`1:184: INVALID_HANDLER: State "Undo" is a handler, which cannot have 'Next' (compensation goes on with what was completed before) at /States/Undo/Next`,
			},
		},
		"with a handler of its own": {
			one(undone(`"End":true`), `"Undo":{"Type":"Task","Resource":"u","Compensate":"Other"}`, `"Other":{"Type":"Pass"}`),
			[]string{`1:143: INVALID_HANDLER: State "Undo" is a handler, which cannot have 'Compensate' (what undoes is not undone) at /States/Undo/Compensate`},
		},
		"undoing each other": {
			one(undone(`"End":true`), `"Undo":{"Type":"Task","Resource":"u","Compensate":"Other"}`, `"Other":{"Type":"Task","Resource":"o","Compensate":"Undo"}`),
			[]string{
				`1:143: INVALID_HANDLER: State "Undo" is a handler, which cannot have 'Compensate' (they undo each other in a ring: Undo, Other) at /States/Undo/Compensate`,
				`1:203: INVALID_HANDLER: State "Other" is a handler, which cannot have 'Compensate' (they undo each other in a ring: Other, Undo) at /States/Other/Compensate`,
			},
		},
		"undoing itself": {
			one(`{"Type":"Task","Resource":"do","Compensate":"S","End":true}`),
			[]string{`1:74: INVALID_HANDLER: State "S" cannot undo itself at /States/S/Compensate`},
		},
		"inside a handler": {
			one(undone(`"End":true`), `"Undo":{"Type":"Map","Iterator":{"StartAt":"J","States":{"J":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"K","States":{
"K":{"Type":"Task","Resource":"k","Compensate":"Deep","End":true},"Deep":{"Type":"Pass"}}}]}}}}`),
			[]string{`2:48: INVALID_HANDLER: State "K" is part of a handler, so it cannot have 'Compensate' (what undoes is not undone) at /States/Undo/Iterator/States/J/Branches/0/States/K/Compensate`},
		},
		"the handler of what nothing leads to": {
			one(pass, `"T":`+undone(`"End":true`), undo),
			[]string{
				`1:57: MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T`,
				`1:124: warning: MISSING_TRANSITION_TARGET: Handler "Undo" undoes no state that is reachable from StartAt at /States/Undo`,
			},
		},
		"a handler is no end": {
			one(`{"Type":"Task","Resource":"do","Compensate":"Undo","Next":"S"}`, undo),
			[]string{`1:1: MISSING_END_STATE: Workflow has no terminal state`},
		},
		"a state like any other needs its transition": {
			one(undone(`"Next":"T"`), `"T":{"Type":"Pass"}`, undo),
			[]string{`1:97: SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] (it has none of them) at /States/T`},
		},
		"Compensate in a Pass state": {
			one(`{"Type":"Pass","Compensate":"Undo","End":true}`, undo),
			[]string{`1:45: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (of states, only those of the types Task, Parallel and Map can be undone) at /States/S/Compensate`},
		},
		"Compensate in a Choice state": {
			one(`{"Type":"Choice","Compensate":"Undo","Default":"T","Choices":[{"Variable":"$.x","IsNull":true,"Next":"T"}]}`, undo, `"T":`+pass),
			[]string{`1:47: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (of states, only those of the types Task, Parallel and Map can be undone) at /States/S/Compensate`},
		},
		"Compensate in Wait, Succeed and Fail states": {
			one(`{"Type":"Wait","Seconds":1,"Compensate":"Undo","Next":"T"}`, undo, `"T":{"Type":"Choice","Default":"U","Choices":[{"Variable":"$.x","IsNull":true,"Next":"V"}]}`,
				`"U":{"Type":"Succeed","Compensate":"Undo"}`, `"V":{"Type":"Fail","Compensate":"Undo"}`),
			[]string{
				`1:57: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (of states, only those of the types Task, Parallel and Map can be undone) at /States/S/Compensate`,
				`1:244: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (of states, only those of the types Task, Parallel and Map can be undone) at /States/U/Compensate`,
				`1:284: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (of states, only those of the types Task, Parallel and Map can be undone) at /States/V/Compensate`,
			},
		},
		"no name": {
			one(`{"Type":"Task","Resource":"do","Compensate":["Undo"],"End":true}`),
			[]string{`1:74: SCHEMA_VALIDATION_FAILED: Expected value of type String at /States/S/Compensate`},
		},
		"misspelt": {
			one(`{"Type":"Map","Compensat":"Undo","End":true,"ItemProcessor":` + inner + `}`),
			[]string{`1:44: SCHEMA_VALIDATION_FAILED: Field 'Compensat' is not supported at /States/S/Compensat; did you mean "Compensate"?`},
		},
		"nothing is wrong": {
			one(`{"Type":"Map","Compensate":"Undo","Next":"T","ItemProcessor":`+inner+`}`, `"T":`+undone(`"End":true`), `"Undo":{"Type":"Pass","End":false}`),
			nil,
		},
		"the Context Object has a Compensation": {
			one(undone(`"Next":"T"`), `"T":{"Type":"Task","Resource":"t","Compensate":"UndoT","End":true}`,
				`"Undo":{"Type":"Pass","InputPath":"$$.Compensation.Output","Parameters":{"e.$":"$$.Compensation.Error"}}`,
				`"UndoT":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.context.Compensation.Input %}"}`),
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var problems []string
			for _, d := range extended.Validate([]byte(c.definition)) {
				problems = append(problems, d.String())
			}
			assert.Equal(t, c.problems, problems)
		})
	}
}

func TestCompensateWithoutExtensions(t *testing.T) {
	ds := validate(one(undone(`"End":true`), `"Undo":{"Type":"Pass","End":true}`))
	require.Len(t, ds, 1)
	assert.Equal(t, "1:61: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (it is an extension: "+
		"asl.Parser{Extensions: true} accepts it, and so does --extensions on the command line) at /States/S/Compensate", ds[0].String())
	assert.Equal(t, "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported at /States/S'", ds.AWSMessage())
}
