package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

var errRefused = errors.New("the bus is full")

// refusing is a sink that refuses the first so many calls.
func refusing(calls int) *sink {
	return &sink{refuses: func(n int, _ *engine.StatusChange) error {
		if n <= calls {
			return errRefused
		}
		return nil
	}}
}

const passing = `{"Type":"Pass","End":true}`

// TestANotificationThatIsNotTakenIsDeliveredAgain: after delays that grow, and what
// follows waits for it.
func TestANotificationThatIsNotTakenIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func() error{
		"an error": func() error { return errRefused },
		"a panic":  func() error { panic("ouch") },
		"an end of the goroutine": func() error {
			runtime.Goexit()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, db store.Store) {
				var at []time.Duration
				var begin time.Time
				s := new(sink)
				logger, logs := observer.New(zap.WarnLevel)
				e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify, Logger: zap.New(logger)})
				begin = clock.Now()
				s.refuses = func(n int, c *engine.StatusChange) error {
					at = append(at, clock.Now().Sub(begin))
					if n <= 3 {
						return refuse()
					}
					return nil
				}
				run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("a"))
				clock.Settle()
				run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("b"))
				clock.Settle()
				assert.Empty(t, s.told())
				require.Error(t, e.Health().Notify)
				assert.NoError(t, e.Health().Err, "executions go on")
				clock.Advance(time.Minute)
				assert.Equal(t, []string{"a RUNNING", "a SUCCEEDED", "b RUNNING", "b SUCCEEDED"}, s.told())
				assert.Equal(t, []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond}, at[:4])
				require.NoError(t, e.Health().Notify)
				assert.Equal(t, 3, logs.FilterMessageSnippet("not delivered").Len())
			})
		})
	}
}

// TestNotificationsSurviveACrash: what was not taken before it is delivered by the next
// engine, in order; what was taken, and was not noted to be, once more with the same id.
func TestNotificationsSurviveACrash(t *testing.T) {
	t.Parallel()
	db, s := new(lastingStore), refusing(1<<30)
	config := engine.Config{Store: db, Notify: s.notify}
	e, clock := startVirtual(t, config)
	run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("m"), engine.Named("a"))
	clock.Settle()
	require.Empty(t, s.told())

	second := new(sink)
	config.Notify = second.notify
	config.Store = &forgetful{Store: db}
	e = reopen(t, e, config, &clock, time.Second)
	clock.Settle()
	assert.Equal(t, []string{"a RUNNING"}, second.told(), "though nothing has happened since")
	clock.Advance(time.Minute)
	assert.Equal(t, []string{"a RUNNING"}, second.told(), "the store fails, and nothing is read from it")
	assert.ErrorIs(t, e.Health().Notify, errStore)

	third := new(sink)
	config.Notify = third.notify
	config.Store = db
	reopen(t, e, config, &clock, time.Second)
	clock.Settle()
	assert.Equal(t, []string{"a RUNNING", "a SUCCEEDED"}, third.told())
	assert.Equal(t, second.taken[0], third.taken[0])
}

// A forgetful store removes no notifications.
type forgetful struct{ store.Store }

func (f *forgetful) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	return f.Store.(store.NotificationStore).CreateNotifying(ctx, r, definition, lines, notifications)
}

func (f *forgetful) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
	return f.Store.(store.NotificationStore).AppendNotifying(ctx, arn, length, c, notifications)
}

func (f *forgetful) Notifications(ctx context.Context, limit int) ([]store.Notification, error) {
	return f.Store.(store.NotificationStore).Notifications(ctx, limit)
}

func (f *forgetful) RemoveNotifications(context.Context, []int64) error { return errStore }

// TestNotificationsOfACrashAtEveryWrite: whichever write a crash hits, before or after it
// takes effect, every change of the status is told of, in order, and no other is.
func TestNotificationsOfACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Wait","Seconds":60,"Next":"C"},"C":{"Type":"Task","Resource":"echo","End":true}}}`)
	for k := range 12 {
		for _, after := range []bool{false, true} {
			db, s := new(lastingStore), new(sink)
			config := engine.Config{Store: &faulty{Store: db, left: k, calls: -1, after: after}, Notify: s.notify, Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo})}
			e, clock := startVirtual(t, config)
			_, _ = e.StartExecution(t.Context(), m, nil, engine.Machine("m"), engine.Named("n"))
			clock.Advance(time.Hour)
			config.Store = db
			e = reopen(t, e, config, &clock, time.Second)
			if _, err := e.StartExecution(t.Context(), m, nil, engine.Machine("m"), engine.Named("n")); err != nil {
				require.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
			}
			clock.Advance(2 * time.Hour)
			var told []string
			seen := map[string]bool{}
			for _, c := range s.taken {
				if !seen[c.ID] {
					seen[c.ID] = true
					told = append(told, string(c.Detail.Status))
				}
			}
			assert.Equal(t, []string{"RUNNING", "SUCCEEDED"}, told, "write %d, after %t", k, after)
			left, err := db.Notifications(t.Context(), 10)
			require.NoError(t, err)
			assert.Empty(t, left)
		}
	}
}

// TestNotificationsWhileTheStoreFails come when it works again.
func TestNotificationsWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	s := new(sink)
	e, clock := startVirtual(t, engine.Config{Store: &faulty{Store: new(lastingStore), left: 1, calls: 5}, Notify: s.notify})
	run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("m"), engine.Named("n"))
	clock.Settle()
	clock.Advance(time.Hour)
	assert.Equal(t, []string{"n RUNNING", "n SUCCEEDED"}, s.told())
	assert.Equal(t, engine.Health{}, e.Health())
}

// TestNotificationsNeedAStoreThatKeepsThem.
func TestNotificationsNeedAStoreThatKeepsThem(t *testing.T) {
	t.Parallel()
	_, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: plainStore{new(storetest.Memory)}, Notify: new(sink).notify})
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "Config.Notify: a engine_test.plainStore keeps no notifications")
}

// TestWithoutNotifyNothingIsKept, and what was kept before waits.
func TestWithoutNotifyNothingIsKept(t *testing.T) {
	t.Parallel()
	db, s := new(lastingStore), refusing(1<<30)
	config := engine.Config{Store: db, Notify: s.notify}
	e, clock := startVirtual(t, config)
	run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("a"))
	clock.Settle()
	config.Notify = nil
	e = reopen(t, e, config, &clock, 0)
	run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("b"))
	clock.Settle()
	s.refuses, config.Notify = nil, s.notify
	reopen(t, e, config, &clock, 0)
	clock.Settle()
	assert.Equal(t, []string{"a RUNNING", "a SUCCEEDED"}, s.told())
}

// TestASlowSinkHoldsNoExecutionUp, and is told of one change after the other.
func TestASlowSinkHoldsNoExecutionUp(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		var atATime, most atomic.Int32
		release := make(chan struct{})
		s := new(sink)
		e := start(t, engine.Config{Store: db, Notify: func(ctx context.Context, c engine.StatusChange) error {
			most.Store(max(most.Load(), atATime.Add(1)))
			defer atATime.Add(-1)
			<-release
			return s.notify(ctx, c)
		}})
		m := one(t, passing)
		for i := range 50 {
			output(t, run(t, e, m, nil, engine.Machine("m"), engine.Named(fmt.Sprint(i))))
		}
		assert.Empty(t, s.told())
		close(release)
		require.NoError(t, e.Close(), "which waits for what is left")
		assert.Equal(t, int32(1), most.Load())
		next := map[string]string{}
		for _, line := range s.told() {
			name, status, _ := strings.Cut(line, " ")
			next[name] += status + " "
		}
		assert.Len(t, next, 50)
		for name, statuses := range next {
			assert.Equal(t, "RUNNING SUCCEEDED ", statuses, name)
		}
	})
}

// TestCloseBoundsItsWaitForTheSink: the context ends, and what was not taken is delivered
// by the next engine.
func TestCloseBoundsItsWaitForTheSink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := new(lastingStore)
		called := make(chan struct{})
		e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: db, CloseTimeout: 50 * time.Millisecond,
			Notify: func(ctx context.Context, c engine.StatusChange) error {
				close(called)
				<-ctx.Done()
				assert.Equal(t, engine.ErrClosed, context.Cause(ctx))
				return ctx.Err()
			}})
		require.NoError(t, err)
		output(t, run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("n")))
		<-called
		require.NoError(t, e.Close())

		hangs := make(chan struct{})
		called = make(chan struct{})
		e, err = engine.New(engine.Config{Resolver: engine.NewMux(), Store: db, CloseTimeout: time.Millisecond,
			Notify: func(context.Context, engine.StatusChange) error {
				close(called)
				<-hangs
				return nil
			}})
		require.NoError(t, err)
		<-called
		require.ErrorContains(t, e.Close(), "a call of Notify still running")
		close(hangs)

		s := new(sink)
		e, err = engine.New(engine.Config{Resolver: engine.NewMux(), Store: db, Notify: s.notify})
		require.NoError(t, err)
		require.NoError(t, e.Close())
		assert.Equal(t, []string{"n RUNNING", "n SUCCEEDED"}, s.told())
	})
}

// TestANotificationThatCannotBeReadIsLeftOut: it would stand in the way for ever.
func TestANotificationThatCannotBeReadIsLeftOut(t *testing.T) {
	t.Parallel()
	db, s := new(lastingStore), new(sink)
	r := store.Record{ARN: elsewhere, Status: states.StatusSucceeded, StopDate: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	require.NoError(t, db.CreateNotifying(t.Context(), r, "{}", [][]byte{[]byte(`{}`)}, [][]byte{[]byte(`{"detail":7}`)}))
	logger, logs := observer.New(zap.ErrorLevel)
	e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify, Logger: zap.New(logger)})
	run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("n"))
	clock.Settle()
	assert.Equal(t, []string{"n RUNNING", "n SUCCEEDED"}, s.told())
	assert.Equal(t, 1, logs.FilterMessageSnippet("can't be read").Len())
}
