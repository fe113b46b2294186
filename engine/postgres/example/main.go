// Command example shows two processes that share a namespace of a PostgreSQL database. One
// owns it and works off orders; the other stands by. The owner is killed with SIGKILL amid its
// work, the other takes over at once, and nothing is lost: each order comes to its end, and each
// is charged once.
//
//	go run -C engine/postgres ./example                       # starts a server of its own
//	go run -C engine/postgres ./example -url postgres://...   # uses yours, in the schema gostates_example
package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/postgres/internal/server"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
)

//go:embed order-processing.asl.json
var definition string

// namespace is the schema that the processes share, which the example begins anew.
const namespace = "gostates_example"

// orders is how many there are.
const orders = 40

// The environment tells a process that it is one of the two: its name, the database, and the
// folder of the payment provider's ledger.
const (
	nameVariable   = "GOSTATES_EXAMPLE_NAME"
	urlVariable    = "GOSTATES_EXAMPLE_URL"
	ledgerVariable = "GOSTATES_EXAMPLE_LEDGER"
)

func main() {
	log.SetFlags(0)
	if name := os.Getenv(nameVariable); name != "" {
		if err := work(name, os.Getenv(urlVariable), os.Getenv(ledgerVariable)); err != nil {
			log.Fatal(name, ": ", err)
		}
		return
	}
	url := flag.String("url", "", "the connection string of a database; a server is started if it is empty")
	flag.Parse()
	if err := show(os.Stdout, *url); err != nil {
		log.Fatal(err)
	}
}

// show runs the two processes.
func show(out io.Writer, url string) (err error) {
	if url == "" {
		running, err := server.Start()
		if err != nil {
			return err
		}
		defer running.Stop()
		url = running.URL()
	}
	ledger, err := os.MkdirTemp("", "gostates-ledger")
	if err != nil {
		return err
	}
	defer os.RemoveAll(ledger)
	if err := empty(url); err != nil {
		return err
	}
	first, err := start(out, "first", url, ledger)
	if err != nil {
		return err
	}
	if err := first.until("owns"); err != nil {
		return err
	}
	second, err := start(out, "second", url, ledger)
	if err != nil {
		return err
	}
	if err := errors.Join(second.until("stands by"), first.until("has charged 10 orders")); err != nil {
		return err
	}
	killed := time.Now()
	if err := first.Process.Kill(); err != nil {
		return err
	}
	fmt.Fprintln(out, "first   is killed with SIGKILL")
	if err := second.until("owns"); err != nil {
		return err
	}
	fmt.Fprintf(out, "        (%v after the kill)\n", time.Since(killed).Round(time.Millisecond))
	_ = first.Wait() // it was killed
	if err := errors.Join(second.until("is done"), second.Wait()); err != nil {
		return err
	}
	return report(out, url, ledger)
}

// empty removes what an earlier run left.
func empty(url string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "DROP SCHEMA IF EXISTS "+namespace+" CASCADE")
	return errors.Join(err, c.Close(ctx))
}

// A process is one of the two.
type process struct {
	*exec.Cmd
	said *bufio.Scanner
	out  io.Writer
}

func start(out io.Writer, name, url, ledger string) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.Command(program), out: out}
	p.Env = append(os.Environ(), nameVariable+"="+name, urlVariable+"="+url, ledgerVariable+"="+ledger)
	p.Stderr = os.Stderr
	said, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.said = bufio.NewScanner(said)
	return p, p.Start()
}

// until shows what the process says, up to a line with some words.
func (p *process) until(words string) error {
	for p.said.Scan() {
		fmt.Fprintln(p.out, p.said.Text())
		if strings.Contains(p.said.Text(), words) {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("a process ended and did not say that it %s", words), p.said.Err())
}

// report tells what became of the orders, as a tool sees it that only reads.
func report(out io.Writer, url, ledger string) error {
	s := postgres.OpenReadOnly(url, postgres.Namespace(namespace))
	defer s.Close()
	counts, err := s.Count(context.Background())
	if err != nil {
		return err
	}
	for _, c := range counts {
		fmt.Fprintf(out, "%d orders %s\n", c.Executions, c.Status)
	}
	charges, calls, err := readLedger(ledger)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d orders were charged, each once; %d calls of the provider came again after the kill\n", charges, calls-charges)
	if len(counts) != 1 || counts[0].Status != states.StatusSucceeded || counts[0].Executions != orders || charges != orders {
		return errors.New("an order was lost")
	}
	return nil
}
