package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// A growth is something that is done with n things, and how much processor time it takes; most is
// the largest n that makes sense, 0 for any.
type growth struct {
	name string
	most int
	take func(n int) (time.Duration, error)
}

// growths are what curves are made of.
func (s *settings) growths() []growth {
	return []growth{
		{"states parsed", 10_000, parseStates}, // a definition has at most 1 MiB
		{"states run", 10_000, runStates},
		{"items of a Map", 0, mapItems},
		{"items of a Distributed Map", 0, distributedItems},
		{"executions side by side", 0, executions},
		{"executions in a file", 0, s.storedExecutions},
	}
}

// curve prints what a thing costs in processor time, by how many there are, and what one of the
// most costs beside one of 1,000: a smaller number has what an engine and a file cost.
func (s *settings) curve() error {
	sizes := []int{10, 100, 1_000, 10_000, 100_000}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "a piece, of\t")
	for _, n := range sizes {
		fmt.Fprintf(w, "%d\t", n)
	}
	fmt.Fprintln(w, "the last to 1,000\t")
	for _, g := range s.growths() {
		if !s.wanted(g.name) {
			continue
		}
		fmt.Fprintf(w, "%s\t", g.name)
		var last, middle time.Duration
		for _, n := range sizes {
			if g.most > 0 && n > g.most {
				fmt.Fprint(w, "-\t")
				continue
			}
			best := time.Duration(0)
			for range s.repeat {
				runtime.GC() // what was made before is not charged to this
				took, err := g.take(n)
				if err != nil {
					return fmt.Errorf("%d %s: %w", n, g.name, err)
				}
				if best == 0 || took < best {
					best = took
				}
			}
			if last = best / time.Duration(n); n == 1000 {
				middle = last
			}
			fmt.Fprintf(w, "%v\t", last.Round(10*time.Nanosecond))
		}
		fmt.Fprintf(w, "%.1f\t\n", float64(last)/float64(middle))
	}
	return w.Flush()
}

// A stopwatch is the processor time when it began.
type stopwatch time.Duration

func newStopwatch() (stopwatch, error) {
	t, err := cpuTime()
	return stopwatch(t), err
}

// took returns the processor time since then.
func (w stopwatch) took() (time.Duration, error) {
	t, err := cpuTime()
	return max(t-time.Duration(w), 1), err
}

// parseStates parses a machine of n states.
func parseStates(n int) (time.Duration, error) {
	definition := chain(n, false)
	began, err := newStopwatch()
	if err != nil {
		return 0, err
	}
	if _, err := asl.Parse(definition); err != nil {
		return 0, err
	}
	return began.took()
}

// runStates runs a machine of n Pass states, of which a Standard execution has room for fewer.
func runStates(n int) (time.Duration, error) {
	return timed(string(chain(n, false)), `{"id":7}`, engine.Express)
}

// numbersTo is a list of n numbers.
func numbersTo(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]"
}

func mapItems(n int) (time.Duration, error) {
	return timed(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{
		"P":{"Type":"Pass","End":true}}}}}}`, numbersTo(n), engine.Express)
}

func distributedItems(n int) (time.Duration, error) {
	return timed(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, numbersTo(n))
}

// timed runs one execution on a new engine.
func timed(definition, input string, options ...engine.StartOption) (took time.Duration, err error) {
	machine, err := asl.Parse(definition)
	if err != nil {
		return 0, err
	}
	e, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	began, err := newStopwatch()
	if err != nil {
		return 0, err
	}
	x, err := e.StartExecution(context.Background(), machine, json.RawMessage(input), options...)
	if err != nil {
		return 0, err
	}
	if _, err = x.Wait(context.Background()); err != nil {
		return 0, err
	}
	return began.took()
}

// executions starts n executions, and then waits for them.
func executions(n int) (time.Duration, error) {
	return startMany(n, engine.Config{Limits: engine.Limits{Retained: -1}})
}

// storedExecutions does that with a file.
func (s *settings) storedExecutions(n int) (took time.Duration, err error) {
	err = s.temporary(func(dir string) error {
		took, err = startMany(n, engine.Config{Store: sqlite.Open(filepath.Join(dir, "curve.db"))})
		return err
	})
	return took, err
}

func startMany(n int, config engine.Config) (took time.Duration, err error) {
	machine, err := asl.Parse(chain(1, true))
	if err != nil {
		return 0, err
	}
	tasks := engine.NewMux()
	tasks.HandleFunc("echo", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
	config.Resolver = tasks
	e, err := engine.New(config)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	began, err := newStopwatch()
	if err != nil {
		return 0, err
	}
	starts := make(chan *engine.Execution, n)
	failed := make(chan error, callers)
	for i := range callers {
		go func() {
			for j := i; j < n; j += callers {
				x, err := e.StartExecution(context.Background(), machine, json.RawMessage(`{"id":7}`))
				if err != nil {
					failed <- err
					return
				}
				starts <- x
			}
		}()
	}
	for range n {
		select {
		case x := <-starts:
			if _, err := x.Wait(context.Background()); err != nil {
				return 0, err
			}
		case err := <-failed:
			return 0, err
		}
	}
	return began.took()
}

// callers is how many goroutines start executions side by side.
const callers = 64
