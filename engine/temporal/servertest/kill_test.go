package servertest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/temporal"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// What a child process is told by its environment.
const (
	envServer    = "GOSTATES_TEMPORAL_SERVER"
	envNamespace = "GOSTATES_TEMPORAL_NAMESPACE"
)

// TestMain runs a worker in a child process, and the tests in any other.
func TestMain(m *testing.M) {
	if os.Getenv(envServer) != "" {
		if err := victim(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// killQueue is the task queue of the processes that are killed.
const killQueue = "kills"

// byName are machines by their names.
type byName map[string]*asl.StateMachine

// Target implements [engine.Machines].
func (b byName) Target(_ context.Context, reference string, _ states.Seed) (engine.Target, error) {
	m := b[reference]
	if m == nil {
		return engine.Target{}, engine.ErrStateMachineDoesNotExist
	}
	return engine.Target{Machine: m, Name: reference}, nil
}

// killMachines are machines of many kinds, each with the output that all its executions have.
var killMachines = []struct{ name, definition, output string }{
	{"tasks", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"B"},"B":{"Type":"Task","Resource":"work","Next":"C"},"C":{"Type":"Task","Resource":"work","End":true}}}`, `{"n":3}`},
	{"retries", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":1,"MaxAttempts":5}],"End":true}}}`, `{"n":1}`},
	{"catches", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"broken","Catch":[{"ErrorEquals":["Broken"],"ResultPath":"$.e","Next":"B"}],"End":true},"B":{"Type":"Pass","OutputPath":"$.e.Error","End":true}}}`, `"Broken"`},
	{"parallel", `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","End":true}}},
		{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":2,"Next":"B"},"B":{"Type":"Task","Resource":"work","End":true}}}]}}}`, `[{"n":1},{"n":1}]`},
	{"map", `{"StartAt":"I","States":{"I":{"Type":"Pass","Result":[{"n":1},{"n":2},{"n":3}],"Next":"M"},"M":{"Type":"Map","MaxConcurrency":2,"End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Task","Resource":"work","End":true}}}}}}`, `[{"n":3},{"n":4},{"n":5}]`},
	{"token", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"ask.waitForTaskToken","HeartbeatSeconds":600,"Next":"B"},"B":{"Type":"Task","Resource":"work","End":true}}}`, `{"n":8}`},
	{"timeout", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"slow","TimeoutSeconds":2,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"B":{"Type":"Pass","Result":"late","End":true}}}`, `"late"`},
	{"nested", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":{"StateMachineArn":"tasks","Input":{"n":4}},"OutputPath":"$.Output","End":true}}}`, `{"n":7}`},
	{"distributed", `{"StartAt":"I","States":{"I":{"Type":"Pass","Result":[{"n":1},{"n":2},{"n":3},{"n":4}],"Next":"M"},"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"B"},"B":{"Type":"Task","Resource":"work","End":true}}}}}}`, `[{"n":3},{"n":4},{"n":5},{"n":6}]`},
	{"waits", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3,"Next":"A"},"A":{"Type":"Task","Resource":"work","End":true}}}`, `{"n":1}`},
}

// killed is the configuration of all processes.
func killed(c client.Client) (temporal.Config, byName, error) {
	machines := make(byName)
	for _, k := range killMachines {
		m, err := asl.Parse(k.definition)
		if err != nil {
			return temporal.Config{}, nil, err
		}
		machines[k.name] = m
	}
	type number struct {
		N int `json:"n"`
	}
	tasks := engine.NewMux()
	tasks.Handle("work", engine.Func(func(ctx context.Context, in number) (number, error) {
		select {
		case <-time.After(time.Duration(rand.IntN(300)) * time.Millisecond):
		case <-ctx.Done():
			return in, ctx.Err()
		}
		return number{in.N + 1}, nil
	}))
	tasks.HandleFunc("flaky", func(_ context.Context, task engine.Task) (any, error) {
		if task.Attempt < 2 {
			return nil, &engine.TaskError{Name: "Flaky"}
		}
		return number{1}, nil
	})
	tasks.HandleFunc("broken", func(context.Context, engine.Task) (any, error) { return nil, &engine.TaskError{Name: "Broken"} })
	tasks.HandleFunc("slow", func(ctx context.Context, _ engine.Task) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	tasks.HandleFunc("ask.waitForTaskToken", func(_ context.Context, task engine.Task) (any, error) {
		fmt.Println(task.Token) // the test answers
		return "asked", nil
	})
	config := temporal.Config{Client: c, TaskQueue: killQueue, Resolver: tasks, Machines: machines, Liveness: 2 * time.Second}
	return config, machines, nil
}

// victim is a worker process, which is killed.
func victim() error {
	c, err := client.Dial(client.Options{HostPort: os.Getenv(envServer), Namespace: os.Getenv(envNamespace), Logger: silent{}})
	if err != nil {
		return err
	}
	config, _, err := killed(c)
	if err != nil {
		return err
	}
	w, err := temporal.NewWorker(config, nil)
	if err != nil {
		return err
	}
	return w.Run(worker.InterruptCh())
}

// TestKills: executions of all kinds come to what they should, though their workers are killed one
// after the other, and their histories are whole.
func TestKills(t *testing.T) {
	s, ctx := needsServer(t), within(t)
	config, machines, err := killed(s.GetDefaultClient())
	require.NoError(t, err)
	c, err := temporal.NewClient(config)
	require.NoError(t, err)
	over := make(chan struct{})
	var herd sync.WaitGroup
	var kills int
	spawn := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), envServer+"="+s.GetFrontendHostPort(), envNamespace+"="+s.GetDefaultNamespace())
		cmd.Stderr = os.Stderr
		tokens, err := cmd.StdoutPipe()
		assert.NoError(t, err)
		assert.NoError(t, cmd.Start())
		herd.Go(func() {
			for lines := bufio.NewScanner(tokens); lines.Scan(); {
				err := c.SendTaskSuccess(ctx, lines.Text(), map[string]int{"n": 7})
				if !errors.Is(err, engine.ErrTaskDoesNotExist) { // it was asked twice
					assert.NoError(t, err)
				}
			}
		})
		return cmd
	}
	herd.Go(func() {
		two := []*exec.Cmd{spawn(), spawn()}
		for alive := true; alive; {
			select {
			case <-over:
				alive = false
			case <-time.After(time.Duration(2000+rand.IntN(2000)) * time.Millisecond):
				_ = two[kills%2].Process.Kill()
				_ = two[kills%2].Wait()
				two[kills%2] = spawn()
				kills++
			}
		}
		for _, cmd := range two {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	runs := make(map[*temporal.Execution]string)
	for round := range 5 {
		for _, k := range killMachines {
			x, err := c.StartExecution(ctx, machines[k.name], json.RawMessage(`{"n":0}`), engine.Machine(k.name), engine.Named(fmt.Sprint("kill-", round)))
			require.NoError(t, err)
			runs[x] = k.output
		}
	}
	for x, output := range runs {
		r, err := x.Wait(ctx)
		require.NoError(t, err, x.ARN())
		assert.JSONEq(t, output, string(r.Output()), x.ARN())
		var history []states.Event
		for event, err := range c.Events(ctx, x.ARN(), 0) {
			require.NoError(t, err)
			history = append(history, event)
		}
		for i := range history {
			assert.EqualValues(t, i+1, history[i].ID, x.ARN())
		}
		assert.Equal(t, states.ExecutionSucceeded, history[len(history)-1].Type, x.ARN())
	}
	close(over)
	herd.Wait()
	t.Logf("%d executions, %d workers were killed", len(runs), kills)
}
