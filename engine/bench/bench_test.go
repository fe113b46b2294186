package main

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// TestContenders runs a few workflows on each.
func TestContenders(t *testing.T) {
	for _, name := range []string{"own", "peer"} {
		t.Run(name, func(t *testing.T) {
			s := settings{child: name, dir: t.TempDir(), inFlight: []int{4}, connections: []int{2}, warmUp: time.Millisecond, duration: 300 * time.Millisecond}
			c, err := s.contender()
			require.NoError(t, err)
			m, err := s.load(c)
			require.NoError(t, errors.Join(err, c.close()))
			assert.Positive(t, m.Workflows)
			assert.GreaterOrEqual(t, m.All, m.Workflows)
			assert.Positive(t, m.CPU)
			assert.LessOrEqual(t, m.P50, m.P99)
		})
	}
}

// TestWaiter has executions wait, and timers come due beside them.
func TestWaiter(t *testing.T) {
	w := &waiter{}
	require.NoError(t, w.open(t.TempDir()))
	require.NoError(t, w.start(21))
	assert.EqualValues(t, 11, w.asked.Load())
	late, err := w.alarms(10, 100*time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, 10, late.Timers)
	assert.Positive(t, late.P50)
	for _, token := range w.tokens {
		require.NoError(t, w.engine.SendTaskSuccess(t.Context(), token, nil))
	}
	require.NoError(t, w.engine.Close())
}

func TestCountCalls(t *testing.T) {
	table := []byte(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 80.00    0.200000         100      2000           fdatasync
 20.00    0.050000         500       100         1 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.250000         119      2100         1 total
`)
	assert.Equal(t, 2100, countCalls(table))
	assert.Zero(t, countCalls(nil))
}

func TestNumbers(t *testing.T) {
	var n numbers
	require.NoError(t, n.Set("1,64"))
	assert.Equal(t, numbers{1, 64}, n)
	assert.Equal(t, "1,64", n.String())
	for _, bad := range []string{"", "0", "1,,2", "x"} {
		assert.Error(t, n.Set(bad))
	}
}

func TestQuantile(t *testing.T) {
	sorted := []time.Duration{1, 2, 3, 4}
	assert.EqualValues(t, 3, quantile(sorted, 0.5))
	assert.EqualValues(t, 4, quantile(sorted, 1))
	assert.EqualValues(t, 1, quantile(sorted, 0))
}

// TestWorkloads has each come to its output.
func TestWorkloads(t *testing.T) {
	for _, w := range append(workloads(), parsing()...) {
		t.Run(w.Name, func(t *testing.T) {
			s := settings{warmUp: time.Microsecond, duration: time.Microsecond}
			r, err := s.rateOf(w)
			require.NoError(t, err)
			assert.Empty(t, r.Wrong)
			assert.Positive(t, r.perSecond())
			w.Output = []byte(`"something else"`)
			if w.Refused != nil {
				w.Refused = w.Definition
			}
			r, err = s.rateOf(w)
			require.NoError(t, err)
			assert.NotEmpty(t, r.Wrong)
		})
	}
}

func TestCurves(t *testing.T) {
	for _, take := range []func(int) (time.Duration, error){
		parseStates, runStates, mapItems, distributedItems, executions, (&settings{dir: t.TempDir()}).storedExecutions,
	} {
		took, err := take(20)
		require.NoError(t, err)
		assert.Positive(t, took)
	}
}

// TestTable shows a section with what can stand in place of a number.
func TestTable(t *testing.T) {
	var out strings.Builder
	answers := func(r rate) func(workload) (rate, error) { return func(workload) (rate, error) { return r, nil } }
	s := settings{repeat: 3}
	require.NoError(t, s.section(&out, section{"in memory", []workload{{Name: "a loop", Unit: "states"}}, func() []column {
		return []column{
			{name: "gostates", take: answers(rate{Units: 30_000, Seconds: 2})},
			{name: "slow", take: answers(rate{Units: 100, Seconds: 1})},
			{name: "slower", take: answers(rate{Units: 50, Seconds: 1})},
			{name: "wrong", take: answers(rate{Wrong: "7"})},
			{name: "small", take: answers(rate{Failed: "no loops"})},
			{name: "absent", absent: errors.New("it can't be had")},
		}
	}}))
	assert.Equal(t, `
| in memory | gostates | slow | slower | wrong | small | absent | ratio to the best |
|---|---:|---:|---:|---:|---:|---:|---:|
| a loop: states a second | 15,000 | 100 | 50 | wrong output | not supported | NOT MEASURED | 150 |

NOT MEASURED: absent: it can't be had
`, out.String())
	err := s.section(&out, section{"in memory", []workload{{Name: "a loop"}}, func() []column { return []column{{take: answers(rate{Wrong: "7"})}} }})
	assert.ErrorContains(t, err, "a loop came to 7")
}

// TestServer starts executions over HTTP for a moment.
func TestServer(t *testing.T) {
	s := settings{warmUp: time.Microsecond, duration: time.Microsecond}
	measure := func(w workload) rate {
		e, err := engine.New(engine.Config{Resolver: engine.NewMux()})
		require.NoError(t, err)
		defer e.Close()
		handler, err := stepfunctions.New(stepfunctions.Config{Engine: e})
		require.NoError(t, err)
		web := httptest.NewServer(handler)
		defer web.Close()
		r, err := s.rateOfServer(&server{url: web.URL}, w)
		require.NoError(t, err)
		return r
	}
	for _, w := range starting() {
		assert.Positive(t, measure(w).perSecond())
		w.Output = []byte(`"something else"`)
		assert.JSONEq(t, string(w.Input), measure(w).Wrong)
		w.Definition = []byte(`{}`)
		assert.Contains(t, measure(w).Failed, "InvalidDefinition")
	}
}

func TestReplaceBetween(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(file, []byte("before\n"+tableBegins+"old\n"+tableEnds+"after\n"), 0o600))
	require.NoError(t, replaceBetween(file, "new\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "before\n"+tableBegins+"new\n"+tableEnds+"after\n", string(text))
	require.NoError(t, os.WriteFile(file, []byte("before\n"), 0o600))
	assert.ErrorContains(t, replaceBetween(file, "new\n"), "does not have the lines")
}

func TestSplitNPM(t *testing.T) {
	for pkg, want := range map[string][2]string{"a@1": {"a", "1"}, "@scope/a@1.2": {"@scope/a", "1.2"}} {
		name, version := splitNPM(pkg)
		assert.Equal(t, want, [2]string{name, version})
	}
}

func TestGrouped(t *testing.T) {
	for _, c := range []struct {
		value float64
		want  string
	}{{0, "0"}, {7.4, "7"}, {999, "999"}, {1234, "1,230"}, {261_499, "261,000"}, {1_999_999, "2,000,000"}} {
		assert.Equal(t, c.want, grouped(c.value))
	}
}
