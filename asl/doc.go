// Package asl reads Amazon States Language: text in, an immutable typed graph
// out, or everything that is wrong with the text, where and why.
//
//	machine, err := asl.Parse(definition)
//
// A [StateMachine] is parsed once and shared by any number of executions in any
// goroutine. Every expression in it is compiled, every transition is a pointer,
// so running a machine never parses and never looks up a name.
//
// The error is an *[InvalidDefinitionError], a list of [Diagnostics]: each has a
// [Code], a message in AWS's words where those are known, its place in the text
// and, for a misspelt name, what was probably meant. One mistake is one of them, also
// where AWS reports several (consequence.go). [Parser.Validate] gives the
// warnings, too, and [Diagnostics.AWSMessage] what AWS would answer.
//
// A diagnostic has the [Range] that it is about, in bytes, characters and units of UTF-16, and
// a [Fix] where one can be guessed (range.go, fix.go). For editors [Parser.Outline] reads
// whatever is written, be it half a definition: the states, what refers to them, where all of
// that stands, and what may be written at a place (outline.go, complete.go, read_broken.go,
// mend.go).
//
// The specification's chapters and where they stand:
//
//	Structure of a State Machine, Transitions   graph.go    read_machine.go, reach.go
//	Query Languages                             graph.go    read_state.go, fields.go
//	JSONata Concepts                            query.go    read_query.go, substitution.go
//	State Types                                 state.go    read_state.go, read_task.go, read_map.go, read_distributed.go
//	Table of State Types and Fields             fields.go   object.go
//	State Machine Variables                                 variables.go
//	Data (InputPath .. OutputPath)              state.go    expressions.go
//	Errors (Retriers, Catchers)                 failure.go  read_failure.go
//	Choice State                                choice.go   read_choice.go, operator.go, pattern.go
//	Timestamps                                              timestamp.go
//	Task resources, as AWS names them           resource.go integration.go
//
// # Compensation
//
// With [Parser.Extensions] a Task, Parallel or Map state may name its handler, the state
// that undoes it: "Compensate": "Refund". A handler is a Task, Pass, Parallel or Map state
// of the same graph that nothing else leads to. It has no Next, Catch, Assign or
// Compensate, and needs no End. [Handler] gives the handler of a state; read_handler.go
// reads it. Package export writes such a machine without the extension, as far as that can
// be said.
//
// A state is written in one of two query languages. Whichever it is, the fields that
// move JSON through it are the [Value] fields of its [Flow]: flow.go and items.go.
//
// A [Map] in the distributed mode has a [Distributed], with the machine that its children
// run: distributed.go, read_distributed.go.
package asl
