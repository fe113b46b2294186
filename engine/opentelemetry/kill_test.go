package opentelemetry_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/opentelemetry"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
)

// What a child process is told by its environment: the folder that it works in, and which one
// it is.
const (
	envFolder  = "GOSTATES_TRACE_FOLDER"
	envProcess = "GOSTATES_TRACE_PROCESS"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(envFolder); folder != "" {
		if err := process(folder, os.Getenv(envProcess)); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killedAt is the function during which each process kills itself; the last process has none.
var killedAt = map[string]string{"process 1": "process-payment", "process 2": "send-notification"}

// process runs the order workflow: the first one starts it, and the others go on with it.
func process(folder, name string) error {
	file, err := os.OpenFile(filepath.Join(folder, "spans.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	spans := provider(file, name)
	tracer := spans.Tracer("orders")
	traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: spans})
	if err != nil {
		return err
	}
	var checked atomic.Bool
	functions := engine.ResolverFunc(func(resource string) engine.Handler {
		function := resource[strings.LastIndexByte(resource, ':')+1:]
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			_, work := tracer.Start(ctx, "work of "+function)
			work.End()
			if function == killedAt[name] {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				<-make(chan struct{})
			}
			if function == "check-inventory" {
				return map[string]any{"inventoryAvailable": checked.Swap(true)}, nil // from the second look on
			}
			return map[string]any{"inventoryAvailable": true}, nil
		})
	})
	eng, err := engine.New(engine.Config{
		Resolver: functions, Store: sqlite.Open(filepath.Join(folder, "orders.db")), Observers: []engine.Observer{traces},
		WaitScale: 0.0001, // five minutes are 30 milliseconds
	})
	if err != nil {
		return err
	}
	defer eng.Close()
	x, err := eng.Execution(context.Background(), "arn:aws:states:us-east-1:123456789012:execution:orders:order-42")
	if name == "process 1" {
		text, err := os.ReadFile("../testdata/order-processing.asl.json")
		if err != nil {
			return err
		}
		machine, err := asl.Parse(text)
		if err != nil {
			return err
		}
		ctx, request := tracer.Start(context.Background(), "POST /orders", trace.WithSpanKind(trace.SpanKindServer))
		x, err = eng.StartExecution(ctx, machine, map[string]int{"id": 42}, engine.Machine("orders"), engine.Named("order-42"))
		request.End()
		if err != nil {
			return err
		}
		_, err = x.Wait(context.Background())
		return err
	}
	if err != nil {
		return err
	}
	_, err = x.Wait(context.Background())
	return err
}

// TestOneTreeAcrossKills: the order workflow, whose process is killed while it charges, and whose
// second process is killed while one of three branches is at work, leaves one tree of spans.
func TestOneTreeAcrossKills(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	for i := range 3 {
		name := fmt.Sprintf("process %d", i+1)
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), envFolder+"="+folder, envProcess+"="+name)
		text, err := child.CombinedOutput()
		if killedAt[name] == "" {
			require.NoError(t, err, string(text))
			continue
		}
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, string(text))
		require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), string(text))
	}
	all := readFile(t, filepath.Join(folder, "spans.jsonl"))
	t.Logf("\n%s", all)
	root := all.oneTree(t)
	assert.Equal(t, "POST /orders", root.Name)

	execution := all.named(t, "execute orders")
	assert.Equal(t, root.Span, execution.Parent)
	assert.Equal(t, "process 3", execution.Process, "who ends the execution sends its span")
	assert.Equal(t, "process 1", all.named(t, "state ValidateOrder").Process)
	paid := all.named(t, "call ProcessPayment")
	assert.Equal(t, "process 2", paid.Process)
	assert.EqualValues(t, 1, paid.Attributes["gostates.task.restarts"])
	assert.Equal(t, all.named(t, "state ProcessPayment").Span, paid.Parent)
	var work []string
	for _, one := range all {
		if one.Name == "work of process-payment" {
			work = append(work, one.Process)
			assert.Equal(t, paid.Span, one.Parent)
		}
	}
	assert.Equal(t, []string{"process 1", "process 2"}, work, "the work of a killed process stands below the span that the next one sends")
	assert.Equal(t, all.named(t, "state ParallelFulfillment").Span, all.named(t, "state SendNotification").Parent)
}
