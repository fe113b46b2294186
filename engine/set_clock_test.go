package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A settable clock shows what it is set to, and rings whenever the test says so.
type settable struct {
	mu    sync.Mutex
	now   time.Time
	wakes []func()
}

func (c *settable) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *settable) WakeAt(at time.Time, wake func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !at.After(c.now) {
		go wake()
		return func() {}
	}
	c.wakes = append(c.wakes, wake)
	return func() {}
}

// set sets the clock and rings all alarms, those that are not due, too.
func (c *settable) set(now time.Time) {
	c.mu.Lock()
	c.now = now
	wakes := c.wakes
	c.wakes = nil
	c.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

// TestAClockThatIsSet: whatever becomes of the clock, each wait, retry and timeout comes
// to its end once, when its time has come, and no history goes backwards.
func TestAClockThatIsSet(t *testing.T) {
	t.Parallel()
	const (
		wait      = `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":600,"End":true}}}`
		retry     = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"once","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":600}],"End":true}}}`
		timeout   = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"QueueUrl":"q","MessageBody":"m"},"TimeoutSeconds":600,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"B":{"Type":"Succeed"}}}`
		heartbeat = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"QueueUrl":"q","MessageBody":"m"},"HeartbeatSeconds":600,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"B":{"Type":"Succeed"}}}`
	)
	begin := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	for name, minutes := range map[string][]int{ // what the clock shows; it is due at 10
		"it goes":                {3, 9, 10},
		"it jumps":               {100_000},
		"it is set back":         {9, -60, 0, 9, 10},
		"it is set back by days": {5, -10_000, -9_000, 11},
		"it swings":              {9, 1, 9, 1, 9, -1, 12},
	} {
		for kind, definition := range map[string]string{"wait": wait, "retry": retry, "timeout": timeout, "heartbeat": heartbeat} {
			for _, where := range []string{"memory", "store", "store, opened again each time"} {
				t.Run(strings.Join([]string{name, kind, where}, ", "), func(t *testing.T) {
					t.Parallel()
					var mu sync.Mutex
					tries := 0
					clock := &settable{now: begin}
					config := engine.Config{Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{
						sqsToken: echo,
						"once": func(context.Context, engine.Task) (any, error) {
							mu.Lock()
							defer mu.Unlock()
							if tries++; tries == 1 {
								return nil, errors.New("not yet")
							}
							return nil, nil
						},
					})}
					if where != "memory" {
						config.Store = new(lastingStore)
					}
					e, err := engine.New(config)
					require.NoError(t, err)
					x, err := e.StartExecution(t.Context(), machine(t, definition), nil)
					require.NoError(t, err)
					arn := x.ARN()
					told := func() []string {
						page, err := e.GetExecutionHistory(t.Context(), arn, engine.HistoryOptions{})
						require.NoError(t, err)
						var types []string
						last := begin
						for _, event := range page.Events {
							assert.False(t, event.At.Before(last), "the history goes backwards")
							last = event.At
							types = append(types, string(event.Type))
						}
						return types
					}
					waits := func() bool { // for the time: the handler has returned
						return kind == "wait" || slices.ContainsFunc(told(), func(event string) bool {
							return strings.HasSuffix(event, "Submitted") || strings.HasSuffix(event, "Failed")
						})
					}
					eventually(t, waits)
					for _, minute := range minutes {
						if where == "store, opened again each time" {
							require.NoError(t, e.Close())
							e, err = engine.New(config)
							require.NoError(t, err)
						}
						before := told()
						clock.set(begin.Add(time.Duration(minute) * time.Minute))
						if minute < 10 {
							assert.Equal(t, before, told(), "minute %d", minute)
						}
					}
					x, err = e.Execution(t.Context(), arn)
					require.NoError(t, err)
					_, err = x.Wait(t.Context())
					require.NoError(t, err)
					ends := 0
					for _, event := range told() {
						if event == string(states.WaitStateExited) || event == string(states.TaskTimedOut) || event == string(states.TaskStateExited) && kind == "retry" {
							ends++
						}
					}
					assert.Equal(t, 1, ends)
					if kind == "retry" {
						assert.Equal(t, 2, tries)
					}
					require.NoError(t, e.Close())
				})
			}
		}
	}
}
