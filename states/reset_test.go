package states_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// TestResetMakesANewExecution runs machines one after the other in the memory of one interpreter
// that is left in the middle of things, and expects of each what a new interpreter does.
func TestResetMakesANewExecution(t *testing.T) {
	used := new(states.Interpreter)
	for _, definition := range []string{
		`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","Assign":{"v.$":"$$.Execution.Name"},"End":true}}}`,
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"f","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":5,"End":true}}},
			{"StartAt":"C","States":{"C":{"Type":"Pass","Output":"{% $states.context.Execution.Id %}","QueryLanguage":"JSONata","End":true}}}]}}}`,
		`{"StartAt":"F","TimeoutSeconds":9,"States":{"F":{"Type":"Fail","Error":"E"}}}`,
		`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","Retry":[{"ErrorEquals":["States.ALL"]}],"End":true}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Pass","Parameters":{"n.$":"$$.Execution.Name"},"End":true}}}`,
	} {
		machine, err := asl.Parse([]byte(definition))
		require.NoError(t, err)
		for _, options := range []states.Options{{}, {WithoutEvents: true}} {
			used.Reset(machine, options)
			require.Empty(t, used.Status())
			require.Nil(t, used.Result())
			require.Empty(t, used.Open())
			require.Equal(t, steps(t, states.New(machine, options)), steps(t, used), definition)
		}
	}
}

// steps are what the first two steps of an execution cause.
func steps(t *testing.T, x *states.Interpreter) []states.Effects {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	first, err := x.StepInto(states.Effects{}, states.Started{At: at, Input: value.NewObject(), Execution: states.Execution{ARN: "arn", Name: "name"}})
	require.NoError(t, err)
	all := []states.Effects{first}
	for _, command := range x.Open() {
		if task, ok := command.(*states.InvokeTask); ok {
			next, err := x.StepInto(states.Effects{}, states.TaskErred{At: at, Task: task.ID, Failure: states.Fail("E", "c")})
			require.NoError(t, err)
			return append(all, next)
		}
	}
	return all
}

// TestCommandsOutliveReset: the run of a Map state goes on when its execution has ended, and the
// interpreter runs another one.
func TestCommandsOutliveReset(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"StartAt":"M","States":{"M":{"Type":"Map","Items":[1,2],"QueryLanguage":"JSONata","End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`))
	require.NoError(t, err)
	for _, options := range []states.Options{{}, {WithoutEvents: true}} {
		x := states.New(machine, options)
		begin := func(name string) *states.StartMapRun {
			effects, err := x.Step(states.Started{At: time.Unix(0, 0).UTC(), Input: value.NewObject(), Seed: states.Seed{name[0]}, Execution: states.Execution{
				ARN: "arn:aws:states:us-east-1:123456789012:execution:m:" + name, Name: name, RoleARN: name,
				StateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m", StateMachineName: "m"}})
			require.NoError(t, err)
			require.Len(t, effects.Commands, 1)
			return effects.Commands[0].(*states.StartMapRun)
		}
		run := begin("a")
		child, seed := run.Child("c"), run.ChildSeed("c")
		x.Reset(machine, options)
		begin("b")
		require.Equal(t, child, run.Child("c"))
		require.Equal(t, seed, run.ChildSeed("c"))
	}
}
