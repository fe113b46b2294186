// Package graph draws state machines: as Mermaid, which GitHub and others render, as DOT,
// which Graphviz does, and, by its package svg, as a picture to look at.
//
//	fmt.Print(graph.New(machine).Mermaid(graph.Marks{}))
//
// A [Picture] is the model that all of them draw: the states as nodes, the transitions as
// edges with the reason why they are followed, and the graphs inside of Parallel and Map
// states as groups. Its parts have IDs that stay the same while the names of the states do,
// so that a page can find them again.
//
// [Marks] colour a picture. [Follow] computes those of an execution from its history:
//
//	path := graph.Follow(machine, history)
//	picture.Mermaid(path.Marks())
//
// Where things stand:
//
//	the model                      picture.go
//	conditions, resources in words words.go
//	marks                          mark.go
//	what became of an execution    path.go, visit.go
//	Mermaid, DOT                   mermaid.go, dot.go
package graph
