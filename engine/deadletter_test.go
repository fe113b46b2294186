package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// refusingStatus is a sink that does not take one status until it is told to.
func refusingStatus(status states.Status, mended *bool) *sink {
	return &sink{refuses: func(_ int, c *engine.StatusChange) error {
		if c.Detail.Status == status && !*mended {
			return errRefused
		}
		return nil
	}}
}

// letters returns the dead letters of an engine.
func letters(t *testing.T, e *engine.Engine) (all []engine.DeadLetter) {
	t.Helper()
	for l, err := range e.DeadLetters(t.Context()) {
		require.NoError(t, err)
		all = append(all, l)
	}
	return all
}

// notified returns what of the notifications is still to be delivered.
func notified(t *testing.T, e *engine.Engine) engine.NotificationStatus {
	t.Helper()
	s, err := e.NotificationStatus(t.Context())
	require.NoError(t, err)
	return s
}

// TestDeadLetters: a change that is not taken holds up those behind it for so many attempts, and then
// no more. It can be listed, redelivered and dropped.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		mended := false
		s := refusingStatus(states.StatusSucceeded, &mended)
		logger, logs := observer.New(zap.ErrorLevel)
		e, clock := startVirtual(t, engine.Config{Store: db, Notify: s.notify, NotifyAttempts: 3, Logger: zap.New(logger)})
		assert.Equal(t, engine.NotificationStatus{}, notified(t, e))
		begin := clock.Now()
		for _, name := range []string{"a", "b"} {
			run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named(name))
			clock.Settle()
		}
		now := notified(t, e)
		assert.Equal(t, engine.NotificationStatus{Waiting: 3, Oldest: begin.Truncate(time.Second), Attempts: 1, Err: errRefused}, now)
		assert.Equal(t, []string{"a RUNNING"}, s.told())
		clock.Advance(time.Hour)
		assert.Equal(t, []string{"a RUNNING", "b RUNNING"}, s.told())
		now = notified(t, e)
		assert.Equal(t, engine.NotificationStatus{Err: errRefused, DeadLetters: 2}, now)
		assert.Equal(t, 2, logs.FilterMessageSnippet("was given up").Len())

		found := letters(t, e)
		require.Len(t, found, 2)
		for i, name := range []string{"a", "b"} {
			l := found[i]
			assert.Equal(t, []any{name, states.StatusSucceeded, 3, errRefused.Error()}, []any{l.Change.Detail.Name, l.Change.Detail.Status, l.Attempts, l.Err})
			assert.True(t, l.At.After(begin) && l.At.Before(clock.Now()))
			assert.NotEmpty(t, l.Change.ID)
		}
		require.ErrorIs(t, e.Redeliver(t.Context(), found[0].Key), errRefused)
		assert.Equal(t, 4, letters(t, e)[0].Attempts)
		mended = true
		require.NoError(t, e.Redeliver(t.Context(), found[0].Key))
		assert.Equal(t, []string{"a RUNNING", "b RUNNING", "a SUCCEEDED"}, s.told())
		require.ErrorIs(t, e.Redeliver(t.Context(), found[0].Key), engine.ErrNoDeadLetter)
		require.NoError(t, e.DropDeadLetter(t.Context(), found[1].Key))
		require.ErrorIs(t, e.DropDeadLetter(t.Context(), found[1].Key), engine.ErrNoDeadLetter)
		assert.Zero(t, notified(t, e).DeadLetters)
		assert.Empty(t, letters(t, e))

		require.NoError(t, e.Close())
		for _, err := range e.DeadLetters(t.Context()) {
			require.ErrorIs(t, err, engine.ErrClosed)
		}
		_, err := e.NotificationStatus(t.Context())
		require.ErrorIs(t, err, engine.ErrClosed)
	})
}

// TestDeadLettersOutliveTheEngine: they are in the store, in the order in which the changes came,
// and for as long as ended executions are kept. A tool sees them.
func TestDeadLettersOutliveTheEngine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders.db")
	s := refusing(1 << 30)
	config := engine.Config{Store: sqlite.Open(path), Notify: s.notify, NotifyAttempts: 2, Limits: engine.Limits{Retention: 48 * time.Hour}}
	e, clock := startVirtual(t, config)
	for _, name := range []string{"a", "b"} {
		run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named(name))
		clock.Advance(time.Minute)
	}
	run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("c"))
	clock.Settle()
	require.NoError(t, e.Close())

	tool, err := engine.New(engine.Config{Store: sqlite.OpenReadOnly(path), Standby: true, Clock: enginetest.NewClock(clock.Now())})
	require.NoError(t, err)
	now := notified(t, tool)
	assert.Equal(t, []int{2, 4}, []int{now.Waiting, now.DeadLetters})
	found := letters(t, tool)
	require.Len(t, found, 4)
	assert.Equal(t, "a RUNNING a SUCCEEDED b RUNNING b SUCCEEDED", namesOf(found))
	require.ErrorContains(t, tool.Redeliver(t.Context(), found[0].Key), "needs Config.Notify")
	require.Error(t, tool.DropDeadLetter(t.Context(), found[0].Key), "it only reads")
	require.NoError(t, tool.Close())

	s.refuses = nil
	config.Store = sqlite.Open(path)
	e = reopen(t, e, config, &clock, time.Second)
	clock.Settle()
	require.NoError(t, e.Redeliver(t.Context(), found[3].Key))
	assert.Equal(t, []string{"c RUNNING", "c SUCCEEDED", "b SUCCEEDED"}, s.told())
	assert.Equal(t, "a RUNNING a SUCCEEDED b RUNNING", namesOf(letters(t, e)))

	s.refuses = refusing(1 << 30).refuses
	clock.Advance(49 * time.Hour)
	run(t, e, one(t, passing), nil, engine.Machine("m"), engine.Named("d"))
	clock.Advance(time.Minute)
	assert.Equal(t, "d RUNNING d SUCCEEDED", namesOf(letters(t, e)), "the others are too old")
}

// namesOf returns the names and status of dead letters.
func namesOf(all []engine.DeadLetter) string {
	var words []string
	for _, l := range all {
		words = append(words, l.Change.Detail.Name, string(l.Change.Detail.Status))
	}
	return strings.Join(words, " ")
}

// TestADeadLetterIsNotLost when the store fails as it is kept, and is one when an engine is lost
// before the notification is removed.
func TestADeadLetterIsNotLost(t *testing.T) {
	t.Parallel()
	db, s := new(lastingStore), refusing(1<<30)
	config := engine.Config{Store: &forgetful{Store: db}, Notify: s.notify, NotifyAttempts: 2}
	_, err := engine.New(config)
	require.ErrorContains(t, err, "so no dead letters", "a forgetful store keeps no documents")
	config.Store = &forgetfulDocuments{forgetful{Store: db}, db}
	e, clock := startVirtual(t, config)
	run(t, e, one(t, `{"Type":"Wait","Seconds":6000,"End":true}`), nil, engine.Machine("m"), engine.Named("a"))
	clock.Advance(time.Minute)
	assert.Len(t, letters(t, e), 1)
	assert.Equal(t, -1, notified(t, e).Waiting, "it does not count them")
	config.Store = db
	e = reopen(t, e, config, &clock, time.Second)
	clock.Advance(time.Minute)
	assert.Len(t, letters(t, e), 1)
	assert.Equal(t, 0, notified(t, e).Waiting)
	_, err = engine.New(engine.Config{Resolver: engine.NewMux(), NotifyAttempts: -1})
	require.ErrorContains(t, err, "Config.NotifyAttempts is -1")
}

// A forgetfulDocuments is a forgetful store that keeps documents.
type forgetfulDocuments struct {
	forgetful
	store.DocumentStore
}

// TestNotificationsOfWhoTellsNobody: nothing waits, and nothing is counted.
func TestNotificationsOfWhoTellsNobody(t *testing.T) {
	t.Parallel()
	for _, db := range []store.Store{nil, new(lastingStore), &uncounted{new(lastingStore)}} {
		e, _ := startVirtual(t, engine.Config{Store: db})
		assert.Equal(t, engine.NotificationStatus{}, notified(t, e))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ := startVirtual(t, engine.Config{})
	_, err := e.NotificationStatus(canceled)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, e.Redeliver(t.Context(), "x"), engine.ErrNoDeadLetter)
	for _, call := range []func(*engine.Engine) error{
		func(e *engine.Engine) error { return e.Redeliver(t.Context(), "x") },
		func(e *engine.Engine) error { return e.DropDeadLetter(t.Context(), "x") },
		func(e *engine.Engine) error { _, err := e.NotificationStatus(t.Context()); return err },
		func(e *engine.Engine) (err error) {
			for _, err = range e.DeadLetters(t.Context()) {
			}
			return err
		},
	} {
		require.Error(t, call(nil))
		require.Error(t, call(new(engine.Engine)))
	}
}

// An uncounted store keeps executions, and nothing else.
type uncounted struct{ store.Store }
