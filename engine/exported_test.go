package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A saga is a machine that compensates, what its tasks do, and what comes of it in
// either form: as it is, and exported to the language without extensions.
type saga struct {
	definition string
	input      string
	fails      map[string]string        // resources that fail, with "Error: Cause"
	once       bool                     // they fail only the first time
	takes      map[string]time.Duration // how long they take; 0 when they aren't here
	answers    map[string]string        // JSON; others answer with their own name
	timed      bool                     // calls say when they are made, and are in the order of that
	calls      []string                 // the resources that are called, in order
	end        string                   // status, then output or error and cause
}

// transcript runs a machine and returns what is called, with the inputs, and its end.
func (s *saga) transcript(t *testing.T, m *asl.StateMachine) (calls []string, end string) {
	clock := enginetest.NewClock(time.Time{})
	failed := map[string]bool{}
	handle := func(resource string) engine.Handler {
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			call := resource + " " + value.String(task.Input)
			if s.timed {
				call = clock.Now().Format("2006-01-02T15:04:05.000 ") + call
			}
			calls = append(calls, call)
			if d := s.takes[resource]; d > 0 {
				if err := clock.Sleep(ctx, d); err != nil {
					return nil, err
				}
			}
			if text, ok := s.fails[resource]; ok && !(s.once && failed[resource]) {
				failed[resource] = true
				name, cause, _ := strings.Cut(text, ": ")
				return nil, &engine.TaskError{Name: name, Cause: cause}
			}
			if answer, ok := s.answers[resource]; ok {
				return json.RawMessage(answer), nil
			}
			return map[string]any{"by": resource}, nil
		})
	}
	e := start(t, engine.Config{Clock: clock, Resolver: engine.ResolverFunc(handle)})
	x := run(t, e, m, json.RawMessage(s.input))
	result, err := x.Wait(t.Context())
	if s.timed {
		slices.Sort(calls) // who begins first at the same moment is nobody's promise
	}
	if failure, ok := errors.AsType[*engine.ExecutionError](err); ok {
		return calls, fmt.Sprintf("%s %s %s", failure.Status, failure.Name, failure.Cause)
	}
	require.NoError(t, err)
	return calls, "SUCCEEDED " + string(result.Output())
}

// machineOf writes a machine of states, in either query language.
func machineOf(language, start string, states ...string) string {
	return `{"QueryLanguage":"` + language + `","StartAt":"` + start + `","States":{` + strings.Join(states, ",") + `}}`
}

// job is a Task state whose resource is its name in lower case.
func job(name, fields string) string {
	return fmt.Sprintf(`%q:{"Type":"Task","Resource":%q%s}`, name, strings.ToLower(name), fields)
}

// fork is a Parallel state with branches that are machines.
func fork(name, fields string, branches ...string) string {
	return fmt.Sprintf(`%q:{"Type":"Parallel","Branches":[%s]%s}`, name, strings.Join(branches, ","), fields)
}

// branch is a graph.
func branch(start string, states ...string) string {
	return `{"StartAt":"` + start + `","States":{` + strings.Join(states, ",") + `}}`
}

var sagas = map[string]saga{
	"steps are undone, the newest first": {
		definition: machineOf("JSONPath", "A",
			job("A", `,"ResultPath":"$.a","Compensate":"UndoA","Next":"B"`),
			job("B", `,"ResultSelector":{"b.$":"$.by"},"Compensate":"UndoB","Next":"C"`),
			job("C", `,"End":true`), job("UndoA", ``), job("UndoB", `,"End":true`)),
		fails: map[string]string{"c": "Boom: it broke"},
		calls: []string{`a {"n":[1]}`, `b {"n":[1],"a":{"by":"a"}}`, `c {"b":"b"}`,
			`undob {"Input":{"n":[1],"a":{"by":"a"}},"Output":{"b":"b"},"Error":"Boom","Cause":"it broke"}`,
			`undoa {"Input":{"n":[1]},"Output":{"n":[1],"a":{"by":"a"}},"Error":"Boom","Cause":"it broke"}`},
		end: "FAILED Boom it broke",
	},
	"the same in JSONata": {
		definition: machineOf("JSONata", "A",
			job("A", `,"Compensate":"UndoA","Next":"B"`),
			job("B", `,"Output":{"was":"{% $states.input %}","is":"{% [$states.result.by] %}"},"Assign":{"v":"{% $states.result %}"},"Compensate":"UndoB","Next":"C"`),
			job("C", `,"End":true`),
			job("UndoA", `,"Arguments":["{% $states.context.Compensation.State %}","{% $states.input %}"]`),
			job("UndoB", `,"Arguments":{"c":"{% $states.context.Compensation %}","v":"{% $v %}"},"End":true`)),
		fails: map[string]string{"c": "Boom: it broke"},
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `c {"was":{"by":"a"},"is":["b"]}`,
			`undob {"c":{"State":"B","Input":{"by":"a"},"Output":{"was":{"by":"a"},"is":["b"]},"Error":"Boom","Cause":"it broke"},"v":{"by":"b"}}`,
			`undoa ["A",{"Input":{"n":[1]},"Output":{"by":"a"},"Error":"Boom","Cause":"it broke"}]`},
		end: "FAILED Boom it broke",
	},
	"a machine that ends well undoes nothing": {
		definition: machineOf("JSONPath", "A", job("A", `,"Compensate":"Undo","Next":"B"`), job("B", `,"Compensate":"Undo","End":true`), job("Undo", ``)),
		calls:      []string{`a {"n":[1]}`, `b {"by":"a"}`},
		end:        `SUCCEEDED {"by":"b"}`,
	},
	"each repetition in a loop is undone": {
		definition: machineOf("JSONPath", "A",
			job("A", `,"Assign":{"last.$":"$"},"ResultPath":"$.r","Compensate":"Undo","Next":"More"`),
			`"More":{"Type":"Choice","Choices":[{"Variable":"$.n[1]","IsPresent":true,"Next":"Stop"}],"Default":"Add"}`,
			`"Add":{"Type":"Pass","Parameters":{"n.$":"States.Array($.n[0], 2)"},"Next":"A"}`,
			`"Stop":{"Type":"Fail","Error":"Enough"}`,
			job("Undo", `,"Parameters":{"of.$":"$.Input","last.$":"$last","name.$":"$$.Compensation['State']","why.$":"States.Format('{}: $$.Compensation', $$.Compensation.Error)"}`)),
		calls: []string{`a {"n":[1]}`, `a {"n":[1,2]}`,
			`undo {"of":{"n":[1,2]},"last":{"by":"a"},"name":"A","why":"Enough: $$.Compensation"}`,
			`undo {"of":{"n":[1]},"last":{"by":"a"},"name":"A","why":"Enough: $$.Compensation"}`},
		end: "FAILED Enough ",
	},
	"a caught error undoes nothing": {
		definition: machineOf("JSONPath", "A",
			job("A", `,"Compensate":"Undo","Next":"B"`),
			job("B", `,"Compensate":"Undo","Catch":[{"ErrorEquals":["Oops"],"ResultPath":"$.e","Next":"C"}],"End":true`),
			job("C", `,"Compensate":"Undo","Next":"D"`), job("D", `,"End":true`), job("Undo", `,"InputPath":"$.Output"`)),
		fails: map[string]string{"b": "Oops: x", "d": "Boom: y"},
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `c {"by":"a","e":{"Error":"Oops","Cause":"x"}}`, `d {"by":"c"}`, `undo {"by":"c"}`, `undo {"by":"a"}`},
		end:   "FAILED Boom y",
	},
	"a Fail state may say its error with paths": {
		definition: machineOf("JSONPath", "A", job("A", `,"ResultPath":"$.r","Compensate":"Undo","Next":"F"`),
			`"F":{"Type":"Fail","ErrorPath":"$.r.by","CausePath":"States.Format('no {}', $.n[0])"}`, job("Undo", `,"InputPath":"$.Error"`)),
		calls: []string{`a {"n":[1]}`, `undo "a"`},
		end:   "FAILED a no 1",
	},
	"a Fail state may compute its error": {
		definition: machineOf("JSONata", "A", job("A", `,"Compensate":"Undo","Next":"F"`),
			`"F":{"Type":"Fail","Error":"{% $states.input.by %}","Cause":"because"}`, job("Undo", `,"Arguments":"{% $states.input.Cause %}"`)),
		calls: []string{`a {"n":[1]}`, `undo "because"`},
		end:   "FAILED a because",
	},
	"a handler is tried again": {
		definition: machineOf("JSONPath", "A", job("A", `,"Compensate":"Undo","Next":"B"`), job("B", `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"End":true`),
			job("Undo", `,"InputPath":"$.Error","Retry":[{"ErrorEquals":["States.ALL"]}]`)),
		fails: map[string]string{"b": "E: always", "undo": "Busy: once"}, once: true,
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `b {"by":"a"}`},
		end:   `SUCCEEDED {"by":"b"}`,
	},
	"a handler that fails ends everything": {
		definition: machineOf("JSONPath", "A", job("A", `,"Compensate":"UndoA","Next":"B"`), job("B", `,"Compensate":"UndoB","Next":"C"`), job("C", `,"Compensate":"UndoC","Next":"D"`), job("D", `,"End":true`),
			job("UndoA", ``), job("UndoB", `,"InputPath":"$.Error","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`), job("UndoC", `,"InputPath":"$.Cause"`)),
		fails: map[string]string{"d": "Boom: d", "undob": "Stuck: for good"},
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `c {"by":"b"}`, `d {"by":"c"}`, `undoc "d"`, `undob "Boom"`, `undob "Boom"`},
		end:   `FAILED States.CompensationFailed {"Error":"Boom","Cause":"d","State":"B","Handler":"UndoB","HandlerFailure":{"Error":"Stuck","Cause":"for good"},"Remaining":["B","A"]}`,
	},
	"what branches have completed is undone in the order of its completion": {
		definition: machineOf("JSONPath", "P",
			fork("P", `,"ResultPath":"$.p","Compensate":"UndoP","Next":"D"`,
				branch("A", job("A", `,"Compensate":"UndoA","Next":"B"`), job("B", `,"Compensate":"UndoB","End":true`), job("UndoA", `,"InputPath":"$.Output"`), job("UndoB", `,"InputPath":"$.Output"`)),
				branch("C", job("C", `,"Compensate":"UndoC","Next":"S"`), `"S":{"Type":"Succeed","OutputPath":"$.by"}`, job("UndoC", `,"InputPath":"$.Output"`)),
				branch("N", `"N":{"Type":"Pass","Result":[7],"End":true}`)),
			job("D", `,"End":true`), job("UndoP", ``)),
		takes: map[string]time.Duration{"a": 2 * time.Second, "b": 3 * time.Second, "c": 4 * time.Second},
		fails: map[string]string{"d": "Boom: d"},
		calls: []string{`a {"n":[1]}`, `c {"n":[1]}`, `b {"by":"a"}`, `d {"n":[1],"p":[{"by":"b"},"c",[7]]}`,
			`undop {"Input":{"n":[1]},"Output":{"n":[1],"p":[{"by":"b"},"c",[7]]},"Error":"Boom","Cause":"d"}`,
			`undob {"by":"b"}`, `undoc {"by":"c"}`, `undoa {"by":"a"}`},
		end: "FAILED Boom d",
	},
	"a branch that fails undoes its own, then the Parallel state is caught": {
		definition: machineOf("JSONPath", "A", job("A", `,"Compensate":"UndoA","Next":"P"`),
			fork("P", `,"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"D"}],"Next":"D"`,
				branch("B", job("B", `,"Compensate":"UndoB","Next":"C"`), job("C", `,"End":true`), job("UndoB", `,"InputPath":"$.Input"`))),
			job("D", `,"Next":"F"`), `"F":{"Type":"Fail","Error":"End","Cause":"of it"}`, job("UndoA", `,"InputPath":"$.Error"`)),
		fails: map[string]string{"c": "Boom: c"},
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `c {"by":"b"}`, `undob {"by":"a"}`, `d {"by":"a","e":{"Error":"Boom","Cause":"c"}}`, `undoa "End"`},
		end:   "FAILED End of it",
	},
	"a branch that fails is tried again": {
		definition: machineOf("JSONata", "P",
			fork("P", `,"Retry":[{"ErrorEquals":["Boom"]}],"Output":"{% $states.result[0].by %}","Assign":{"r":"{% $states.result %}"},"Next":"D"`,
				branch("B", job("B", `,"Compensate":"UndoB","Next":"C"`), job("C", `,"End":true`), job("UndoB", `,"Arguments":{}`))),
			job("D", `,"Arguments":["{% $r %}","{% $states.input %}"],"End":true`)),
		fails: map[string]string{"c": "Boom: c", "d": "Late: d"}, once: true,
		calls: []string{`b {"n":[1]}`, `c {"by":"b"}`, `undob {}`, `b {"n":[1]}`, `c {"by":"b"}`, `d [[{"by":"c"}],"c"]`, `undob {}`},
		end:   "FAILED Late d",
	},
	"nothing catches a compensation that has failed": {
		definition: machineOf("JSONPath", "A", job("A", `,"Compensate":"UndoA","Next":"P"`),
			fork("P", `,"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"D"}],"Next":"D"`,
				branch("B", job("B", `,"Compensate":"UndoB","Next":"C"`), job("C", `,"End":true`), job("UndoB", `,"InputPath":"$.Error"`))),
			job("D", `,"End":true`), job("UndoA", ``)),
		fails: map[string]string{"c": "Boom: c", "undob": "Stuck: u"},
		calls: []string{`a {"n":[1]}`, `b {"by":"a"}`, `c {"by":"b"}`, `undob "Boom"`},
		end:   `FAILED States.CompensationFailed {"Error":"Boom","Cause":"c","State":"B","Handler":"UndoB","HandlerFailure":{"Error":"Stuck","Cause":"u"},"Remaining":["B","A"]}`,
	},
	"what iterations have completed is undone": {
		definition: machineOf("JSONPath", "M",
			`"M":{"Type":"Map","ItemsPath":"$.n","MaxConcurrency":1,"ItemSelector":{"i.$":"$$.Map.Item.Value"},"ResultSelector":{"all.$":"$[*].by"},"ResultPath":"$.m","Next":"D","ItemProcessor":`+
				branch("A", job("A", `,"Compensate":"UndoA","End":true`), job("UndoA", `,"InputPath":"$.Input"`))+`}`,
			job("D", `,"End":true`)),
		input: `{"n":[1,2,3]}`,
		takes: map[string]time.Duration{"a": time.Second},
		fails: map[string]string{"d": "Boom: d"},
		calls: []string{`a {"i":1}`, `a {"i":2}`, `a {"i":3}`, `d {"n":[1,2,3],"m":{"all":["a","a","a"]}}`, `undoa {"i":3}`, `undoa {"i":2}`, `undoa {"i":1}`},
		end:   "FAILED Boom d",
	},
	"results come unwrapped": {
		definition: machineOf("JSONata", "M",
			`"M":{"Type":"Map","Items":"{% $states.input.n %}","Compensate":"UndoM","Output":["{% $states.result %}","{% $states.input %}"],"End":true,"ItemProcessor":`+
				branch("A", job("A", `,"Compensate":"UndoA","Output":"{% $states.input %}","End":true`), job("UndoA", ``))+`}`, job("UndoM", ``)),
		input: `{"n":[[1],[[2]],null,[]]}`,
		calls: []string{`a [1]`, `a [[2]]`, `a null`, `a []`},
		end:   `SUCCEEDED [[[1],[[2]],null,[]],{"n":[[1],[[2]],null,[]]}]`,
	},
	"an iteration that may fail undoes its own": {
		definition: machineOf("JSONPath", "M",
			`"M":{"Type":"Map","ItemsPath":"$.n","MaxConcurrency":1,"ToleratedFailureCount":1,"Next":"D","ItemProcessor":`+
				branch("A", job("A", `,"Compensate":"UndoA","Next":"B"`), job("B", `,"End":true`), job("UndoA", `,"InputPath":"$.Input"`))+`}`,
			job("D", `,"End":true`)),
		input: `{"n":[1,2]}`,
		takes: map[string]time.Duration{"a": time.Second},
		fails: map[string]string{"b": "Once: b", "d": "Boom: d"}, once: true,
		calls: []string{`a 1`, `b {"by":"a"}`, `undoa 1`, `a 2`, `b {"by":"a"}`, `d [{"Error":"Once","Cause":"b"},{"by":"b"}]`, `undoa 2`},
		end:   "FAILED Boom d",
	},
	"scopes in scopes, and handlers with states inside": {
		definition: machineOf("JSONPath", "M",
			`"M":{"Type":"Map","ItemsPath":"$.n","MaxConcurrency":1,"Next":"D","Iterator":`+
				branch("P", fork("P", `,"Compensate":"UndoP","End":true`,
					branch("A", job("A", `,"QueryLanguage":"JSONata","Compensate":"UndoA","End":true`), job("UndoA", `,"InputPath":"$.Input"`))),
					fork("UndoP", `,"Parameters":{"x.$":"$.Input"}`, branch("X", job("X", `,"Parameters":{"x.$":"$.x","s.$":"$$.Compensation.State"},"Catch":[{"ErrorEquals":["E"],"Next":"Y"}],"End":true`), job("Y", `,"InputPath":"$.Error","End":true`))))+`}`,
			job("D", `,"End":true`)),
		input: `{"n":[1,2]}`,
		takes: map[string]time.Duration{"a": time.Second},
		fails: map[string]string{"x": "E: x", "d": "Boom: d"},
		calls: []string{`a 1`, `a 2`, `d [[{"by":"a"}],[{"by":"a"}]]`, `x {"x":2,"s":"P"}`, `y "E"`, `undoa 2`, `x {"x":1,"s":"P"}`, `y "E"`, `undoa 1`},
		end:   "FAILED Boom d",
	},
	"handlers see the variables of scopes that have ended": {
		definition: machineOf("JSONPath", "O", `"O":{"Type":"Pass","Assign":{"o":{"x":0}},"Next":"M"}`,
			`"M":{"Type":"Map","ItemsPath":"$.n","MaxConcurrency":1,"Next":"D","ItemProcessor":`+
				branch("P", fork("P", `,"Assign":{"p.$":"$[0]"},"Compensate":"UndoP","End":true`,
					branch("A", job("A", `,"Assign":{"a":[1],"late.$":"$.by"},"Compensate":"UndoA","Next":"B"`), job("B", `,"Compensate":"UndoB","Next":"E"`),
						`"E":{"Type":"Pass","Assign":{"late":"last"},"End":true}`,
						`"Never":{"Type":"Pass","Assign":{"never":1},"Next":"Never"}`,
						job("UndoA", `,"Parameters":{"a.$":"$a[0]","late.$":"States.Format('$late {}', $late)","o.$":"$o.x"}`),
						job("UndoB", `,"QueryLanguage":"JSONata","Arguments":{"a":"{% $a %}","p":"{% $p.by & $o.x %}","late":"{% ($late := 1; $late) %}","never":"{% $exists($never) %}"}`))),
					job("UndoP", `,"Parameters":{"p.$":"$p.by"}`))+`}`,
			job("D", `,"End":true`)),
		input: `{"n":[7]}`,
		takes: map[string]time.Duration{"a": time.Second, "b": time.Second},
		fails: map[string]string{"d": "Boom: d"},
		calls: []string{`a 7`, `b {"by":"a"}`, `d [[{"by":"b"}]]`, `undop {"p":"b"}`, `undob {"a":[1],"p":"b0","late":1,"never":false}`, `undoa {"a":1,"late":"$late last","o":0}`},
		end:   "FAILED Boom d",
	},
	"variables may be called as functions are, and states as nobody expects": {
		definition: machineOf("JSONata", "O", `"O":{"Type":"Pass","Assign":{"count":0,"filter":1,"append":2,"step":3},"Next":"P"}`,
			fork("P", `,"Next":"D"`, branch(`it's §undo \\ \"A\"`, `"it's §undo \\ \"A\"":{"Type":"Task","Resource":"a","Assign":{"seen":"{% $count + 1 %}"},"Compensate":"%}'","End":true}`,
				`"%}'":{"Type":"Task","Resource":"undo","Arguments":["{% $seen %}","{% $step %}","{% $states.context.Compensation.State %}"]}`),
				branch("B", job("B", `,"End":true`))),
			job("D", `,"End":true`)),
		fails: map[string]string{"d": "Boom: d"},
		calls: []string{`a {"n":[1]}`, `b {"n":[1]}`, `d [{"by":"a"},{"by":"b"}]`, `undo [1,3,"it's §undo \\ \"A\""]`},
		end:   "FAILED Boom d",
	},
	"what other branches have completed is undone when one fails": {
		definition: machineOf("JSONata", "Z", job("Z", `,"Compensate":"UndoZ","Next":"P"`),
			fork("P", `,"Arguments":{"x":"{% $states.input.by %}"},"Catch":[{"ErrorEquals":["Boom"],"Output":"{% $states.errorOutput %}","Next":"D"}],"Next":"D"`,
				branch("A", job("A", `,"Assign":{"v":"{% $states.input.x %}"},"Compensate":"UndoA","Next":"B"`), job("B", `,"Compensate":"UndoB","End":true`),
					job("UndoA", `,"Arguments":["{% $v %}","{% $states.input.Error %}"]`), job("UndoB", `,"Arguments":"{% $states.input.Output %}"`)),
				branch("E", job("E", `,"Compensate":"UndoE","Next":"F"`), job("F", `,"End":true`), job("UndoE", `,"Arguments":"{% $states.input.Cause %}"`))),
			job("D", `,"Next":"Over"`), `"Over":{"Type":"Fail","Error":"Over"}`, job("UndoZ", `,"Arguments":"{% $states.input.Cause %}"`)),
		takes: map[string]time.Duration{"a": time.Second, "b": time.Second, "e": 4 * time.Second},
		fails: map[string]string{"f": "Boom: f"},
		calls: []string{`z {"n":[1]}`, `a {"x":"z"}`, `e {"x":"z"}`, `b {"by":"a"}`, `f {"by":"e"}`, `undoe "f"`, `undob {"by":"b"}`, `undoa ["z","Boom"]`,
			`d {"Error":"Boom","Cause":"f"}`, `undoz ""`},
		end: "FAILED Over ",
	},
	"the result of a Parallel state may fail and be caught": {
		definition: machineOf("JSONata", "P",
			fork("P", `,"Output":"{% $error('no') %}","Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Output":"{% $states.errorOutput.Error %}","Next":"D"}],"Next":"D"`,
				branch("A", job("A", `,"Compensate":"UndoA","End":true`), `"UndoA":{"Type":"Pass"}`)),
			job("D", `,"End":true`)),
		calls: []string{`a {"n":[1]}`, `d "States.QueryEvaluationError"`},
		end:   `SUCCEEDED {"by":"d"}`,
	},
}

func TestExportedSagas(t *testing.T) {
	for name, s := range sagas {
		t.Run(name, func(t *testing.T) {
			if s.input == "" {
				s.input = `{"n":[1]}`
			}
			m, err := asl.Parser{Extensions: true}.Parse([]byte(s.definition))
			require.NoError(t, err)
			exported, err := export.Machine(m)
			require.NoError(t, err)
			plain, err := asl.Parse(exported.Definition)
			require.NoError(t, err, exported.Definition)
			calls, end := s.transcript(t, plain)
			assert.Equal(t, s.calls, calls)
			assert.Equal(t, s.end, end)
			calls, end = s.transcript(t, m)
			assert.Equal(t, s.calls, calls, "with extensions")
			assert.Equal(t, s.end, end, "with extensions")
		})
	}
}
