package states

import (
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// Context returns the Context Object as the state under way sees it.
// Implements the chapter "The Context Object".
func (t *thread) Context() any {
	if tr := t.x.trial; tr != nil {
		return tr.contextOf(t)
	}
	var b value.Builder
	for _, m := range t.x.constants() {
		b.Set(m.Key, m.Value)
	}
	b.Set("State", t.stateContext())
	if t.task != nil && t.task.Token != "" {
		b.Set("Task", value.NewObject(value.Member{Key: "Token", Value: t.task.Token}))
	}
	if t.x.compensates {
		if c := t.compensation(); c != nil {
			b.Set("Compensation", c)
		}
	}
	if t.item != nil {
		b.Set("Map", value.NewObject(value.Member{Key: "Item", Value: t.item}))
	}
	return b.Object()
}

// constants returns the parts that stay the same for the whole execution.
func (x *Interpreter) constants() []value.Member {
	if x.about != nil {
		return x.about[:]
	}
	e := x.execution
	var execution value.Builder
	execution.Set("Id", e.ARN)
	execution.Set("Input", x.input)
	execution.Set("StartTime", timestamp(x.startedAt))
	execution.Set("Name", e.Name)
	execution.Set("RoleArn", e.RoleARN)
	if !e.WithoutRedriveCount {
		execution.Set("RedriveCount", int64(x.redrives))
	}
	x.about = &[2]value.Member{
		{Key: "Execution", Value: execution.Object()},
		{Key: "StateMachine", Value: value.NewObject(
			value.Member{Key: "Id", Value: e.StateMachineARN},
			value.Member{Key: "Name", Value: e.StateMachineName},
		)},
	}
	return x.about[:]
}

// stateContext returns the part about the state. Measured on AWS: only states that
// can be retried have a RetryCount.
func (t *thread) stateContext() *value.Object {
	members := make([]value.Member, 2, 3)
	members[0] = value.Member{Key: "Name", Value: t.state.Name()}
	members[1] = value.Member{Key: "EnteredTime", Value: timestamp(t.enteredAt)}
	switch t.state.(type) {
	case *asl.Task, *asl.Parallel, *asl.Map:
		members = append(members, value.Member{Key: "RetryCount", Value: int64(t.retryCount)})
	}
	return value.NewObject(members...)
}

// timestamp writes a time as the Context Object has it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
