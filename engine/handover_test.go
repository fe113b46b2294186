package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const envHandover = "GOSTATES_HANDOVER_FILE"

// predecessor is the process that is replaced: one of its tasks ends while it shuts down, and it
// leaves the other.
func predecessor() error {
	begun := make(chan struct{}, 2)
	leaving := make(chan struct{})
	e, err := engine.New(engine.Config{Store: sqlite.Open(os.Getenv(envHandover)), Resolver: tasks(map[string]engine.HandlerFunc{
		"short": func(ctx context.Context, _ engine.Task) (any, error) {
			begun <- struct{}{}
			<-leaving
			return "by the old process", nil
		},
		"long": func(ctx context.Context, _ engine.Task) (any, error) {
			begun <- struct{}{}
			<-engine.Closing(ctx)
			close(leaving)
			return nil, engine.ErrClosed
		},
		"next": func(context.Context, engine.Task) (any, error) { return "by the old process", nil },
	})})
	if err != nil {
		return err
	}
	for _, kind := range []string{"short", "long"} {
		m, err := asl.Parse(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + kind + `","Next":"B"},"B":{"Type":"Task","Resource":"next","End":true}}}`)
		if err != nil {
			return err
		}
		if _, err := e.StartExecution(context.Background(), m, nil, engine.Machine("m"), engine.Named(kind)); err != nil {
			return err
		}
		<-begun
	}
	fmt.Println("begun")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until the parent closes it
		return err
	}
	return e.Shutdown(context.Background())
}

// TestRollingDeploy: a new process waits for the store, and goes on where the old one has stopped.
func TestRollingDeploy(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "orders.db")
	old := exec.Command(self)
	old.Env = append(os.Environ(), envHandover+"="+path)
	old.Stderr = os.Stderr
	stop, err := old.StdinPipe()
	require.NoError(t, err)
	out, err := old.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, old.Start())
	defer func() { _ = old.Process.Kill() }()
	said := bufio.NewScanner(out)
	require.True(t, said.Scan())
	require.Equal(t, "begun", said.Text())

	// A tool looks at the store meanwhile.
	tool, err := engine.New(engine.Config{Store: sqlite.OpenReadOnly(path), Standby: true})
	require.NoError(t, err)
	page, err := tool.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	assert.Len(t, page.Executions, 2)
	require.NoError(t, tool.Close())

	var called atomic.Int64
	answer := func(context.Context, engine.Task) (any, error) {
		called.Add(1)
		return "by the new process", nil
	}
	opened := make(chan *engine.Engine, 1)
	go func() {
		e, err := engine.New(engine.Config{
			Store:    sqlite.Open(path, sqlite.WaitForOwner(t.Context())),
			Resolver: tasks(map[string]engine.HandlerFunc{"short": answer, "long": answer, "next": answer}),
		})
		assert.NoError(t, err)
		opened <- e
	}()
	began := time.Now()
	require.NoError(t, stop.Close())
	e := <-opened
	require.NotNil(t, e)
	defer e.Close()
	t.Logf("taken over %v after the old process was told to stop", time.Since(began))
	for _, execution := range page.Executions {
		x, err := e.Execution(t.Context(), execution.ARN)
		require.NoError(t, err)
		assert.Equal(t, `"by the new process"`, output(t, x))
	}
	assert.EqualValues(t, 3, called.Load(), "the task that ended while the old process shut down is not done again")
	require.NoError(t, old.Wait())
}
