// Package servertest tests package temporal with a real server, which runs in the test's own
// process. Building the server takes some minutes, so that the tests run only when the variable
// GOSTATES_TEMPORAL is set: by make temporal.
package servertest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/temporal"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"
)

// server returns the server of all tests.
var server = sync.OnceValue(func() *temporaltest.TestServer {
	s := temporaltest.NewServer(temporaltest.WithBaseClientOptions(client.Options{Logger: silent{}}))
	return s
})

// needsServer skips a test that nobody has asked for.
func needsServer(t *testing.T) *temporaltest.TestServer {
	t.Helper()
	if os.Getenv("GOSTATES_TEMPORAL") == "" {
		t.Skip("NOT TESTED: Temporal's server; make temporal does")
	}
	return server()
}

// within returns a context that ends when a test takes too long.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// Visibility is some moments behind: a test looks every tick, and no longer than its patience.
const (
	tick     = 100 * time.Millisecond
	patience = time.Minute
)

// start starts a worker, which stops with the test, and returns a client.
func start(t *testing.T, c temporal.Config, options *worker.Options) *temporal.Client {
	t.Helper()
	w, err := temporal.NewWorker(c, options)
	require.NoError(t, err)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	cl, err := temporal.NewClient(c)
	require.NoError(t, err)
	return cl
}

// silent is a logger that says nothing.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
