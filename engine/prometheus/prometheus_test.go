package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/prometheus"
	"github.com/gostates/gostates/engine/store/sqlite"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A stage is an engine that is measured, and a registry of the metrics.
type stage struct {
	*testing.T
	engine   *engine.Engine
	clock    *enginetest.Clock
	registry *client.Registry
}

func newStage(t *testing.T, config engine.Config, metrics prometheus.Config) *stage {
	t.Helper()
	m := prometheus.New(metrics)
	s := &stage{T: t, clock: enginetest.NewClock(time.Time{}), registry: client.NewRegistry()}
	config.Clock, config.Observers = s.clock, []engine.Observer{m}
	var err error
	s.engine, err = engine.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.engine.Close() })
	m.Watch(s.engine)
	require.NoError(t, s.registry.Register(m))
	return s
}

// scrape asks for the metrics as Prometheus does, and returns what its parser reads: a line for
// each sample, such as name{label="value"} 1, with the count and the sum of a histogram.
func (s *stage) scrape() map[string]float64 {
	s.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(s.T, http.StatusOK, w.Code, w.Body)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	require.NoError(s.T, err)
	samples := map[string]float64{}
	for name, family := range families {
		for _, m := range family.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			of := "{" + strings.Join(labels, ",") + "}"
			if of == "{}" {
				of = ""
			}
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				samples[name+of] = m.Counter.GetValue()
			case dto.MetricType_GAUGE:
				samples[name+of] = m.Gauge.GetValue()
			case dto.MetricType_HISTOGRAM:
				samples[name+"_count"+of] = float64(m.Histogram.GetSampleCount())
				samples[name+"_sum"+of] = m.Histogram.GetSampleSum()
			}
		}
	}
	return samples
}

// has checks samples, and that there are no others whose names begin with those prefixes.
func (s *stage) has(want map[string]float64, prefixes ...string) {
	s.Helper()
	got := map[string]float64{}
	for sample, v := range s.scrape() {
		for _, p := range prefixes {
			if strings.HasPrefix(sample, p) {
				got[sample] = v
			}
		}
	}
	assert.Equal(s.T, want, got)
}

func (s *stage) start(definition, name string, options ...engine.StartOption) *engine.Execution {
	s.Helper()
	m, err := asl.Parse([]byte(definition))
	require.NoError(s.T, err)
	x, err := s.engine.StartExecution(s.Context(), m, []int{1, 2}, append([]engine.StartOption{engine.Machine("orders"), engine.Named(name)}, options...)...)
	require.NoError(s.T, err)
	s.clock.Settle()
	return x
}

// TestExecutions: how executions end is counted, and how long they take.
func TestExecutions(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"in memory": "", "in a store": "x.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var config engine.Config
			config.Resolver = engine.NewMux()
			if db != "" {
				config.Store = sqlite.Open(filepath.Join(t.TempDir(), db))
			}
			s := newStage(t, config, prometheus.Config{Store: config.Store})
			s.start(`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":7,"End":true}}}`, "good")
			bad := s.start(`{"StartAt":"A","States":{"A":{"Type":"Fail"}}}`, "bad")
			_, err := s.engine.RedriveExecution(t.Context(), bad.ARN())
			require.NoError(t, err)
			s.start(`{"TimeoutSeconds":3,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":7,"End":true}}}`, "late")
			stopped := s.start(`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":7,"End":true}}}`, "stopped")
			s.start(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "express", engine.Express)
			s.clock.Advance(time.Second)
			require.NoError(t, s.engine.StopExecution(t.Context(), stopped.ARN(), "", ""))
			s.clock.Advance(time.Hour)
			const of = `{parent="",state_machine="orders",type="STANDARD"}`
			const express = `{parent="",state_machine="orders",type="EXPRESS"}`
			s.has(map[string]float64{
				"gostates_executions_started_total" + of:          4,
				"gostates_executions_succeeded_total" + of:        1,
				"gostates_executions_failed_total" + of:           2,
				"gostates_executions_redriven_total" + of:         1,
				"gostates_executions_timed_out_total" + of:        1,
				"gostates_executions_aborted_total" + of:          1,
				"gostates_execution_time_seconds_count" + of:      5,
				"gostates_execution_time_seconds_sum" + of:        7 + 0 + 0 + 3 + 1,
				"gostates_executions_started_total" + express:     1,
				"gostates_executions_succeeded_total" + express:   1,
				"gostates_execution_time_seconds_count" + express: 1,
				"gostates_execution_time_seconds_sum" + express:   0,
				"gostates_executions_stranded":                    0,
				"gostates_executions_waiting_for_store":           0,
			}, "gostates_execution")
			samples := s.scrape()
			assert.Zero(t, samples["gostates_store_failing"])
			if db != "" {
				assert.Positive(t, samples["gostates_store_commit_seconds_count"])
				assert.Positive(t, samples["gostates_store_commit_seconds_sum"])
				assert.GreaterOrEqual(t, samples["gostates_store_batch_size_sum"], samples["gostates_store_commit_seconds_count"])
				assert.Zero(t, samples["gostates_store_waiting"])
				assert.Zero(t, samples["gostates_store_failures_total"])
			} else {
				assert.NotContains(t, samples, "gostates_store_commit_seconds_count")
			}
		})
	}
}

// TestTasks: functions, service integrations and activities are counted and timed by their names.
func TestTasks(t *testing.T) {
	t.Parallel()
	tasks := engine.NewMux()
	var s *stage
	tasks.HandleFunc("arn:aws:lambda:us-east-1:123456789012:function:charge", func(ctx context.Context, task engine.Task) (any, error) {
		if task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "Busy"}
		}
		return nil, s.clock.Sleep(ctx, 2*time.Second)
	})
	tasks.HandleFunc("arn:aws:states:::sqs:sendMessage.waitForTaskToken", func(context.Context, engine.Task) (any, error) { return nil, nil })
	s = newStage(t, engine.Config{Resolver: tasks}, prometheus.Config{})
	_, err := s.engine.CreateActivity(t.Context(), "pack")
	require.NoError(t, err)
	s.start(`{"StartAt":"F","States":{
		"F":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:charge","Retry":[{"ErrorEquals":["Busy"]}],"Next":"S"},
		"S":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"TimeoutSeconds":5,
			"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"A"}],"Next":"A"},
		"A":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:pack","End":true}}}`, "x")
	s.clock.Advance(time.Minute)
	task, err := s.engine.GetActivityTask(t.Context(), "arn:aws:states:us-east-1:123456789012:activity:pack", "")
	require.NoError(t, err)
	s.clock.Advance(30 * time.Second)
	require.NoError(t, s.engine.SendTaskSuccess(t.Context(), task.Token, nil))
	s.clock.Settle()
	const function, service, activity = `{function="charge"}`, `{resource="sqs:sendMessage.waitForTaskToken"}`, `{activity="pack"}`
	s.has(map[string]float64{
		"gostates_lambda_functions_scheduled_total" + function:               2,
		"gostates_lambda_functions_started_total" + function:                 2,
		"gostates_lambda_functions_succeeded_total" + function:               1,
		"gostates_lambda_functions_failed_total" + function:                  1,
		"gostates_lambda_function_schedule_time_seconds_count" + function:    2,
		"gostates_lambda_function_schedule_time_seconds_sum" + function:      0,
		"gostates_lambda_function_run_time_seconds_count" + function:         2,
		"gostates_lambda_function_run_time_seconds_sum" + function:           2,
		"gostates_lambda_function_time_seconds_count" + function:             2,
		"gostates_lambda_function_time_seconds_sum" + function:               2,
		"gostates_service_integrations_scheduled_total" + service:            1,
		"gostates_service_integrations_started_total" + service:              1,
		"gostates_service_integrations_timed_out_total" + service:            1,
		"gostates_service_integration_schedule_time_seconds_count" + service: 1,
		"gostates_service_integration_schedule_time_seconds_sum" + service:   0,
		"gostates_service_integration_run_time_seconds_count" + service:      1,
		"gostates_service_integration_run_time_seconds_sum" + service:        5,
		"gostates_service_integration_time_seconds_count" + service:          1,
		"gostates_service_integration_time_seconds_sum" + service:            5,
		"gostates_activities_scheduled_total" + activity:                     1,
		"gostates_activities_started_total" + activity:                       1,
		"gostates_activities_succeeded_total" + activity:                     1,
		"gostates_activity_schedule_time_seconds_count" + activity:           1,
		"gostates_activity_schedule_time_seconds_sum" + activity:             52,
		"gostates_activity_run_time_seconds_count" + activity:                1,
		"gostates_activity_run_time_seconds_sum" + activity:                  30,
		"gostates_activity_time_seconds_count" + activity:                    1,
		"gostates_activity_time_seconds_sum" + activity:                      82,
	}, "gostates_lambda_", "gostates_service_", "gostates_activi")
}

// TestWhatIsAtWork: handlers and Map Runs are counted while they are, with the queues before
// them, and a Map Run's children by themselves.
func TestWhatIsAtWork(t *testing.T) {
	t.Parallel()
	tasks := engine.NewMux()
	var s *stage
	tasks.HandleFunc("work", func(ctx context.Context, _ engine.Task) (any, error) { return nil, s.clock.Sleep(ctx, time.Minute) })
	s = newStage(t, engine.Config{Resolver: tasks, Throttles: []engine.Throttle{{Resource: "work", Concurrency: 1}}}, prometheus.Config{})
	s.start(`{"StartAt":"Each","States":{"Each":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"work","End":true}}}}}}`, "x")
	samples := s.scrape()
	const queue = `{key="",resource="work",throttle="0"}`
	assert.EqualValues(t, 1, samples["gostates_handlers_running"])
	assert.EqualValues(t, 1, samples["gostates_queue_running"+queue])
	assert.EqualValues(t, 1, samples["gostates_queue_waiting"+queue])
	assert.EqualValues(t, s.clock.Now().Unix(), samples["gostates_queue_oldest_timestamp_seconds"+queue])
	assert.EqualValues(t, 1, samples[`gostates_open_map_runs{state_machine="orders"}`])
	assert.EqualValues(t, 2, samples[`gostates_executions_started_total{parent="map_run",state_machine="orders",type="STANDARD"}`])
	s.clock.Advance(time.Hour)
	samples = s.scrape()
	assert.EqualValues(t, 0, samples["gostates_handlers_running"])
	assert.NotContains(t, samples, "gostates_queue_oldest_timestamp_seconds"+queue)
	assert.EqualValues(t, 0, samples[`gostates_open_map_runs{state_machine="orders"}`])
	assert.EqualValues(t, 2, samples[`gostates_executions_succeeded_total{parent="map_run",state_machine="orders",type="STANDARD"}`])
}

// TestNamesThatAreNoARN: tasks are counted by them, too.
func TestNamesThatAreNoARN(t *testing.T) {
	t.Parallel()
	tasks := engine.NewMux()
	tasks.HandleFunc("charge", func(context.Context, engine.Task) (any, error) { return nil, nil })
	s := newStage(t, engine.Config{Resolver: tasks}, prometheus.Config{})
	s.start(`{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"charge","End":true}}}`, "x")
	assert.EqualValues(t, 1, s.scrape()[`gostates_service_integrations_succeeded_total{resource="charge"}`])
}

// TestNotifications: those that wait, because they are not taken, are counted.
func TestNotifications(t *testing.T) {
	t.Parallel()
	s := newStage(t, engine.Config{Resolver: engine.NewMux(), Notify: func(context.Context, engine.StatusChange) error { return errors.New("no") }}, prometheus.Config{})
	s.start(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "x")
	samples := s.scrape()
	assert.EqualValues(t, 2, samples["gostates_notifications_waiting"])
	assert.EqualValues(t, 1, samples["gostates_notify_failing"])
	assert.EqualValues(t, 0, samples["gostates_notifications_dead_letters"])
	assert.EqualValues(t, s.clock.Now().Unix(), samples["gostates_notifications_oldest_timestamp_seconds"])
}

// TestLabelsAreBounded: machines beyond the bound are others.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t, engine.Config{Resolver: engine.NewMux()}, prometheus.Config{Values: 2})
	for i := range 20 {
		s.start(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "x", engine.Machine(fmt.Sprint("m", i%10)), engine.Express)
	}
	s.has(map[string]float64{
		`gostates_executions_started_total{parent="",state_machine="m0",type="EXPRESS"}`:    2,
		`gostates_executions_started_total{parent="",state_machine="m1",type="EXPRESS"}`:    2,
		`gostates_executions_started_total{parent="",state_machine="other",type="EXPRESS"}`: 16,
	}, "gostates_executions_started")
}

// TestLint: Prometheus's own linter has nothing to say of the names.
func TestLint(t *testing.T) {
	t.Parallel()
	s := newStage(t, engine.Config{Resolver: engine.NewMux(), Store: sqlite.Open(filepath.Join(t.TempDir(), "x.db"))}, prometheus.Config{})
	s.start(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "x")
	problems, err := testutil.GatherAndLint(s.registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// TestClosedEngines say nothing.
func TestClosedEngines(t *testing.T) {
	t.Parallel()
	s := newStage(t, engine.Config{Resolver: engine.NewMux()}, prometheus.Config{})
	require.NoError(t, s.engine.Close())
	assert.Zero(t, s.scrape()["gostates_store_failing"])
}

// BenchmarkMetrics runs an execution of five tasks without metrics and with them.
func BenchmarkMetrics(b *testing.B) {
	m, err := asl.Parse([]byte(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"C"},
		"C":{"Type":"Task","Resource":"echo","Next":"D"},"D":{"Type":"Task","Resource":"echo","Next":"E"},"E":{"Type":"Task","Resource":"echo","End":true}}}`))
	require.NoError(b, err)
	tasks := engine.NewMux()
	tasks.HandleFunc("echo", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
	for _, c := range []struct {
		name      string
		observers []engine.Observer
	}{{"none", nil}, {"some", []engine.Observer{prometheus.New(prometheus.Config{})}}} {
		b.Run(c.name, func(b *testing.B) {
			e, err := engine.New(engine.Config{Resolver: tasks, Observers: c.observers})
			require.NoError(b, err)
			defer e.Close()
			b.ReportAllocs()
			for b.Loop() {
				x, err := e.StartExecution(b.Context(), m, nil)
				require.NoError(b, err)
				_, err = x.Wait(b.Context())
				require.NoError(b, err)
			}
		})
	}
}
