package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// importAll imports the CSV file of a folder. A process that is started after another one was
// killed finds the execution of that one, and goes on.
func importAll(folder string, out io.Writer) error {
	customers, err := openShop(filepath.Join(folder, "shop.db"))
	if err != nil {
		return err
	}
	defer customers.Close()
	files, err := objects.OpenDir(folder)
	if err != nil {
		return err
	}
	defer files.Close()
	machine, err := asl.Parse(definition)
	if err != nil {
		return err
	}
	tasks := engine.NewMux()
	tasks.Handle("insert", engine.Func(customers.insert))
	eng, err := engine.New(engine.Config{
		Resolver: tasks, Store: sqlite.Open(filepath.Join(folder, "engine.db")),
		MapRuns: engine.MapRuns{Objects: files},
	})
	if err != nil {
		return err
	}
	defer eng.Close()
	execution, err := eng.StartExecution(context.Background(), machine, map[string]any{}, engine.Machine("import"), engine.Named("customers"))
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	var output []byte
	go func() {
		result, err := execution.Wait(context.Background())
		if err == nil {
			output = result.Output()
		}
		done <- err
	}()
	reports := json.NewEncoder(out)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if err := reports.Encode(report{Rows: int(customers.rows.Load()), Peak: peak()}); err != nil {
				return err
			}
		case err := <-done:
			if err != nil {
				return err
			}
			last := report{Peak: peak(), Done: true, Output: output}
			if last.Rows, last.Sum, err = customers.total(); err != nil {
				return err
			}
			return reports.Encode(last)
		}
	}
}

// peak returns the most memory that the process had so far, in bytes. Where the operating
// system doesn't tell, it is what Go has asked for.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				return kilobytes << 10
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
