package asl_test

import (
	"fmt"

	"github.com/gostates/gostates/asl"
)

// A definition is read while somebody writes it: the value of Next is not closed.
func ExampleParser_Outline() {
	text := `{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "ask", "Next": "Tell
  },
  "Tell": {"Type": "Succeed"}
}}`
	o := asl.Parser{}.Outline([]byte(text))
	for _, s := range o.States() {
		fmt.Println(s.Name, s.Type, "in line", s.NameRange.Start.Line)
	}
	next := o.ReferencesTo(o.States()[1])[0]
	fmt.Println(next.Field, "in line", next.Range.Start.Line, "leads to line", next.State.NameRange.Start.Line)
	problem := o.Diagnostics[0]
	fmt.Println(problem.Detail, "in line", problem.Line)
	fmt.Println(problem.Fixes[0].Title)
	// Output:
	// Ask Task in line 2
	// Tell Succeed in line 4
	// Next in line 2 leads to line 4
	// The text is not closed: a quote is missing in line 2
	// Close the text
}
