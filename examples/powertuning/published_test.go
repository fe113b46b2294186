package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published returns the machine in the template of the published Lambda Power Tuning, from the
// folder that the environment variable CASES names.
func published(t *testing.T) *asl.StateMachine {
	t.Helper()
	cases := os.Getenv("CASES")
	if cases == "" {
		t.Skip("NOT RUN: the published machine is in no folder, because CASES is not set")
	}
	file, err := os.Open(filepath.Join(cases, "real-templates", "templates.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		require.NoError(t, err, "the published machine is not in the file")
		var c struct {
			Name, Template string
			Files          map[string]string
		}
		require.NoError(t, json.Unmarshal(line, &c))
		if !strings.HasSuffix(strings.Split(c.Name, "/")[0], "aws-lambda-power-tuning") {
			continue
		}
		files := fstest.MapFS{}
		for name, text := range c.Files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		read, err := template.Reader{Files: files}.Read("template.yml", []byte(c.Template))
		require.NoError(t, err)
		require.Len(t, read.Machines, 1)
		machine, err := read.Machines[0].Parse(asl.Parser{})
		require.NoError(t, err)
		return machine
	}
}

// What the functions of the published machine tell each other.
type (
	tuning struct {
		Function       string `json:"lambdaARN"`
		Powers         []int  `json:"powerValues"`
		Runs           int    `json:"num"`
		Strategy       string `json:"strategy"`
		Configurations struct {
			Iterator iterator `json:"iterator"`
			Powers   []int    `json:"powerValues"`
		} `json:"lambdaConfigurations"`
		Stats    []stat `json:"stats"`
		Analysis struct {
			Power int `json:"power"`
		} `json:"analysis"`
	}
	iterator struct {
		Index    int  `json:"index"`
		Count    int  `json:"count"`
		Continue bool `json:"continue"`
	}
	stat struct {
		Value    int     `json:"value"`
		Cost     float64 `json:"averagePrice"`
		Duration float64 `json:"averageDuration"` // in milliseconds
	}
)

// publishedTasks are the functions of the published machine, for a cloud.
func publishedTasks(c *cloud) *engine.Mux {
	tasks := engine.NewMux()
	configurations := func(n tuning, at int) map[string]any {
		powers := n.Powers
		if len(powers) == 0 {
			powers = n.Configurations.Powers
		}
		return map[string]any{"powerValues": powers, "iterator": iterator{at, len(powers), at < len(powers)}}
	}
	tasks.Handle("initializer", engine.Func(func(_ context.Context, n tuning) (any, error) {
		if len(n.Powers) == 0 {
			return nil, errors.New("Missing or empty powerValues")
		}
		return configurations(n, 0), nil
	}))
	tasks.Handle("publisher", engine.Func(func(ctx context.Context, n tuning) (any, error) {
		at := n.Configurations.Iterator.Index
		if _, err := c.publish(ctx, Version{n.Function, n.Configurations.Powers[at]}); err != nil {
			return nil, err
		}
		return configurations(n, at+1), c.clock.Sleep(ctx, time.Second) // until the function can be changed again
	}))
	tasks.Handle("executor", engine.Func(func(ctx context.Context, in struct {
		Input tuning `json:"input"`
		Value int    `json:"value"`
	}) (any, error) {
		m, err := c.run(ctx, struct {
			Version Version `json:"version"`
			Runs    int     `json:"runs"`
		}{Version{in.Input.Function, in.Value}, in.Input.Runs})
		return stat{in.Value, m.Cost, float64(m.Duration.Microseconds()) / 1000}, err
	}))
	tasks.Handle("cleaner", engine.Func(func(ctx context.Context, n tuning) (any, error) {
		if _, err := c.cleanUp(ctx, Version{Function: n.Function}); err != nil {
			return nil, err
		}
		return "OK", c.clock.Sleep(ctx, time.Second)
	}))
	tasks.Handle("analyzer", engine.Func(func(_ context.Context, n tuning) (any, error) {
		best := slices.MinFunc(n.Stats, func(a, b stat) int {
			if n.Strategy == "speed" {
				return cmp.Or(cmp.Compare(a.Duration, b.Duration), cmp.Compare(a.Cost, b.Cost))
			}
			return cmp.Compare(a.Cost, b.Cost)
		})
		return map[string]any{"power": best.Value, "duration": best.Duration}, nil
	}))
	tasks.Handle("optimizer", engine.Func(func(ctx context.Context, n tuning) (any, error) {
		return c.optimise(ctx, Version{n.Function, n.Analysis.Power})
	}))
	return tasks
}

// TestPublished runs the published machine against functions of different speed.
func TestPublished(t *testing.T) {
	machine := published(t)
	for _, test := range []struct {
		order  string
		end    string // the execution's output, or its error
		power  int    // that the function has afterwards
		events map[string]int
	}{
		{`{"lambdaARN":"resize-image","powerValues":[128,512,1792,3008],"num":10,"strategy":"speed"}`, `{"power":1792,"duration":400}`, 1792,
			// Every first call of a version is refused and tried again.
			map[string]int{"LambdaFunctionFailed": 4, "LambdaFunctionSucceeded": 12, "MapIterationSucceeded": 4, "ChoiceStateEntered": 4}},
		{`{"lambdaARN":"fetch-prices","powerValues":[1024,128],"num":5,"strategy":"cost"}`, `{"power":128,"duration":278}`, 128,
			map[string]int{"MapIterationSucceeded": 2, "ChoiceStateEntered": 2}},
		// A function that is too small fails the whole run, which cleans up and has no output.
		{`{"lambdaARN":"load-model","powerValues":[256,1024],"num":1,"strategy":"cost"}`, `{}`, 0,
			map[string]int{"MapStateFailed": 1, "MapStateSucceeded": 0}},
		{`{"lambdaARN":"nobody","powerValues":[128],"num":1,"strategy":"cost"}`, `{}`, 0, map[string]int{"MapStateEntered": 0}},
		{`{"lambdaARN":"broken","num":1,"strategy":"cost"}`, `errorString`, 0, map[string]int{"ChoiceStateEntered": 0}},
	} {
		t.Run(test.order, func(t *testing.T) {
			clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
			cloud := newCloud(clock)
			eng, err := engine.New(engine.Config{Resolver: publishedTasks(cloud), Clock: clock})
			require.NoError(t, err)
			defer eng.Close()
			run, err := eng.StartExecution(t.Context(), machine, json.RawMessage(test.order))
			require.NoError(t, err)
			result, err := run.Wait(t.Context())
			if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
				assert.Equal(t, test.end, failed.Name)
			} else {
				require.NoError(t, err)
				assert.JSONEq(t, test.end, string(result.Output()))
			}
			order := struct{ LambdaARN string }{}
			require.NoError(t, json.Unmarshal([]byte(test.order), &order))
			assert.Equal(t, test.power, cloud.powerOf(order.LambdaARN))
			assert.Zero(t, cloud.versionsLeft())
			history, err := eng.GetExecutionHistory(t.Context(), run.ARN(), engine.HistoryOptions{MaxResults: 1000})
			require.NoError(t, err)
			counts := map[string]int{}
			for _, event := range history.Events {
				counts[fmt.Sprint(event.Type)]++
			}
			for kind, n := range test.events {
				assert.Equal(t, n, counts[kind], kind)
			}
		})
	}
}
