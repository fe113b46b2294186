package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gostates/gostates/engine"
)

// A Plan is an Order that can be carried out.
type Plan struct {
	Powers   []int  `json:"powers"`
	Runs     int    `json:"runs"`
	Strategy string `json:"strategy"`
}

// A Measurement is what the runs of a version took on average.
type Measurement struct {
	Power    int           `json:"power"`
	Duration time.Duration `json:"duration,omitempty"`
	Cost     float64       `json:"cost,omitempty"` // of a million runs, in USD
	TooSmall bool          `json:"tooSmall,omitempty"`
}

func (m Measurement) String() string {
	if m.TooSmall {
		return fmt.Sprintf("%4d MB: too small", m.Power)
	}
	return fmt.Sprintf("%4d MB: %7v, %6.2f USD for a million", m.Power, m.Duration, m.Cost)
}

// initialise checks an order.
func initialise(_ context.Context, o Order) (Plan, error) {
	p := Plan{Powers: slices.Sorted(slices.Values(o.Powers)), Runs: o.Runs, Strategy: o.Strategy}
	p.Powers = slices.Compact(p.Powers)
	switch {
	case len(p.Powers) == 0:
		return p, &engine.TaskError{Name: "BadOrder", Cause: "there are no powers to try"}
	case p.Powers[0] < 128:
		return p, &engine.TaskError{Name: "BadOrder", Cause: fmt.Sprintf("a function can't have %d MB", p.Powers[0])}
	case p.Runs < 1:
		return p, &engine.TaskError{Name: "BadOrder", Cause: "there is to be at least one run"}
	case !slices.Contains([]string{"cost", "speed", "balanced"}, p.Strategy):
		return p, &engine.TaskError{Name: "BadOrder", Cause: "the strategy is none of cost, speed and balanced"}
	}
	return p, nil
}

// analyse returns the best of the measurements: the cheapest, the fastest, or the one with the
// smallest product of both.
func analyse(_ context.Context, in struct {
	Strategy     string        `json:"strategy"`
	Measurements []Measurement `json:"measurements"`
}) (Measurement, error) {
	usable := slices.DeleteFunc(in.Measurements, func(m Measurement) bool { return m.TooSmall })
	if len(usable) == 0 {
		return Measurement{}, errors.New("no power is enough")
	}
	score := func(m Measurement) float64 {
		switch in.Strategy {
		case "speed":
			return m.Duration.Seconds()
		case "balanced":
			return m.Duration.Seconds() * m.Cost
		}
		return m.Cost
	}
	return slices.MinFunc(usable, func(a, b Measurement) int {
		switch sa, sb := score(a), score(b); {
		case sa < sb:
			return -1
		case sa > sb:
			return 1
		}
		return a.Power - b.Power
	}), nil
}
