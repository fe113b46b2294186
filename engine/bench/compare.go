package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
	"time"
)

// compare makes all measurements and prints the tables.
func (s *settings) compare() error {
	fmt.Printf("%d times %v each, after %v of warm-up; medians\n\n", s.repeat, s.duration, s.warmUp)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "in flight\t\tworkflows/s\tleast\tmost\tx peer\tper disk sync\tCPU/workflow\tp50\tp99\tsyncs/workflow\tper task\tdisk syncs/s\t")
	for _, n := range s.inFlight {
		if err := s.compareAt(w, n); err != nil {
			return err
		}
	}
	return w.Flush()
}

// A comparison is what was found out at a number of workflows in flight: of gostates, and of the
// peer with each number of connections.
type comparison struct {
	jobs  []job
	found [][]measurement // of each job
}

// measureAt has the contenders take turns. Unless all is wanted, only the number of connections
// with which the peer was the fastest takes further turns.
func (s *settings) measureAt(inFlight int, all bool) (c comparison, err error) {
	c.jobs = []job{{contender: "own", inFlight: inFlight}}
	for _, connections := range s.connections {
		c.jobs = append(c.jobs, job{contender: "peer", connections: connections, inFlight: inFlight})
	}
	c.found = make([][]measurement, len(c.jobs))
	for turn := range s.repeat {
		best := 0
		if turn > 0 {
			best = c.best()
		}
		for i, j := range c.jobs {
			if turn > 0 && !all && i > 0 && i != best {
				continue
			}
			m, err := s.start(j)
			if err != nil {
				return c, err
			}
			c.found[i] = append(c.found[i], m)
		}
	}
	return c, nil
}

// rate returns the workflows a second of a job.
func (c *comparison) rate(i int) float64 { return median(c.found[i], measurement.perSecond) }

// best returns which of the peer's jobs was the fastest.
func (c *comparison) best() int {
	best := 1
	for i := range c.jobs[1:] {
		if c.rate(i+1) > c.rate(best) {
			best = i + 1
		}
	}
	return best
}

// compareAt compares the contenders at a number of workflows in flight.
func (s *settings) compareAt(w *tabwriter.Writer, inFlight int) error {
	c, err := s.measureAt(inFlight, true)
	if err != nil {
		return err
	}
	best := c.rate(c.best())
	for i, j := range c.jobs {
		syncs, tasks, err := s.syncColumns(j)
		if err != nil {
			return err
		}
		ms := c.found[i]
		rates := sorted(ms, measurement.perSecond)
		ratio := median(ms, func(m measurement) float64 { return m.perSecond() / m.Disk })
		cpu := median(ms, func(m measurement) float64 { return float64(m.CPU) / float64(m.Workflows) })
		fmt.Fprintf(w, "%d\t%v\t%.0f\t%.0f\t%.0f\t%.1f\t%.2f\t%v\t%v\t%v\t%s\t%s\t%.0f\t\n",
			inFlight, j, c.rate(i), rates[0], rates[len(rates)-1], c.rate(i)/best, ratio,
			time.Duration(cpu).Round(time.Microsecond), medianTime(ms, func(m measurement) time.Duration { return m.P50 }),
			medianTime(ms, func(m measurement) time.Duration { return m.P99 }), syncs, tasks,
			median(ms, func(m measurement) float64 { return m.Disk }))
	}
	return nil
}

// syncColumns returns the fsyncs of a workflow, and of one of its five tasks, as text;
// dashes when they are not counted.
func (s *settings) syncColumns(j job) (workflow, task string, err error) {
	if _, missing := exec.LookPath("strace"); !s.syncs || missing != nil {
		return "-", "-", nil
	}
	n, err := s.syncsPerWorkflow(j)
	return fmt.Sprintf("%.3f", n), fmt.Sprintf("%.3f", n/5), err
}

// sorted returns a number of each, the least first.
func sorted[T any](all []T, of func(T) float64) []float64 {
	var values []float64
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values
}

// median returns the median of a number of each; 0 of none.
func median[T any](all []T, of func(T) float64) float64 {
	values := sorted(all, of)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

func medianTime(ms []measurement, of func(measurement) time.Duration) time.Duration {
	t := median(ms, func(m measurement) float64 { return float64(of(m)) })
	return time.Duration(t).Round(10 * time.Microsecond)
}
