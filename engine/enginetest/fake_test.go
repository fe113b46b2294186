package enginetest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A fakeTB is a test that may fail, for the tests of what fails tests.
type fakeTB struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	cleanups []func()
}

func (t *fakeTB) Helper()      {}
func (t *fakeTB) Name() string { return "TestFake" }

func (t *fakeTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *fakeTB) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.errors) > 0
}

func (t *fakeTB) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errors = append(t.errors, fmt.Sprintf(format, args...))
}

func (t *fakeTB) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(t.logs, fmt.Sprintf(format, args...))
}

func (t *fakeTB) Fatal(args ...any) {
	t.Errorf("%s", fmt.Sprint(args...))
	t.FailNow()
}

func (t *fakeTB) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	t.FailNow()
}

func (t *fakeTB) FailNow() { runtime.Goexit() }

// failure runs a test to its end, cleanups included, and returns what it reported.
func failure(t *testing.T, test func(t testing.TB)) string {
	errors, _ := reported(t, test)
	return errors
}

// reported runs a test to its end, cleanups included, and returns its errors and its log.
func reported(t *testing.T, test func(t testing.TB)) (errors, logs string) {
	t.Helper()
	fake := &fakeTB{TB: t}
	for _, f := range []func(){func() { test(fake) }, func() {
		for len(fake.cleanups) > 0 {
			last := len(fake.cleanups) - 1
			f := fake.cleanups[last]
			fake.cleanups = fake.cleanups[:last]
			f()
		}
	}} {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			f()
		}()
		<-ended
	}
	return strings.Join(fake.errors, "\n"), strings.Join(fake.logs, "\n")
}
