package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A column is a contender in a section of the table.
type column struct {
	name string
	// absent is why the contender can't be measured, if it can't.
	absent error
	take   func(workload) (rate, error)
}

// A section is workloads of a kind. The first of its columns is gostates.
type section struct {
	title   string
	rows    []workload
	columns func() []column
}

// table measures all workloads on gostates and on all peers, in turn, and prints the medians
// as Markdown: to the standard output, and to the file that -into names.
func (s *settings) table() error {
	var all bytes.Buffer
	w := io.MultiWriter(os.Stdout, &all)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s, %s, %s/%s, %s, %d processors, whose load average was %s before: medians of %d times %v.\n", time.Now().Format(time.DateOnly),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, processor(), runtime.NumCPU(), loadAverage(), s.repeat, s.duration)
	own := column{name: "gostates", take: func(w workload) (rate, error) { return s.workloadChild(self, w) }}
	for _, sec := range []section{
		{"in memory", workloads(), func() []column {
			return []column{own, s.npmColumn("aws-local-stepfunctions@3.0.0"), s.npmColumn("@wmfs/statebox@1.118.0"), s.stepColumn()}
		}},
		{"parsed and validated", parsing(), func() []column {
			return []column{own, s.npmColumn("aws-local-stepfunctions@3.0.0"), s.npmColumn("asl-validator@4.0.0"), s.npmColumn("@wmfs/statelint@1.30.0"),
				s.npmColumn("amazon-states-language-service@1.16.1"), s.stepColumn()}
		}},
		{"over the wire, in memory", starting(), s.serverColumns},
	} {
		sec.rows = slices.DeleteFunc(sec.rows, func(w workload) bool { return !s.wanted(w.Name) })
		if len(sec.rows) > 0 {
			if err := s.section(w, sec); err != nil {
				return err
			}
		}
	}
	if err := s.durableTable(w); err != nil {
		return err
	}
	if err := s.waitingTable(w); err != nil {
		return err
	}
	if s.into == "" {
		return nil
	}
	return replaceBetween(s.into, all.String())
}

// wanted reports whether -only lets a row in.
func (s *settings) wanted(name string) bool { return s.only == nil || s.only.MatchString(name) }

// section measures the rows of a section, and prints each when it is done.
func (s *settings) section(out io.Writer, sec section) error {
	columns := sec.columns()
	heads := []string{sec.title}
	for _, c := range columns {
		heads = append(heads, c.name)
	}
	printHead(out, append(heads, "ratio to the best"))
	for _, w := range sec.rows {
		found := make([][]rate, len(columns))
		for range s.repeat {
			for i, c := range columns {
				if c.absent != nil || refused(found[i]) != "" {
					continue
				}
				r, err := c.take(w)
				if err != nil {
					return err
				}
				found[i] = append(found[i], r)
			}
		}
		if wrong := refused(found[0]); wrong != "" {
			return fmt.Errorf("%s came to %s", w.Name, found[0][0].Wrong+found[0][0].Failed)
		}
		printRow(out, rowOf(w, found))
		for i, c := range columns {
			if refused(found[i]) != "" {
				fmt.Fprintf(os.Stderr, "%s, %s: %.200s\n", w.Name, c.name, found[i][0].Wrong+found[i][0].Failed)
			}
		}
	}
	for _, c := range columns {
		if c.absent != nil {
			fmt.Fprintf(out, "\nNOT MEASURED: %s: %v\n", c.name, c.absent)
		}
	}
	return nil
}

// rowOf returns the cells of a row: the first of the rates are those of gostates.
func rowOf(w workload, found [][]rate) []string {
	cells := []string{w.Name + ": " + w.Unit + " a second"}
	best := 0.0
	for i, rates := range found {
		value := median(rates, rate.perSecond)
		switch wrong := refused(rates); {
		case wrong != "":
			cells = append(cells, wrong)
		case len(rates) == 0:
			cells = append(cells, "NOT MEASURED")
		default:
			cells = append(cells, grouped(value))
			if i > 0 {
				best = max(best, value)
			}
		}
	}
	return append(cells, ratioText(median(found[0], rate.perSecond), best))
}

// refused returns what stands in place of a number, if the contender could not do the workload.
func refused(rates []rate) string {
	switch {
	case len(rates) == 0:
		return ""
	case rates[0].Failed != "":
		return "not supported"
	case rates[0].Wrong != "":
		return "wrong output"
	}
	return ""
}

// ratioText writes how often the peer's number goes into ours.
func ratioText(ours, peer float64) string {
	if peer == 0 {
		return "-"
	}
	if ours/peer < 10 {
		return fmt.Sprintf("%.1f", ours/peer)
	}
	return fmt.Sprintf("%.0f", ours/peer)
}

// printHead prints the head of a table; all columns but the first are numbers.
func printHead(w io.Writer, cells []string) {
	fmt.Fprintln(w)
	printRow(w, cells)
	fmt.Fprintf(w, "|---|%s\n", strings.Repeat("---:|", len(cells)-1))
}

func printRow(w io.Writer, cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }

// workloadChild measures gostates in a process of its own.
func (s *settings) workloadChild(self string, w workload) (r rate, err error) {
	c := exec.Command(self, "-child", "workload", "-workload", w.Name, "-warmup", s.warmUp.String(), "-time", s.duration.String())
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err != nil {
		return r, fmt.Errorf("%s: %w", w.Name, err)
	}
	return r, json.Unmarshal(text, &r)
}

// grouped writes a number with three digits that count, and commas.
func grouped(v float64) string {
	unit := 1.0
	for v/unit >= 1000 {
		unit *= 10
	}
	digits := fmt.Sprintf("%.0f", float64(int(v/unit+0.5))*unit)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// processor returns the name that the system has for the processor.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	if m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "unknown processor"
}

// loadAverage returns what other programs made of the machine in the last minute: figures of a busy
// machine are smaller, and ratios less sure.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// The marks between which a file has the table.
const tableBegins, tableEnds = "<!-- go run . -table -->\n", "<!-- end of the table -->\n"

// replaceBetween puts a text between the marks of a file.
func replaceBetween(file, table string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), tableBegins)
	_, after, ended := strings.Cut(rest, tableEnds)
	if !found || !ended {
		return fmt.Errorf("%s does not have the lines %q and %q", file, strings.TrimSpace(tableBegins), strings.TrimSpace(tableEnds))
	}
	return os.WriteFile(file, []byte(before+tableBegins+table+tableEnds+after), 0o666)
}
