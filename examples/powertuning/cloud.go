package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
)

// A cloud runs functions with as much memory as they are given. A function with more memory has
// more of a processor, all of one from 1,792 MB on.
type cloud struct {
	clock     *enginetest.Clock
	functions map[string]function

	mu       sync.Mutex
	powers   map[string]int       // that functions have been set to
	versions map[string][]Version // by function
	updating map[string]time.Time // until when a function can't be changed
	called   map[Version]int
}

// A function says how long it takes with so much memory.
type function func(power int) (time.Duration, error)

// A Version is a function that has been given memory.
type Version struct {
	Function string `json:"function"`
	Power    int    `json:"power"`
}

const wholeProcessor = 1792

// computing returns how long work takes that needs a whole processor for d.
func computing(d time.Duration, power int) time.Duration {
	return (d * wholeProcessor / time.Duration(min(power, wholeProcessor))).Round(time.Millisecond)
}

func newCloud(clock *enginetest.Clock) *cloud {
	return &cloud{
		clock: clock,
		functions: map[string]function{
			"resize-image": func(power int) (time.Duration, error) { return computing(400*time.Millisecond, power), nil },
			"fetch-prices": func(power int) (time.Duration, error) {
				return 250*time.Millisecond + computing(2*time.Millisecond, power), nil
			},
			"load-model": func(power int) (time.Duration, error) {
				if power < 900 {
					return time.Second, &engine.TaskError{Name: "OutOfMemory", Cause: "the model needs 900 MB"}
				}
				return computing(3*time.Second, power), nil
			},
			"broken": func(int) (time.Duration, error) { return time.Millisecond, errors.New("no connection to the database") },
		},
		powers:   map[string]int{},
		versions: map[string][]Version{},
		updating: map[string]time.Time{},
		called:   map[Version]int{},
	}
}

// publish makes a version of a function. A function takes a second to be changed, and can't be
// changed again before.
func (c *cloud) publish(_ context.Context, v Version) (Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.update(v.Function); err != nil {
		return v, err
	}
	c.versions[v.Function] = append(c.versions[v.Function], v)
	return v, nil
}

// update begins a change of a function. c.mu is locked.
func (c *cloud) update(name string) error {
	if c.functions[name] == nil {
		return &engine.TaskError{Name: "NoSuchFunction", Cause: name}
	}
	if c.clock.Now().Before(c.updating[name]) {
		return &engine.TaskError{Name: "UpdateInProgress", Cause: name + " is being changed"}
	}
	c.updating[name] = c.clock.Now().Add(time.Second)
	return nil
}

// run runs a version several times, one after the other, and returns what that took on average.
// Its very first call is refused, because the cloud has to make room.
func (c *cloud) run(ctx context.Context, in struct {
	Version Version `json:"version"`
	Runs    int     `json:"runs"`
}) (Measurement, error) {
	v := in.Version
	c.mu.Lock()
	c.called[v]++
	first := c.called[v] == 1
	c.mu.Unlock()
	if first {
		return Measurement{}, &engine.TaskError{Name: "TooManyRequests", Cause: fmt.Sprintf("%s with %d MB is not ready", v.Function, v.Power)}
	}
	began := c.clock.Now()
	for range in.Runs {
		takes, failed := c.functions[v.Function](v.Power)
		if err := c.clock.Sleep(ctx, takes); err != nil {
			return Measurement{}, err
		}
		if failed != nil {
			return Measurement{}, failed
		}
	}
	took := c.clock.Now().Sub(began) / time.Duration(in.Runs)
	const price = 16.6667 // USD for a million seconds with 1,024 MB
	return Measurement{Power: v.Power, Duration: took, Cost: price * took.Seconds() * float64(v.Power) / 1024}, nil
}

// optimise sets the memory of a function.
func (c *cloud) optimise(_ context.Context, v Version) (struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.update(v.Function); err != nil {
		return struct{}{}, err
	}
	c.powers[v.Function] = v.Power
	return struct{}{}, nil
}

// cleanUp removes the versions of a function. It is no error that there are none.
func (c *cloud) cleanUp(_ context.Context, v Version) (struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.versions[v.Function]) == 0 {
		return struct{}{}, nil
	}
	if err := c.update(v.Function); err != nil {
		return struct{}{}, err
	}
	delete(c.versions, v.Function)
	return struct{}{}, nil
}

func (c *cloud) powerOf(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.powers[name]
}

func (c *cloud) versionsLeft() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, versions := range c.versions {
		n += len(versions)
	}
	return n
}
