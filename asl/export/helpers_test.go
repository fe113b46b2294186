package export_test

import (
	"strings"

	"github.com/gostates/gostates/asl"
)

// extended reads with the extensions.
var extended = asl.Parser{Extensions: true}

// one wraps a state, called S, into a machine; further states may follow it.
func one(state string, more ...string) string {
	return `{"StartAt":"S","States":{"S":` + state + strings.Join(append([]string{""}, more...), ",") + `}}`
}

// pass is a state that is valid wherever it stands.
const pass = `{"Type":"Pass","End":true}`

// undo is a handler.
const undo = `"Undo":{"Type":"Task","Resource":"undo"}`

// undone is a Task that Undo undoes, with more fields.
func undone(fields string) string {
	return `{"Type":"Task","Resource":"do","Compensate":"Undo",` + fields + `}`
}

func validate(definition string) asl.Diagnostics {
	return asl.Parser{}.Validate([]byte(definition))
}
