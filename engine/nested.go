package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A nested is the handler of a resource by which executions start and steer others. Its
// shapes, error names and causes are measured on AWS unless something else is said.
type nested struct {
	action string
	starts bool // it needs machines
	sdk    bool // it is one of aws-sdk:sfn
	waits  bool // until the end of the execution that it starts
	asJSON bool // the description of that execution has its input and output as JSON, not as text
}

// nestedResources are the resources that the engine serves, without .waitForTaskToken.
var nestedResources = map[string]*nested{
	"states:startExecution":        {action: "startExecution", starts: true},
	"states:startExecution.sync":   {action: "startExecution", starts: true, waits: true},
	"states:startExecution.sync:2": {action: "startExecution", starts: true, waits: true, asJSON: true},

	"aws-sdk:sfn:startExecution":     {action: "startExecution", starts: true, sdk: true},
	"aws-sdk:sfn:startSyncExecution": {action: "startSyncExecution", starts: true, sdk: true},
	"aws-sdk:sfn:describeExecution":  {action: "describeExecution", sdk: true},
	"aws-sdk:sfn:stopExecution":      {action: "stopExecution", sdk: true},
	"aws-sdk:sfn:sendTaskSuccess":    {action: "sendTaskSuccess", sdk: true},
	"aws-sdk:sfn:sendTaskFailure":    {action: "sendTaskFailure", sdk: true},
	"aws-sdk:sfn:sendTaskHeartbeat":  {action: "sendTaskHeartbeat", sdk: true},
}

// nestedOf returns the handler of a resource, nil when the engine doesn't serve it.
func nestedOf(resource string) *nested {
	service, action := actionOf(resource)
	return nestedResources[service+":"+strings.TrimSuffix(action, ".waitForTaskToken")]
}

// Handle implements [Handler].
func (n *nested) Handle(ctx context.Context, task Task) (any, error) {
	parameters, _ := task.Input.(*value.Object)
	output, err := n.call(ctx, task, parameters)
	if err != nil {
		return nil, n.named(err)
	}
	return output, nil
}

func (n *nested) call(ctx context.Context, task Task, parameters *value.Object) (any, error) {
	switch n.action {
	case "startExecution":
		return n.start(ctx, task, parameters)
	case "startSyncExecution":
		return startNestedSync(ctx, task, parameters)
	}
	return n.steer(ctx, EngineFrom(ctx), parameters)
}

// steer answers an action that starts nothing.
func (n *nested) steer(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	switch n.action {
	case "describeExecution":
		return describeNested(ctx, e, parameters)
	case "stopExecution":
		return stopNested(ctx, e, parameters)
	case "sendTaskSuccess":
		return sendSuccess(ctx, e, parameters)
	case "sendTaskFailure":
		return sendFailure(ctx, e, parameters)
	}
	return sendHeartbeat(ctx, e, parameters)
}

// text returns a parameter that is a text, and whether it is there. null is as if it were
// absent.
func text(parameters *value.Object, name string) (string, bool, error) {
	v, _ := parameters.Get(name)
	if v == nil {
		return "", false, nil
	}
	s, ok := v.(string)
	if !ok {
		return "", false, &TaskError{Name: "States.Runtime", Cause: fmt.Sprintf("The parameter %s must be a string, not %s.", name, value.TypeName(v))}
	}
	return s, true, nil
}

// texts returns parameters that are texts.
func texts(parameters *value.Object, names ...string) ([]string, error) {
	all := make([]string, len(names))
	for i, name := range names {
		s, _, err := text(parameters, name)
		if err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

// jsonText returns a parameter that is JSON as a text. A value of another type stands for
// its own JSON text.
func jsonText(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return v, nil
	}
	return value.Parse([]byte(s))
}

// nestedInput returns the input that the parameters have for an execution: {} where there
// is none.
func nestedInput(parameters *value.Object) (any, error) {
	v, _ := parameters.Get("Input")
	if v == nil {
		return value.NewObject(), nil
	}
	input, err := jsonText(v)
	if err != nil {
		text, _ := v.(string)
		return nil, inputRefused(json.RawMessage(text), err)
	}
	return input, nil
}

// childName returns the name of the execution that a task starts which gives none, by the
// task's IdempotencyKey. A second call for the task, after a crash, comes to the same name.
func childName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return randomUUID(sum[:])
}

// start starts an execution. A task that waits for it returns when the execution has
// ended, or as errRests when the end will be told.
func (n *nested) start(ctx context.Context, task Task, parameters *value.Object) (any, error) {
	e, c := EngineFrom(ctx), task.call
	given, err := texts(parameters, "StateMachineArn", "Name")
	if err != nil {
		return nil, err
	}
	name := cmp.Or(given[1], childName(task.IdempotencyKey))
	if n.waits && !c.begins() {
		return nil, cmp.Or(context.Cause(ctx), ErrTaskCanceled)
	}
	child, err := e.startChild(ctx, c, given[0], name, parameters)
	if n.waits && !c.waitsFor(child) {
		return nil, e.startedInVain(ctx, c, child, err)
	}
	if err != nil {
		if arn := c.strandedChild(err); n.waits && arn != "" {
			return n.endOfStranded(c, arn)
		}
		return nil, err
	}
	started := n.started(task, child.identity.ARN, child.startDate)
	if !n.waits {
		return started, nil
	}
	if !task.Acknowledged {
		if err := task.Acknowledge(started); err != nil {
			return nil, err
		}
	}
	if child.parent == c.asParent(true) {
		if c.restsUntilAnswered(child) {
			return nil, errRests
		}
	} else if _, err := child.Wait(ctx); err != nil {
		// It is not the task's own, because somebody else started it; or it can't be restored.
		_, ended := errors.AsType[*ExecutionError](err)
		switch {
		case ended:
		case ctx.Err() == nil && isStranded(err):
			return n.endOfStranded(c, child.identity.ARN)
		default:
			return nil, err
		}
	}
	d, err := e.archive.describe(child.identity.ARN)
	if (err != nil || d.Status == states.StatusRunning) && isStranded(cmp.Or(err, child.whyGone())) {
		return n.endOfStranded(c, child.identity.ARN)
	}
	switch {
	case err != nil:
		return nil, err
	case d.Status == states.StatusRunning:
		return nil, child.whyGone()
	}
	return outcome(d, n.asJSON)
}

// startedInVain stops the child of a task that ended while the child was started, and returns
// why the task ended. child is nil when the start failed.
func (e *Engine) startedInVain(ctx context.Context, c *call, child *Execution, failed error) error {
	why := context.Cause(ctx)
	_, unknown := errors.AsType[*StoreError](failed) // whether there is a child; the next engine looks
	switch {
	case !forsakes(why) || unknown:
	case child == nil:
		e.settled(c.idempotencyKey())
	default:
		e.stopChild(child.identity.ARN, c.idempotencyKey(), true)
	}
	return why
}

// startChild starts the execution of a task, or finds the one that the task started before.
func (e *Engine) startChild(ctx context.Context, c *call, reference, name string, parameters *value.Object) (*Execution, error) {
	x := c.execution
	if c.goesOn {
		x.lock()
		arn := submittedChild(x.past(), c.id)
		x.unlock()
		return e.archive.find(arn)
	}
	parent := c.asParent(nestedOf(c.state().Resource.Text).waits)
	if err := e.checkDepth(parent); err != nil {
		return nil, err
	}
	input, err := nestedInput(parameters)
	if err != nil {
		return nil, err
	}
	s := start{caller: ctx, logging: e.config.Logging, parent: parent}
	child, calls, err := e.startFrom(context.Background(), context.Background(), e.served.taskMachines(), reference, input, s, []StartOption{Named(name), getsOwn})
	if err != nil {
		return nil, err
	}
	e.spawn(calls)
	return child, nil
}

// checkDepth returns an error for an execution that would be nested too deep. The error's
// name is AWS's for too many open executions, the bound is the engine's.
func (e *Engine) checkDepth(p states.Parent) error { return checkDepth(p.Depth, e.config.Limits.Depth) }

func checkDepth(depth, most int) error {
	if depth > most && most >= 0 {
		return &nestedError{Kind: "ExecutionLimitExceeded", Err: fmt.Errorf("the execution would be nested in %d others, at most %d are allowed", depth, most)}
	}
	return nil
}

// started returns what StartExecution answers.
func (n *nested) started(task Task, arn string, at time.Time) any {
	members := []value.Member{{Key: "ExecutionArn", Value: arn}}
	if n.sdk {
		return value.NewObject(append(members, value.Member{Key: "StartDate", Value: isoDate(at)})...)
	}
	id := requestID(task)
	one := func(key, v string) value.Member { return value.Member{Key: key, Value: v} }
	many := func(key, v string) value.Member { return value.Member{Key: key, Value: []any{v}} }
	const contentType = "application/x-amz-json-1.0"
	// Of the HTTP exchange there is only what tasks may ask for.
	return value.NewObject(append(members,
		value.Member{Key: "SdkHttpMetadata", Value: value.NewObject(
			value.Member{Key: "AllHttpHeaders", Value: value.NewObject(many("Content-Type", contentType), many("x-amzn-RequestId", id))},
			value.Member{Key: "HttpHeaders", Value: value.NewObject(one("Content-Type", contentType), one("x-amzn-RequestId", id))},
			value.Member{Key: "HttpStatusCode", Value: int64(200)},
		)},
		value.Member{Key: "SdkResponseMetadata", Value: value.NewObject(one("RequestId", id))},
		value.Member{Key: "StartDate", Value: at.UnixMilli()},
	)...)
}

// requestID returns the id of the request that a task is.
func requestID(task Task) string {
	sum := sha256.Sum256([]byte("request " + task.IdempotencyKey))
	return randomUUID(sum[:])
}

// isoDate returns a time as the SDK's answers show it.
func isoDate(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// startNestedSync runs an Express execution to its end. One that does not succeed is a
// result, too: reported by one person.
func startNestedSync(ctx context.Context, task Task, parameters *value.Object) (any, error) {
	e := EngineFrom(ctx)
	given, err := texts(parameters, "StateMachineArn", "Name")
	if err != nil {
		return nil, err
	}
	input, err := nestedInput(parameters)
	if err != nil {
		return nil, err
	}
	c := task.call
	s := start{caller: ctx, logging: e.config.Logging, express: true, sync: true, parent: c.asParent(false)}
	if err := e.checkDepth(s.parent); err != nil {
		return nil, err
	}
	d, err := e.describeSync(ctx, func() (*Execution, *call, error) {
		return e.startFrom(ctx, context.WithoutCancel(ctx), e.served.taskMachines(), given[0], input, s, []StartOption{Named(cmp.Or(given[1], childName(task.IdempotencyKey)))})
	})
	if err != nil {
		return nil, err
	}
	return described(d, false, iso, false), nil
}

func iso(at time.Time) any { return isoDate(at) }

func epoch(at time.Time) any { return at.UnixMilli() }

// outcome returns what a task comes to whose execution has ended.
func outcome(d *Description, asJSON bool) (any, error) {
	if d.Status != states.StatusSucceeded {
		// The input is text in the cause even where the result has JSON: reported by one
		// person.
		return nil, &TaskError{Name: "States.TaskFailed", Cause: value.String(described(d, false, epoch, true))}
	}
	return described(d, asJSON, epoch, true), nil
}

// described returns a description of an execution as tasks see it. The members are in the
// order of their names.
func described(d *Description, asJSON bool, date func(time.Time) any, standard bool) *value.Object {
	var b value.Builder
	payload := func(name string, raw []byte) {
		if raw == nil {
			return
		}
		var v any = string(raw)
		if asJSON {
			if parsed, err := value.Parse(raw); err == nil {
				v = parsed
			}
		}
		b.Set(name, v)
		b.Set(name+"Details", value.NewObject(value.Member{Key: "Included", Value: true}))
	}
	if d.Failure.HasCause {
		b.Set("Cause", d.Failure.Cause)
	}
	if d.Failure.HasError {
		b.Set("Error", d.Failure.Error)
	}
	b.Set("ExecutionArn", d.ARN)
	payload("Input", d.Input)
	b.Set("Name", d.Name)
	payload("Output", d.Output)
	if standard {
		b.Set("RedriveCount", int64(d.RedriveCount))
		if !d.RedriveDate.IsZero() {
			b.Set("RedriveDate", date(d.RedriveDate))
		}
		b.Set("RedriveStatus", string(d.RedriveStatus))
		if d.RedriveStatusReason != "" {
			b.Set("RedriveStatusReason", d.RedriveStatusReason)
		}
	}
	b.Set("StartDate", date(d.StartDate))
	if standard && d.AliasARN != "" {
		b.Set("StateMachineAliasArn", d.AliasARN)
	}
	b.Set("StateMachineArn", d.MachineARN)
	if standard && d.VersionARN != "" {
		b.Set("StateMachineVersionArn", d.VersionARN)
	}
	b.Set("Status", string(d.Status))
	if !d.StopDate.IsZero() {
		b.Set("StopDate", date(d.StopDate))
	}
	return b.Object()
}
