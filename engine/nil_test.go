package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// aClock is a clock by pointer.
type aClock struct{ engine.Clock }

// TestNewWithNilAndZeroValues: each that is of no use is an error that names the field, and
// each that is of use works.
func TestNewWithNilAndZeroValues(t *testing.T) {
	t.Parallel()
	works := engine.ResolverFunc(func(string) engine.Handler { return engine.HandlerFunc(echo) })
	with := func(name string, h engine.Handler) *engine.Mux {
		mux := engine.NewMux()
		mux.Handle(name, h)
		return mux
	}
	for _, c := range []struct {
		name   string
		config engine.Config
		err    string // "" when it works
	}{
		{"zero", engine.Config{}, "Config.Resolver"},
		{"only a Resolver", engine.Config{Resolver: works}, ""},
		{"a zero Mux", engine.Config{Resolver: &engine.Mux{}}, ""},
		{"a nil *Mux", engine.Config{Resolver: (*engine.Mux)(nil)}, "Config.Resolver is a *engine.Mux that is nil"},
		{"a nil ResolverFunc", engine.Config{Resolver: engine.ResolverFunc(nil)}, "Config.Resolver is a engine.ResolverFunc that is nil"},
		{"a nil handler", engine.Config{Resolver: with("f", nil)}, `handler for "f" is nil`},
		{"a nil HandlerFunc", engine.Config{Resolver: with("f", engine.HandlerFunc(nil))}, `handler for "f" is nil`},
		{"a nil Func", engine.Config{Resolver: with("f", engine.Func[int, int](nil))}, `"f": engine: Func: the function is nil`},
		{"a nil LambdaFunc", engine.Config{Resolver: with("f", engine.LambdaFunc(nil))}, `"f"`},
		{"a typed nil LambdaFunc", engine.Config{Resolver: with("f", engine.LambdaFunc((func())(nil)))}, `"f"`},
		{"a zero Store", engine.Config{Resolver: works, Store: &sqlite.Store{}}, "sqlite: the Store was not made by Open"},
		{"a nil Store", engine.Config{Resolver: works, Store: (*sqlite.Store)(nil)}, "Config.Store is a *sqlite.Store that is nil"},
		{"a Store without a path", engine.Config{Resolver: works, Store: sqlite.Open("")}, "is no file"},
		{"a Store with a nil Option", engine.Config{Resolver: works, Store: sqlite.Open(t.TempDir()+"/db", nil)}, "option 1 of 1 is an Option that is nil"},
		{"a Store with a negative timeout", engine.Config{Resolver: works, Store: sqlite.Open(t.TempDir()+"/db", sqlite.BusyTimeout(-1))}, "BusyTimeout of -1ns is negative"},
		{"a Store with no timeout", engine.Config{Resolver: works, Store: sqlite.Open(t.TempDir()+"/db", sqlite.BusyTimeout(0))}, ""},
		{"a zero Clock", engine.Config{Resolver: works, Clock: &enginetest.Clock{}}, ""},
		{"a Clock of no time", engine.Config{Resolver: works, Clock: enginetest.NewClock(time.Time{})}, ""},
		{"a nil Clock", engine.Config{Resolver: works, Clock: (*aClock)(nil)}, "Config.Clock is a *engine_test.aClock that is nil"},
		{"a nil virtual Clock", engine.Config{Resolver: works, Clock: (*enginetest.Clock)(nil)}, "Config.Clock is a *enginetest.Clock that is nil"},
		{"a zero Logger", engine.Config{Resolver: works, Logger: &zap.Logger{}}, "Config.Logger"},
		{"no logging", engine.Config{Resolver: works, Logging: engine.LogOptions{IncludeExecutionData: true}}, ""},
		{"a Level that there is not", engine.Config{Resolver: works, Logging: engine.LogOptions{Level: "NONE"}}, "Config.Logging"},
		{"a blank Region", engine.Config{Resolver: works, Region: " "}, "Config.Region"},
		{"a blank Account", engine.Config{Resolver: works, Account: " "}, "Config.Account"},
		{"a blank RoleARN", engine.Config{Resolver: works, RoleARN: " "}, "Config.RoleARN"},
		{"everything at once", engine.Config{Clock: (*aClock)(nil), Store: (*sqlite.Store)(nil)}, "Config.Store is a *sqlite.Store that is nil\nengine: Config.Clock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := engine.New(c.config)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.JSONEq(t, `{}`, output(t, run(t, e, one(t, echoes), nil)))
			require.NoError(t, e.Close())
		})
	}
}

// TestCallsWithNilAndZeroValues: each is an error that says what is nil or empty.
func TestCallsWithNilAndZeroValues(t *testing.T) {
	t.Parallel()
	e, m := start(t, engine.Config{}), one(t, echoes)
	ended := run(t, e, m, nil)
	output(t, ended)
	ctx := t.Context()
	started := func(on *engine.Engine, m *asl.StateMachine, options ...engine.StartOption) func() error {
		return func() error { _, err := on.StartExecution(ctx, m, nil, options...); return err }
	}
	machines := registry.New(e)
	_, err := machines.Create(ctx, "m", m)
	require.NoError(t, err)
	zero := &engine.Engine{}
	for name, c := range map[string]struct {
		call func() error
		err  string
	}{
		"no machine":         {started(e, nil), "the state machine is empty"},
		"a zero machine":     {started(e, &asl.StateMachine{}), "the state machine is empty"},
		"a nil option":       {started(e, m, engine.Named("n"), nil), "option 2 of 2 is a StartOption that is nil"},
		"an empty name":      {started(e, m, engine.Named("")), "the name is empty"},
		"an empty machine":   {started(e, m, engine.Machine("")), "the name is empty"},
		"no level":           {started(e, m, engine.Logging(engine.LogOptions{Level: "x"})), "unknown log level"},
		"a nil option, sync": {func() error { _, err := e.StartSyncExecution(ctx, m, nil, nil); return err }, "option 1 of 1"},
		"a nil option, fork": {func() error { _, err := e.ForkExecution(ctx, ended.ARN(), 2, engine.Fork{}, nil); return err }, "option 1 of 1"},
		"a zero machine fork": {func() error {
			_, err := e.ForkExecution(ctx, ended.ARN(), 2, engine.Fork{Machine: &asl.StateMachine{}})
			return err
		}, "the state machine is empty"},
		"a nil option, from":  {func() error { _, err := machines.StartExecution(ctx, "m", nil, nil); return err }, "option 1 of 1"},
		"no Machines":         {func() error { _, err := e.StartExecutionFrom(ctx, nil, "m", nil); return err }, "the Machines to start an execution from are nil"},
		"nil Machines":        {func() error { _, err := e.StartSyncExecutionFrom(ctx, (*registry.Registry)(nil), "m", nil); return err }, "are nil"},
		"import no machine":   {func() error { _, err := e.ImportExecution(ctx, ended.ARN(), nil, nil); return err }, "the state machine is empty"},
		"import no history":   {func() error { _, err := e.ImportExecution(ctx, ended.ARN(), m, nil); return err }, "history"},
		"no ARN":              {func() error { _, err := e.DescribeExecution(ctx, ""); return err }, "InvalidArn"},
		"stop no ARN":         {func() error { return e.StopExecution(ctx, "", "", "") }, "InvalidArn"},
		"redrive no ARN":      {func() error { _, err := e.RedriveExecution(ctx, ""); return err }, "InvalidArn"},
		"no token":            {func() error { return e.SendTaskSuccess(ctx, "", nil) }, "InvalidToken"},
		"heartbeat no token":  {func() error { return e.SendTaskHeartbeat(ctx, "") }, "InvalidToken"},
		"a zero engine":       {started(zero, m), "it must come from engine.New"},
		"a nil engine":        {started(nil, m), "it must come from engine.New"},
		"close a zero engine": {zero.Close, "it must come from engine.New"},
		"close a nil engine":  {(*engine.Engine)(nil).Close, "it must come from engine.New"},
		"health of none":      {func() error { return zero.Health().Err }, "it must come from engine.New"},
		"register nothing":    {func() error { _, err := machines.Create(ctx, "n", nil); return err }, "empty"},
		"register no name":    {func() error { _, err := machines.Create(ctx, "", m); return err }, "the name is empty"},
		"an alias to nothing": {func() error { _, err := machines.CreateAlias(ctx, "m:PROD", ""); return err }, "an alias needs a version to lead to"},
		"an alias of no route": {func() error { _, err := machines.CreateAlias(ctx, "m:PROD", "", registry.Route{}); return err },
			"must equal 100. Received: [0]"},
		"a registry of no engine":   {func() error { _, err := registry.New(nil).Create(ctx, "m", m); return err }, "registry.New was given is nil"},
		"a registry of a nil one":   {func() error { _, err := registry.New((*engine.Engine)(nil)).Describe(ctx, "m"); return err }, "registry.New was given is nil"},
		"start there":               {func() error { _, err := registry.New(nil).StartExecution(ctx, "m", nil); return err }, "registry.New was given is nil"},
		"a registry of a zero one":  {func() error { _, err := registry.New(zero).Create(ctx, "m", m); return err }, "it must come from engine.New"},
		"list by a registry of nil": {func() error { _, err := registry.New(nil).List(ctx, "m", engine.ListOptions{}); return err }, "registry.New was given is nil"},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorContains(t, c.call(), c.err) })
	}
	assert.Nil(t, engine.EngineFrom(context.Background()))
}
