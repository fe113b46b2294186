package main

import (
	"fmt"
	"io"
	"os/exec"
	"time"
)

// dbosName is what is compared with durable executions: its version is that of this module.
const dbosName = "DBOS 1.8.0"

// durableTable compares durable workflows with DBOS, and shows what proves that both wait for
// the disk: the syncs of a workflow.
func (s *settings) durableTable(out io.Writer) error {
	headed := false
	for _, n := range s.inFlight {
		name := fmt.Sprintf("five durable tasks, %d in flight", n)
		if !s.wanted(name) {
			continue
		}
		if !headed {
			printHead(out, []string{"on SQLite, with full sync", "gostates", dbosName, "ratio", "syncs of a workflow", "of " + dbosName, "syncs the disk makes"})
			headed = true
		}
		c, err := s.measureAt(n, false)
		if err != nil {
			return err
		}
		best := c.best()
		own, _, err := s.syncColumns(c.jobs[0])
		if err != nil {
			return err
		}
		peer, _, err := s.syncColumns(c.jobs[best])
		if err != nil {
			return err
		}
		disk := median(append(c.found[0], c.found[best]...), func(m measurement) float64 { return m.Disk })
		printRow(out, []string{name + ": workflows a second", grouped(c.rate(0)), grouped(c.rate(best)), ratioText(c.rate(0), c.rate(best)), own, peer, grouped(disk)})
	}
	if _, err := exec.LookPath("strace"); headed && err != nil {
		fmt.Fprintln(out, "\nNOT MEASURED: syncs of a workflow: strace is not there")
	}
	return nil
}

// How many executions waitingTable has wait, and how many are open when it opens a file.
const (
	manyWaiting = 1_000_000
	manyOpen    = 100_000
)

// waitingTable measures what no peer is compared with: executions that wait, and a file that has them.
func (s *settings) waitingTable(out io.Writer) error {
	headed := false
	for _, row := range []struct {
		name string
		n    int
	}{{"executions that wait", manyWaiting}, {"open executions", manyOpen}} {
		name := grouped(float64(row.n)) + " " + row.name
		if !s.wanted(name) {
			continue
		}
		if !headed {
			printHead(out, []string{"on SQLite, half for a time, half for a Task Token", "started in", "resident memory then", "opened after kill -9 in", "memory then"})
			headed = true
		}
		started, opened, err := s.waitAndOpen(row.n)
		if err != nil {
			return err
		}
		printRow(out, []string{name, started.Started.Round(100 * time.Millisecond).String(),
			mebibytes(started.Waiting.RSS), opened.Opened.Round(time.Millisecond).String(), mebibytes(opened.Waiting.RSS)})
	}
	return nil
}

// waitAndOpen starts executions that wait, kills their process, and opens their file.
func (s *settings) waitAndOpen(n int) (started, opened waitReport, err error) {
	few := *s
	few.waiting, few.timers = n, 0
	err = s.temporary(func(dir string) (err error) {
		if started, err = few.waitChild("start", dir, nil); err != nil {
			return err
		}
		opened, err = few.waitChild("open", dir, started.Tokens)
		return err
	})
	return started, opened, err
}

func mebibytes(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }
