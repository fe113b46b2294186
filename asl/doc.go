// Package asl reads Amazon States Language: text in, an immutable typed graph
// out, or everything that is wrong with the text, where and why.
//
//	machine, err := asl.Parse(definition)
//
// A [StateMachine] is parsed once and shared by any number of executions in any
// goroutine. Every expression in it is compiled, every transition is a pointer,
// so running a machine never parses and never looks up a name.
//
// The specification's chapters and where they stand:
//
//	Structure of a State Machine, Transitions   graph.go
//	State Types                                 state.go
//	Data (InputPath .. OutputPath)              state.go, DataFlow
//	Errors (Retriers, Catchers)                 failure.go
//	Choice State                                choice.go
//	Task resources, as AWS names them           resource.go
package asl
