// Package coverage tells which parts of state machines executions have used: states, their
// transitions, the rules and Defaults of Choice states, Retriers, Catchers, timeouts and the
// handlers that undo.
//
//	var profile coverage.Profile
//	profile.Use(machine, part) // from states.Interpreter.Observe
//	err := profile.Report().WriteHTML(file)
//
// Package enginetest keeps a Profile over a whole run of go test, and the command merges those of
// several runs.
//
// Where things stand:
//
//	counting, profiles as JSON     profile.go
//	a report, in figures           report.go
//	reports for people             text.go, html.go
//	reports and profiles in files  files.go
package coverage
