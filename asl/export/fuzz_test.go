package export_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
)

// FuzzMachine exports whatever can be parsed: what comes of it is a plain definition, or
// the reason why there is none.
func FuzzMachine(f *testing.F) {
	for _, definition := range []string{
		machineThatCompensates("JSONPath"), machineThatCompensates("JSONata"),
		`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"r","Compensate":"Undo","Next":"F"},"Undo":{"Type":"Task","Resource":"u"},
			"F":{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.UUID()"}}}`,
		`{"StartAt":"S","States":{"S":{"Type":"Parallel","Compensate":"Undo","Output":"{% $states.result %}","QueryLanguage":"JSONata","End":true,"Branches":[{"StartAt":"I","States":{
			"I":{"Type":"Task","Resource":"r","Compensate":"Back","Assign":{"v.$":"$"},"Retry":[{"ErrorEquals":["E"]}],"Next":"J"},"J":{"Type":"Succeed"},
			"Back":{"Type":"Pass","Parameters":{"v.$":"$v[0]","c.$":"$$['Compensation'].State"}}}}]},
			"Undo":{"Type":"Map","Iterator":{"StartAt":"K","States":{"K":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.context.Compensation %}","End":true}}}}}}`,
	} {
		f.Add(definition)
	}
	f.Fuzz(func(t *testing.T, definition string) {
		if m, err := extended.Parse([]byte(definition)); err == nil {
			checkExport(t, m)
		}
	})
}

// checkExport exports a machine.
func checkExport(t *testing.T, m *asl.StateMachine) {
	exported, err := export.Machine(m)
	if err != nil {
		refused, ok := errors.AsType[*export.Error](err)
		if !ok || refused.Diagnostics.Err() == nil {
			t.Fatalf("%v", err)
		}
		for _, d := range refused.Diagnostics {
			if d.Severity == asl.Error && strings.Contains(d.Message, "no definition") && !strings.Contains(d.Message, "bytes") {
				t.Fatalf("%s in %s", d, m.Definition())
			}
		}
		return
	}
	plain, err := asl.Parse(exported.Definition)
	if err != nil {
		t.Fatalf("%v in %s", err, exported.Definition)
	}
	if plain.Compensates() || exported.Differences.Err() != nil {
		t.Fatal("an export with extensions or errors")
	}
}
