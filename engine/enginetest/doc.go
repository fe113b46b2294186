// Package enginetest serves tests of state machines. An environment runs a machine on an
// engine whose clock jumps, with answers for its tasks, and fails the test when the machine
// did something else than the test says:
//
//	env := enginetest.New(t, "order.asl.json")
//	env.On("Charge").Fail("Busy").Times(2).Return(Receipt{ID: 7})
//	env.On("Ship").Return("sent").After(time.Hour)
//
//	run := env.Run(Order{ID: 42})
//	run.Output("sent").Through("Charge", "Ship").Entered("Charge", 1)
//
// # Answers
//
// [Env.On] names a state, or a resource as [engine.Mux.Handle] has it, and the answers that
// its tasks get, in order. Each answer is for one call unless Times or AnyTimes follows it. A
// call for which there is no answer, and an answer that nobody called for, fail the test.
// With, Attempt and Index narrow what is meant by the input, the try and the item of a Map
// state. Of several expectations that a call fits, the first one gives the answer that has one
// left; those by AnyTimes come last, so they serve as defaults.
//
// Tasks that no expectation names go to the handlers of [WithMux], which are real code.
// [Expectation.Real] sends one call there, between others that are made up.
//
// What a test expects of JSON, in With, [Run.Output] and [Run.Entered], is a Go value as
// encoding/json writes it, or text as [JSON]. An object may have more members than the test
// names, at any depth; arrays must have as many elements. [Exactly] allows no others, and a
// func(T) bool decides by itself.
//
// # Time
//
// The clock stands still unless [Env.Run], [Run.Wait], [Env.Advance] or [Env.Token] lets it go
// on, on the test's own goroutine. [Env.At] has a function called there at a time.
// Handlers are called one at a time, in the order in which their tasks were scheduled, so a
// run is the same every time, whatever it prints and however many branches it has. A handler
// that takes time sleeps with [Clock.Sleep] on [Env.Clock], or waits for an execution with
// [engine.Execution.Wait] and its context. One that waits in another way, for its
// context, a channel or another handler, keeps the clock standing still: the test fails after
// some real seconds ([StallAfter]), and shows where the handler stands. For such handlers leave
// the engine its own clock and run the test in a testing/synctest bubble.
//
// # Mock files and recorded histories
//
// [Env.Mocks] takes the answers from a mock file of AWS Step Functions Local, [Env.AnswersFrom] takes the answers from the history of an execution, on AWS or here, and [Replay]
// holds a history against a machine that has changed: it names the first event that would differ.
//
// # Coverage
//
// [Main] in TestMain, or the environment variable GOSTATES_COVER, measures which parts of their
// state machines the tests of a package use: see package states/coverage.
//
// # The clock alone
//
// A test that wants an engine of its own takes only the [Clock]:
//
//	clock := enginetest.NewClock(time.Time{})
//	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
//	run, err := eng.StartExecution(ctx, machine, order)
//	result, err := run.Wait(ctx) // an hour's Wait takes no time
//
// Whoever would rather write tests as data finds that in package conformance, and what runs
// them on an engine in conformance/onengine.
//
// Where things stand:
//
//	the environment and its options          env.go
//	running, time, Task Tokens               drive.go, token.go
//	expectations and their answers           expectation.go, answer.go
//	who answers a task                       resolver.go
//	what an execution did, and calls         recorder.go, call.go
//	assertions                               run.go
//	comparing JSON                           match.go
//	handlers that stall, histories           stall.go, show.go
//	recorded histories, mock files           replay.go, mocks.go
//	coverage                                 cover.go
//	the virtual clock                        clock.go
package enginetest
