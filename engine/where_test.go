package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestErrorsSayWhere: the state, the event and the attempt, also of an execution that ended
// in the time of another engine.
func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state, text, message string
		event                int
		attempt              int
	}{
		"a Fail state":        {`{"Type":"Pass","Next":"F"},"F":{"Type":"Fail","Error":"E","Cause":"c"}`, `FAILED in state "F" (event 4): E: c`, "c", 4, 0},
		"a task":              {`{"Type":"Task","Resource":"fails","End":true}`, `FAILED in state "S" (event 5): errorString: {"errorMessage":"no stock","errorType":"errorString"}`, "no stock", 5, 0},
		"a task that retries": {`{"Type":"Task","Resource":"fails","Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"End":true}`, `FAILED in state "S" (event 11, attempt 2): errorString: {"errorMessage":"no stock","errorType":"errorString"}`, "no stock", 11, 2},
		"the machine's time":  {`{"Type":"Wait","Seconds":99999999,"End":true}`, `TIMED_OUT after 365 days, while "S" waited`, "", 2, 0},
		"a Task Token": {`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"ask","Payload":{}},"End":true}`,
			`TIMED_OUT after 365 days, while "S" waited for its Task Token`, "", 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				e, clock := startVirtual(t, engine.Config{Store: db, Limits: engine.Limits{Retention: -1}, Resolver: tasks(map[string]engine.HandlerFunc{
					"fails": func(context.Context, engine.Task) (any, error) { return nil, errors.New("no stock") },
					"ask":   echo,
				})})
				x := run(t, e, machine(t, `{"StartAt":"S","States":{"S":`+c.state+`}}`), nil)
				clock.Advance(366 * 24 * time.Hour)
				again, err := e.Execution(t.Context(), x.ARN())
				require.NoError(t, err)
				for _, x := range []*engine.Execution{x, again} {
					failed := failure(t, x)
					assert.Equal(t, "engine: execution "+x.ARN()+" "+c.text, failed.Error())
					assert.Equal(t, []any{c.event, c.attempt, c.message}, []any{int(failed.Event), failed.Attempt, failed.Message()})
				}
			})
		})
	}
}
