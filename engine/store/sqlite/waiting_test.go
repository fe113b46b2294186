package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// BenchmarkWaiting creates many executions that wait, and reports what the store takes
// for them: the time to start and to open the file again, memory, the time to yield
// them all, and to append to ones that were forgotten. GOSTATES_WAITING says how many,
// default 10,000.
func BenchmarkWaiting(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("GOSTATES_WAITING"))
	if err != nil {
		n = 10_000
	}
	for range b.N {
		dir := b.TempDir()
		s := open(b, dir)
		took := func(unit string, f func()) {
			begin := time.Now()
			f()
			b.ReportMetric(time.Since(begin).Seconds(), unit)
		}
		heap := heapSize()
		took("s/start", func() {
			line := [][]byte{benchmarkLine, benchmarkLine, benchmarkLine}
			each(n, func(i int64) error { return s.Create(b.Context(), benchmarkRecord(i), "{}", line) }, b)
		})
		b.ReportMetric(float64(heapSize()-heap)/float64(n), "heap-B/execution")
		info, err := os.Stat(filepath.Join(dir, "orders.db"))
		require.NoError(b, err)
		b.ReportMetric(float64(info.Size())/float64(n), "file-B/execution")
		left := crashed(b, dir)
		require.NoError(b, s.Close())
		took("s/open-after-crash", func() { s = open(b, left) })
		took("s/running", func() {
			found := 0
			for _, err := range s.Running(b.Context(), time.Time{}) {
				require.NoError(b, err)
				found++
			}
			require.Equal(b, n, found)
		})
		stride := max(n/10_000, 1)
		took("s/10k-appends", func() {
			each(n/stride, func(i int64) error {
				return s.Append(b.Context(), benchmarkRecord(i*int64(stride)).ARN, 3, store.Change{Lines: [][]byte{benchmarkLine}})
			}, b)
		})
		took("s/list", func() {
			_, _, err := s.List(b.Context(), store.Query{MachineARN: benchmarkRecord(0).MachineARN, Statuses: []states.Status{states.StatusRunning}, Limit: 1000})
			require.NoError(b, err)
		})
		require.NoError(b, s.Close())
	}
}

// BenchmarkExpire reports how long appends take while many executions expire.
func BenchmarkExpire(b *testing.B) {
	for range b.N {
		s := open(b, b.TempDir())
		const n = 5000
		each(n, func(i int64) error { execute(b, s, i); return nil }, b)
		r := benchmarkRecord(n)
		require.NoError(b, s.Create(b.Context(), r, "{}", nil))
		expired := make(chan error, 1)
		begin := time.Now()
		go func() {
			removed, err := s.Expire(b.Context(), r.StartDate.AddDate(1, 0, 0), n)
			if err == nil && removed != n {
				err = fmt.Errorf("%d removed", removed)
			}
			expired <- err
		}()
		var latencies []time.Duration
		for running := true; running; {
			select {
			case err := <-expired:
				require.NoError(b, err)
				running = false
			default:
				at := time.Now()
				require.NoError(b, s.Append(b.Context(), r.ARN, len(latencies), store.Change{Lines: [][]byte{benchmarkLine}}))
				latencies = append(latencies, time.Since(at))
			}
		}
		b.ReportMetric(n/time.Since(begin).Seconds(), "expired/s")
		slices.Sort(latencies)
		b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds()), "p99-us")
		b.ReportMetric(float64(latencies[len(latencies)-1].Microseconds()), "max-us")
		require.NoError(b, s.Close())
	}
}

// each calls f with 0 to n-1 on 256 goroutines.
func each(n int, f func(i int64) error, b *testing.B) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := f(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func heapSize() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
