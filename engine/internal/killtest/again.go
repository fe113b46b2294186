// Package killtest kills processes that run executions on a store, again and again, and checks
// that nothing was lost and nothing done twice.
package killtest

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a child is told by its environment besides its folder: which child of the test it is,
// how many executions there are to be, and whether it is to end when they have.
const (
	Generation = "GOSTATES_KILL_GENERATION"
	Executions = "GOSTATES_KILL_EXECUTIONS"
	Last       = "GOSTATES_KILL_LAST"
)

// KillsVariable tells the test how many children to kill.
const KillsVariable = "GOSTATES_KILLS"

// A QuickClock runs ten times as fast as the computer's, from a moment that all
// children share.
type QuickClock struct{ Since time.Time }

const quickness = 10

// Now implements engine.Clock.
func (c QuickClock) Now() time.Time {
	return c.Since.Add(quickness * time.Since(c.Since))
}

// WakeAt implements engine.Clock.
func (c QuickClock) WakeAt(at time.Time, wake func()) func() {
	t := time.AfterFunc(at.Sub(c.Now())/quickness, wake)
	return func() { t.Stop() }
}

// A Journal is a file that children add lines to; a kill loses none that was written.
type Journal struct{ *os.File }

// OpenJournal opens a journal, which is made if there is none.
func OpenJournal(path string) (Journal, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return Journal{f}, err
}

// Note adds a line.
func (j Journal) Note(words ...any) {
	if _, err := j.WriteString(fmt.Sprintln(words...)); err != nil {
		log.Fatal(err)
	}
}

// ReadLines returns the words of the lines of a file.
func ReadLines(path string) (lines [][]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.Fields(s.Text()))
	}
	return lines, nil
}

// ReadSince returns the clock that the children of a test share, whose folder this is.
func ReadSince(folder string) (QuickClock, error) {
	text, err := os.ReadFile(filepath.Join(folder, "since"))
	if err != nil {
		return QuickClock{}, err
	}
	since, err := time.Parse(time.RFC3339Nano, string(text))
	return QuickClock{since}, err
}

// Kills says how processes are killed.
type Kills struct {
	// Number is how many are killed, unless the environment variable GOSTATES_KILLS says so.
	Number int
	// Within is the time from its start on in which each is killed.
	Within time.Duration
	// Variable is the environment variable that tells a process its folder, Folder.
	Variable, Folder string
	// Each is how many executions each process is to have more than the one before.
	Each int
	// Standby has the next process started before one is killed.
	Standby bool
}

// Again starts a process of the test and kills it, again and again. The last one is left to
// come to its end. Again returns how many were killed.
func Again(t *testing.T, k Kills) int {
	t.Helper()
	if text := os.Getenv(KillsVariable); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		k.Number = n
	}
	require.NoError(t, os.WriteFile(filepath.Join(k.Folder, "since"), []byte(time.Now().Format(time.RFC3339Nano)), 0o600))
	chance := rand.New(rand.NewPCG(uint64(k.Each), uint64(k.Number)))
	var next *process
	for generation := 1; generation <= k.Number+1; generation++ {
		p := next
		if next = nil; p == nil {
			p = k.start(t, generation)
		}
		_, err := p.out.Read(make([]byte, 1)) // it is up
		if k.Standby && generation <= k.Number {
			next = k.start(t, generation+1)
		}
		if err == nil && generation <= k.Number {
			time.AfterFunc(time.Duration(chance.Int64N(int64(k.Within))), func() { _ = p.Process.Kill() })
		}
		_, _ = io.Copy(io.Discard, p.out)
		err = p.Wait()
		if generation > k.Number {
			require.NoError(t, err, p.complaints.String())
		} else {
			require.EqualError(t, err, "signal: killed", p.complaints.String())
		}
	}
	return k.Number
}

// A process is one of the test.
type process struct {
	*exec.Cmd
	out        io.Reader
	complaints strings.Builder
}

// start starts the process of a generation.
func (k *Kills) start(t *testing.T, generation int) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Stderr = &p.complaints
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.out = out
	p.Env = append(os.Environ(), k.Variable+"="+k.Folder, Generation+"="+strconv.Itoa(generation), Executions+"="+strconv.Itoa(k.Each*generation))
	if generation > k.Number {
		p.Env = append(p.Env, Last+"=yes")
	}
	require.NoError(t, p.Start())
	return p
}
