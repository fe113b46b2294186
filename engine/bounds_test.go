package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// named is an error that gives itself a name.
type named struct{ name, text string }

func (n named) Error() string     { return n.text }
func (n named) ErrorName() string { return n.name }

// An errorWay is a way by which error names and causes come into an engine. It returns how the
// execution ended, nil when the texts were refused.
type errorWay struct {
	name string
	fail func(t *testing.T, e *engine.Engine, h *engine.Handler, name, cause string) *engine.Execution
}

// byHandler makes the handler return an error.
func byHandler(err func(name, cause string) error) func(*testing.T, *engine.Engine, *engine.Handler, string, string) *engine.Execution {
	return func(t *testing.T, e *engine.Engine, h *engine.Handler, name, cause string) *engine.Execution {
		*h = engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return nil, err(name, cause) })
		return run(t, e, one(t, `{"Type":"Task","Resource":"f","End":true}`), nil, engine.Machine("m"))
	}
}

// waiting starts an execution that waits for a Task Token, and returns the token.
func waiting(t *testing.T, e *engine.Engine, h *engine.Handler) (*engine.Execution, string) {
	token := make(chan string, 1)
	*h = engine.HandlerFunc(func(_ context.Context, task engine.Task) (any, error) {
		token <- task.Token
		return nil, nil
	})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}`), nil, engine.Machine("m"))
	return x, <-token
}

var errorWays = []errorWay{
	{"a TaskError", byHandler(func(name, cause string) error { return &engine.TaskError{Name: name, Cause: cause} })},
	{"a TaskError at no stage", byHandler(func(name, cause string) error { return &engine.TaskError{Name: name, Cause: cause, Stage: 255} })},
	{"a wrapped TaskError", byHandler(func(name, cause string) error {
		return fmt.Errorf("x: %w", &engine.TaskError{Name: name, Cause: cause})
	})},
	{"an error with a name", byHandler(func(name, cause string) error { return named{name, cause} })},
	{"an error", byHandler(func(_, cause string) error { return errors.New(cause) })},
	{"a panic", byHandler(func(_, cause string) error { panic(cause) })},
	{"SendTaskFailure", func(t *testing.T, e *engine.Engine, h *engine.Handler, name, cause string) *engine.Execution {
		x, token := waiting(t, e, h)
		if e.SendTaskFailure(t.Context(), token, name, cause) != nil {
			return nil
		}
		return x
	}},
	{"StopExecution", func(t *testing.T, e *engine.Engine, h *engine.Handler, name, cause string) *engine.Execution {
		x, _ := waiting(t, e, h)
		if e.StopExecution(t.Context(), x.ARN(), name, cause) != nil {
			return nil
		}
		return x
	}},
}

// TestErrorOutputsAreBounded by every way in: no name has more than 256 characters, no cause
// more than 32,768, and both are the same in memory, in the history and after a restart.
func TestErrorOutputsAreBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []struct{ name, name1, cause string }{
		{"short", "E", "c"},
		{"at the bound", strings.Repeat("é", 256), strings.Repeat("é", 32_768)},
		{"a character more", strings.Repeat("é", 257), strings.Repeat("é", 32_769)},
		{"10 MB", strings.Repeat("E", 10_000_000), strings.Repeat("\n", 10_000_000)},
		{"no UTF-8", "E\xff", "c\xff\xfe"},
		{"10 MB of no UTF-8", strings.Repeat("\xff", 10_000_000), strings.Repeat("\xfe", 10_000_000)},
		{"quotes", "E", strings.Repeat(`"`, 32_768)},
	} {
		for _, f := range errorWays {
			t.Run(text.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				path := t.TempDir() + "/db"
				var h engine.Handler
				config := engine.Config{Resolver: engine.ResolverFunc(func(string) engine.Handler {
					return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) { return h.Handle(ctx, task) })
				}), Store: sqlite.Open(path)}
				e, err := engine.New(config)
				require.NoError(t, err)
				x := f.fail(t, e, &h, text.name1, text.cause)
				if x == nil {
					require.NoError(t, e.Close())
					return
				}
				failed := failure(t, x)
				for _, v := range []struct {
					text  string
					bound int
				}{{failed.Name, 256}, {failed.Cause, 32_768}} {
					assert.LessOrEqual(t, utf8.RuneCountInString(v.text), v.bound)
					assert.True(t, utf8.ValidString(v.text))
				}
				if strings.HasPrefix(failed.Cause, "{") {
					assert.True(t, json.Valid([]byte(failed.Cause)), "Lambda's answer is JSON")
				}
				before := events(t, e, x)
				require.NoError(t, e.Close())
				config.Store = sqlite.Open(path)
				again := start(t, config)
				y, err := again.Execution(t.Context(), x.ARN())
				require.NoError(t, err)
				assert.Equal(t, failed, failure(t, y), "after a restart")
				assert.Equal(t, before, events(t, again, y))
			})
		}
	}
}

// TestNumbersFromOutside: none makes an engine panic or hang, whatever it is.
func TestNumbersFromOutside(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Map","ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","TimeoutSeconds":60,"HeartbeatSeconds":30,"End":true}}},"End":true}`)
	numbers := []int64{math.MinInt64, math.MinInt64 + 1, math.MinInt32, -1, 0, 1, 2, 1000, 1001, math.MaxInt32, math.MaxInt64 - 1, math.MaxInt64}
	mux := tasks(map[string]engine.HandlerFunc{"f": echo})
	play := func(t *testing.T, config engine.Config) (*engine.Engine, *engine.Execution) {
		config.Resolver = mux
		e := start(t, config)
		x, err := e.StartExecution(t.Context(), m, []int{1, 2})
		if errors.Is(err, engine.ErrInvalidExecutionInput) {
			return e, nil // Limits.Payload is that small
		}
		require.NoError(t, err)
		_, _ = x.Wait(t.Context())
		return e, x
	}
	e, x := play(t, engine.Config{})
	last := states.EventID(len(events(t, e, x)))
	limit := func(set func(l *engine.Limits, n int64)) func(t *testing.T, n int64) {
		return func(t *testing.T, n int64) {
			var l engine.Limits
			set(&l, n)
			e, x := play(t, engine.Config{Limits: l})
			_, err := e.StartSyncExecution(t.Context(), m, []int{1})
			if l.Retained == 0 && l.Retention == 0 && l.Standard == 0 && l.Express == 0 && l.Events == 0 && l.Payload == 0 && l.Variables == 0 {
				require.NoError(t, err)
			}
			if x != nil {
				_, _ = e.DescribeExecution(t.Context(), x.ARN())
				_, _ = e.RedriveExecution(t.Context(), x.ARN())
			}
		}
	}
	for name, take := range map[string]func(t *testing.T, n int64){
		"ForkExecution": func(t *testing.T, n int64) {
			_, err := e.ForkExecution(t.Context(), x.ARN(), states.EventID(n), engine.Fork{})
			if n < 1 || n > int64(last) {
				refused, ok := errors.AsType[*engine.ForkPointError](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, states.EventID(n), refused.At)
				assert.NotZero(t, refused.Before+refused.After, "the nearest is named")
			}
		},
		"ListOptions.MaxResults": func(t *testing.T, n int64) {
			_, err := e.ListExecutions(t.Context(), engine.ListOptions{MaxResults: int(n)})
			assert.Equal(t, n < 0 || n > 1000, errors.Is(err, engine.ErrInvalidPage))
		},
		"ListOptions.StartedSince": func(t *testing.T, n int64) {
			for _, at := range []time.Time{time.Unix(n, 0), time.Unix(0, n), time.UnixMilli(n)} {
				_, err := e.ListExecutions(t.Context(), engine.ListOptions{StartedSince: at})
				require.NoError(t, err)
			}
		},
		"HistoryOptions.MaxResults": func(t *testing.T, n int64) {
			_, err := e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{MaxResults: int(n)})
			assert.Equal(t, n < 0 || n > 1000, errors.Is(err, engine.ErrInvalidPage))
		},
		"an imported event's ID": func(t *testing.T, n int64) {
			history := fmt.Sprintf(`[{"timestamp":0,"type":"ExecutionStarted","id":%d,"previousEventId":%d,"executionStartedEventDetails":{"input":"{}","roleArn":"r"}}]`, n, n-1)
			_, err := e.ImportExecution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:m:"+fmt.Sprint("i", uint64(n)), m, []byte(history))
			assert.Equal(t, n == 1, err == nil, "%v", err)
		},
		"an imported event's time": func(t *testing.T, n int64) {
			const arn = "arn:aws:states:us-east-1:123456789012:execution:m:t"
			history := fmt.Sprintf(`[{"timestamp":%d,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{}","roleArn":"r"}}]`, n)
			path := t.TempDir() + "/db"
			e, err := engine.New(engine.Config{Resolver: mux, Store: sqlite.Open(path)})
			require.NoError(t, err)
			x, err := e.ImportExecution(t.Context(), arn, m, []byte(history))
			if err != nil {
				require.ErrorIs(t, err, engine.ErrInvalidHistory)
				require.NoError(t, e.Close())
				return
			}
			before := events(t, e, x)
			require.NoError(t, e.Close())
			e = start(t, engine.Config{Resolver: mux, Store: sqlite.Open(path)})
			x, err = e.Execution(t.Context(), arn)
			require.NoError(t, err)
			assert.Equal(t, before, events(t, e, x), "after a restart")
		},
		"the time of a Wait": func(t *testing.T, n int64) {
			path := t.TempDir() + "/db"
			e, err := engine.New(engine.Config{Resolver: mux, Store: sqlite.Open(path)})
			require.NoError(t, err)
			for at, wait := range map[string]string{
				`"%d"`:                  `"TimestampPath":"$.at"`,
				`"+%d-01-01T00:00:00Z"`: `"TimestampPath":"$.at"`,
				`%d`:                    `"SecondsPath":"$.at"`,
			} {
				_, err := e.StartExecution(t.Context(), one(t, `{"Type":"Wait",`+wait+`,"End":true}`), json.RawMessage(`{"at":`+fmt.Sprintf(at, n)+`}`))
				require.NoError(t, err)
			}
			_, err = e.StartExecution(t.Context(), one(t, `{"Type":"Wait","TimestampPath":"$.at","End":true}`), map[string]string{"at": "9999-12-31T23:59:59Z"})
			require.NoError(t, err)
			require.NoError(t, e.Close())
			e = start(t, engine.Config{Resolver: mux, Store: sqlite.Open(path)})
			page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
			require.NoError(t, err)
			assert.Len(t, page.Executions, 4)
			for _, x := range page.Executions {
				_, err := e.DescribeExecution(t.Context(), x.ARN)
				require.NoError(t, err)
			}
			assert.NoError(t, e.Health().Err)
		},
		"CloseTimeout": func(t *testing.T, n int64) {
			e, err := engine.New(engine.Config{Resolver: mux, CloseTimeout: time.Duration(n)})
			require.NoError(t, err)
			require.NoError(t, e.Close())
		},
		"the clock": func(t *testing.T, n int64) {
			for _, at := range []time.Time{time.Unix(0, n), time.UnixMilli(n / 1_000_000)} {
				clock := enginetest.NewClock(at)
				_, _ = play(t, engine.Config{Clock: clock})
			}
		},
		"Limits.Payload":        limit(func(l *engine.Limits, n int64) { l.Payload = int(n) }),
		"Limits.Events":         limit(func(l *engine.Limits, n int64) { l.Events = int(n) }),
		"Limits.Variables":      limit(func(l *engine.Limits, n int64) { l.Variables = int(n) }),
		"Limits.MapConcurrency": limit(func(l *engine.Limits, n int64) { l.MapConcurrency = int(n) }),
		"Limits.Standard":       limit(func(l *engine.Limits, n int64) { l.Standard = time.Duration(n) }),
		"Limits.Express":        limit(func(l *engine.Limits, n int64) { l.Express = time.Duration(n) }),
		"Limits.Retained":       limit(func(l *engine.Limits, n int64) { l.Retained = int(n) }),
		"Limits.Retention":      limit(func(l *engine.Limits, n int64) { l.Retention = time.Duration(n) }),
		"Limits.Redrivable":     limit(func(l *engine.Limits, n int64) { l.Redrivable = time.Duration(n) }),
	} {
		for _, n := range numbers {
			t.Run(fmt.Sprint(name, "/", n), func(t *testing.T) { take(t, n) })
		}
	}
}
