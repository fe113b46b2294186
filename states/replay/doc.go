// Package replay runs recorded histories again: against the machine that recorded them, or a
// changed one, and says which event would be the first to differ.
//
//	err := replay.Check(changed, history, replay.Options{}) // a *replay.Difference
//
// Every answer of a task, every timer and every stop is taken from the history and given to the
// interpreter at the time at which it came; what the interpreter then records is held against the
// history. [states.Restore] says whether a machine can go on from a history, and evaluates nothing
// of what is past; this package evaluates all of it again.
//
// Where things stand:
//
//	the run, and its difference      replay.go
//	what the history has of inputs   input.go
//	comparing events                 match.go
package replay
