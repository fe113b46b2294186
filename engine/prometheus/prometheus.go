// Package prometheus measures executions, under the names that AWS Step Functions has for its
// metrics in CloudWatch:
//
//	db := sqlite.Open("orders.db")
//	metrics := prometheus.New(prometheus.Config{Store: db})
//	eng, err := engine.New(engine.Config{Resolver: tasks, Store: db, Observers: []engine.Observer{metrics}})
//	metrics.Watch(eng)
//	client.MustRegister(metrics) // of github.com/prometheus/client_golang/prometheus
//	http.Handle("/metrics", promhttp.Handler())
//
// CloudWatch's name is here in Prometheus's form, with seconds in place of milliseconds:
//
//	ExecutionsStarted            gostates_executions_started_total
//	ExecutionsSucceeded          gostates_executions_succeeded_total
//	ExecutionsFailed             gostates_executions_failed_total
//	ExecutionsTimedOut           gostates_executions_timed_out_total
//	ExecutionsAborted            gostates_executions_aborted_total
//	ExecutionsRedriven           gostates_executions_redriven_total
//	ExecutionTime                gostates_execution_time_seconds
//	ActivitiesScheduled          gostates_activities_scheduled_total, ..._started_total,
//	                             ..._succeeded_total, ..._failed_total, ..._timed_out_total
//	ActivityScheduleTime         gostates_activity_schedule_time_seconds: until it is taken up
//	ActivityRunTime              gostates_activity_run_time_seconds: from then on
//	ActivityTime                 gostates_activity_time_seconds: both
//	LambdaFunctions...           gostates_lambda_functions_..., gostates_lambda_function_..._time_seconds
//	ServiceIntegrations...       gostates_service_integrations_..., gostates_service_integration_..._time_seconds
//	OpenMapRuns...               gostates_open_map_runs
//
// Missed heartbeats are counted among the timeouts: an event does not tell them apart. Of the
// engine and its store there are besides
//
//	gostates_handlers_running             handlers at work
//	gostates_queue_running, _waiting      of each of engine.Config.Throttles; and since when
//	gostates_queue_oldest_timestamp_seconds  the task waits that has waited longest
//	gostates_executions_stranded          executions that can't go on: engine.Health
//	gostates_executions_waiting_for_store executions that stand still because the store fails
//	gostates_store_failing                1 while it does
//	gostates_notify_failing               1 while notifications are not taken
//	gostates_notifications_waiting, gostates_notifications_oldest_timestamp_seconds,
//	gostates_notifications_dead_letters   of engine.NotificationStatus
//	gostates_store_commit_seconds         how long the store's commits take
//	gostates_store_batch_size             changes in a commit
//	gostates_store_waiting                changes that wait to be made
//	gostates_store_failures_total         commits that failed
//
// Executions have the labels state_machine, type (STANDARD or EXPRESS) and parent: "task" of an
// execution that is nested, "map_run" of the child of a Map Run, whose state_machine is that of
// the Map Run's execution, and empty for others. Tasks have the label activity, function or
// resource. A label that comes from definitions has no more than [Config.Values] values; all
// further ones are "other".
//
// What is counted is what the engine of this process has recorded. Counts begin at 0 with
// each process, as Prometheus expects it, and a task that a killed process had begun is counted
// as ended by the next one.
package prometheus

import (
	"cmp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	client "github.com/prometheus/client_golang/prometheus"
)

// Config says how executions are measured. The zero value is useful.
type Config struct {
	// Store is asked for its own figures, if it is a [store.Meter]; default: none.
	Store store.Store
	// Buckets are those of the times of executions and tasks, in seconds; default: from 5
	// milliseconds to 5 days.
	Buckets []float64
	// Values bounds the values of each label that comes from definitions; default 500.
	Values int
}

// Metrics measure executions. They are an [engine.Observer] for [engine.Config.Observers] and a
// Collector for a registry of Prometheus's client. Several engines may share them. New makes
// some.
type Metrics struct {
	config  Config
	engines engines

	started, succeeded, failed, timedOut, aborted, redriven *client.CounterVec
	lasted                                                  *client.HistogramVec
	activities, functions, services                         tasks
	mapRuns                                                 *client.GaugeVec
	handlers                                                client.Gauge
	machines                                                values

	all []client.Collector
}

// engines are those that Watch was told of.
type engines struct {
	mu  sync.Mutex
	all []*engine.Engine
}

// tasks are the metrics of one kind of task.
type tasks struct {
	scheduled, started, succeeded, failed, timedOut *client.CounterVec
	scheduleTime, runTime, time                     *client.HistogramVec
	names                                           values
}

// values are the values that a label has.
type values struct {
	most int
	n    atomic.Int64
	seen sync.Map
}

// of returns a value, or "other" when there are too many.
func (v *values) of(value string) string {
	if _, ok := v.seen.Load(value); ok {
		return value
	}
	if v.n.Add(1) > int64(v.most) {
		v.n.Add(-1)
		return "other"
	}
	if _, there := v.seen.LoadOrStore(value, struct{}{}); there {
		v.n.Add(-1)
	}
	return value
}

// New returns Metrics.
func New(config Config) *Metrics {
	config.Values = cmp.Or(config.Values, 500)
	if config.Buckets == nil {
		config.Buckets = []float64{.005, .025, .1, .5, 1, 5, 30, 120, 600, 3_600, 6 * 3_600, 86_400, 5 * 86_400}
	}
	m := &Metrics{config: config, machines: values{most: config.Values}}
	of := []string{"state_machine", "type", "parent"}
	m.started = m.counter("executions_started_total", "Executions that have started.", of...)
	m.succeeded = m.counter("executions_succeeded_total", "Executions that have ended well.", of...)
	m.failed = m.counter("executions_failed_total", "Executions that have failed.", of...)
	m.timedOut = m.counter("executions_timed_out_total", "Executions whose time ran out.", of...)
	m.aborted = m.counter("executions_aborted_total", "Executions that were stopped.", of...)
	m.redriven = m.counter("executions_redriven_total", "Redrives of executions.", of...)
	m.lasted = m.histogram("execution_time_seconds", "The time from the start of an execution to its end.", of...)
	m.tasks(&m.activities, "activities", "activity", "activity")
	m.tasks(&m.functions, "lambda_functions", "lambda_function", "function")
	m.tasks(&m.services, "service_integrations", "service_integration", "resource")
	m.mapRuns = client.NewGaugeVec(client.GaugeOpts{Name: "gostates_open_map_runs", Help: "Map Runs that this process works on."}, []string{"state_machine"})
	m.handlers = client.NewGauge(client.GaugeOpts{Name: "gostates_handlers_running", Help: "Handlers at work."})
	m.all = append(m.all, m.mapRuns, m.handlers)
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *client.CounterVec {
	c := client.NewCounterVec(client.CounterOpts{Name: "gostates_" + name, Help: help}, labels)
	m.all = append(m.all, c)
	return c
}

func (m *Metrics) histogram(name, help string, labels ...string) *client.HistogramVec {
	h := client.NewHistogramVec(client.HistogramOpts{Name: "gostates_" + name, Help: help, Buckets: m.config.Buckets}, labels)
	m.all = append(m.all, h)
	return h
}

// tasks makes the metrics of a kind of task, by its name for many and for one.
func (m *Metrics) tasks(t *tasks, many, one, label string) {
	what := strings.ToUpper(many[:1]) + strings.ReplaceAll(many[1:], "_", " ")
	t.names.most = m.config.Values
	t.scheduled = m.counter(many+"_scheduled_total", what+" that were scheduled.", label)
	t.started = m.counter(many+"_started_total", what+" that have started.", label)
	t.succeeded = m.counter(many+"_succeeded_total", what+" that have ended well.", label)
	t.failed = m.counter(many+"_failed_total", what+" that have failed.", label)
	t.timedOut = m.counter(many+"_timed_out_total", what+" whose time ran out, or that missed a heartbeat.", label)
	t.scheduleTime = m.histogram(one+"_schedule_time_seconds", "The time from the schedule to the start.", label)
	t.runTime = m.histogram(one+"_run_time_seconds", "The time from the start to the end.", label)
	t.time = m.histogram(one+"_time_seconds", "The time from the schedule to the end.", label)
}

// Watch has the queues and the health of an engine among the metrics, until it is closed. The
// engine need not have the Metrics among its Observers.
func (m *Metrics) Watch(e *engine.Engine) {
	m.engines.mu.Lock()
	defer m.engines.mu.Unlock()
	m.engines.all = append(m.engines.all, e)
}

// Describe implements Prometheus's Collector.
func (m *Metrics) Describe(to chan<- *client.Desc) {
	for _, c := range m.all {
		c.Describe(to)
	}
	for _, d := range descriptions {
		to <- d
	}
}

// Collect implements Prometheus's Collector.
func (m *Metrics) Collect(to chan<- client.Metric) {
	for _, c := range m.all {
		c.Collect(to)
	}
	m.engines.mu.Lock()
	all := m.engines.all
	m.engines.mu.Unlock()
	collectEngines(to, all)
	if s, ok := m.config.Store.(store.Meter); ok {
		collectStore(to, s.Measures())
	}
}

// seconds returns how long it was from one time to another.
func seconds(from, to time.Time) float64 { return to.Sub(from).Seconds() }
