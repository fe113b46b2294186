// Command csv-import imports a CSV file of a million rows into SQLite, in batches of a hundred,
// by a Map state in the mode DISTRIBUTED: each batch is a child execution. The definition,
// import.asl.json, is plain Amazon States Language.
//
// The program starts itself as another process, which imports, and kills it with SIGKILL when
// half of the rows are there. Then it starts it again, which goes on: no row is lost, and none
// is there twice. In the end it prints how many rows a second were imported, how much memory
// that took, and where the results are.
//
//	go run ./examples/csv-import -rows 10000000 -in /tmp/import
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

//go:embed import.asl.json
var definition string

// folderVariable tells a process that it is to import, and where.
const folderVariable = "GOSTATES_EXAMPLE_IMPORT"

func main() {
	if folder := os.Getenv(folderVariable); folder != "" {
		if err := importAll(folder, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	rows := flag.Int("rows", 1_000_000, "how many rows the CSV file has")
	in := flag.String("in", "", "the folder to work in, which stays; by default a temporary one")
	flag.Parse()
	if err := show(os.Stdout, os.Stderr, *in, *rows); err != nil {
		log.Fatal(err)
	}
}

// show makes the file, has it imported by two processes, and reports to out. The progress bar
// goes to bar.
func show(out, bar io.Writer, folder string, rows int) (err error) {
	if folder == "" {
		if folder, err = os.MkdirTemp("", "gostates"); err != nil {
			return err
		}
		defer os.RemoveAll(folder)
	}
	sum, err := writeCustomers(filepath.Join(folder, "in", "customers.csv"), rows)
	if err != nil {
		return err
	}
	progress := progressbar.NewOptions(rows, progressbar.OptionSetWriter(bar), progressbar.OptionSetDescription("importing"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"), progressbar.OptionThrottle(100*time.Millisecond))
	first, err := run(folder, progress, rows/2)
	if err != nil {
		return err
	}
	second, err := run(folder, progress, 0)
	if err != nil {
		return err
	}
	fmt.Fprintln(bar)
	seconds := (first.elapsed + second.elapsed).Seconds()
	if first.Done {
		fmt.Fprintln(out, "The first process was done before it was killed: there are too few rows.")
	} else {
		fmt.Fprintf(out, "The first process was killed at %d rows, after %.1f s. The second one went on from there.\n", first.Rows, first.elapsed.Seconds())
	}
	fmt.Fprintf(out, "%d rows in %.1f s: %.0f rows a second. Memory at its peak: %d MB.\n", rows, seconds, float64(rows)/seconds, max(first.Peak, second.Peak)>>20)
	fmt.Fprintf(out, "Results: %s\n", second.Output)
	if second.Rows != rows || second.Sum != sum {
		return fmt.Errorf("there are %d rows whose amounts are %d, and there should be %d whose amounts are %d", second.Rows, second.Sum, rows, sum)
	}
	fmt.Fprintln(out, "All rows are there, once each.")
	return nil
}

// A report is a line that an importing process prints from time to time.
type report struct {
	// Rows is how many rows have been imported, by all processes so far.
	Rows int
	// Peak is the most memory that the process had, in bytes.
	Peak int64
	// Done is set in the last report, which has the sum of all amounts and the output of
	// the execution.
	Done   bool
	Sum    int
	Output json.RawMessage

	elapsed time.Duration // that the process ran
}

// run has a process import until it is done, or is killed because it has imported as many
// rows as killAt says. It returns the last report.
func run(folder string, progress *progressbar.ProgressBar, killAt int) (last report, err error) {
	program, err := os.Executable()
	if err != nil {
		return last, err
	}
	process := exec.Command(program)
	process.Env = append(os.Environ(), folderVariable+"="+folder)
	process.Stderr = os.Stderr
	reports, err := process.StdoutPipe()
	if err != nil {
		return last, err
	}
	begin := time.Now()
	if err := process.Start(); err != nil {
		return last, err
	}
	killed := false
	for lines := bufio.NewScanner(reports); lines.Scan(); {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue // killed while it wrote
		}
		last = r
		_ = progress.Set(r.Rows) // a bar that can't be drawn is no reason to stop
		if killAt > 0 && r.Rows >= killAt && !r.Done && !killed {
			killed = true
			if err := process.Process.Kill(); err != nil {
				return last, err
			}
		}
	}
	err = process.Wait()
	last.elapsed = time.Since(begin)
	if killed {
		err = nil
	}
	return last, err
}

// writeCustomers writes a CSV file, and returns the sum of its amounts, in cents.
func writeCustomers(path string, rows int) (sum int, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriterSize(file, 1<<16)
	fmt.Fprintln(w, "id,name,email,city,cents")
	cities := strings.Fields("Berlin Lagos Lima Mumbai Osaka")
	for i := range rows {
		cents := i * 7919 % 100_000
		sum += cents
		fmt.Fprintf(w, "%d,\"Customer, No. %d\",customer%d@example.com,%s,%d\n", i, i, i, cities[i%len(cities)], cents)
	}
	return sum, w.Flush()
}
