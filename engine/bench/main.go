// Command bench measures durable executions: side by side with another engine for
// durable workflows, and by the million.
//
//	go run . -table                   all workloads and peers, as Markdown
//	go run . [flags]                  durable workflows, in more detail
//	go run . -curves                  what grows with states, items and executions
//	go run . -waiting 1000000         executions that wait
//
// # Tables
//
// With -table gostates and every peer that installs from a registry do the same work on the same
// inputs, in turn, each in a process of its own, -repeat times; the tables have the medians, and
// how often the best peer's goes into that of gostates. The README quotes them: -into
// ../../README.md puts them there. -only does some rows, by their names.
//
// What a contender comes to is checked before it is timed. In place of a number stands "wrong
// output" or "not supported" (the reason goes to the standard error), or NOT MEASURED for a peer
// that can't be had. Peers are downloaded to the user's cache folder the first time:
//
//   - aws-local-stepfunctions and @wmfs/statebox (npm, one thread) and coinbase/step (Go) run
//     machines in their process;
//   - asl-validator, @wmfs/statelint and amazon-states-language-service (npm) validate them;
//   - kumo (Go), stepfunctions-local (npm) and moto (PyPI) answer the API over HTTP. Executions
//     are started until time is up, and what was started last must have succeeded;
//   - DBOS Transact for Go runs durable workflows, see below.
//
// AWS Step Functions Local, LocalStack and Temporal are not among them: the first two come as
// images or need a Docker engine, and Temporal's server takes a quarter of an hour to build;
// the module engine/temporal/servertest measures it.
//
// # Side by side
//
// One run has gostates (engine with engine/store/sqlite) and DBOS Transact for Go do the
// same work on the same disk, at 1, 64 and 1,024 workflows in flight: a workflow of
// five tasks, one after the other, each of which returns the small JSON object that it
// was given. As many goroutines as there are workflows in flight start one, wait for
// its result, and start the next.
//
// Both have an SQLite file of their own, WAL, and full durability, in the same pure Go
// driver: nobody is told of a commit before it is on the disk. DBOS does so with
// synchronous = FULL, gostates by syncing the WAL itself. DBOS sets
// NORMAL on files that it opens from a URL, so it is given a handle with the settings of
// its own pool but that one. It is measured with each number of connections that
// -connections names, and the best is what counts for it.
//
// Every measurement is a process of its own with a new file; it warms up, then counts
// the workflows that end while it measures, both for at least as long as it takes until
// as many have ended as are in flight. The contenders take turns, -repeat times,
// and the table has the medians. Beside each measurement, in the same minute, the disk
// is measured: how often a second one writer makes 4 KiB durable with fdatasync. Rates
// are given as ratios to that and to the peer, since disks differ and others use this
// one. Runs of their own under strace -c count the fsyncs and fdatasyncs, from opening
// the file to closing it, less those of a run without workflows. Processor time is less
// disturbed by other programs than rates are.
//
// # Curves
//
// With -curves gostates parses, runs, maps and starts 10 to 100,000 of something. What costs as
// much processor time a piece at the end as at the beginning is linear. -only does some.
//
// # Waiting
//
// Starts so many executions, half of which wait for a time and half for a Task Token,
// and reports
//
//   - what one takes of memory, when garbage is collected and free memory given back;
//     the most that was resident stands beside it;
//   - how long it took to start them;
//   - how long to open the file again, after a kill -9 and after Close, and how many
//     of them were restored for it;
//   - how long after a timer came due its handler ran: that of further executions,
//     -timers of them over -spread, while all the others wait.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// settings are the flags.
type settings struct {
	dir         string
	inFlight    []int
	connections []int
	repeat      int
	warmUp      time.Duration
	duration    time.Duration
	syncs       bool

	tables   bool
	only     *regexp.Regexp
	into     string
	curves   bool
	workload string

	waiting int
	timers  int
	spread  time.Duration

	// What a child is to do.
	child   string
	profile string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	s := settings{inFlight: []int{1, 64, 1024}, connections: []int{1, 8}}
	flag.StringVar(&s.dir, "dir", ".", "the folder in whose file system, and so on whose disk, files are made")
	flag.Var((*numbers)(&s.inFlight), "inflight", "numbers of workflows in flight")
	flag.Var((*numbers)(&s.connections), "connections", "numbers of connections that the peer is tried with")
	flag.IntVar(&s.repeat, "repeat", 3, "how often each measurement is made")
	flag.DurationVar(&s.warmUp, "warmup", 300*time.Millisecond, "how long each runs before it is measured")
	flag.DurationVar(&s.duration, "time", 1500*time.Millisecond, "how long each is measured")
	flag.BoolVar(&s.syncs, "syncs", true, "count fsyncs with strace")
	flag.BoolVar(&s.tables, "table", false, "measure all there is to compare, as Markdown tables")
	flag.Func("only", "with -table or -curves: only rows whose names match this regular expression", func(text string) (err error) {
		s.only, err = regexp.Compile(text)
		return err
	})
	flag.StringVar(&s.into, "into", "", "with -table: replace the tables that this file quotes")
	flag.BoolVar(&s.curves, "curves", false, "measure what grows, and compare nothing")
	flag.StringVar(&s.workload, "workload", "", "with -child workload: its name")
	flag.IntVar(&s.waiting, "waiting", 0, "measure so many waiting executions, and compare nothing")
	flag.IntVar(&s.timers, "timers", 2000, "with -waiting: so many timers come due")
	flag.DurationVar(&s.spread, "spread", 10*time.Second, "with -waiting: over that time")
	flag.StringVar(&s.child, "child", "", "what a process that this program starts is to do")
	flag.StringVar(&s.profile, "profile", "", "with -child own or peer: write a processor profile to this file; with -waiting: to this and .start, .open")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unknown arguments %q", flag.Args())
	}
	switch {
	case s.child != "":
		return s.runChild()
	case s.tables:
		return s.table()
	case s.curves:
		return s.curve()
	case s.waiting > 0:
		return s.wait()
	}
	return s.compare()
}

// runChild does what the process was started for.
func (s *settings) runChild() error {
	switch s.child {
	case "own", "peer":
		return s.measure()
	case "workload":
		return s.runWorkload()
	case "start", "open":
		return s.waitInChild()
	}
	return fmt.Errorf("-child %q is unknown", s.child)
}

// numbers is a flag's list of positive numbers.
type numbers []int

func (n *numbers) String() string {
	var texts []string
	for _, i := range *n {
		texts = append(texts, strconv.Itoa(i))
	}
	return strings.Join(texts, ",")
}

func (n *numbers) Set(text string) error {
	*n = nil
	for _, field := range strings.Split(text, ",") {
		i, err := strconv.Atoi(field)
		if err != nil || i < 1 {
			return errors.New("must be positive numbers, separated by commas")
		}
		*n = append(*n, i)
	}
	return nil
}
