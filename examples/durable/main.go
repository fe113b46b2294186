// Command durable shows executions that outlive their process. It starts itself
// three times, each time on the same file, as a shop's server on three days:
//
//   - on Monday it takes three orders, gets one of them paid, and is killed with
//     SIGKILL while a handler packs that one;
//   - on Tuesday the packing goes on by itself, a second invoice is paid by the link
//     that Monday's process sent out, and the process is killed again;
//   - two weeks later the follow-ups are overdue and happen at once, and the third
//     order, which nobody paid, is stopped.
//
// Given a path it keeps the file there, to be looked at with the sqlite3 shell:
// SELECT * FROM history.
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
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
)

//go:embed durable.asl.json
var definition string

// The environment tells a child which day it is, and where the file is.
const (
	dayVariable  = "GOSTATES_EXAMPLE_DAY"
	pathVariable = "GOSTATES_EXAMPLE_PATH"
)

func main() {
	if day := os.Getenv(dayVariable); day != "" {
		child(day, os.Getenv(pathVariable))
		return
	}
	path := ""
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	if err := show(os.Stdout, path); err != nil {
		log.Fatal(err)
	}
}

// show runs the three children one after the other.
func show(out io.Writer, path string) error {
	if path == "" {
		folder, err := os.MkdirTemp("", "gostates")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		path = filepath.Join(folder, "orders.db")
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	for _, day := range days {
		fmt.Fprintf(out, "%s\n", day.name)
		child := exec.Command(program)
		child.Env = append(os.Environ(), dayVariable+"="+day.name, pathVariable+"="+path)
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

// A day is what happens in one process.
type day struct {
	name string
	at   time.Time
	do   func(*shop)
}

var days = []day{
	{"Monday", time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC), (*shop).monday},
	{"Tuesday", time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC), (*shop).tuesday},
	{"Two weeks later", time.Date(2026, time.March, 17, 9, 0, 0, 0, time.UTC), (*shop).later},
}

// A shop is one process's engine, and the folder that its mails go to.
type shop struct {
	engine *engine.Engine
	clock  *enginetest.Clock
	path   string
	dying  bool // the next parcel is not finished
}

// An Invoice is what the customer is sent: its token pays it.
type Invoice struct {
	Order string `json:"order"`
	Token string `json:"token"`
}

// An Order is an execution's state.
type Order struct {
	Order string `json:"order"`
}

func child(name, path string) {
	for _, d := range days {
		if d.name != name {
			continue
		}
		s := &shop{path: path, clock: enginetest.NewClock(d.at)}
		tasks := engine.NewMux()
		tasks.Handle("mail-invoice", engine.Func(s.mailInvoice))
		tasks.Handle("pack", engine.Func(s.pack))
		tasks.Handle("follow-up", engine.Func(s.followUp))
		var err error
		s.engine, err = engine.New(engine.Config{Resolver: tasks, Clock: s.clock, Store: sqlite.Open(path)})
		check(err)
		d.do(s)
		check(s.engine.Close())
	}
}

func (s *shop) monday() {
	machine, err := asl.Parse(definition)
	check(err)
	for _, order := range []string{"books", "chairs", "lamps"} {
		_, err := s.engine.StartExecution(context.Background(), machine, Order{Order: order}, engine.Named(order), engine.Machine("orders"))
		check(err)
		s.clock.Settle()
	}
	s.dying = true
	s.pay("books")
	s.clock.Settle() // the handler kills the process
}

func (s *shop) tuesday() {
	s.clock.Settle() // what was in flight
	s.pay("chairs")
	s.clock.Settle()
	s.status()
	die()
}

func (s *shop) later() {
	s.clock.Settle() // what was overdue
	check(s.engine.StopExecution(context.Background(), "arn:aws:states:us-east-1:123456789012:execution:orders:lamps", "NotPaid", "two weeks have passed"))
	s.status()
}

// status lists the executions.
func (s *shop) status() {
	page, err := s.engine.ListExecutions(context.Background(), engine.ListOptions{Machine: "orders"})
	check(err)
	for _, x := range page.Executions {
		history, err := s.engine.GetExecutionHistory(context.Background(), x.ARN, engine.HistoryOptions{})
		check(err)
		at := ""
		for _, event := range history.Events {
			if d, ok := event.Details.(*states.EnteredDetails); ok {
				at = d.Name
			}
		}
		fmt.Printf("  = %s: %s in %s, %d events\n", x.Name, x.Status, at, len(history.Events))
	}
}

// pay uses the token in the mail about an order, whichever process has sent it.
func (s *shop) pay(order string) {
	token, err := os.ReadFile(s.path + "." + order)
	check(err)
	fmt.Printf("  %s: paid by the link in the mail\n", order)
	check(s.engine.SendTaskSuccess(context.Background(), string(token), "paid"))
}

func (s *shop) mailInvoice(_ context.Context, i Invoice) (string, error) {
	fmt.Printf("  %s: invoice mailed\n", i.Order)
	return "mailed", os.WriteFile(s.path+"."+i.Order, []byte(i.Token), 0o600)
}

// pack is in the middle of its work when Monday's process dies. The key is the same
// on Tuesday, so whoever does the work can tell that it is no second parcel.
func (s *shop) pack(ctx context.Context, o Order) (string, error) {
	key := engine.TaskFrom(ctx).IdempotencyKey
	fmt.Printf("  %s: packing, key %s\n", o.Order, key[strings.LastIndex(key, ":")+1:])
	if s.dying {
		die()
	}
	return "parcel", nil
}

func (s *shop) followUp(_ context.Context, o Order) (string, error) {
	fmt.Printf("  %s: are you happy with them?\n", o.Order)
	return "asked", nil
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
