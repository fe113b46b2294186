// Command worker has the tasks of an activity done by other processes. The engine of this
// process runs an execution whose tasks wait for a worker, and serves the API of AWS Step
// Functions over HTTP. The workers are processes of their own, which know of the API only: see
// worker.go, which needs nothing but net/http and JSON, and could be in any language.
//
// The first worker is killed while it has a task. Nobody hears from the task then, its
// HeartbeatSeconds pass, and its Retry gives it to the next worker.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/gostates/gostates/states"
)

//go:embed press.asl.json
var definition string

// envEndpoint makes a process a worker, and tells it where the API is.
const envEndpoint = "WORKER_ENDPOINT"

func main() {
	run := manage
	if endpoint := os.Getenv(envEndpoint); endpoint != "" {
		run = func() error { return work(endpoint, os.Getenv("WORKER_NAME")) }
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// manage runs the execution, and the workers.
func manage() (err error) {
	ctx := context.Background()
	machine, err := asl.Parse(definition)
	if err != nil {
		return err
	}
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	if _, err := eng.CreateActivity(ctx, "press"); err != nil {
		return err
	}
	endpoint, stop, err := serve(eng)
	if err != nil {
		return err
	}
	defer stop()
	run, err := eng.StartExecution(ctx, machine, map[string][]string{"shirts": {"white", "blue", "red"}})
	if err != nil {
		return err
	}

	first, err := hire(endpoint, "ann")
	if err != nil {
		return err
	}
	fmt.Println("ann has", first.begins())
	if err := first.Process.Kill(); err != nil {
		return err
	}
	_ = first.Wait() // it was killed
	fmt.Println("ann is gone")

	second, err := hire(endpoint, "bob")
	if err != nil {
		return err
	}
	result, err := run.Wait(ctx)
	err = errors.Join(err, second.leave())
	if err != nil {
		return err
	}
	fmt.Printf("the shirts are %s\n", result.Output())
	return show(ctx, eng, run.ARN())
}

// serve serves the API on an address of its own, until stop is called.
func serve(eng *engine.Engine) (endpoint string, stop func(), err error) {
	handler, err := stepfunctions.New(stepfunctions.Config{Engine: eng})
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
		}
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}

// A process is a worker. It works as long as its input is open.
type process struct {
	*exec.Cmd
	input  io.Closer
	output *bufio.Scanner
}

// hire starts this program once more, as a worker.
func hire(endpoint, name string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.Command(program)}
	p.Env = append(os.Environ(), envEndpoint+"="+endpoint, "WORKER_NAME="+name)
	p.Stderr = os.Stderr
	if p.input, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.output = bufio.NewScanner(output)
	return p, p.Start()
}

// begins returns what the worker says when it has its first task.
func (p *process) begins() string {
	p.output.Scan()
	return p.output.Text()
}

// leave has the worker end.
func (p *process) leave() error {
	_ = p.input.Close()
	for p.output.Scan() {
	}
	return p.Wait()
}

// show tells from the history who has taken each task, and how that ended.
func show(ctx context.Context, eng *engine.Engine, arn string) error {
	page, err := eng.GetExecutionHistory(ctx, arn, engine.HistoryOptions{MaxResults: 1000})
	if err != nil {
		return err
	}
	what := map[states.EventID]string{} // what an event is about, by the event
	for _, event := range page.Events {
		about := what[event.PreviousID]
		switch d := event.Details.(type) {
		case *states.ScheduledDetails:
			about = fmt.Sprint(d.Parameters)
		case *states.WorkerDetails:
			about += ": " + d.Worker
		}
		what[event.ID] = about
		switch event.Type {
		case states.ActivitySucceeded:
			fmt.Println(about, "has pressed it")
		case states.ActivityTimedOut:
			fmt.Println(about, "was not heard of any more")
			what[event.ID], _, _ = strings.Cut(about, ":")
		}
	}
	return nil
}
