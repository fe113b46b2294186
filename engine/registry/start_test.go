package registry_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatAnExecutionWasStartedBy shows in its description, in lists, to its handlers
// and in its history.
func TestWhatAnExecutionWasStartedBy(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen engine.Identity
			e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
				"look": func(_ context.Context, task engine.Task) (any, error) {
					seen = task.Execution
					return nil, nil
				}})})
			r := registry.New(e)
			_, err := r.Create(t.Context(), "orders", machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Task","Resource":"look","End":true}}}`))
			require.NoError(t, err)
			_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{})
			require.NoError(t, err)
			_, err = r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
			require.NoError(t, err)
			for _, c := range []struct{ reference, version, alias string }{
				{"orders", "", ""}, {ordersARN + ":1", ordersARN + ":1", ""}, {"orders:PROD", ordersARN + ":1", ordersARN + ":PROD"},
			} {
				x, err := r.StartExecution(t.Context(), c.reference, nil, engine.Machine("orders"))
				require.NoError(t, err)
				want := engine.Identity{ARN: "arn:aws:states:us-east-1:123456789012:execution:orders:" + x.Name(), Name: x.Name(),
					MachineARN: ordersARN, Machine: "orders", VersionARN: c.version, AliasARN: c.alias}
				assert.Equal(t, want, x.Identity())
				clock.Advance(time.Minute)
				assert.Equal(t, want, seen, "it slept between")
				d, err := e.DescribeExecution(t.Context(), x.ARN())
				require.NoError(t, err)
				assert.Equal(t, states.StatusSucceeded, d.Status)
				assert.Equal(t, want, d.Identity)
				text, err := json.Marshal(firstEvent(t, e, x))
				require.NoError(t, err)
				var started struct {
					Details map[string]any `json:"executionStartedEventDetails"`
				}
				require.NoError(t, json.Unmarshal(text, &started))
				for field, arn := range map[string]string{"stateMachineVersionArn": c.version, "stateMachineAliasArn": c.alias} {
					if arn == "" {
						assert.NotContains(t, started.Details, field)
					} else {
						assert.Equal(t, arn, started.Details[field])
					}
				}
			}
			for machine, n := range map[string]int{"orders": 3, ordersARN: 3, "orders:1": 2, ordersARN + ":PROD": 1, "orders:2": 0, "order": 0} {
				page, err := e.ListExecutions(t.Context(), engine.ListOptions{Machine: machine})
				require.NoError(t, err)
				assert.Len(t, page.Executions, n, machine)
			}
		})
	}
}

// TestExecutionsKeepTheirDefinition: a changed machine is for those that start after it.
func TestExecutionsKeepTheirDefinition(t *testing.T) {
	t.Parallel()
	waits := func(text string) string {
		return `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Pass","Result":"` + text + `","End":true}}}`
	}
	for name, open := range map[string]func() store.Store{
		"in memory":  func() store.Store { return nil },
		"in a store": func() store.Store { return new(lastingStore) },
		"in a file":  func() store.Store { return sqlite.Open(filepath.Join(t.TempDir(), "orders.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, clock := startVirtual(t, engine.Config{Store: open()})
			r := registry.New(e)
			_, err := r.Create(t.Context(), "orders", machine(t, waits("old")))
			require.NoError(t, err)
			old, err := r.StartExecution(t.Context(), "orders", nil)
			require.NoError(t, err)
			clock.Advance(time.Second)
			_, err = r.Update(t.Context(), "orders", machine(t, waits("young")))
			require.NoError(t, err)
			young, err := r.StartExecution(t.Context(), "orders", nil)
			require.NoError(t, err)
			require.NoError(t, r.Delete(t.Context(), "orders"))
			clock.Advance(time.Hour)
			assert.Equal(t, `"old"`, output(t, old))
			assert.Equal(t, `"young"`, output(t, young))
		})
	}
}

// TestMachinesOutliveTheEngine with their versions, aliases and tags, and so does what a
// waiting execution was started by.
func TestMachinesOutliveTheEngine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders.db")
	config := engine.Config{Store: sqlite.Open(path)}
	e, clock := startVirtual(t, config)
	r := registry.New(e)
	_, err := r.Create(t.Context(), "orders", one(t, `{"Type":"Wait","Seconds":60,"End":true}`))
	require.NoError(t, err)
	_, err = r.Publish(t.Context(), "orders", registry.PublishOptions{Description: "waits"})
	require.NoError(t, err)
	_, err = r.Update(t.Context(), "orders", saying(t, "b"))
	require.NoError(t, err)
	_, err = r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
	require.NoError(t, err)
	require.NoError(t, r.Tag(t.Context(), "orders", map[string]string{"team": "a"}))
	before, err := r.Describe(t.Context(), "orders")
	require.NoError(t, err)
	x, err := r.StartExecution(t.Context(), "orders:PROD", nil)
	require.NoError(t, err)

	require.NoError(t, e.Close())
	clock = enginetest.NewClock(clock.Now().Add(time.Second))
	config.Store, config.Clock = sqlite.Open(path), clock
	e = start(t, config)
	r = registry.New(e)
	after, err := r.Describe(t.Context(), "orders")
	require.NoError(t, err)
	assert.Equal(t, before, after)
	assert.Equal(t, "b", says(t, r, "orders"))
	y, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, x.Identity(), y.Identity())
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{Machine: "orders:PROD"})
	require.NoError(t, err)
	require.Len(t, page.Executions, 1)
	assert.Equal(t, x.Identity(), page.Executions[0].Identity)
	clock.Advance(time.Hour)
	assert.Equal(t, states.StatusSucceeded, status(t, e, y))
}

// TestWeights: an alias spreads what it starts, and the seed decides.
func TestWeights(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Limits: engine.Limits{Retained: 10}})
	r := registry.New(e)
	published(t, r, "orders", "a", "b")
	const n = 1000
	for _, c := range []struct{ a, atLeast, atMost int }{{100, n, n}, {90, 860, 940}, {50, 450, 550}, {1, 1, 30}, {0, 0, 0}} {
		alias := "orders:PROD"
		routes := []registry.Route{{Version: 1, Weight: c.a}, {Version: 2, Weight: 100 - c.a}}
		set := r.UpdateAlias
		if c.a == 100 {
			set = r.CreateAlias
		}
		_, err := set(t.Context(), alias, "", routes...)
		require.NoError(t, err)
		a := 0
		for i := range n {
			var seed states.Seed
			binary.LittleEndian.PutUint32(seed[:], uint32(i))
			said := says(t, r, alias, engine.Seeded(seed))
			if said == "a" {
				a++
			}
			if i < 20 {
				require.Equal(t, said, says(t, r, alias, engine.Seeded(seed)), "the same seed")
			}
		}
		assert.GreaterOrEqual(t, a, c.atLeast, "of %d with weight %d", n, c.a)
		assert.LessOrEqual(t, a, c.atMost, "of %d with weight %d", n, c.a)
	}
	_, err := r.UpdateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 50}, registry.Route{Version: 2, Weight: 50})
	require.NoError(t, err)
	said := map[string]bool{}
	for range 200 {
		said[says(t, r, "orders:PROD")] = true
	}
	assert.Len(t, said, 2, "without a seed chance decides")
}

// TestNamesOfARegisteredMachine: an execution's name is one machine's, whatever started
// it.
func TestNamesOfARegisteredMachine(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		for i := range 2 {
			register := []func() error{
				func() error {
					_, err := r.Create(t.Context(), "orders", one(t, `{"Type":"Wait","Seconds":60,"End":true}`))
					return err
				},
				func() error {
					_, err := r.Update(t.Context(), "orders", one(t, `{"Type":"Wait","Seconds":90,"End":true}`))
					return err
				},
			}[i]
			require.NoError(t, register())
			_, err := r.Publish(t.Context(), "orders", registry.PublishOptions{})
			require.NoError(t, err)
		}
		x, err := r.StartExecution(t.Context(), "orders:1", 1, engine.Named("n"))
		require.NoError(t, err)
		y, err := r.StartExecution(t.Context(), "orders:2", 1, engine.Named("n"))
		require.NoError(t, err)
		assert.Equal(t, x.Identity(), y.Identity(), "it runs with the same input")
		_, err = r.StartExecution(t.Context(), "orders", 2, engine.Named("n"))
		assert.ErrorIs(t, err, engine.ErrExecutionAlreadyExists)
		_, err = r.StartExecution(t.Context(), "orders", 2, engine.Machine("other"))
		assert.ErrorIs(t, err, engine.ErrInvalidName)
		assert.ErrorContains(t, err, "the machine is registered as 'orders', and can't be called 'other'")
		_, err = r.StartExecution(t.Context(), "orders", 2, engine.Named("a b"))
		assert.ErrorIs(t, err, engine.ErrInvalidName)
		_, err = r.StartExecution(t.Context(), "orders", make(chan int))
		assert.ErrorIs(t, err, engine.ErrInvalidExecutionInput)
	})
}

// TestExpressOfARegisteredMachine: it can be run synchronously and otherwise.
func TestExpressOfARegisteredMachine(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
		r := registry.New(e)
		published(t, r, "orders", "a")
		_, err := r.Update(t.Context(), "orders", one(t, approval))
		require.NoError(t, err)
		result, err := r.StartSyncExecution(t.Context(), "orders:1", nil)
		require.NoError(t, err)
		assert.Equal(t, `"a"`, string(result.Output()))
		x, err := r.StartExecution(t.Context(), "orders:1", nil, engine.Express)
		require.NoError(t, err)
		assert.Equal(t, `"a"`, output(t, x))
		assert.Equal(t, ordersARN+":1", x.Identity().VersionARN)
		_, err = r.StartSyncExecution(t.Context(), "orders", nil)
		assert.ErrorIs(t, err, engine.ErrTypeNotSupported)
		_, err = r.StartSyncExecution(t.Context(), "orders:2", nil)
		assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
	})
}

// TestListOfAMachineMadeAnew: what a machine, a version or an alias of the same name has
// started before is not theirs.
func TestListOfAMachineMadeAnew(t *testing.T) {
	t.Parallel()
	withRegistry(t, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
		r := registry.New(e)
		list := func(reference string, options engine.ListOptions) (names []string) {
			t.Helper()
			for again := true; again; again = options.NextToken != "" {
				page, err := r.List(t.Context(), reference, options)
				require.NoError(t, err)
				for _, x := range page.Executions {
					names = append(names, x.Identity.Name)
				}
				options.NextToken = page.NextToken
			}
			return names
		}
		_, err := e.StartExecution(t.Context(), saying(t, "x"), nil, engine.Machine("orders"), engine.Named("unregistered"))
		require.NoError(t, err)
		_, err = r.List(t.Context(), "orders", engine.ListOptions{})
		require.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist)
		for _, life := range []string{"first", "second"} {
			clock.Advance(time.Minute)
			published(t, r, "orders", "a")
			_, err := r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
			require.NoError(t, err)
			for _, reference := range []string{"orders", "orders:1", "orders:PROD"} {
				says(t, r, reference, engine.Named(life+"-"+strings.TrimPrefix(reference, "orders:")))
			}
			assert.Equal(t, []string{life + "-PROD", life + "-1", life + "-orders"}, list("orders", engine.ListOptions{}))
			assert.Equal(t, []string{life + "-PROD", life + "-1", life + "-orders"}, list(ordersARN, engine.ListOptions{MaxResults: 1, Machine: "other"}))
			assert.Equal(t, []string{life + "-PROD", life + "-1"}, list("orders:1", engine.ListOptions{Statuses: []states.Status{states.StatusSucceeded}}))
			assert.Equal(t, []string{life + "-PROD"}, list("orders:PROD", engine.ListOptions{}))
			assert.Empty(t, list("orders", engine.ListOptions{StartedSince: clock.Now().Add(time.Second)}))
			for _, none := range []string{"orders:2", "orders:TEST", "other"} {
				_, err := r.List(t.Context(), none, engine.ListOptions{})
				assert.ErrorIs(t, err, engine.ErrStateMachineDoesNotExist, none)
			}
			clock.Advance(time.Minute)
			require.NoError(t, r.Delete(t.Context(), "orders:PROD"))
			_, err = r.CreateAlias(t.Context(), "orders:PROD", "", registry.Route{Version: 1, Weight: 100})
			require.NoError(t, err)
			assert.Empty(t, list("orders:PROD", engine.ListOptions{}))
			require.NoError(t, r.Delete(t.Context(), "orders"))
		}
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{Machine: "orders"})
		require.NoError(t, err)
		assert.Len(t, page.Executions, 7, "the engine knows names only")
	})
}
