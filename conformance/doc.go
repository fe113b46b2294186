// Package conformance runs cases: a state machine, an input, what its tasks
// answer, and what must come of it, down to every event of the history.
//
// gostates proves itself with it, and so can you: write your own machine's cases
// as JSON, hand-made or exported from a real execution, and run them in a test.
//
//	cases, err := conformance.Load("testdata/orders")
//	require.NoError(t, err)
//	for _, c := range cases {
//		t.Run(c.Name, func(t *testing.T) {
//			require.NoError(t, c.Run(conformance.Simulator{}))
//		})
//	}
//
// A case never sleeps and never calls anything, unless a [Simulator] is told to: its time is
// virtual and its tasks are scripted. It looks like this:
//
//	{
//	  "name": "a reservation that fails twice",
//	  "definition_file": "order.asl.json",
//	  "input": {"sku": "A-1"},
//	  "tasks": [
//	    {"state": "Reserve", "outcome": "fail", "error": "Busy", "times": 2},
//	    {"state": "Reserve", "parameters": {"sku": "A-1"}, "result": {"id": 7}}
//	  ],
//	  "expect": {"status": "SUCCEEDED", "output": {"id": 7}}
//	}
//
// What is expected compares exactly, as JSON values: object order does not
// matter and 1 equals 1.0. The text "<any>" stands for any value at all, and
// inside a longer text for any run of characters. "history" in "expect" has the
// events in the form of AWS's GetExecutionHistory, with JSON texts parsed and
// timestamps left out; without it the history is not compared.
//
// [Case] and [Task] list every field. A [Driver] is whatever runs machines:
// [Simulator] is the one that stands here, conformance/onengine has one that runs them
// on an engine. Other kinds of case, for the language's parts, stand in
// conformance/corpus.
package conformance
