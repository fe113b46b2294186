package format_test

import (
	"fmt"
	"log"

	"github.com/gostates/gostates/asl/format"
)

func ExampleDefinition() {
	text, err := format.Definition([]byte(`{"States": {"Ask": {"End": true, "Resource": "ask", "Type": "Task"}}, "StartAt": "Ask"}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// {
	//   "StartAt": "Ask",
	//   "States": {
	//     "Ask": {
	//       "Type": "Task",
	//       "Resource": "ask",
	//       "End": true
	//     }
	//   }
	// }
}
