package asl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOneMistakeIsOneDiagnostic has definitions with one mistake each: what people are told,
// and how much AWS reports of it.
func TestOneMistakeIsOneDiagnostic(t *testing.T) {
	for name, c := range map[string]struct {
		definition, message string
		aws                 int
	}{
		"a misspelt Next":     {one(`{"Type":"Pass","Nxt":"Done"}`, done), "Field 'Nxt' is not supported", 2},
		"a misspelt target":   {one(`{"Type":"Pass","Next":"Dnoe"}`, `"Done":`+pass), "Missing 'Next' target: Dnoe", 2},
		"a missing target":    {one(`{"Type":"Pass","Next":"Gone"}`), "Missing 'Next' target: Gone", 2},
		"a misspelt Resource": {one(`{"Type":"Task","Resorce":"r","End":true}`), "Field 'Resorce' is not supported", 2},
		"a misspelt Retrier":  {one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEqual":["E"]}],"End":true}`), "Field 'ErrorEqual' is not supported", 2},
		"a misspelt States":   {`{"StartAt":"S","State":{"S":` + pass + `}}`, "Field 'State' is not supported", 2},
		"a misspelt Seconds":  {one(`{"Type":"Wait","Second":1,"End":true}`), "Field 'Second' is not supported", 2},
		"a misspelt processor": {one(`{"Type":"Map","Itemprocessor":{"StartAt":"I","States":{"I":` + pass + `}},"End":true}`),
			"Field 'Itemprocessor' is not supported", 2},
		"misspelt Choices": {one(`{"Type":"Choice","Choice":[{"Variable":"$.a","IsNull":true,"Next":"T"}],"Default":"Done"}`, done, `"T":`+pass),
			"Field 'Choice' is not supported", 2},
		"a misspelt operator": {one(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringEqual":"x","Next":"Done"}],"Default":"Done"}`, done),
			"Field 'StringEqual' is not supported", 2},
		"another language": {one(`{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"Done"}],"Default":"Done"}`, done),
			"The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage", 2},
		"a Fail state that goes on": {one(`{"Type":"Fail","Next":"Done"}`, done), "Field 'Next' is not supported", 1},
		"a misspelt Type":           {one(`{"Type":"Tsak","Resource":"r","Next":"Done"}`, done), "Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map]", 1},
		"within a branch": {one(`{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Nxt":"B"},"B":` + pass + `}}],"End":true}`),
			"Field 'Nxt' is not supported", 2},
	} {
		t.Run(name, func(t *testing.T) {
			ds := validate(c.definition)
			assert.Equal(t, []string{c.message}, messages(ds))
			assert.Len(t, ds.AWS(), c.aws)
		})
	}
}

// TestTwoMistakesAreTwo: what one mistake does not account for is reported beside it.
func TestTwoMistakesAreTwo(t *testing.T) {
	for definition, want := range map[string][]string{
		one(`{"Type":"Pass","Nxt":"Done"}`, done, `"T":`+pass):         {"Field 'Nxt' is not supported", `State "T" is not reachable.`},
		one(`{"Type":"Pass","Coment":"c"}`):                            {"This object should have only one of the following fields: [Next, End]", "Field 'Coment' is not supported"},
		`{"State":{"S":` + pass + `}}`:                                 {"These fields are required: [States, StartAt]", "Field 'State' is not supported"},
		one(`{"Type":"Pass","Next":"Gone"}`, `"T":`+pass):              {"Missing 'Next' target: Gone", `State "T" is not reachable.`},
		one(`{"Type":"Parallel","Branches":[],"Nxt":"Done"}`, done):    {"Value cannot be empty", "Field 'Nxt' is not supported"},
		one(`{"Type":"Wait","Secs":1,"Second":1,"Next":"Gone"}`, done): nil,
	} {
		got := messages(validate(definition))
		if want == nil {
			assert.Greater(t, len(got), 1, definition)
			continue
		}
		assert.Equal(t, want, got, definition)
	}
}
