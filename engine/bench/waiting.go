package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// A waitReport is what a child of -waiting found out.
type waitReport struct {
	Opened time.Duration // New with the file
	Reach  time.Duration // from there until a first start was durable
	// Started is how long it took until all waited.
	Started time.Duration
	// OpenedCPU and StartedCPU are the processor time of that.
	OpenedCPU, StartedCPU time.Duration
	Restored              int64 // executions whose logs New read
	// Base and Waiting are before and after that, or before and after New.
	Base, Waiting memory
	Goroutines    int
	Late          lateness
	Tokens        []string // of some executions that wait for theirs
	Answered      int      // tokens that worked
	Closed        time.Duration
}

// A lateness is by how much handlers ran after their timers came due.
type lateness struct {
	Timers        int
	P50, P99, Max time.Duration
}

func (l lateness) String() string {
	return fmt.Sprintf("p50 %v, p99 %v, max %v of %d", l.P50, l.P99, l.Max, l.Timers)
}

// wait measures waiting executions: in a child that starts them and is killed, and in
// two that open the file again.
func (s *settings) wait() error {
	return s.temporary(func(dir string) error {
		disk, err := diskSyncs(dir, time.Second)
		if err != nil {
			return err
		}
		fmt.Printf("%d executions wait, half for a time, half for a Task Token; the disk makes %.0f syncs a second\n\n", s.waiting, disk)
		started, err := s.waitChild("start", dir, nil)
		if err != nil {
			return err
		}
		n := float64(s.waiting)
		size, err := fileSizes(dir)
		if err != nil {
			return err
		}
		fmt.Printf("start         %v, %.0f a second; CPU %v an execution\n", started.Started.Round(time.Millisecond),
			n/started.Started.Seconds(), (started.StartedCPU / time.Duration(s.waiting)).Round(100*time.Nanosecond))
		printMemory(n, started)
		fmt.Printf("file          %.0f bytes an execution\n", size/n)
		fmt.Printf("late          %v\n\n", started.Late)
		for _, how := range []string{"kill -9", "Close"} {
			opened, err := s.waitChild("open", dir, started.Tokens)
			if err != nil {
				return err
			}
			fmt.Printf("after %s\n", how)
			fmt.Printf("open          %v, CPU %v; %d executions restored; first start durable %v later\n", opened.Opened.Round(time.Millisecond),
				opened.OpenedCPU.Round(time.Millisecond), opened.Restored, opened.Reach.Round(10*time.Microsecond))
			printMemory(n, opened)
			fmt.Printf("late          %v\n", opened.Late)
			fmt.Printf("tokens        %d of %d work\n", opened.Answered, len(started.Tokens))
			fmt.Printf("Close         %v\n\n", opened.Closed.Round(time.Millisecond))
			started.Tokens = nil
		}
		return nil
	})
}

func printMemory(n float64, r waitReport) {
	fmt.Printf("memory        heap %.0f, RSS %.0f bytes an execution; RSS %.1f MiB before, %.1f MiB then, %.1f MiB at most; %d goroutines\n",
		float64(r.Waiting.Heap-r.Base.Heap)/n, float64(r.Waiting.RSS-r.Base.RSS)/n,
		float64(r.Base.RSS)/(1<<20), float64(r.Waiting.RSS)/(1<<20), float64(r.Waiting.Peak)/(1<<20), r.Goroutines)
}

// waitChild starts a child, and kills the one that starts executions when it has
// reported.
func (s *settings) waitChild(what, dir string, tokens []string) (r waitReport, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	c := exec.Command(self, "-child", what, "-dir", dir, "-waiting", strconv.Itoa(s.waiting),
		"-timers", strconv.Itoa(s.timers), "-spread", s.spread.String())
	if s.profile != "" {
		c.Args = append(c.Args, "-profile", s.profile+"."+what)
	}
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return r, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := c.Start(); err != nil {
		return r, err
	}
	if err := json.NewEncoder(in).Encode(tokens); err != nil {
		return r, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if what == "start" && err == nil {
		err = c.Process.Kill()
	}
	ended := c.Wait()
	if what == "open" || err != nil {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return r, fmt.Errorf("the child that was to %s: %w", what, err)
	}
	return r, json.Unmarshal(line, &r)
}

// report prints what a child found out.
func (r *waitReport) report(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// fileSizes returns the bytes of the database and its WAL.
func fileSizes(dir string) (sum float64, err error) {
	for _, name := range []string{waitingFile, waitingFile + "-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		sum += float64(info.Size())
	}
	return sum, nil
}
