package enginetest_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states/coverage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tests are what a package's tests do, and come to.
type tests struct {
	do   func()
	code int
}

func (m tests) Run() int {
	if m.do != nil {
		m.do()
	}
	return m.code
}

// covered returns the report of one machine from those of all that ran in this process.
func covered(t *testing.T, name string) *coverage.Machine {
	t.Helper()
	require.NotNil(t, enginetest.Covered())
	r := enginetest.Covered().Report()
	for i := range r.Machines {
		if r.Machines[i].Name == name {
			return &r.Machines[i]
		}
	}
	t.Fatalf("no machine %s is in the report", name)
	return nil
}

// TestCoverageWithoutMain runs tests in another process, which has no Main.
func TestCoverageWithoutMain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^(TestAlarmsRingInOrder|TestTheClockStandsStillWhenNobodyWaits|TestUndid)$")
	cmd.Env = append(os.Environ(), "GOSTATES_COVER=-,"+filepath.Join(folder, "c.txt")+","+folder+"/")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.NotContains(t, string(out), "covered", "nothing is written to the standard output")
	text, err := os.ReadFile(filepath.Join(folder, "c.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "machine: 100.0% covered (10 of 10)")
	assert.Contains(t, string(text), "2 state machines", "one of them has only the clock")
	profile, err := coverage.Read(folder)
	require.NoError(t, err)
	assert.Len(t, profile.Report().Machines, 2)

	cmd = exec.Command(os.Args[0], "-test.run=^TestUndid$")
	cmd.Env = append(os.Environ(), "GOSTATES_COVER=cover.pdf")
	out, err = cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), `no report can be written to "cover.pdf"`)
}

// TestMainCovers is the one test that has the process count; it doesn't run beside others.
func TestMainCovers(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"test.run", "test.skip"} {
		f := flag.Lookup(name)
		before := f.Value.String()
		defer func() { require.NoError(t, f.Value.Set(before)) }()
		require.NoError(t, f.Value.Set(""))
	}
	t.Setenv("GOSTATES_COVER", "")
	t.Setenv("GOSTATES_COVER_MIN", "")
	definition := filepath.Join(folder, "covered.asl.json")
	task := filepath.Base(filepath.Dir(folder)) // so that every run of the test has a machine of its own
	require.NoError(t, os.WriteFile(definition, []byte(strings.ReplaceAll(saga, "reserve", task)), 0o600))
	saw := func(fail bool) {
		env := enginetest.New(t, definition, enginetest.WithExtensions())
		env.On("*").Return(1).AnyTimes()
		if fail {
			env.On("Ship").Fail("Lost")
		}
		env.Run(nil)
	}
	var out strings.Builder
	file := func(name string) string { return filepath.Join(folder, name) }
	to := enginetest.CoverTo("-", file("c.html"), file("c.json"), file("c.txt"), file("profiles")+"/")
	code := enginetest.RunMain(tests{do: func() { saw(true) }}, &out, to, enginetest.CoverAtLeast(99.9))
	assert.Equal(t, 1, code)
	assert.Contains(t, out.String(), filepath.ToSlash(definition)+": 90.0% covered (9 of 10)")
	assert.Contains(t, out.String(), "Ship Next → end")
	assert.Contains(t, out.String(), "of the state machines are covered, less than 99.9%")
	require.NoError(t, flag.Set("test.run", "One"))
	assert.Zero(t, enginetest.RunMain(tests{}, &out, enginetest.CoverAtLeast(99.9)), "a run of only some tests")
	require.NoError(t, flag.Set("test.run", ""))
	for _, name := range []string{"c.html", "c.json", "c.txt"} {
		text, err := os.ReadFile(file(name))
		require.NoError(t, err)
		assert.Contains(t, string(text), "covered.asl.json", name)
	}

	code = enginetest.RunMain(tests{do: func() { saw(false) }}, &out, to)
	assert.Zero(t, code)
	assert.Equal(t, 10, covered(t, filepath.ToSlash(definition)).Covered)
	profiles, err := filepath.Glob(file("profiles/*.json"))
	require.NoError(t, err)
	require.Len(t, profiles, 1, "a process has one profile")
	text, err := os.ReadFile(profiles[0])
	require.NoError(t, err)
	var profile coverage.Profile
	require.NoError(t, json.Unmarshal(text, &profile))
	assert.NotEmpty(t, profile.Report().Machines)

	// An engine with no more than the clock counts, too.
	clock := new(enginetest.Clock)
	e := start(t, clock, nothing)
	m, err := asl.Parse(waiting(59))
	require.NoError(t, err)
	x, err := e.StartExecution(t.Context(), m, nil, engine.Machine("alone"))
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, covered(t, "alone").Covered)

	assert.Equal(t, 3, enginetest.RunMain(tests{code: 3}, &out, enginetest.CoverAtLeast(100)), "the tests' own code goes first")
	out.Reset()
	assert.Equal(t, 1, enginetest.RunMain(tests{}, &out, enginetest.CoverTo("cover.pdf", file("no/where.html"))))
	assert.Contains(t, out.String(), `no report can be written to "cover.pdf"`)
	assert.Contains(t, out.String(), "where.html")

	t.Setenv("GOSTATES_COVER", file("env.txt")+","+file("env.html"))
	assert.Zero(t, enginetest.RunMain(tests{}, &out, enginetest.CoverTo(file("not.txt"))))
	assert.FileExists(t, file("env.txt"))
	assert.FileExists(t, file("env.html"))
	assert.NoFileExists(t, file("not.txt"))
	t.Setenv("GOSTATES_COVER_MIN", "much")
	assert.Equal(t, 2, enginetest.RunMain(tests{}, &out))
	assert.Contains(t, out.String(), `GOSTATES_COVER_MIN is "much"`)
}
