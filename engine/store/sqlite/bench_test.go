package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// benchmarkLine is an event of 300 bytes.
var benchmarkLine = []byte(fmt.Sprintf(`{"timestamp":1,"type":"TaskSucceeded","id":7,"output":"%s"}`, strings.Repeat("x", 243)))

func benchmarkRecord(i int64) store.Record {
	name := fmt.Sprintf("%08d-5f3a-4c1e-9d0b-%012d", i*7919%100_000_000, i)
	return store.Record{
		ARN:        "arn:aws:states:us-east-1:123456789012:execution:order-processing:" + name,
		Name:       name,
		MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:order-processing",
		Machine:    "order-processing",
		Definition: "3b9a",
		Status:     states.StatusRunning,
		StartDate:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(i)),
		Options:    []byte(`{"logging":"OFF"}`),
	}
}

// share has n goroutines call f, b.N times together, and measures only that.
func share(b *testing.B, n int, f func(goroutine, i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for g := range n {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				f(g, i)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
}

// syncs measures how often a second the disk of a folder makes 4 KiB more of a file
// durable: what a store's figures have to be compared with.
func syncs(b *testing.B, dir string) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "syncs"))
	require.NoError(b, err)
	defer f.Close()
	page := make([]byte, 4096)
	// As SQLite does once its WAL has its size: writing over what is there.
	for i := range 256 {
		_, err := f.WriteAt(page, int64(i)*4096)
		require.NoError(b, err)
	}
	require.NoError(b, f.Sync())
	begin, n := time.Now(), 0
	for ; time.Since(begin) < 200*time.Millisecond; n++ {
		_, err := f.WriteAt(page, int64(n%256)*4096)
		require.NoError(b, err)
		require.NoError(b, sqlite.Fdatasync(f))
	}
	return float64(n) / time.Since(begin).Seconds()
}

// BenchmarkAppend appends events of 300 bytes to as many executions as there are
// goroutines, each of which waits for one to be durable before it appends the next.
func BenchmarkAppend(b *testing.B) {
	for _, goroutines := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			dir := b.TempDir()
			disk := syncs(b, dir)
			s := open(b, dir)
			records, lengths := make([]store.Record, goroutines), make([]int, goroutines)
			for i := range records {
				records[i] = benchmarkRecord(int64(i))
				require.NoError(b, s.Create(b.Context(), records[i], "{}", nil))
			}
			line := [][]byte{benchmarkLine}
			b.ReportAllocs()
			share(b, goroutines, func(g, _ int) {
				if err := s.Append(b.Context(), records[g].ARN, lengths[g], store.Change{Lines: line}); err != nil {
					b.Error(err)
				}
				lengths[g]++
			})
			perSecond := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "appends/s")
			b.ReportMetric(disk, "disk-syncs/s")
			b.ReportMetric(perSecond/disk, "appends/disk-sync")
			require.NoError(b, s.Close())
		})
	}
}

// BenchmarkExecution writes the whole log of an execution with five tasks: created
// with three events, five appends of four events, the last of which ends it.
func BenchmarkExecution(b *testing.B) {
	for _, goroutines := range []int{1, 64, 1024} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			dir := b.TempDir()
			disk := syncs(b, dir)
			s := open(b, dir)
			b.ReportAllocs()
			share(b, goroutines, func(_, i int) { execute(b, s, int64(i)) })
			perSecond := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "executions/s")
			b.ReportMetric(disk, "disk-syncs/s")
			require.NoError(b, s.Close())
		})
	}
}

func execute(b *testing.B, s *sqlite.Store, i int64) {
	lines := [][]byte{benchmarkLine, benchmarkLine, benchmarkLine, benchmarkLine}
	r := benchmarkRecord(i)
	err := s.Create(b.Context(), r, "{}", lines[:3])
	for task := 0; task < 5 && err == nil; task++ {
		var end *store.End
		if task == 4 {
			end = &store.End{Status: states.StatusSucceeded, StopDate: r.StartDate.Add(time.Hour)}
		}
		err = s.Append(b.Context(), r.ARN, 3+4*task, store.Change{Lines: lines, End: end})
	}
	if err != nil {
		b.Error(err)
	}
}

// BenchmarkLog reads the log of an execution with 20,000 events, four a row, between
// whose rows stand those of others.
func BenchmarkLog(b *testing.B) {
	s := open(b, b.TempDir())
	defer s.Close()
	four := [][]byte{benchmarkLine, benchmarkLine, benchmarkLine, benchmarkLine}
	records := []store.Record{benchmarkRecord(0), benchmarkRecord(1), benchmarkRecord(2), benchmarkRecord(3)}
	each(len(records), func(i int64) error {
		err := s.Create(b.Context(), records[i], "{}", nil)
		for length := 0; length < 20_000 && err == nil; length += 4 {
			err = s.Append(b.Context(), records[i].ARN, length, store.Change{Lines: four})
		}
		return err
	}, b)
	for b.Loop() {
		found, err := s.Log(b.Context(), records[0].ARN)
		require.NoError(b, err)
		require.Len(b, found, 20_000)
	}
}
