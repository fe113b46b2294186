package graph_test

import (
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
)

func ExamplePicture_Mermaid() {
	machine, err := asl.Parse(`{"StartAt": "Ask", "States": {
		"Ask": {"Type": "Task", "Resource": "ask", "Catch": [{"ErrorEquals": ["Busy"], "Next": "Later"}], "End": true},
		"Later": {"Type": "Wait", "Seconds": 300, "Next": "Ask"}}}`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(graph.New(machine).Mermaid(graph.Marks{}))
	// Output:
	// flowchart TD
	//   machine-start((" "))
	//   state-Ask["Ask<br/>ask"]
	//   state-Later["Later<br/>5 min"]
	//   machine-end(((" ")))
	//   machine-start --> state-Ask
	//   state-Ask --> machine-end
	//   state-Ask -.->|"on Busy"| state-Later
	//   state-Later --> state-Ask
	//   classDef task stroke:#2563eb,stroke-width:2px
	//   class state-Ask task
	//   classDef wait stroke:#7c3aed,stroke-width:2px
	//   class state-Later wait
	//   linkStyle 2 stroke:#d97706
}
