package inspector

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/states"
)

// An Engine is what an inspector asks of an engine. *engine.Engine is one, on Standby too.
type Engine interface {
	ListExecutions(ctx context.Context, options engine.ListOptions) (*engine.Page, error)
	CountExecutions(ctx context.Context, options engine.CountOptions) (engine.Counts, error)
	DescribeExecution(ctx context.Context, arn string) (*engine.Description, error)
	DescribeStateMachineForExecution(ctx context.Context, arn string) (*engine.ExecutedMachine, error)
	Events(ctx context.Context, arn string, after states.EventID) iter.Seq2[states.Event, error]
	ListMapRuns(ctx context.Context, execution string, maxResults int, nextToken string) (*engine.MapRunPage, error)
	DescribeMapRun(ctx context.Context, arn string) (*engine.MapRunDescription, error)
	Health() engine.Health
	Queues() []engine.Queue
	Now() time.Time

	StartExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...engine.StartOption) (*engine.Execution, error)
	StartExecutionFrom(ctx context.Context, machines engine.Machines, reference string, input any, options ...engine.StartOption) (*engine.Execution, error)
	StopExecution(ctx context.Context, arn, name, cause string) error
	RedriveExecution(ctx context.Context, arn string, options ...engine.RedriveOption) (*engine.Execution, error)
	ForkExecution(ctx context.Context, arn string, at states.EventID, fork engine.Fork, options ...engine.StartOption) (*engine.Execution, error)
	SendTaskSuccess(ctx context.Context, token string, output any) error
	SendTaskFailure(ctx context.Context, token, name, cause string) error
	SendTaskHeartbeat(ctx context.Context, token string) error
}

// Machines are the state machines that are known by name. *registry.Registry is such.
type Machines interface {
	engine.Machines
	After(ctx context.Context, name string) iter.Seq2[*registry.Registered, error]
	Describe(ctx context.Context, reference string) (*registry.Registered, error)
	Machine(ctx context.Context, reference string) (*asl.StateMachine, error)
}

// A Config says what an inspector shows, and to whom.
type Config struct {
	// Engine is the engine whose executions are shown. Required.
	Engine Engine
	// Machines are the state machines that are shown and can be started; nil for none. The
	// executions of machines that are not registered are shown all the same.
	Machines Machines
	// Hosts are the names or addresses, without ports, by which browsers may ask for the
	// inspector besides those of loopback: "states.example.com". "*" allows every name, which
	// is right only where something else checks the Host header.
	Hosts []string
	// Authorize says what a request may do. The user is whom the caller's own middleware has
	// put into the request's context, or what a header of a proxy says. Many goroutines call
	// it. A nil Authorize allows everything to requests of this machine, and to those of
	// others when Hosts are set.
	Authorize func(*http.Request) Access
	// ReadOnly takes the actions away, whatever Authorize says.
	ReadOnly bool
	// HidePayloads hides inputs, outputs, parameters, variables, and the causes of failures,
	// whatever Authorize says. Names of states, executions and errors are shown.
	HidePayloads bool
}

// An Inspector is the http.Handler of the pages. It is safe for use by any number of goroutines.
// It answers at the root of its URLs; http.StripPrefix takes a prefix off.
type Inspector struct {
	config  Config
	mux     *http.ServeMux
	cross   *http.CrossOriginProtection
	stories stories
	counts  counts
	since   func(time.Time) time.Duration // what a page took that began at a time
}

// New returns an inspector. The error says that the Config has no Engine.
func New(config Config) (*Inspector, error) {
	if config.Engine == nil {
		return nil, errors.New("inspector: Config.Engine is nil")
	}
	i := &Inspector{config: config, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), since: time.Since}
	i.stories.loading = make(chan struct{}, mostLoading)
	i.mux.HandleFunc("GET /assets/{file}", serveAsset)
	i.page("GET /{$}", i.machines)
	i.page("GET /machines/{reference...}", i.machine)
	i.page("GET /executions", i.executions)
	i.page("GET /executions/{arn...}", i.execution)
	i.page("GET /mapruns/{arn...}", i.mapRun)
	i.page("GET /payloads/{arn...}", i.payload)
	i.page("GET /definitions/{arn...}", i.definitionText)
	i.actions()
	i.page("/", func(*request) (*view, error) { return nil, errNoPage })
	return i, nil
}

// errNoPage is the error of an address that no page has.
var errNoPage = errors.New("there is no page at this address")

// page serves a page at a pattern.
func (i *Inspector) page(pattern string, show func(*request) (*view, error)) {
	i.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, w: w, access: accessOf(r), root: rootOf(r.URL.Path)}
		v, err := show(q)
		if err != nil {
			v = failed(err)
		}
		if v != nil {
			i.write(q, v)
		}
	})
}
