package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"regexp"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// Config says how an engine runs executions. The zero value of every field but
// Resolver is useful.
type Config struct {
	// Resolver finds the handlers of Task states. Required, but for Standby.
	Resolver Resolver
	// Store keeps Standard executions, so that they outlive the engine and the
	// process; see the package comment. The engine closes it. Default: none, they
	// are kept in memory. A Store with a method Err() error is asked for it by New.
	Store store.Store
	// Standby has the engine move nothing by itself, for tools that look at the executions
	// of a Store or change single ones while nobody runs them: it takes up no execution,
	// calls no handler, lets no timer fire and removes nothing that is too old. What a call
	// does is kept, such as a stop, a redrive, a fork or a start, and what follows from it
	// happens when an engine without Standby is opened on the Store. So waiting for an
	// execution is in vain, and Express executions can't be started. A Standby needs no
	// Resolver. With a Store that only reads, such as one of sqlite.OpenReadOnly, each
	// call that would change something gets a [*StoreError]; other engines refuse such a
	// Store.
	Standby bool
	// Clock tells the time; default: the computer's.
	Clock Clock
	// Logger and Slog take what the engine logs; default: none. Either will do, and when there
	// are both, both are given everything. They take the log events of executions ([Logging]),
	// the end of each execution that fails or times out and whose log events are off, answers
	// that were refused, failures of the store, and panics of handlers. A panic is logged with
	// its stack, and nothing else with one, whatever the options of the Logger say.
	Logger *zap.Logger
	Slog   *slog.Logger
	// Logging is the logging of executions that are started without a Logging
	// option; default: off.
	Logging LogOptions
	// Region and Account stand in ARNs; default "us-east-1" and "123456789012". They have
	// AWS's forms: a region is words of small letters and a number, joined by hyphens, an
	// account has 12 digits. New refuses others.
	Region, Account string
	// RoleARN is what executions say they run as, in the Context Object and in
	// ExecutionStarted; default: the role "gostates" of the account. It is the ARN of an
	// IAM role; New refuses others.
	RoleARN string
	// Notify is told of every change of the status of a Standard execution, at least
	// once; see the package comment. Default: nobody is told. With a Store it takes one
	// that is a [store.NotificationStore].
	Notify func(ctx context.Context, change StatusChange) error
	// NotifyAttempts bounds how often Notify is called for one change that it does not take, by
	// one engine. A change that is given up is a [DeadLetter] from then on, and those behind it are
	// told. Default 0: there is no bound, and what follows waits. With a Store it takes one that is
	// a [store.DocumentStore].
	NotifyAttempts int
	// Observers are told what executions do, to trace and to measure them; default: none.
	Observers []Observer
	// Limits default to AWS's.
	Limits Limits
	// Mocks answers tasks in place of their handlers, in executions that are started with
	// [TestCase]. Package mockconfig reads them from the mock file of Step Functions Local.
	Mocks Mocks
	// MapRuns is what Map states in the mode DISTRIBUTED work with.
	MapRuns MapRuns
	// Throttles bound how many handlers are at work, and how many begin in a second. A task
	// is bounded by all that its resource and its input match. Default: nothing is bounded.
	Throttles []Throttle
	// WaitScale is what a second of a Wait state and of a Retry's delay takes, in seconds, for
	// trying machines that wait for days: 0.001 makes an hour 3.6 seconds. Histories show the
	// times at which things happened. Default 1; timeouts and heartbeats are not scaled.
	WaitScale float64
	// CloseTimeout bounds how long Close waits for handlers and Notify, in real time;
	// default 30 seconds, and a negative value doesn't wait. Shutdown has a context instead.
	CloseTimeout time.Duration
}

// Limits bound what executions may take. In every field 0 stands for the default
// and a negative value for no bound.
type Limits struct {
	// Payload bounds each input, result and output, in bytes of UTF-8 JSON;
	// default 262,144.
	Payload int
	// Events bounds the history of one Standard execution; default 25,000. A machine
	// that compensates undoes what it has completed beyond the bound.
	Events int
	// Variables bounds all variables of one execution together, in bytes;
	// default 10,485,760.
	Variables int
	// MapConcurrency is how many iterations of one Map state run at a time when
	// the state doesn't say; default 40.
	MapConcurrency int
	// Standard and Express bound the duration of a whole execution of that kind,
	// besides its TimeoutSeconds; default one year (365 days) and five minutes.
	Standard, Express time.Duration
	// Depth bounds how many executions an execution may be nested in that were started
	// by tasks, so that machines which start each other come to an end; default 100.
	Depth int
	// Retained bounds how many Standard executions are kept after their end, for
	// Describe, List, GetExecutionHistory, the uniqueness of names, and to tell what
	// became of a Task Token; the ones that ended first go first. Default 1,000; what is
	// kept costs memory and the garbage collector's time. With a Store there is no such
	// bound.
	Retained int
	// Retention bounds how long they are kept after their end; default 90 days. Then they
	// are gone for every call, and their names are free again; what is kept of them is
	// removed within a minute, without being asked.
	Retention time.Duration
	// Restarts bounds how often the handler of a task is called again because the process was
	// killed before the handler had returned: the task may be what kills it. Beyond that the
	// execution fails with States.Runtime, and can be redriven. Default 10. Activities and the
	// engine's own tasks are not counted.
	Restarts int
	// Redrivable bounds how long after its end an execution can be redriven;
	// default 14 days.
	Redrivable time.Duration
}

const (
	defaultRegion       = "us-east-1"
	defaultAccount      = "123456789012"
	defaultCloseTimeout = 30 * time.Second
)

// withDefaults replaces zeros by the defaults, and negative values by bounds
// that are never reached where package states doesn't take negative ones.
func (l Limits) withDefaults() Limits {
	const day = 24 * time.Hour
	l.Payload = cmp.Or(l.Payload, 262_144)
	l.Standard = cmp.Or(l.Standard, 365*day)
	l.Express = cmp.Or(l.Express, 5*time.Minute)
	l.Depth = cmp.Or(l.Depth, 100)
	l.Restarts = unbounded(cmp.Or(l.Restarts, 10), math.MaxInt)
	l.Retained = unbounded(cmp.Or(l.Retained, 1_000), math.MaxInt)
	l.Retention = unbounded(cmp.Or(l.Retention, 90*day), math.MaxInt64)
	l.Redrivable = unbounded(cmp.Or(l.Redrivable, 14*day), math.MaxInt64)
	if l.MapConcurrency < 0 {
		l.MapConcurrency = math.MaxInt
	}
	return l
}

// unbounded gives most in place of a negative n.
func unbounded[T int | time.Duration](n, most T) T {
	if n < 0 {
		return most
	}
	return n
}

func (l Limits) options() states.Options {
	return states.Options{
		MaxEvents:      l.Events,
		MaxPayload:     l.Payload,
		MaxVariables:   l.Variables,
		MapConcurrency: l.MapConcurrency,
	}
}

// isNil reports whether an interface holds nothing, or a pointer or a function that is nil.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return r.IsNil()
	}
	return false
}

// The forms of what stands in ARNs.
var (
	regionForm  = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]{1,2}$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	roleForm    = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[!-~]{1,512}$`)
)

// withDefaults returns the complete configuration, or all that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, field := range []struct {
		name  string
		value any
	}{{"Resolver", c.Resolver}, {"Store", c.Store}, {"Clock", c.Clock}} {
		if field.value != nil && isNil(field.value) {
			errs = append(errs, fmt.Errorf("engine: Config.%s is a %T that is nil", field.name, field.value))
		}
	}
	if c.Store != nil && isNil(c.Store) {
		c.Store = nil // it can't be asked or closed
	}
	if err := c.joinLoggers(); err != nil {
		errs = append(errs, err)
	}
	if c.Standby && c.Resolver == nil {
		c.Resolver = ResolverFunc(func(string) Handler { return HandlerFunc(neverCalled) })
	}
	if c.Standby && c.Store == nil {
		errs = append(errs, errors.New("engine: Config.Standby needs a Store"))
	}
	if s, ok := c.Store.(interface{ ReadOnly() bool }); ok && s.ReadOnly() && !c.Standby {
		errs = append(errs, errors.New("engine: Config.Store only reads: that takes Config.Standby"))
	}
	if c.Resolver == nil {
		errs = append(errs, errors.New("engine: Config.Resolver is required"))
	} else if isNil(c.Resolver) {
		c.Resolver = nil
	} else if r, ok := c.Resolver.(interface{ Err() error }); ok {
		if err := r.Err(); err != nil {
			errs = append(errs, err)
		}
	}
	if s, ok := c.Store.(interface{ Err() error }); ok {
		if err := s.Err(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Notify != nil {
		if err := keepsNotifications(c.Store, c.NotifyAttempts > 0); err != nil {
			errs = append(errs, err)
		}
	}
	if err := checkObservers(c.Observers); err != nil {
		errs = append(errs, err)
	}
	if c.NotifyAttempts < 0 {
		errs = append(errs, fmt.Errorf("engine: Config.NotifyAttempts is %d, it must not be negative", c.NotifyAttempts))
	}
	if !c.Logging.Level.valid() {
		errs = append(errs, fmt.Errorf("engine: Config.Logging: %w", c.Logging.Level.err()))
	}
	if c.Clock == nil {
		c.Clock = timers.NewSystem()
	}
	c.Region = cmp.Or(c.Region, defaultRegion)
	c.Account = cmp.Or(c.Account, defaultAccount)
	c.RoleARN = cmp.Or(c.RoleARN, "arn:aws:iam::"+c.Account+":role/gostates")
	if !regionForm.MatchString(c.Region) {
		errs = append(errs, fmt.Errorf("engine: Config.Region is %q, it must be like \"us-east-1\"", c.Region))
	}
	if !accountForm.MatchString(c.Account) {
		errs = append(errs, fmt.Errorf("engine: Config.Account is %q, it must have 12 digits", c.Account))
	} else if !roleForm.MatchString(c.RoleARN) {
		errs = append(errs, fmt.Errorf("engine: Config.RoleARN is %q, it must be like \"arn:aws:iam::123456789012:role/name\"", c.RoleARN))
	}
	if c.WaitScale < 0 || math.IsNaN(c.WaitScale) || math.IsInf(c.WaitScale, 0) {
		errs = append(errs, fmt.Errorf("engine: Config.WaitScale is %v, it must not be negative", c.WaitScale))
	}
	if _, err := newThrottles(c.Throttles); err != nil {
		errs = append(errs, err)
	}
	c.Limits = c.Limits.withDefaults()
	c.CloseTimeout = cmp.Or(c.CloseTimeout, defaultCloseTimeout)
	return c, errors.Join(errs...)
}
