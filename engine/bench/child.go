package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A job is one measurement that a child is to make.
type job struct {
	contender   string // own or peer
	connections int    // of the peer
	inFlight    int
}

func (j job) String() string {
	if j.contender == "own" {
		return "gostates"
	}
	return fmt.Sprintf("DBOS (%d conn.)", j.connections)
}

// args are the flags of the child.
func (s *settings) args(j job, dir string) []string {
	return []string{
		"-child", j.contender, "-dir", dir, "-inflight", strconv.Itoa(j.inFlight), "-connections",
		strconv.Itoa(max(j.connections, 1)), "-warmup", s.warmUp.String(), "-time", s.duration.String(),
	}
}

// temporary calls f with a new folder, which is removed afterwards.
func (s *settings) temporary(f func(dir string) error) error {
	dir, err := os.MkdirTemp(s.dir, "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	return f(dir)
}

// start makes a measurement in a child.
func (s *settings) start(j job) (m measurement, err error) {
	err = s.temporary(func(dir string) error {
		disk, err := diskSyncs(dir, s.duration/4)
		if err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		if m, err = output(exec.Command(self, s.args(j, dir)...)); err != nil {
			return fmt.Errorf("%v: %w", j, err)
		}
		m.Disk = disk
		return nil
	})
	return m, err
}

// output runs a child and reads what it prints.
func output(c *exec.Cmd) (m measurement, err error) {
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// syncsPerWorkflow counts the fsyncs and fdatasyncs of a workflow.
func (s *settings) syncsPerWorkflow(j job) (float64, error) {
	none := *s
	none.warmUp, none.duration = 0, 0
	fixed, _, err := none.traced(j)
	if err != nil {
		return 0, err
	}
	calls, workflows, err := s.traced(j)
	if err != nil {
		return 0, err
	}
	return float64(calls-fixed) / float64(workflows), nil
}

// traced makes a measurement in a child under strace, and returns how many calls of
// fsync and fdatasync it made, and how many workflows ran.
func (s *settings) traced(j job) (calls, workflows int, err error) {
	err = s.temporary(func(dir string) error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		counts := filepath.Join(dir, "counts")
		args := []string{"-c", "-f", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", counts, "--", self}
		m, err := output(exec.Command("strace", append(args, s.args(j, dir)...)...))
		if err != nil {
			return fmt.Errorf("%v under strace: %w", j, err)
		}
		text, err := os.ReadFile(counts)
		calls, workflows = countCalls(text), m.All
		return err
	})
	return calls, workflows, err
}

// countCalls adds up the column of calls in what strace -c writes: per cent, seconds,
// microseconds a call, calls, errors if there were any, and the call's name.
func countCalls(table []byte) (calls int) {
	for line := range bytes.Lines(table) {
		fields := strings.Fields(string(line))
		if len(fields) < 5 || !strings.HasSuffix(fields[len(fields)-1], "sync") {
			continue
		}
		n, err := strconv.Atoi(fields[3])
		if err == nil {
			calls += n
		}
	}
	return calls
}
