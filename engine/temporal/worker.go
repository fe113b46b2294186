package temporal

import (
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// A Worker runs executions, and does their tasks. Any number of them may serve a namespace, in
// as many processes; those of one task queue share its work.
type Worker struct{ worker worker.Worker }

// NewWorker returns a worker that is still to be run, or all that is wrong with the
// configuration. options are the SDK's, for what Config doesn't say; nil is its default.
func NewWorker(c Config, options *worker.Options) (*Worker, error) {
	d, err := newDriver(c)
	if err != nil {
		return nil, err
	}
	if c.Resolver == nil {
		return nil, errors.New("temporal: Config.Resolver is required for a worker")
	}
	var o worker.Options
	if options != nil {
		o = *options
	}
	d.adjust(&o)
	w := worker.New(d.config.Client, d.config.TaskQueue, o)
	d.register(w)
	return &Worker{w}, nil
}

// Run runs the worker until the process is told to end, or interrupt gets something: see
// [worker.InterruptCh]. What it was at is left to other workers.
func (w *Worker) Run(interrupt <-chan any) error { return w.worker.Run(interrupt) }

// Start starts the worker, and returns.
func (w *Worker) Start() error { return w.worker.Start() }

// Stop stops the worker, and waits for its handlers up to [Config.StopTimeout]. Their contexts
// end with [engine.ErrClosed] then, and other workers do their tasks.
func (w *Worker) Stop() { w.worker.Stop() }

// deadlock is how long a step may take. The SDK's default, one second, is short for a large
// definition that is parsed, or a step of 50,000 states, on a machine that is busy.
const deadlock = 30 * time.Second

// adjust sets what Config says, and what this package needs where the options leave it open.
func (d *driver) adjust(o *worker.Options) {
	if o.DeadlockDetectionTimeout == 0 {
		o.DeadlockDetectionTimeout = deadlock
	}
	if o.WorkerStopTimeout == 0 {
		o.WorkerStopTimeout = d.config.StopTimeout
	}
	if d.config.BuildID != "" {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning:             true,
			Version:                   worker.WorkerDeploymentVersion{DeploymentName: d.config.Deployment, BuildID: d.config.BuildID},
			DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
		}
	}
}

// A registry is what workflows and activities are registered with: a worker, or the environment of
// a test.
type registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// register registers all that this package has.
func (d *driver) register(r registry) {
	r.RegisterWorkflowWithOptions(d.executionWorkflow, workflow.RegisterOptions{Name: executionWorkflow})
	r.RegisterWorkflowWithOptions(d.mapRunWorkflow, workflow.RegisterOptions{Name: mapRunWorkflow})
	r.RegisterActivityWithOptions(d.readItems, activity.RegisterOptions{Name: itemsActivity})
	r.RegisterActivityWithOptions(d.export, activity.RegisterOptions{Name: exportActivity})
	r.RegisterActivityWithOptions(d.doTask, activity.RegisterOptions{Name: taskActivity})
}
