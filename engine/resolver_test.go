package engine_test

import (
	"context"
	"fmt"

	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// integrating is a resolver that wants lambda:invoke whole.
type integrating struct{ engine.Resolver }

func (integrating) TakesIntegration(resource string) bool {
	return strings.Contains(resource, "lambda:invoke")
}

// TestOneOrderOfResolution: a Mux, a Mux in a ResolverFunc and one in a struct find the same
// handlers for every form of resource: the function's first, then the resource's.
func TestOneOrderOfResolution(t *testing.T) {
	t.Parallel()
	const (
		arn    = "arn:aws:lambda:us-east-1:123456789012:function:f"
		invoke = "arn:aws:states:::lambda:invoke"
	)
	direct := func(resource string) string { return fmt.Sprintf(`{"Type":"Task","Resource":%q,"End":true}`, resource) }
	invoking := func(parameters string) string {
		return fmt.Sprintf(`{"Type":"Task","Resource":%q,"Parameters":{%s},"End":true}`, invoke, parameters)
	}
	byName := invoking(`"FunctionName":"f"`)
	for _, c := range []struct {
		handlers, state string
		want            string // the handler that answers
		wrapped         bool   // as lambda:invoke wraps a function's answer
		integration     string // the handler when the resolver takes the integration
	}{
		{"f *", direct("f"), "f", false, "f"},
		{"f *", direct(arn), "f", false, "f"},
		{"f f:live", direct(arn + ":live"), "f", false, "f"},
		{"f " + arn, direct(arn), arn, false, arn},
		{"*", direct(arn), "*", false, "*"},
		{"f " + invoke, direct(arn), "f", false, "f"},
		{"f *", direct("arn:aws:states:us-east-1:123456789012:activity:f"), "f", false, "f"},
		{"f *", `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"b"},"End":true}`, "*", false, "*"},
		{"f " + invoke, byName, "f", true, invoke},
		{"f", byName, "f", true, ""},
		{"* " + invoke, byName, "*", true, invoke},
		{"g " + invoke, byName, invoke, false, invoke},
		{"g " + invoke + " arn:aws:states:::*", byName, invoke, false, invoke},
		{"g arn:aws:states:::*", byName, "arn:aws:states:::*", false, "arn:aws:states:::*"},
		{"f f:live " + invoke, invoking(`"FunctionName":"f","Qualifier":"live"`), "f:live", true, invoke},
		{"f " + invoke, invoking(`"FunctionName":"f:live"`), "f", true, invoke},
		{"f " + invoke, invoking(fmt.Sprintf(`"FunctionName":%q`, arn)), "f", true, invoke},
		{"f " + invoke, invoking(`"FunctionName":"123456789012:function:f"`), "f", true, invoke},
		{"f " + invoke, invoking(`"FunctionName.$":"$.f"`), "f", true, invoke},
		{"f " + invoke, invoking(`"FunctionName.$":"$.g"`), invoke, false, invoke},
	} {
		mux := engine.NewMux()
		for _, name := range strings.Fields(c.handlers) {
			mux.Handle(name, answering(name))
		}
		require.NoError(t, mux.Err())
		type resolver struct{ engine.Resolver }
		for name, r := range map[string]engine.Resolver{
			"a Mux": mux, "in a func": engine.ResolverFunc(mux.Resolve), "in a struct": resolver{mux}, "taking the integration": integrating{mux},
		} {
			want, wrapped := c.want, c.wrapped
			if name == "taking the integration" {
				want, wrapped = c.integration, false
			}
			t.Run(c.handlers+"/"+c.state+"/"+name, func(t *testing.T) {
				e := start(t, engine.Config{Resolver: r})
				x := run(t, e, one(t, c.state), map[string]string{"f": "f", "g": "other"})
				if want == "" {
					assert.Equal(t, "States.TaskFailed", failure(t, x).Name)
					return
				}
				output := output(t, x)
				assert.Contains(t, output, fmt.Sprintf("%q", want))
				assert.Equal(t, wrapped, strings.Contains(output, "StatusCode"), output)
			})
		}
	}
}

// TestWhatATaskIsGivenFollowsFromItsHandler: a function's gets the Payload, a resource's all
// parameters.
func TestWhatATaskIsGivenFollowsFromItsHandler(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":1},"End":true}`)
	var got []string
	mux := tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
		got = append(got, fmt.Sprint(task.Resource, " ", value.String(task.Input)))
		return nil, nil
	}})
	for _, r := range []engine.Resolver{mux, integrating{mux}} {
		output(t, run(t, start(t, engine.Config{Resolver: r}), m, nil))
	}
	want := []string{`f 1`, `arn:aws:states:::lambda:invoke {"FunctionName":"f","Payload":1}`}
	assert.Equal(t, want, got)
}
