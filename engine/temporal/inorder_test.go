package temporal

import (
	"slices"
	"sync"

	"github.com/gostates/gostates/states"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// An inOrder has handlers, each of which the environment calls on a goroutine of its own, ask the
// script in the order in which the workflow has begun their activities.
type inOrder struct {
	interceptor.WorkerInterceptorBase
	mu       sync.Mutex
	changed  sync.Cond
	children map[string]*start         // by their ARNs
	ends     map[string]*states.Finish // of children
	begun    []string                  // activities that have not asked, by their IdempotencyKeys
}

func newInOrder() *inOrder {
	o := new(inOrder)
	o.changed.L = &o.mu
	return o
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (o *inOrder) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, o}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	order *inOrder
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.order})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	order *inOrder
}

func (o *outbound) ExecuteActivity(ctx workflow.Context, activity string, args ...any) workflow.Future {
	if activity == taskActivity {
		o.order.mu.Lock()
		o.order.begun = append(o.order.begun, keyOf(workflow.GetInfo(ctx).WorkflowExecution.ID, workflow.GetActivityOptions(ctx).ActivityID))
		o.order.mu.Unlock()
	}
	return o.Next.ExecuteActivity(ctx, activity, args...)
}

// ExecuteChildWorkflow notes what children are started with, which the environment doesn't tell.
func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if s, ok := args[0].(*start); ok {
		o.order.mu.Lock()
		if o.order.children == nil {
			o.order.children = make(map[string]*start)
		}
		o.order.children[s.Execution.ARN] = s
		o.order.mu.Unlock()
	}
	return o.Next.ExecuteChildWorkflow(ctx, name, args...)
}

// childEnded notes how a child has ended.
func (o *inOrder) childEnded(arn string, result converter.EncodedValue, err error) {
	var f *states.Finish
	var e end
	if err != nil {
		f, _, _ = endOf(err)
	} else if result.Get(&e) == nil {
		f, _ = e.finish()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ends == nil {
		o.ends = make(map[string]*states.Finish)
	}
	o.ends[arn] = f
}

func keyOf(workflow, activity string) string { return workflow + "/" + activity }

// await returns when it is an activity's turn.
func (o *inOrder) await(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for slices.Contains(o.begun, key) && o.begun[0] != key {
		o.changed.Wait()
	}
}

// asked says that an activity has asked, or never will, because it was canceled.
func (o *inOrder) asked(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun = slices.DeleteFunc(o.begun, func(begun string) bool { return begun == key })
	o.changed.Broadcast()
}
