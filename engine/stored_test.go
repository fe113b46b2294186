package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNamesInAStore: what a second start with a name does, before and after a restart.
func TestNamesInAStore(t *testing.T) {
	t.Parallel()
	config := engine.Config{Store: new(lastingStore)}
	e, clock := startVirtual(t, config)
	m := one(t, `{"Type":"Wait","Seconds":60,"End":true}`)
	x := run(t, e, m, 1, engine.Named("n"), engine.Machine("m"))
	check := func() {
		t.Helper()
		y := run(t, e, m, 1, engine.Named("n"), engine.Machine("m"))
		assert.Equal(t, x.ARN(), y.ARN())
		_, err := e.StartExecution(t.Context(), m, 2, engine.Named("n"), engine.Machine("m"))
		assert.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
	}
	check()
	e = reopen(t, e, config, &clock, time.Second)
	check()
	clock.Advance(time.Hour)
	_, err := e.StartExecution(t.Context(), m, 1, engine.Named("n"), engine.Machine("m"))
	assert.ErrorIs(t, err, engine.ErrExecutionAlreadyExists, "it has ended")
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	assert.Len(t, page.Executions, 1)
}

// TestAHandleIsOne: however it is come by, and while the execution sleeps.
func TestAHandleIsOne(t *testing.T) {
	t.Parallel()
	e, clock := startVirtual(t, engine.Config{Store: new(lastingStore)})
	m := one(t, `{"Type":"Wait","Seconds":60,"End":true}`)
	x := run(t, e, m, nil, engine.Machine("m"), engine.Named("n"))
	y := run(t, e, m, nil, engine.Machine("m"), engine.Named("n"))
	z, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Same(t, x, y)
	assert.Same(t, x, z)
	assert.Equal(t, `{}`, output(t, x))
	assert.Equal(t, `{}`, output(t, y))
	_ = clock
}

func TestDescribeListAndHistoryAcrossRestarts(t *testing.T) {
	t.Parallel()
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"fail": fail("Broken")})}
	e, clock := startVirtual(t, config)
	waits, fails, succeeds := one(t, `{"Type":"Wait","Seconds":60,"End":true}`), one(t, `{"Type":"Task","Resource":"fail","End":true}`), one(t, `{"Type":"Succeed"}`)
	for i := range 3 {
		run(t, e, waits, i, engine.Named(fmt.Sprint("w", i)), engine.Machine("waits"))
		run(t, e, fails, i, engine.Named(fmt.Sprint("f", i)), engine.Machine("fails"))
		run(t, e, succeeds, i, engine.Named(fmt.Sprint("s", i)), engine.Machine("succeeds"))
	}
	clock.Settle()
	e = reopen(t, e, config, &clock, time.Second)

	names := func(o engine.ListOptions) (names []string) {
		for first := true; first || o.NextToken != ""; first = false {
			page, err := e.ListExecutions(t.Context(), o)
			require.NoError(t, err)
			for _, s := range page.Executions {
				names = append(names, s.Name)
			}
			o.NextToken = page.NextToken
		}
		return names
	}
	assert.Equal(t, []string{"s2", "f2", "w2", "s1", "f1", "w1", "s0", "f0", "w0"}, names(engine.ListOptions{MaxResults: 2}))
	assert.Equal(t, []string{"w2", "w1", "w0"}, names(engine.ListOptions{Machine: "waits", MaxResults: 2}))
	assert.Equal(t, []string{"f2", "f1", "f0"}, names(engine.ListOptions{Statuses: []states.Status{states.StatusFailed}}))
	_, err := e.ListExecutions(t.Context(), engine.ListOptions{NextToken: "bad"})
	assert.ErrorIs(t, err, engine.ErrInvalidPage)

	const prefix = "arn:aws:states:us-east-1:123456789012:execution:"
	d, err := e.DescribeExecution(t.Context(), prefix+"fails:f1")
	require.NoError(t, err)
	assert.Equal(t, "1", string(d.Input))
	assert.Equal(t, states.StatusFailed, d.Status)
	assert.Equal(t, "Broken", d.Failure.Error)
	assert.Equal(t, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), d.StopDate)
	assert.Equal(t, "arn:aws:states:us-east-1:123456789012:stateMachine:fails", d.MachineARN)
	d, err = e.DescribeExecution(t.Context(), prefix+"succeeds:s2")
	require.NoError(t, err)
	assert.Equal(t, "2", string(d.Output))
	d, err = e.DescribeExecution(t.Context(), prefix+"waits:w2")
	require.NoError(t, err)
	assert.Equal(t, states.StatusRunning, d.Status)
	assert.Nil(t, d.Output)

	page, err := e.GetExecutionHistory(t.Context(), prefix+"fails:f0", engine.HistoryOptions{MaxResults: 2, ReverseOrder: true})
	require.NoError(t, err)
	assert.Equal(t, states.ExecutionFailed, page.Events[0].Type)
	page, err = e.GetExecutionHistory(t.Context(), prefix+"fails:f0", engine.HistoryOptions{NextToken: page.NextToken, ReverseOrder: true})
	require.NoError(t, err)
	assert.EqualValues(t, 4, page.Events[0].ID)
	assert.Equal(t, states.Seed{}, page.Events[3].Details.(*states.StartedDetails).Seed, "it is a secret")

	x, err := e.Execution(t.Context(), prefix+"fails:f0")
	require.NoError(t, err)
	assert.Equal(t, "Broken", failure(t, x).Name)
	require.NoError(t, e.StopExecution(t.Context(), prefix+"waits:w0", "Enough", ""))
	require.NoError(t, e.StopExecution(t.Context(), prefix+"waits:w0", "Enough", ""), "stopping twice does nothing")
	x, err = e.Execution(t.Context(), prefix+"waits:w0")
	require.NoError(t, err)
	assert.Equal(t, states.StatusAborted, failure(t, x).Status)

	for _, call := range []func(arn string) error{
		func(arn string) error { _, err := e.DescribeExecution(t.Context(), arn); return err },
		func(arn string) error { _, err := e.Execution(t.Context(), arn); return err },
		func(arn string) error {
			_, err := e.GetExecutionHistory(t.Context(), arn, engine.HistoryOptions{})
			return err
		},
		func(arn string) error { return e.StopExecution(t.Context(), arn, "", "") },
	} {
		assert.ErrorIs(t, call(prefix+"waits:nobody"), engine.ErrExecutionDoesNotExist)
		assert.ErrorIs(t, call("nonsense"), engine.ErrInvalidARN)
	}
}

// TestRetentionInAStore: executions are gone everywhere when their time is over, and their
// names are free again. The store is rid of them though nobody asks.
func TestRetentionInAStore(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, clock := startVirtual(t, engine.Config{Store: db})
	m := one(t, `{"Type":"Succeed"}`)
	x := run(t, e, m, nil, engine.Machine("m"), engine.Named("n"))
	clock.Advance(10 * time.Second) // the others end later
	for i := range 250 {
		run(t, e, m, nil, engine.Machine("m"), engine.Named(fmt.Sprint(i)))
	}
	kept := func() int {
		records, _, err := db.List(t.Context(), store.Query{Limit: 1000})
		require.NoError(t, err)
		return len(records)
	}
	listed := func() (n int) {
		for o := (engine.ListOptions{}); ; {
			page, err := e.ListExecutions(t.Context(), o)
			require.NoError(t, err)
			n += len(page.Executions)
			if o.NextToken = page.NextToken; o.NextToken == "" {
				return n
			}
		}
	}
	clock.Advance(90*24*time.Hour - 10*time.Second)
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
	assert.Equal(t, 251, listed())
	clock.Advance(time.Second)
	assert.Equal(t, 250, kept())
	clock.Advance(9*time.Second + time.Millisecond)
	assert.Equal(t, 250, kept(), "the housekeeper comes once a minute")
	assert.Zero(t, listed(), "but they are gone")
	_, err := e.DescribeExecution(t.Context(), x.ARN())
	assert.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
	again := run(t, e, m, nil, engine.Machine("m"), engine.Named("7"))
	assert.Equal(t, 1, listed(), "a name is free when its execution is gone")
	clock.Advance(time.Minute)
	assert.Equal(t, 1, kept())
	assert.Equal(t, states.StatusSucceeded, status(t, e, again))

	// A new engine finds what is over by itself, too.
	require.NoError(t, e.Close())
	clock.Advance(91 * 24 * time.Hour)
	e, err = engine.New(engine.Config{Store: db, Clock: clock, Resolver: engine.NewMux()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	clock.Settle()
	assert.Zero(t, kept())
}

// TestAStartThatTookEffect though its caller got an error goes on, and is found by its
// name.
func TestAStartThatTookEffect(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		db := new(lastingStore)
		e, clock := startVirtual(t, engine.Config{Store: &faulty{Store: db, calls: 3, after: after}})
		m := one(t, `{"Type":"Wait","Seconds":60,"End":true}`)
		_, err := e.StartExecution(t.Context(), m, nil, engine.Machine("m"), engine.Named("n"))
		var failed *engine.StoreError
		require.ErrorAs(t, err, &failed)
		assert.ErrorIs(t, err, errStore)
		h := e.Health()
		assert.ErrorIs(t, h.Err, errStore)
		assert.Equal(t, 1, h.Waiting)
		assert.Equal(t, clock.Now(), h.Since)
		clock.Advance(10 * time.Second)
		assert.Equal(t, engine.Health{}, e.Health())
		_, err = e.DescribeExecution(t.Context(), failed.ARN)
		if after {
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		}
		assert.Equal(t, `{}`, output(t, run(t, e, m, nil, engine.Machine("m"), engine.Named("n"))))
	}
}

// A broken store is one that can't be opened.
type broken struct{ store.Store }

func (broken) Err() error   { return errStore }
func (broken) Close() error { return nil }

// An unreadable store can't say what runs.
type unreadable struct {
	store.Store
	definitions error
	closed      bool
}

func (s *unreadable) RunningDefinitions(context.Context) ([]string, error) { return nil, s.definitions }

func (*unreadable) Running(context.Context, time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) { yield(store.Record{}, errStore) }
}

func (s *unreadable) Close() error { s.closed = true; return errors.New("and not closed") }

func TestNewWithABadStore(t *testing.T) {
	t.Parallel()
	_, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: broken{}})
	assert.ErrorIs(t, err, errStore)
	for _, definitions := range []error{nil, errStore} {
		s := &unreadable{definitions: definitions}
		_, err = engine.New(engine.Config{Resolver: engine.NewMux(), Store: s})
		var failed *engine.StoreError
		assert.ErrorAs(t, err, &failed)
		assert.ErrorIs(t, err, errStore)
		assert.ErrorContains(t, err, "and not closed")
		assert.True(t, s.closed)
	}
}
