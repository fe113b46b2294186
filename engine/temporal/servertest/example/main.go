// Command example processes orders on two worker processes against Temporal's server, which runs in
// this process. As soon as one of the workers is at work on a payment it is killed, and the other
// one finishes what it was at.
//
//	go run ./example
//
// The first build takes some minutes, because it builds the server.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states/transcript"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"
)

const definition = `{"StartAt": "Validate", "States": {
	"Validate": {"Type": "Task", "Resource": "validate", "Next": "Charge",
		"Catch": [{"ErrorEquals": ["ValidationError"], "Next": "Refused"}]},
	"Charge": {"Type": "Task", "Resource": "charge", "ResultPath": "$.payment", "Next": "Fulfil"},
	"Fulfil": {"Type": "Parallel", "End": true, "Branches": [
		{"StartAt": "Book", "States": {"Book": {"Type": "Task", "Resource": "book", "End": true}}},
		{"StartAt": "Pack", "States": {"Pack": {"Type": "Wait", "Seconds": 1, "Next": "Ship"},
			"Ship": {"Type": "Task", "Resource": "ship", "End": true}}}]},
	"Refused": {"Type": "Fail", "Error": "OrderRefused"}}}`

// What a worker process is told by its environment.
const (
	envServer    = "EXAMPLE_SERVER"
	envNamespace = "EXAMPLE_NAMESPACE"
	envWorker    = "EXAMPLE_WORKER"
)

func main() {
	var err error
	if os.Getenv(envServer) != "" {
		err = work()
	} else {
		err = processOrders()
	}
	if err != nil {
		log.Fatal(err)
	}
}

// config is that of the workers and of the client.
func config(c client.Client, tasks engine.Resolver) temporal.Config {
	return temporal.Config{Client: c, Resolver: tasks, Liveness: 2 * time.Second}
}

// work is a worker process.
func work() error {
	c, err := client.Dial(client.Options{HostPort: os.Getenv(envServer), Namespace: os.Getenv(envNamespace), Logger: quiet()})
	if err != nil {
		return err
	}
	defer c.Close()
	w, err := temporal.NewWorker(config(c, handlers(os.Getenv(envWorker))), nil)
	if err != nil {
		return err
	}
	return w.Run(worker.InterruptCh())
}

// An Order is what the tasks are given.
type Order struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
	Payment  string `json:"payment,omitempty"`
}

// A ValidationError is what the Catcher matches, by this name.
type ValidationError string

func (e ValidationError) Error() string { return string(e) }

// handlers are the tasks, as in any other program with an engine.
func handlers(name string) *engine.Mux {
	tasks := engine.NewMux()
	tasks.Handle("validate", engine.Func(func(_ context.Context, o Order) (Order, error) {
		if o.Quantity < 1 {
			return o, ValidationError("the order is for nothing")
		}
		return o, nil
	}))
	tasks.Handle("charge", engine.Func(func(ctx context.Context, o Order) (string, error) {
		// Whoever is paid twice by the same key is paid once.
		fmt.Printf("worker %s charges %s\n", name, o.ID)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		return "paid, by worker " + name, nil
	}))
	tasks.Handle("book", engine.Func(func(_ context.Context, o Order) (string, error) { return o.ID + " is in the books", nil }))
	tasks.Handle("ship", engine.Func(func(_ context.Context, o Order) (string, error) { return o.ID + " leaves tonight", nil }))
	return tasks
}

func processOrders() error {
	ctx := context.Background()
	machine, err := asl.Parse(definition)
	if err != nil {
		return err
	}
	server := temporaltest.NewServer(temporaltest.WithBaseClientOptions(client.Options{Logger: quiet()}))
	defer server.Stop()
	first, err := startWorker(server, "one", true)
	if err != nil {
		return err
	}
	second, err := startWorker(server, "two", false)
	if err != nil {
		return err
	}
	defer second.stop()
	defer first.stop()
	orders, err := temporal.NewClient(config(server.GetDefaultClient(), handlers("none")))
	if err != nil {
		return err
	}
	var runs []*temporal.Execution
	for i, quantity := range []int{2, 1, 0, 5, 3, 1} {
		o := Order{ID: fmt.Sprint("order-", i+1), Quantity: quantity}
		run, err := orders.StartExecution(ctx, machine, o, engine.Machine("orders"), engine.Named(o.ID))
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	for _, run := range runs {
		result, err := run.Wait(ctx)
		if err != nil {
			fmt.Println(run.Name(), "failed:", err)
			continue
		}
		fmt.Println(run.Name(), "succeeded:", string(result.Output()))
	}
	history, err := orders.GetExecutionHistory(ctx, runs[0].ARN(), engine.HistoryOptions{MaxResults: 1000})
	if err != nil {
		return err
	}
	return transcript.Write(os.Stdout, history.Events, transcript.Options{Brief: true})
}

// A process is a worker process.
type process struct {
	cmd  *exec.Cmd
	once sync.Once
}

// startWorker starts a worker process. One that is to be killed is as soon as it charges.
func startWorker(server *temporaltest.TestServer, name string, kill bool) (*process, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envServer+"="+server.GetFrontendHostPort(), envNamespace+"="+server.GetDefaultNamespace(), envWorker+"="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Println(lines.Text())
			if kill && strings.Contains(lines.Text(), "charges") {
				p.stop()
				fmt.Printf("worker %s was killed\n", name)
			}
		}
	}()
	return p, nil
}

// stop kills the process.
func (p *process) stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	})
}

// quiet returns a logger that says nothing.
func quiet() temporallog.Logger { return silent{} }

type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
