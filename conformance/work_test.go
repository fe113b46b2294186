package conformance_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
)

// fans runs two tasks side by side, one of which may take three seconds, and waits for ten
// minutes then.
const fans = `{"StartAt":"Fan","States":{"Fan":{"Type":"Parallel","Next":"Rest","Branches":[
	{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:a","TimeoutSeconds":3,"End":true,
		"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Late"}]},"Late":{"Type":"Pass","Result":"late","End":true}}},
	{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"b","End":true}}}]},
	"Rest":{"Type":"Wait","Seconds":600,"End":true}}}`

// TestPerform: tasks are done at the same time, for as long as they take in real time, and
// for none on a virtual clock. A task that times out is told.
func TestPerform(t *testing.T) {
	for _, c := range []struct {
		name     string
		realTime bool
		a, b     time.Duration
		output   string
		took     time.Duration // by the execution's clock
		passed   time.Duration // really
		told     bool          // that the task a is over
	}{
		{"real time", true, 2 * time.Second, 2500 * time.Millisecond, `["A","B"]`, 602500 * time.Millisecond, 602500 * time.Millisecond, false},
		{"real time, a task that is too slow", true, time.Hour, time.Second, `["late","B"]`, 603 * time.Second, 603 * time.Second, true},
		{"a virtual clock", false, 2 * time.Second, 2500 * time.Millisecond, `["A","B"]`, 600 * time.Second, 2500 * time.Millisecond, false},
		{"a virtual clock stands still", false, time.Hour, time.Second, `["A","B"]`, 600 * time.Second, time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var told atomic.Bool
				var seen []states.EventType
				x, err := (&conformance.Case{Name: "fans", Definition: fans, Start: time.Now()}).Execute(conformance.Simulator{
					RealTime: c.realTime,
					Observe:  func(e *states.Event) { seen = append(seen, e.Type) },
					Perform: func(r conformance.Request) func(context.Context) conformance.Task {
						return func(ctx context.Context) conformance.Task {
							d := c.b
							if r.State == "A" {
								d = c.a
							}
							select {
							case <-time.After(d):
							case <-ctx.Done():
								told.Store(true)
							}
							return conformance.Task{Outcome: conformance.Succeeds, Result: r.State}
						}
					},
				})
				require.NoError(t, err)
				require.Equal(t, c.output, value.String(x.Output))
				require.Equal(t, c.took, x.History[len(x.History)-1].At.Sub(x.History[0].At))
				require.Equal(t, c.passed, time.Since(began))
				synctest.Wait()
				require.Equal(t, c.told, told.Load())
				require.Len(t, seen, len(x.History))
			})
		})
	}
}

// TestPerformStopsWithTheExecution: what is still being done when the execution ends is told.
func TestPerformStopsWithTheExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		x, err := (&conformance.Case{Name: "fans", Definition: fans, Start: time.Now(), Stop: &conformance.Stop{After: 1}}).Execute(conformance.Simulator{
			RealTime: true,
			Perform: func(conformance.Request) func(context.Context) conformance.Task {
				return func(ctx context.Context) conformance.Task {
					<-ctx.Done()
					told.Add(1)
					return conformance.Task{}
				}
			},
		})
		require.NoError(t, err)
		require.Equal(t, states.StatusAborted, x.Status)
		synctest.Wait()
		require.EqualValues(t, 2, told.Load())
	})
}

// TestStopFromOutside: an execution is stopped while it waits for time, or for a task.
func TestStopFromOutside(t *testing.T) {
	for name, perform := range map[string]func(conformance.Request) func(context.Context) conformance.Task{
		"for time": func(r conformance.Request) func(context.Context) conformance.Task {
			return func(context.Context) conformance.Task {
				return conformance.Task{Outcome: conformance.Succeeds}
			}
		},
		"for a task": func(conformance.Request) func(context.Context) conformance.Task {
			return func(ctx context.Context) conformance.Task {
				<-ctx.Done()
				return conformance.Task{}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := make(chan struct{})
				time.AfterFunc(time.Second, func() { close(stop) })
				x, err := (&conformance.Case{Name: "fans", Definition: fans, Start: time.Now()}).Execute(conformance.Simulator{RealTime: true, Perform: perform, Stop: stop})
				require.NoError(t, err)
				require.Equal(t, states.StatusAborted, x.Status)
				require.Equal(t, time.Second, x.History[len(x.History)-1].At.Sub(x.History[0].At))
			})
		})
	}
}

// TestPerformLeavesTasksToTheScript: a task that Perform does not want has its outcome.
func TestPerformLeavesTasksToTheScript(t *testing.T) {
	x, err := (&conformance.Case{Name: "fans", Definition: fans, Tasks: []conformance.Task{
		{State: "A", Outcome: conformance.Succeeds, Result: 1}, {Function: "b", Outcome: conformance.Succeeds, Result: 2},
	}}).Execute(conformance.Simulator{Perform: func(conformance.Request) func(context.Context) conformance.Task { return nil }})
	require.NoError(t, err)
	require.Equal(t, `[1,2]`, value.String(x.Output))
}

func TestRequestNames(t *testing.T) {
	for _, c := range []struct {
		resource, input string
		names           []string
	}{
		{"reserve", `{}`, []string{"reserve"}},
		{"arn:aws:lambda:us-east-1:123456789012:function:ship", `{}`, []string{"arn:aws:lambda:us-east-1:123456789012:function:ship", "ship"}},
		{"arn:aws:lambda:us-east-1:123456789012:function:ship:live", `{}`, []string{"arn:aws:lambda:us-east-1:123456789012:function:ship:live", "ship:live", "ship"}},
		{"arn:aws:states:us-east-1:123456789012:activity:ask", `{}`, []string{"arn:aws:states:us-east-1:123456789012:activity:ask", "ask"}},
		{"arn:aws:states:::sqs:sendMessage", `{"FunctionName":"f"}`, []string{"arn:aws:states:::sqs:sendMessage", "sqs:sendMessage"}},
		{"arn:aws:states:::lambda:invoke", `{"FunctionName":"f"}`, []string{"arn:aws:states:::lambda:invoke", "lambda:invoke", "f"}},
		{"arn:aws:states:::lambda:invoke.waitForTaskToken", `{"FunctionName":"f","Qualifier":"live"}`, []string{
			"arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda:invoke.waitForTaskToken", "f:live", "f"}},
		{"arn:aws:states:::lambda:invoke", `{}`, []string{"arn:aws:states:::lambda:invoke", "lambda:invoke"}},
	} {
		input, err := value.Parse(c.input)
		require.NoError(t, err)
		require.Equal(t, c.names, conformance.Request{Resource: c.resource, Input: input}.Names(), c.resource)
	}
}

// TestNameTasks: a task of no state is one of a function or a resource, or a mistake.
func TestNameTasks(t *testing.T) {
	const definition = `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"ship"},"Next":"B"},
		"B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}}}`
	for name, want := range map[string]string{
		"A": "", "ship": "", "sqs:sendMessage": "", "lambda:invoke": "", "arn:aws:states:::sqs:sendMessage": "",
		"shipp": `there is no state, function or resource "shipp"; did you mean "ship"?`,
		"Zzzzz": `there is no state, function or resource "Zzzzz"`,
	} {
		c := &conformance.Case{Definition: definition, Tasks: []conformance.Task{{State: name}}}
		if err := c.NameTasks(); want != "" {
			require.EqualError(t, err, want)
			continue
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, name != "A", c.Tasks[0].Function == name)
	}
	c := &conformance.Case{Definition: definition, Tasks: []conformance.Task{{Function: "shop"}}}
	require.EqualError(t, c.CheckStates(), `there is no resource or function "shop"; did you mean "ship"?`)
}
