package asl_test

import (
	"errors"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// FuzzParse: no input panics; a definition is either refused with problems that
// have places, or gives a graph without loose ends.
func FuzzParse(f *testing.F) {
	for _, definition := range []string{
		``, ` `, `[]`, `{}`, `{"a":{'b':1,}`, one(pass), one(`{"Type":"Wait","Seconds":1,"End":true}`),
		one(`{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","StringMatches":"*"}],"Next":"Done"}],"Default":"S"}`, done),
		one(`{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`),
		one(`{"Type":"Parallel","Branches":[{"StartAt":"I","States":{"I":{"Type":"Fail"}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}],"End":true}`),
		one(`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"a.$":"States.Format('{}', $.b)"},"Assign":{"v.$":"$"},"End":true}`),
		`{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Map","Items":"{% [1] %}","MaxConcurrency":"{% 1 %}","ItemProcessor":{"ProcessorConfig":"{% 1 %}","StartAt":"I","States":{"I":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"I"}]}}},"ItemReader":"{% 1 %}","End":true}}}`,
		output("$states.input.a[b > 1] ~> $count()"), output("1 +"), output("$$.a + b & $states.result"), output("($x := function($y){ $y }; $x(1))"),
		jsonataOne(`{"Type":"Pass","Assign":{"v":["{% $v %}",{"a\u0062":"{% \"\u00e4\ud83d\ude00\" & phone %}"}]},"Output":"{% 1","End":true}`),
		jsonataOne(`{"Type":"Task","Resource":"r","Arguments":{"a":"{% 1 %}"},"TimeoutSeconds":"{% 5 %}","Credentials":"{% {} %}","Catch":[{"ErrorEquals":["E"],"Output":"{% $states.errorOutput %}","Next":"S"}],"End":true}`),
		jsonataOne(`{"Type":"Map","Items":[1,"{% 2 %}"],"ItemSelector":"{% $states.context.Map.Item %}","ItemProcessor":` + worker + `,"End":true}`),
		jsonataOne(`{"Type":"Choice","Choices":[{"Condition":true,"Output":"{% 1 %}","Next":"F"}],"Default":"W"}`, `"F":{"Type":"Fail","Error":"{% 'E' %}"},"W":{"Type":"Wait","Timestamp":"{% $now() %}","Next":"F"}`),
		one(`{"Type":"Pass","QueryLanguage":"JSONata","Output":{"x.$":" {% 1 %} "},"End":true}`),
		order,
		one(undone(`"Next":"F"`), undo, `"F":{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.UUID()"}`),
		one(`{"Type":"Parallel","Compensate":"Undo","Output":"{% $states.result %}","QueryLanguage":"JSONata","End":true,"Branches":[{"StartAt":"I","States":{"I":`+
			undone(`"Assign":{"v.$":"$"},"Retry":[{"ErrorEquals":["E"]}],"Next":"J"`)+`,"J":{"Type":"Succeed"},"Undo":{"Type":"Pass","Parameters":{"v.$":"$v[0]","c.$":"$$['Compensation'].State"}}}}]}`,
			`"Undo":{"Type":"Map","Iterator":{"StartAt":"K","States":{"K":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.context.Compensation %}","End":true}}}}`),
	} {
		f.Add(definition)
	}
	f.Fuzz(func(t *testing.T, definition string) {
		if m, err := extended.Parse([]byte(definition)); err == nil {
			checkText(t, m)
			checkGraph(t, m, m.Graph)
		}
		m, err := asl.Parse(definition)
		if err != nil {
			invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err)
			if !ok || len(invalid.Diagnostics) == 0 || err.Error() == "" {
				t.Fatalf("%v", err)
			}
			for _, d := range invalid.Diagnostics {
				if d.Line < 1 || d.Column < 1 || d.Message == "" {
					t.Fatalf("no place or text: %+v", d)
				}
			}
			invalid.Diagnostics.AWSMessage()
			return
		}
		checkText(t, m)
		checkGraph(t, m, m.Graph)
	})
}

// checkText checks that the text of a machine can be read as a value, as whoever writes it
// anew reads it.
func checkText(t *testing.T, m *asl.StateMachine) {
	if _, err := value.Parse(m.Definition()); err != nil {
		t.Fatal(err)
	}
}

// checkGraph checks the promises of the graph's types.
func checkGraph(t *testing.T, m *asl.StateMachine, g *asl.Graph) {
	if g.Start() == nil {
		t.Fatal("a graph without a start")
	}
	for s := range g.All() {
		if s.Graph() != g || m.Find(s.Name()) != s {
			t.Fatalf("state %q is not where it belongs", s.Name())
		}
		switch s := s.(type) {
		case *asl.Choice:
			for _, rule := range s.Choices {
				if rule.Next == nil || rule.Condition == nil {
					t.Fatalf("state %q has a rule without Next or condition", s.Name())
				}
			}
		case *asl.Parallel:
			for _, branch := range s.Branches {
				checkGraph(t, m, branch)
			}
			checkCatchers(t, s, s.Catch)
		case *asl.Map:
			checkGraph(t, m, s.Processor)
			if s.Items == nil {
				t.Fatalf("state %q has no Items", s.Name())
			}
			checkCatchers(t, s, s.Catch)
		case *asl.Task:
			checkCatchers(t, s, s.Catch)
		}
	}
}

func checkCatchers(t *testing.T, s asl.State, catchers []asl.Catcher) {
	for _, c := range catchers {
		if c.Next == nil {
			t.Fatalf("state %q has a catcher without Next", s.Name())
		}
	}
}
