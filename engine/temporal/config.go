package temporal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// Config says how executions run on Temporal. The workers and the clients of a namespace should
// have the same, but for the Client itself. What decides how an execution goes on is kept with
// the execution when it starts: a change concerns executions that start later.
type Config struct {
	// Client is the connection to Temporal, whose namespace the executions are in. Required.
	Client client.Client
	// DataConverter is that of the Client, if it has one of its own; nil is the SDK's default.
	DataConverter converter.DataConverter
	// TaskQueue is where the workers of executions are. Default "gostates".
	TaskQueue string
	// TaskQueueOf returns the task queue of the workers that do the tasks of a resource, whose
	// text is that of the Task state, "" for TaskQueue. nil does so for all. A [Worker] serves one
	// task queue; for another one there is another Worker.
	TaskQueueOf func(resource string) string
	// Resolver finds the handlers of tasks: an [engine.Mux], for one. A Worker requires it. A
	// [Client] that has one refuses to start a machine that names resources which it doesn't
	// know.
	Resolver engine.Resolver
	// Machines are those that tasks start executions of by a reference. nil leaves
	// states:startExecution to handlers of the Resolver.
	Machines engine.Machines
	// MapRuns is what Map states in the mode DISTRIBUTED work with. DropUnread and Rate have no
	// effect.
	MapRuns engine.MapRuns
	// Region, Account and RoleARN stand in ARNs and in the Context Object, with the defaults of
	// [engine.Config].
	Region, Account, RoleARN string
	// Limits bound executions as [engine.Limits] says, but for those of what is kept after the
	// end: that is the retention of the Temporal namespace.
	Limits engine.Limits
	// Liveness is how soon a task goes to another worker when the one that does it is lost, and
	// how soon a handler learns that its task is over. Tasks whose state has HeartbeatSeconds
	// fail in that time in place of going to another worker. Default 30 seconds.
	Liveness time.Duration
	// SearchAttributes has executions carry the search attributes of [Client.AddSearchAttributes],
	// which the namespace must have. Without it [Client.ListExecutions] tells executions that ran
	// out of time from those that failed only by asking for each.
	SearchAttributes bool
	// BuildID is the version of the program's code. A worker that has one is versioned: an
	// execution stays with workers of the BuildID that it started with (pinned). Deployment names
	// the Worker Deployment that the versions belong to; default "gostates". Without a BuildID the
	// worker takes executions of every version, and it is up to the operator that it can replay
	// them: see [states.Semantics].
	BuildID, Deployment string
	// StopTimeout bounds how long a worker that stops waits for handlers; default 30 seconds.
	StopTimeout time.Duration
}

// A driver is what workers and clients have in common.
type driver struct {
	*engine.Driver
	config     Config
	sender     sender
	kids       kids
	renewAfter int // of executions that are started; 0 but in tests
}

// A sender sends signals to executions. A worker's is its Client.
type sender interface {
	signal(ctx context.Context, arn, name string, message any) error
}

// newDriver completes a configuration, or returns all that is wrong with it.
func newDriver(c Config) (*driver, error) {
	var errs []error
	if c.Client == nil || isNil(c.Client) {
		errs = append(errs, errors.New("temporal: Config.Client is required"))
	}
	if c.Resolver != nil {
		if isNil(c.Resolver) {
			errs = append(errs, fmt.Errorf("temporal: Config.Resolver is a %T that is nil", c.Resolver))
		} else if r, ok := c.Resolver.(interface{ Err() error }); ok {
			errs = append(errs, r.Err())
		}
	}
	if c.Liveness < 0 {
		errs = append(errs, fmt.Errorf("temporal: Config.Liveness is %v, it must not be negative", c.Liveness))
	}
	if c.DataConverter == nil {
		c.DataConverter = converter.GetDefaultDataConverter()
	}
	c.TaskQueue = cmp.Or(c.TaskQueue, "gostates")
	c.Liveness = cmp.Or(c.Liveness, 30*time.Second)
	c.Deployment = cmp.Or(c.Deployment, "gostates")
	c.StopTimeout = cmp.Or(c.StopTimeout, 30*time.Second)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	base, err := engine.NewDriver(engine.Config{Resolver: c.Resolver, Region: c.Region, Account: c.Account, RoleARN: c.RoleARN,
		Limits: c.Limits, MapRuns: c.MapRuns})
	if err != nil {
		return nil, err
	}
	d := &driver{Driver: base, config: c, sender: clientSender{c.Client}}
	d.kids = clientKids{d}
	return d, nil
}

// A clientSender sends signals by way of the server.
type clientSender struct{ client client.Client }

func (s clientSender) signal(ctx context.Context, arn, name string, message any) error {
	return known(arn, s.client.SignalWorkflow(ctx, arn, "", name, message))
}

// signal sends a signal to an execution. It returns [engine.ErrExecutionDoesNotExist] for one that
// has ended, or never was.
func (d *driver) signal(ctx context.Context, arn, name string, message any) error {
	return d.sender.signal(ctx, arn, name, message)
}

// known returns an error of the server as one of package engine, if that has it.
func known(arn string, err error) error {
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return fmt.Errorf("%w: Execution Does Not Exist: '%s'", engine.ErrExecutionDoesNotExist, arn)
	}
	return err
}

// executions are what tasks describe and stop executions by.
func (d *driver) executions() engine.Executions {
	if d.config.Client == nil {
		return nil
	}
	return &Client{driver: d}
}

// mostArgument bounds the argument of a workflow, in bytes. Temporal refuses payloads of 2 MB,
// and a workflow whose command has a larger one hangs.
const mostArgument = 1_900_000

// serves reports whether the activity of a task does the tasks of a resource itself that the
// Resolver doesn't know. Whether there is an activity is asked when a task wants it.
func (d *driver) serves(resource string) bool {
	return asl.ParseResource(resource).Kind == asl.Activity || engine.ServesNested(resource, !isNil(d.config.Machines))
}

// argument makes the argument of an execution's workflow.
func (d *driver) argument(b *engine.Beginning) (*start, error) {
	x := b.Started.Execution
	if !b.Express {
		x.TokenSuffix = tokenSuffix(x.ARN)
	}
	s := &start{Definition: pack([]byte(b.Machine.Definition())), Input: encode(b.Started.Input), Execution: x, Seed: b.Started.Seed,
		Options: b.Options, Express: b.Express, Liveness: d.config.Liveness, Attributes: d.config.SearchAttributes, RenewAfter: d.renewAfter, Semantics: states.Semantics,
		ExpressDuration: d.ExpressDuration()}
	if queueOf := d.config.TaskQueueOf; queueOf != nil {
		s.Queues = make(map[string]string)
		for _, resource := range d.Resources(b.Machine) {
			if queue := queueOf(resource); queue != "" {
				s.Queues[resource] = queue
			}
		}
	}
	if n := s.size(); n > mostArgument {
		return nil, fmt.Errorf("%w: the definition, compressed, and the input have %d bytes, at most %d are allowed", engine.ErrInvalidExecutionInput, n, mostArgument)
	}
	return s, nil
}

func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan, reflect.Interface:
		return r.IsNil()
	}
	return false
}
