package prometheus

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	client "github.com/prometheus/client_golang/prometheus"
)

// What is asked for when somebody collects.
var (
	queueRunning  = description("queue_running", "Handlers at work that a Throttle bounds.", "throttle", "resource", "key")
	queueWaiting  = description("queue_waiting", "Tasks that wait for a place that a Throttle bounds.", "throttle", "resource", "key")
	queueOldest   = description("queue_oldest_timestamp_seconds", "When the task began to wait for its place that has waited longest, since 1970.", "throttle", "resource", "key")
	stranded      = description("executions_stranded", "Executions that can't go on with this engine.")
	waiting       = description("executions_waiting_for_store", "Executions that stand still because the store fails.")
	failing       = description("store_failing", "1 while the store fails.")
	notifyFailing = description("notify_failing", "1 while notifications are not taken.")
	untold        = description("notifications_waiting", "Changes of a status that Notify is still to be told.")
	untoldSince   = description("notifications_oldest_timestamp_seconds", "The time of the change that has waited longest to be told, since 1970.")
	deadLetters   = description("notifications_dead_letters", "Changes that Notify was told in vain as often as it may be.")
	commits       = description("store_commit_seconds", "How long a commit takes, until it is durable.")
	batches       = description("store_batch_size", "Changes in a commit.")
	storeWaiting  = description("store_waiting", "Changes that wait to be made.")
	failures      = description("store_failures_total", "Commits that have failed.")

	descriptions = []*client.Desc{queueRunning, queueWaiting, queueOldest, stranded, waiting, failing, notifyFailing, untold, untoldSince, deadLetters, commits, batches, storeWaiting, failures}
)

func description(name, help string, labels ...string) *client.Desc {
	return client.NewDesc("gostates_"+name, help, labels, nil)
}

// A queue is one Throttle; the values of its key share it, because there may be any number.
type queue struct{ resource, key string }

// collectEngines collects what the engines say of themselves. The figures of several are sums.
func collectEngines(to chan<- client.Metric, all []*engine.Engine) {
	if len(all) == 0 {
		return
	}
	gauge := func(d *client.Desc, v float64, labels ...string) {
		to <- client.MustNewConstMetric(d, client.GaugeValue, v, labels...)
	}
	type figures struct{ running, waiting, oldest float64 }
	queues, order := map[queue]*figures{}, []queue{}
	lost, still, broken, refusing := 0, 0, 0.0, 0.0
	changes, given, since, known := 0, 0, time.Time{}, false
	for _, e := range all {
		h := e.Health()
		if errors.Is(h.Err, engine.ErrClosed) {
			continue
		}
		lost, still = lost+len(h.Stranded), still+h.Waiting
		if h.Err != nil {
			broken = 1
		}
		if h.Notify != nil {
			refusing = 1
		}
		if n, err := e.NotificationStatus(context.Background()); err == nil {
			known = known || n.Waiting >= 0
			changes, given = changes+max(n.Waiting, 0), given+n.DeadLetters
			if !n.Oldest.IsZero() && (since.IsZero() || n.Oldest.Before(since)) {
				since = n.Oldest
			}
		}
		for _, q := range e.Queues() {
			of := queue{q.Throttle.Resource, q.Throttle.Key}
			f := queues[of]
			if f == nil {
				f = new(figures)
				queues[of], order = f, append(order, of)
			}
			f.running += float64(q.Running)
			f.waiting += float64(q.Waiting)
			if since := float64(q.Since.UnixMilli()) / 1000; !q.Since.IsZero() && (f.oldest == 0 || since < f.oldest) {
				f.oldest = since
			}
		}
	}
	for i, of := range order {
		f := queues[of]
		labels := []string{strconv.Itoa(i), of.resource, of.key}
		gauge(queueRunning, f.running, labels...)
		gauge(queueWaiting, f.waiting, labels...)
		if f.oldest > 0 {
			gauge(queueOldest, f.oldest, labels...)
		}
	}
	gauge(stranded, float64(lost))
	gauge(waiting, float64(still))
	gauge(failing, broken)
	gauge(notifyFailing, refusing)
	if known {
		gauge(untold, float64(changes))
	}
	gauge(deadLetters, float64(given))
	if !since.IsZero() {
		gauge(untoldSince, float64(since.Unix()))
	}
}

// collectStore collects what a store says of itself.
func collectStore(to chan<- client.Metric, s store.Measures) {
	histogram := func(d *client.Desc, of store.Distribution) {
		cumulative, n := make(map[float64]uint64, len(of.Bounds)), uint64(0)
		for i, bound := range of.Bounds {
			n += of.Counts[i]
			cumulative[bound] = n
		}
		to <- client.MustNewConstHistogram(d, n+of.Counts[len(of.Bounds)], of.Sum, cumulative)
	}
	histogram(commits, s.CommitSeconds)
	histogram(batches, s.BatchSizes)
	to <- client.MustNewConstMetric(storeWaiting, client.GaugeValue, float64(s.Waiting))
	to <- client.MustNewConstMetric(failures, client.CounterValue, float64(s.Failures))
}
