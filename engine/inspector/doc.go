// Package inspector shows an engine's state machines and executions in a browser, as AWS's
// console does, and starts, stops, redrives and forks executions there, and answers Task Tokens:
//
//	handler, err := inspector.New(inspector.Config{Engine: eng, Machines: registry.New(eng)})
//	mux.Handle("/inspector/", http.StripPrefix("/inspector", handler))
//
// The pages are HTML that the server has rendered, with one style sheet and one small script,
// all of which are in the program: nothing is loaded from elsewhere. Without the script the
// pages work as well, and those of a running execution are loaded again every few seconds.
// They are light or dark as the reader's system asks, and all of them can be used by keyboard.
//
// # How it keeps up
//
// The page of an execution that runs asks for itself again every second, or less often when the
// server takes long for it, and not while nobody looks at it; lists do every few seconds. What has
// not changed is answered with 304. A page costs one reading of the history, from the event on that was
// the last one before while the execution is in the engine's memory. The last few histories
// that were looked at are kept for a minute.
//
// No page grows with what it shows: lists, events and steps have pages of their own, and of a
// payload that is long the beginning stands in the page, with a link to the whole text.
//
// # Who may see it
//
// An inspector shows all that executions are given and return, and changes them. So it is
// closed unless it is opened:
//
//   - It answers requests of this machine that ask for a loopback host, such as localhost. A
//     name that somebody lets point to this machine (DNS rebinding) gets nothing.
//     [Config.Hosts] names other hosts, and [Config.Authorize] decides for other machines.
//   - Requests that other sites make a browser send are refused; links from there are followed.
//   - The Content Security Policy allows the inspector's own script, style sheet and forms, and
//     no frame. Every text of an execution is escaped, and characters that change the direction
//     of text or can't be seen are written as \u202e.
//   - [Config.Authorize] says for each request whether it may see anything, see payloads, and
//     change anything. [Config.ReadOnly] and [Config.HidePayloads] say so for all of them.
//
// An inspector has no passwords and no TLS of its own: what authenticates users goes around it.
//
// Where things stand:
//
//	Config, New, routes                inspector.go
//	who may see what                   guard.go
//	how pages are written              page.go, assets
//	the machines                       machines.go
//	the list of executions, counts     executions.go, counts.go
//	one execution: the page            execution.go
//	  what its history tells           story.go, step.go, variables.go
//	  the states that it is in         active.go
//	  its events, definition           events.go, definition.go
//	Map Runs                           maprun.go
//	payloads                           payload.go
//	start, stop, redrive, fork, answer actions.go
package inspector
