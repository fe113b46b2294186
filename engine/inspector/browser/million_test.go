package browser

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// A sample is a Store that notes what the first execution is created with.
type sample struct {
	store.Store
	once       sync.Once
	record     store.Record
	definition string
	lines      [][]byte
}

func (s *sample) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	s.once.Do(func() {
		s.record, s.definition = r, definition
		for _, line := range lines {
			s.lines = append(s.lines, bytes.Clone(line))
		}
	})
	return s.Store.Create(ctx, r, definition, lines)
}

// nameOf is the name of the execution of a number. The highest started last.
func nameOf(n int) string { return fmt.Sprintf("order-%07d", n) }

// statusOf is its status.
func statusOf(n int) states.Status {
	if n%50 == 7 {
		return states.StatusFailed
	}
	return states.StatusSucceeded
}

// fillStore makes a store with many executions, which have all ended.
func fillStore(t *testing.T, path string, n int) {
	db := sqlite.Open(path)
	first := &sample{Store: db}
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: first, Limits: engine.Limits{Retention: -1}})
	require.NoError(t, err)
	m, err := asl.Parse(`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`)
	require.NoError(t, err)
	x, err := eng.StartExecution(t.Context(), m, nil, engine.Machine("other"))
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)
	const workers = 256
	var all sync.WaitGroup
	begin := time.Now()
	for w := range workers {
		all.Go(func() {
			for k := w; k < n; k += workers {
				r := first.record
				r.Name, r.Machine = nameOf(k), "orders"
				r.MachineARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
				r.ARN = "arn:aws:states:us-east-1:123456789012:execution:orders:" + r.Name
				r.StartDate = begin.Add(-time.Duration(n-k) * time.Second).UTC().Truncate(time.Millisecond)
				r.StopDate, r.Status = r.StartDate.Add(time.Second), statusOf(k)
				if err := db.Create(context.Background(), r, first.definition, first.lines); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d executions made in %v", n, time.Since(begin).Round(time.Millisecond))
	require.NoError(t, eng.Close())
}

// TestManyExecutions looks at the lists of a store with many executions: GOSTATES_EXECUTIONS of
// them, or 20,000.
func TestManyExecutions(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("GOSTATES_EXECUTIONS"))
	if err != nil {
		n = 20_000
		t.Log("NOT TESTED with 1,000,000 executions in SQLite, but with 20,000: GOSTATES_EXECUTIONS says how many")
	}
	path := filepath.Join(t.TempDir(), "many.db")
	fillStore(t, path, n)
	lookAtLists(t, standby(t, path), n)
}

// A crowd is an engine that has a million executions without keeping them.
type crowd struct{ inspector.Engine }

const million = 1_000_000

// ListExecutions lists executions by the number that their names have.
func (c crowd) ListExecutions(_ context.Context, o engine.ListOptions) (*engine.Page, error) {
	at := million - 1
	if o.NextToken != "" {
		var err error
		if at, err = strconv.Atoi(o.NextToken); err != nil {
			return nil, err
		}
	}
	page := new(engine.Page)
	begin := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for ; at >= 0 && len(page.Executions) < o.MaxResults; at-- {
		started := begin.Add(time.Duration(at) * time.Second)
		if len(o.Statuses) > 0 && !slices.Contains(o.Statuses, statusOf(at)) || !strings.HasPrefix(nameOf(at), o.NamePrefix) {
			continue
		}
		page.Executions = append(page.Executions, engine.Summary{
			Identity: engine.Identity{ARN: "arn:aws:states:us-east-1:123456789012:execution:orders:" + nameOf(at), Name: nameOf(at), Machine: "orders", MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:orders"},
			Status:   statusOf(at), StartDate: started, StopDate: started.Add(time.Second),
		})
	}
	if at >= 0 {
		page.NextToken = strconv.Itoa(at)
	}
	return page, nil
}

// CountExecutions implements inspector.Engine.
func (c crowd) CountExecutions(context.Context, engine.CountOptions) (engine.Counts, error) {
	const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
	return engine.Counts{{Machine: "orders", MachineARN: machine, Status: states.StatusFailed, Executions: million / 50}, {Machine: "orders", MachineARN: machine, Status: states.StatusSucceeded, Executions: million - million/50}}, nil
}

// TestMillion looks at the lists of a million executions.
func TestMillion(t *testing.T) {
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	handler, err := inspector.New(inspector.Config{Engine: crowd{eng}})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	lookAtLists(t, server.URL, million)
}

// lookAtLists goes through the lists of n executions, as a reader does.
func lookAtLists(t *testing.T, server string, n int) {
	for _, query := range []string{"", "?machine=orders", "?status=FAILED", "?machine=orders&status=FAILED", "?machine=orders&status=FAILED&status=TIMED_OUT", "?machine=orders&name=" + nameOf(n / 2)[:11], "?name=" + nameOf(n/2), "?status=RUNNING"} {
		first, size := took(t, server+"/executions"+query)
		again, _ := took(t, server+"/executions"+query)
		t.Logf("%d executions, %-45q %6d bytes, first in %v, again in %v", n, query, size, first.Round(100*time.Microsecond), again.Round(100*time.Microsecond))
		require.Less(t, size, 100_000, query)
	}
	window := browse(t)
	names := func() (all []string) {
		return get(t, window, chromedp.Evaluate[[]string](`[...document.querySelectorAll("tbody tr td:first-child")].map((e) => e.textContent.trim())`))
	}
	do(t, window, chromedp.Navigate(server+"/executions?machine=orders"), chromedp.WaitVisible("table"))
	picture(t, window, "many-"+strconv.Itoa(n))
	require.Len(t, names(), 50)
	require.Equal(t, nameOf(n-1), names()[0])
	for page := 1; page <= 5; page++ {
		do(t, window, chromedp.Click(".pages a[rel=next]"))
		until(t, window, `document.querySelector("tbody a")?.textContent === "`+nameOf(n-1-50*page)+`"`)
	}
	do(t, window, chromedp.Click(".pages a"))
	until(t, window, `document.querySelector("tbody a")?.textContent === "`+nameOf(n-1)+`"`)
	do(t, window, chromedp.Click("input[value=FAILED]"), chromedp.Click("form.filter button"))
	until(t, window, `location.search.includes("FAILED") && document.querySelectorAll("tbody .failed").length === 50`)
	for _, name := range names() {
		digits, err := strconv.Atoi(strings.TrimPrefix(name, "order-"))
		require.NoError(t, err)
		require.Equal(t, states.StatusFailed, statusOf(digits))
	}
	answer, err := http.Get(server + "/executions?next=wrong")
	require.NoError(t, err)
	answer.Body.Close()
	require.NotEqual(t, http.StatusOK, answer.StatusCode)
}
