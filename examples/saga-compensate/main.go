// Command saga-compensate undoes what an order has done so far, whichever of its steps
// fails. The state machine in order-saga.asl.json draws no way back: each step names
// the state that undoes it, and the engine sees to the rest. At the end the process is
// killed in the middle of undoing, and another one goes on with it.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
)

//go:embed order-saga.asl.json
var definition string

func main() {
	if path := os.Getenv(pathVariable); path != "" {
		child(path)
		return
	}
	if err := show(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// show lets each step fail in turn, and then the process itself.
func show(out io.Writer) error {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-17s | %-50s | %-35s | %-5s | %s\n", "what fails", "what ran", "what was undone", "stock", "account")
	for _, step := range []string{"nothing", "reserve-inventory", "process-payment", "confirm-order"} {
		s := newShop(step)
		err := s.order(machine)
		if _, failed := errors.AsType[*engine.ExecutionError](err); err != nil && !failed {
			return err
		}
		fmt.Fprintf(out, "%-17s | %-50s | %-35s | %5d | %7d\n", step,
			strings.Join(s.ran, " "), strings.Join(s.undone, " "), s.stock, s.account)
	}
	fmt.Fprintln(out)
	return crash(out)
}

// An Order is what the steps hand on to each other.
type Order struct {
	Quantity int `json:"quantity"`
	Price    int `json:"price"`
}

// A Step is what a handler is given that undoes one.
type Step struct {
	Output Order
	Error  string
}

// A shop has lamps in stock, and a customer with an account. One saga runs at a time
// here; otherwise it would need a mutex.
type shop struct {
	broken         string // the task that fails
	stock, account int
	ran, undone    []string
	log            func(format string, args ...any)
	dies           bool // in the middle of giving the money back
}

func newShop(broken string) *shop {
	return &shop{broken: broken, stock: 5, account: 100, log: func(string, ...any) {}}
}

// order runs the saga in memory.
func (s *shop) order(machine *asl.StateMachine) error {
	eng, err := engine.New(engine.Config{Resolver: s.tasks()})
	if err != nil {
		return err
	}
	defer eng.Close()
	run, err := eng.StartExecution(context.Background(), machine, Order{Quantity: 2, Price: 30})
	if err != nil {
		return err
	}
	_, err = run.Wait(context.Background())
	return err
}

func (s *shop) tasks() engine.Resolver {
	tasks := engine.NewMux()
	do := func(name string, effect func(Order)) {
		tasks.Handle(name, engine.Func(func(_ context.Context, o Order) (Order, error) {
			if name == s.broken {
				s.ran = append(s.ran, name+"!")
				return o, &engine.TaskError{Name: "OutOfOrder", Cause: name + " does not work today"}
			}
			s.ran = append(s.ran, name)
			effect(o)
			s.log("%s", name)
			return o, nil
		}))
	}
	undo := func(name string, effect func(Order)) {
		tasks.Handle(name, engine.Func(func(ctx context.Context, step Step) (string, error) {
			key := engine.TaskFrom(ctx).IdempotencyKey
			s.log("%s, because of %s, key %s", name, step.Error, key[strings.LastIndex(key, ":")+1:])
			if s.dies {
				die()
			}
			s.undone = append(s.undone, name)
			effect(step.Output)
			return "undone", nil
		}))
	}
	do("reserve-inventory", func(o Order) { s.stock -= o.Quantity })
	do("process-payment", func(o Order) { s.account -= o.Price })
	do("confirm-order", func(Order) {})
	undo("rollback-payment", func(o Order) { s.account += o.Price })
	undo("rollback-inventory", func(o Order) { s.stock += o.Quantity })
	return tasks
}

// pathVariable tells a child where its file is.
const pathVariable = "GOSTATES_EXAMPLE_PATH"

// crash runs the same saga over a file, in a process that is killed while it undoes the
// payment, and then in one that takes up what it finds.
func crash(out io.Writer) error {
	folder, err := os.MkdirTemp("", "gostates")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	for _, name := range []string{"one process", "another process"} {
		fmt.Fprintln(out, name)
		child := exec.Command(program)
		child.Env = append(os.Environ(), pathVariable+"="+filepath.Join(folder, "saga.db"))
		child.Stdout, child.Stderr = out, os.Stderr
		err := child.Run()
		if killed, ok := errors.AsType[*exec.ExitError](err); ok && killed.ExitCode() == -1 {
			fmt.Fprintf(out, "  (%v)\n", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// child is one of the processes. The first finds no file and starts the order; the
// second finds it in the middle of being undone.
func child(path string) {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	check(err)
	s := newShop("confirm-order")
	s.log = func(format string, args ...any) { fmt.Printf("  "+format+"\n", args...) }
	_, err = os.Stat(path)
	s.dies = errors.Is(err, os.ErrNotExist)
	eng, err := engine.New(engine.Config{Resolver: s.tasks(), Store: sqlite.Open(path)})
	check(err)
	const arn = "arn:aws:states:us-east-1:123456789012:execution:orders:order-7"
	run, err := eng.Execution(context.Background(), arn)
	if s.dies {
		run, err = eng.StartExecution(context.Background(), machine, Order{Quantity: 2, Price: 30}, engine.Machine("orders"), engine.Named("order-7"))
	}
	check(err)
	_, err = run.Wait(context.Background())
	failed, ok := errors.AsType[*engine.ExecutionError](err)
	if !ok {
		log.Fatalf("the saga should have failed, but: %v", err)
	}
	fmt.Printf("  %s: %s: %s\n", failed.Status, failed.Name, failed.Cause)
	check(eng.Close())
}

// die ends the process as a power cut would.
func die() {
	self, err := os.FindProcess(os.Getpid())
	check(err)
	check(self.Kill())
	select {}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
