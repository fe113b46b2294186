package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A contender runs the workflow. Any number of goroutines may have it run one.
type contender interface {
	// run runs one workflow to its end and returns its output.
	run(ctx context.Context, in order) (order, error)
	close() error
}

// A measurement is what one process found out.
type measurement struct {
	Workflows int           // that ended while it was measured
	All       int           // that ran at all, with those of the warm-up
	Took      time.Duration // the time that was measured
	CPU       time.Duration // of the process in that time
	P50, P99  time.Duration // of a workflow
	Disk      float64       // the disk's syncs a second just before; the parent's
}

// perSecond returns the workflows a second.
func (m measurement) perSecond() float64 { return float64(m.Workflows) / m.Took.Seconds() }

// measure is what a child does for one contender: it prints a measurement.
func (s *settings) measure() error {
	c, err := s.contender()
	if err != nil {
		return err
	}
	m, err := s.load(c)
	if err = errors.Join(err, c.close()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

func (s *settings) contender() (contender, error) {
	if s.child == "peer" {
		return openPeer(s.dir, s.connections[0])
	}
	return openOwn(s.dir)
}

// maxRound bounds how long load waits for one round of all that is in flight.
const maxRound = 30 * time.Second

// load keeps workflows in flight. It warms up, and measures, for at least as long as a
// workflow takes: one round of all that is in flight. A window that is shorter than a
// round would count what happens to end in it.
func (s *settings) load(c contender) (m measurement, err error) {
	var (
		phase     atomic.Int32 // 0 warming up, 1 measuring, 2 over
		all       atomic.Int64
		ended     atomic.Int64
		mu        sync.Mutex
		latencies []time.Duration
		failed    error
		wg        sync.WaitGroup
	)
	if s.warmUp+s.duration == 0 {
		return m, nil
	}
	for range s.inFlight[0] {
		wg.Go(func() {
			var mine []time.Duration
			for phase.Load() < 2 {
				in := order{ID: int(all.Add(1)), Item: "a thing that was ordered"}
				begin := time.Now()
				out, err := c.run(context.Background(), in)
				if err == nil && out != in {
					err = fmt.Errorf("the workflow of %v came to %v", in, out)
				}
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					phase.Store(2)
					return
				}
				ended.Add(1)
				if phase.Load() == 1 {
					mine = append(mine, time.Since(begin))
				}
			}
			mu.Lock()
			latencies = append(latencies, mine...)
			mu.Unlock()
		})
	}
	round := func(least time.Duration) {
		begin, before := time.Now(), ended.Load()
		time.Sleep(least)
		for ended.Load() < before+int64(s.inFlight[0]) && phase.Load() < 2 && time.Since(begin) < maxRound {
			time.Sleep(time.Millisecond)
		}
	}
	round(s.warmUp)
	stop, err := s.startProfile()
	if err != nil {
		return m, err
	}
	before, err := cpuTime()
	if err != nil {
		return m, err
	}
	begin := time.Now()
	phase.CompareAndSwap(0, 1)
	round(s.duration)
	phase.Store(2)
	m.Took = time.Since(begin)
	after, err := cpuTime()
	stop()
	wg.Wait()
	m.Workflows, m.All, m.CPU = len(latencies), int(all.Load()), after-before
	if m.Workflows > 0 {
		slices.Sort(latencies)
		m.P50, m.P99 = quantile(latencies, 0.5), quantile(latencies, 0.99)
	}
	return m, errors.Join(err, failed)
}

// startProfile starts the profile, if one is wanted.
func (s *settings) startProfile() (stop func(), err error) {
	if s.profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(s.profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}, nil
}

// quantile returns the value that a part of sorted ones does not exceed.
func quantile(sorted []time.Duration, part float64) time.Duration {
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}
