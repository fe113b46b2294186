// The command bench measures orders of five tasks on SQLite and on PostgreSQL on the same
// machine, and how long a standby takes to take over:
//
//	go run -C engine/postgres ./bench
//	go run -C engine/postgres ./bench -kind takeover
//
// It starts a server of its own unless -url names one.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/engine/postgres/internal/server"
)

// settings are what the command line says.
type settings struct {
	kind     string
	url      string
	stores   string
	inFlight string
	warmUp   time.Duration
	duration time.Duration
	rounds   int
	lease    time.Duration
	owner    string // the namespace, in a process that is to be killed
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() (err error) {
	var s settings
	flag.StringVar(&s.kind, "kind", "orders", "what to measure: orders, or takeover")
	flag.StringVar(&s.url, "url", "", "the connection string of a server; one is started if it is empty")
	flag.StringVar(&s.stores, "stores", "sqlite,postgres", "which stores, with commas: memory, sqlite, postgres")
	flag.StringVar(&s.inFlight, "in-flight", "1,64,1024", "how many orders at a time, with commas")
	flag.DurationVar(&s.warmUp, "warm-up", time.Second, "how long not to measure")
	flag.DurationVar(&s.duration, "duration", 5*time.Second, "how long to measure")
	flag.IntVar(&s.rounds, "rounds", 10, "how many owners to kill and to freeze")
	flag.DurationVar(&s.lease, "lease", 5*time.Second, "the owners' postgres.Lease")
	flag.StringVar(&s.owner, "owner", "", "own this namespace, and write in it, until the end")
	flag.Parse()
	if s.owner != "" {
		return s.own()
	}
	if s.url == "" && (s.kind == "takeover" || strings.Contains(s.stores, "postgres")) {
		running, err := server.Start()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, running.Stop()) }()
		s.url = running.URL()
	}
	switch s.kind {
	case "orders":
		return s.compare()
	case "takeover":
		return s.takeovers()
	}
	return fmt.Errorf("there is no kind %q", s.kind)
}

// compare measures each store with each number of orders at a time.
func (s *settings) compare() error {
	fmt.Fprintln(os.Stdout, "store     in flight   orders/s   start p50   start p99   order p50   order p99")
	for _, text := range strings.Split(s.inFlight, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of orders", text)
		}
		for _, name := range strings.Split(s.stores, ",") {
			m, err := s.measure(name, n)
			if err != nil {
				return fmt.Errorf("%s with %d in flight: %w", name, n, err)
			}
			fmt.Printf("%-8s  %9d   %8.0f   %9v   %9v   %9v   %9v\n", name, n, m.perSecond,
				m.starts.quantile(0.5), m.starts.quantile(0.99), m.orders.quantile(0.5), m.orders.quantile(0.99))
		}
	}
	return nil
}
