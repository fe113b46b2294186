package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// listedRecord is one of them. They start a second apart on four machines and as children of Map
// Runs; about one of a hundred has failed and one of a thousand runs.
func listedRecord(i int) store.Record {
	machine := []string{"orders", "bills", "parcels", "returns", "orders/Each"}[i%5]
	name := fmt.Sprintf("%s-%07d", []string{"web", "shop", "phone"}[i%3], i)
	r := store.Record{
		ARN: "arn:aws:states:us-east-1:123456789012:execution:" + machine + ":" + name, Name: name,
		MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:" + machine, Machine: machine,
		Definition: "3b9a", Status: states.StatusSucceeded, Options: []byte(`{"logging":"OFF"}`), TokenKey: make([]byte, 16),
		StartDate: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC),
	}
	r.StopDate = r.StartDate.Add(time.Minute)
	switch {
	case i%997 == 17:
		r.Status, r.StopDate = states.StatusRunning, time.Time{}
	case i%101 == 4:
		r.Status = states.StatusFailed
	}
	return r
}

// BenchmarkList lists and counts in a file with many executions. GOSTATES_LISTED says how many,
// default 50,000: making a million takes a minute. GOSTATES_BENCH_FILE names a file that is kept.
func BenchmarkList(b *testing.B) {
	listed, err := strconv.Atoi(os.Getenv("GOSTATES_LISTED"))
	if err != nil {
		listed = 50_000
	}
	path := os.Getenv("GOSTATES_BENCH_FILE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "listed.db")
	}
	_, missing := os.Stat(path)
	s := sqlite.Open(path)
	require.NoError(b, s.Err())
	defer s.Close()
	if missing != nil {
		var wg sync.WaitGroup
		for g := range 512 {
			wg.Go(func() {
				for i := g; i < listed; i += 512 {
					if err := s.Create(b.Context(), listedRecord(i), "{}", nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	orders := listedRecord(0).MachineARN
	at := func(i int) time.Time { return listedRecord(i).StartDate }
	for _, c := range []struct {
		says  string
		query store.Query
	}{
		{"newest", store.Query{WithoutMapRunChildren: true}},
		{"newest with children", store.Query{}},
		{"of a machine", store.Query{MachineARN: orders}},
		{"running", store.Query{WithoutMapRunChildren: true, Statuses: []states.Status{states.StatusRunning}}},
		{"running longest", store.Query{WithoutMapRunChildren: true, OldestFirst: true, Statuses: []states.Status{states.StatusRunning}}},
		{"failed or timed out", store.Query{WithoutMapRunChildren: true, Statuses: []states.Status{states.StatusFailed, states.StatusTimedOut}}},
		{"started in an hour, long ago", store.Query{WithoutMapRunChildren: true, StartedSince: at(5000), StartedBefore: at(8600)}},
		{"failed in an hour, long ago", store.Query{WithoutMapRunChildren: true, Statuses: []states.Status{states.StatusFailed}, StartedSince: at(5000), StartedBefore: at(8600)}},
		{"stopped since an hour", store.Query{WithoutMapRunChildren: true, StoppedSince: at(listed - 3600)}},
		{"stopped in an hour, long ago", store.Query{WithoutMapRunChildren: true, StoppedSince: at(5000), StoppedBefore: at(8600)}},
		{"failed in an hour, by their end", store.Query{WithoutMapRunChildren: true, Statuses: []states.Status{states.StatusFailed}, StoppedSince: at(5000), StoppedBefore: at(8600)}},
		{"of a name, common", store.Query{WithoutMapRunChildren: true, NamePrefix: "web"}},
		{"of a name, rare", store.Query{WithoutMapRunChildren: true, NamePrefix: "web-000123"}},
		{"of a name, none", store.Query{WithoutMapRunChildren: true, NamePrefix: "zebra"}},
		{"of a name, all old", store.Query{WithoutMapRunChildren: true, NamePrefix: "web-00"}},
		{"of a name, of a machine, failed", store.Query{MachineARN: orders, NamePrefix: "web-0", Statuses: []states.Status{states.StatusFailed}}},
		{"of a name, with children", store.Query{NamePrefix: "web-0001"}},
	} {
		c.query.Limit = 100
		first, next, err := s.List(b.Context(), c.query)
		require.NoError(b, err)
		for _, deep := range []bool{false, true} {
			says := c.says
			if deep {
				if next == "" {
					break
				}
				says += ", in the middle"
				half := len(first)
				for c.query.Next = next; next != "" && half < 20_000; half += c.query.Limit {
					c.query.Limit = 1000
					_, next, err = s.List(b.Context(), c.query)
					require.NoError(b, err)
					if next != "" {
						c.query.Next = next
					}
				}
				c.query.Limit = 100
			}
			b.Run(says, func(b *testing.B) {
				n := 0
				for b.Loop() {
					records, _, err := s.List(b.Context(), c.query)
					require.NoError(b, err)
					n = len(records)
				}
				b.ReportMetric(float64(n), "records")
			})
		}
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			counts, err := s.Count(b.Context())
			require.NoError(b, err)
			require.Len(b, counts, 15)
		}
	})
}
