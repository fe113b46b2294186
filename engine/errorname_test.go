package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An errorWith has a method Is, which errors.Is asks.
type errorWith struct{ code int }

func (e errorWith) Error() string        { return fmt.Sprint("code ", e.code) }
func (e errorWith) Is(target error) bool { return target == errTemporary && e.code >= 500 }

var errTemporary = errors.New("temporary")

// TestErrorNames: by errors.Is and errors.As, wrapped and joined, and which rule goes before
// which.
func TestErrorNames(t *testing.T) {
	t.Parallel()
	rules := []engine.ErrorName{
		engine.ErrorIs(fs.ErrNotExist, "Files.NotFound"),
		engine.ErrorIs(errTemporary, "Temporary"),
		engine.ErrorAs(func(e *fs.PathError) string { return "Files." + e.Op }),
		engine.ErrorAs(func(e errorWith) string {
			if e.code == 0 {
				return "" // left to the others
			}
			return fmt.Sprint("Code", e.code)
		}),
		engine.ErrorAs(func(interface{ Timeout() bool }) string { return "Slow" }),
		engine.ErrorAs(func(named) string { return strings.Repeat("é", 300) }),
	}
	path := func(op string, err error) error { return &fs.PathError{Op: op, Path: "p", Err: err} }
	plain := errors.New("plain")
	for name, c := range map[string]struct {
		err  error
		want string // the name
	}{
		"the target":                         {fs.ErrNotExist, "Files.NotFound"},
		"the target, wrapped":                {fmt.Errorf("a: %w", fmt.Errorf("b: %w", fs.ErrNotExist)), "Files.NotFound"},
		"the target, joined":                 {errors.Join(plain, fs.ErrNotExist), "Files.NotFound"},
		"the target, one of two wrapped":     {fmt.Errorf("%w and %w", plain, fs.ErrNotExist), "Files.NotFound"},
		"a method Is":                        {fmt.Errorf("a: %w", errorWith{503}), "Temporary"},
		"the type":                           {path("open", plain), "Files.open"},
		"the type, wrapped":                  {fmt.Errorf("a: %w", path("open", plain)), "Files.open"},
		"the type, joined":                   {errors.Join(plain, path("read", plain)), "Files.read"},
		"two rules, the first":               {path("open", fs.ErrNotExist), "Files.NotFound"},
		"two rules in a joined error":        {errors.Join(errorWith{404}, path("open", plain)), "Files.open"},
		"a type that is no pointer":          {errorWith{404}, "Code404"},
		"a rule that leaves it":              {errorWith{0}, "errorWith"},
		"an interface":                       {context.DeadlineExceeded, "Slow"},
		"before the method ErrorName":        {fmt.Errorf("a: %w", errors.Join(named{"Own", "text"}, errTemporary)), "Temporary"},
		"a name too long":                    {named{"Own", "text"}, strings.Repeat("é", 256)},
		"an error that no rule knows":        {plain, "errorString"},
		"a type that no rule knows":          {&fs.PathError{Op: "", Err: plain}, "Files."},
		"a TaskError":                        {&engine.TaskError{Name: "Given"}, "Given"},
		"a TaskError beside what rules know": {errors.Join(fs.ErrNotExist, &engine.TaskError{Name: "Given"}), "Given"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := tasks(map[string]engine.HandlerFunc{"S": func(context.Context, engine.Task) (any, error) { return nil, c.err }})
			mux.Use(hiding, engine.ErrorNames(rules...), hiding)
			e := start(t, engine.Config{Resolver: mux})
			failed := failure(t, run(t, e, one(t, `{"Type":"Task","Resource":"S","End":true}`), nil))
			assert.Equal(t, c.want, failed.Name)
			if failed.Name != "Given" {
				assert.Equal(t, c.err.Error(), failed.Message())
				assert.Contains(t, failed.Cause, `"errorType":"`+c.want+`"`, "as Lambda answers")
			}
		})
	}
}

// TestErrorNamesAreMatched by Retry, and errors keep what they are: an error that says that the
// engine closes is no answer, and a worker's error has its name.
func TestErrorNamesAreMatched(t *testing.T) {
	t.Parallel()
	tries := 0
	mux := tasks(map[string]engine.HandlerFunc{"S": func(context.Context, engine.Task) (any, error) {
		if tries++; tries < 3 {
			return nil, fmt.Errorf("try %d: %w", tries, errTemporary)
		}
		return tries, nil
	}})
	mux.Use(engine.ErrorNames(engine.ErrorIs(errTemporary, "Temporary")))
	e, clock := startVirtual(t, engine.Config{Resolver: mux})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"S","Retry":[{"ErrorEquals":["Temporary"]}],"End":true}`), nil)
	clock.Advance(1e10)
	assert.Equal(t, "3", output(t, x))

	_, err := engine.ErrorNames(engine.ErrorIs(engine.ErrClosed, "Closing"))(engine.HandlerFunc(
		func(context.Context, engine.Task) (any, error) { return 7, engine.ErrClosed })).Handle(t.Context(), engine.Task{})
	require.ErrorIs(t, err, engine.ErrClosed)
	require.EqualError(t, err, engine.ErrClosed.Error())
}

// TestBadRules are refused, each by its place.
func TestBadRules(t *testing.T) {
	t.Parallel()
	good := engine.ErrorIs(errTemporary, "Temporary")
	for want, rules := range map[string][]engine.ErrorName{
		"rule 1 of 1 of ErrorNames: the target of ErrorIs is nil":                                     {engine.ErrorIs(nil, "E")},
		"rule 2 of 2 of ErrorNames: the target of ErrorIs is nil":                                     {good, engine.ErrorIs((*fs.PathError)(nil), "E")},
		`rule 1 of 2 of ErrorNames: the name of ErrorIs for "temporary" has not 1 to 256 characters`:  {engine.ErrorIs(errTemporary, ""), good},
		`rule 1 of 1 of ErrorNames: the name of ErrorIs for "temporary" has not 1 to 256 characters `: {engine.ErrorIs(errTemporary, strings.Repeat("x", 257))},
		"rule 1 of 1 of ErrorNames: the function of ErrorAs is nil":                                   {engine.ErrorAs[*fs.PathError](nil)},
		"rule 1 of 1 of ErrorNames: the type of ErrorAs is int, which is no error":                    {engine.ErrorAs(func(int) string { return "E" })},
		"rule 1 of 1 of ErrorNames: the type of ErrorAs is fs.PathError, which is no error":           {engine.ErrorAs(func(fs.PathError) string { return "E" })},
		"rule 2 of 2 of ErrorNames: it is zero: it must come from ErrorIs or ErrorAs":                 {good, {}},
	} {
		mux := tasks(map[string]engine.HandlerFunc{"S": echo})
		mux.Use(engine.ErrorNames(rules...))
		assert.ErrorContains(t, mux.Err(), strings.TrimSpace(want))
	}
}
