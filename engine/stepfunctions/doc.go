// Package stepfunctions serves the API of AWS Step Functions over HTTP: what is written for
// the AWS CLI, an AWS SDK, Terraform or Step Functions Local works with a [Handler] when its
// endpoint is changed.
//
//	eng, err := engine.New(engine.Config{Resolver: tasks, Store: sqlite.Open("orders.db")})
//	handler, err := stepfunctions.New(stepfunctions.Config{Engine: eng})
//	err = http.ListenAndServe("127.0.0.1:8083", handler)
//
// and then
//
//	aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083
//
// Whoever can send requests to a Handler can do all that the API can do, with any signature
// and with none, unless [Config.Keys] is set: bind the server to the loopback interface.
//
// In a test in Go a client needs neither a server nor time: see [Transport].
//
// What AWS does with a request, down to the texts of its errors, this package does as far as
// it is known; where it is a guess the code says so. Of a Store that fails the status 500
// tells, and of an engine that is closed 503; nothing that a client sends comes to such a
// status.
//
// # The host prefix
//
// For StartSyncExecution and TestState every SDK puts "sync-" before the name of the host,
// which then has no address. [Hint] says what helps.
//
// Where things stand:
//
//	requests and answers                   handler.go, transport.go
//	which operations there are             operations.go
//	the types of their inputs, and checks  model.go, check.go
//	errors                                 errors.go
//	signatures                             signature.go
//	state machines, versions, aliases      machines.go, settings.go, versions.go, aliases.go
//	executions                             executions.go, sync.go, history.go
//	Map Runs                               mapruns.go
//	activities and Task Tokens             activities.go
//	tags                                   tags.go
//	diagnostics of definitions             validate.go
//	tests of single states                 teststate.go
//	pages                                  page.go
package stepfunctions

// Hint is what GET / answers: what users of the API need to know of this endpoint.
const Hint = `This is an endpoint of the AWS Step Functions API, served by gostates.

    aws stepfunctions list-state-machines --endpoint-url http://THIS-HOST

StartSyncExecution and TestState: AWS SDKs put "sync-" before the name of the host for these
two, so they look for sync-127.0.0.1 or sync-localhost. What helps:

    AWS CLI v1, boto3       AWS_DISABLE_HOST_PREFIX_INJECTION=true
    boto3                   Config(inject_host_prefix=False)
    AWS SDK for JavaScript  disableHostPrefix: true
    AWS SDK for Go v2       a middleware that calls smithyhttp.DisableEndpointHostPrefix,
                            or an HTTP client whose Transport is stepfunctions.Transport
    AWS CLI v2, any other   HTTP_PROXY=http://THIS-HOST with an empty NO_PROXY, or a line in /etc/hosts:
                            127.0.0.1 sync-localhost
`
