package store

import (
	"slices"
	"sync"
	"time"
)

// A Meter is what a [Store] can do besides: it tells how it works. It is optional: who measures
// asks a Store for it by a type assertion.
type Meter interface {
	// Measures returns the figures since the Store was opened, at any time and from any
	// goroutine, also after Close.
	Measures() Measures
}

// Measures are figures of a [Meter].
type Measures struct {
	// CommitSeconds says how long commits took, in seconds, until they were durable.
	CommitSeconds Distribution
	// BatchSizes says how many changes were in a commit.
	BatchSizes Distribution
	// Waiting is how many changes wait at this moment to be made.
	Waiting int
	// Failures counts the commits that failed.
	Failures uint64
}

// A Distribution counts figures by their size.
type Distribution struct {
	// Bounds are the bounds of the sizes, in ascending order.
	Bounds []float64
	// Counts has, for each bound, the number of figures up to it and over the one before, and
	// at the end the number of those over the last bound.
	Counts []uint64
	// Sum is the sum of all figures.
	Sum float64
}

// NewDistribution returns an empty Distribution with bounds in ascending order.
func NewDistribution(bounds ...float64) Distribution {
	return Distribution{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

// Add counts a figure.
func (d *Distribution) Add(figure float64) {
	i, _ := slices.BinarySearch(d.Bounds, figure)
	d.Counts[i]++
	d.Sum += figure
}

// Clone returns a copy that changes no more with d.
func (d *Distribution) Clone() Distribution {
	return Distribution{Bounds: d.Bounds, Counts: slices.Clone(d.Counts), Sum: d.Sum}
}

// Commits counts what a [Meter] tells of its commits. NewCommits makes one. It is safe for use by
// any number of goroutines.
type Commits struct {
	mu       sync.Mutex
	times    Distribution
	batches  Distribution
	failures uint64
}

// NewCommits returns Commits of up to most changes each.
func NewCommits(most int) *Commits {
	bounds := []float64{1}
	for n := 2; n < most; n *= 2 {
		bounds = append(bounds, float64(n))
	}
	if most > 1 {
		bounds = append(bounds, float64(most))
	}
	return &Commits{
		times:   NewDistribution(.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10),
		batches: NewDistribution(bounds...),
	}
}

// Add counts a commit of so many changes that took some time until it was durable, or with an
// error one that failed.
func (c *Commits) Add(changes int, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failures++
		return
	}
	c.times.Add(took.Seconds())
	c.batches.Add(float64(changes))
}

// Measures returns what was counted, and how many changes wait.
func (c *Commits) Measures(waiting int) Measures {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Measures{CommitSeconds: c.times.Clone(), BatchSizes: c.batches.Clone(), Waiting: waiting, Failures: c.failures}
}
