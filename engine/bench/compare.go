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

// compareAt compares the contenders at a number of workflows in flight.
func (s *settings) compareAt(w *tabwriter.Writer, inFlight int) error {
	jobs := []job{{contender: "own", inFlight: inFlight}}
	for _, connections := range s.connections {
		jobs = append(jobs, job{contender: "peer", connections: connections, inFlight: inFlight})
	}
	found := make([][]measurement, len(jobs))
	for range s.repeat {
		for i, j := range jobs {
			m, err := s.start(j)
			if err != nil {
				return err
			}
			found[i] = append(found[i], m)
		}
	}
	best := 0.0
	for i := range jobs[1:] {
		best = max(best, median(found[i+1], measurement.perSecond))
	}
	for i, j := range jobs {
		syncs, tasks, err := s.syncColumns(j)
		if err != nil {
			return err
		}
		ms := found[i]
		rates := sorted(ms, measurement.perSecond)
		ratio := median(ms, func(m measurement) float64 { return m.perSecond() / m.Disk })
		cpu := median(ms, func(m measurement) float64 { return float64(m.CPU) / float64(m.Workflows) })
		fmt.Fprintf(w, "%d\t%v\t%.0f\t%.0f\t%.0f\t%.1f\t%.2f\t%v\t%v\t%v\t%s\t%s\t%.0f\t\n",
			inFlight, j, rates[len(rates)/2], rates[0], rates[len(rates)-1], rates[len(rates)/2]/best, ratio,
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

func sorted(ms []measurement, of func(measurement) float64) []float64 {
	var values []float64
	for _, m := range ms {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values
}

func median(ms []measurement, of func(measurement) float64) float64 {
	values := sorted(ms, of)
	return values[len(values)/2]
}

func medianTime(ms []measurement, of func(measurement) time.Duration) time.Duration {
	t := median(ms, func(m measurement) float64 { return float64(of(m)) })
	return time.Duration(t).Round(10 * time.Microsecond)
}
