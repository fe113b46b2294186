package states_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// TestRandomExecutions runs random machines with random answers and checks after
// every step that the history alone restores the execution.
func TestRandomExecutions(t *testing.T) {
	n := 500
	if testing.Short() {
		n = 100
	}
	for seed := range n {
		runRandom(t, uint64(seed))
	}
}

// FuzzExecution does the same from whatever seed comes.
func FuzzExecution(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(runRandom)
}

// runRandom runs one random execution.
func runRandom(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	g := &generator{random: random}
	definition := g.machine()
	machine, err := asl.Parse(definition)
	require.NoError(t, err, "seed %d: %s", seed, definition)
	options := states.Options{MapConcurrency: 1 + random.IntN(3)}
	if random.IntN(4) == 0 {
		options.MaxEvents = 20 + random.IntN(60)
	}
	input, err := value.Parse(`{"n": 1, "items": [1, 2, 3]}`)
	require.NoError(t, err)
	r := &run{t: t, seed: seed, random: random, machine: machine, options: options, definition: definition,
		it: states.New(machine, options), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.step(states.Started{At: r.now, Input: input, Execution: states.Execution{Name: "e"}})
	redrives := 0
	for steps := 0; steps < 400; steps++ {
		if r.it.Result() == nil {
			r.step(r.answers()...)
			continue
		}
		if redrives == 2 || random.IntN(3) > 0 || r.it.Status() == states.StatusSucceeded {
			return
		}
		redrives++
		r.it = r.restore()
		if !r.step(states.Redriven{At: r.now}) {
			return
		}
	}
}

// A run is a random execution under way.
type run struct {
	t          *testing.T
	seed       uint64
	random     *rand.Rand
	machine    *asl.StateMachine
	definition string
	options    states.Options
	it         *states.Interpreter
	history    []states.Event
	now        time.Time
}

// step steps and compares; it reports false when the inputs were refused.
func (r *run) step(inputs ...states.Input) bool {
	fx, err := r.it.Step(inputs...)
	if err != nil {
		require.ErrorIs(r.t, err, states.ErrNotRedrivable, "seed %d: %s", r.seed, r.definition)
		return false
	}
	r.history = append(r.history, fx.Events...)
	restored := r.restore()
	require.Equal(r.t, r.it.String(), restored.String(), "seed %d: %s", r.seed, r.definition)
	require.Equal(r.t, len(r.it.Open()), len(restored.Open()), "seed %d: %s", r.seed, r.definition)
	ids := states.EventID(0)
	for i := range r.history {
		if e := &r.history[i]; !e.Hidden() {
			ids++
			require.Equal(r.t, ids, e.ID, "seed %d", r.seed)
			require.Less(r.t, e.PreviousID, e.ID, "seed %d", r.seed)
		}
	}
	if r.it.Status() == states.StatusRunning {
		require.NotEmpty(r.t, r.it.Open(), "seed %d: nothing to wait for\n%s\n%s", r.seed, r.it, r.definition)
	}
	return true
}

// restore makes the execution anew from a log.
func (r *run) restore() *states.Interpreter {
	it, err := states.Restore(r.machine, reread(r.t, r.history), r.options)
	require.NoError(r.t, err, "seed %d: %s", r.seed, r.definition)
	return it
}

// answers makes something happen to one or two of the open commands.
func (r *run) answers() (inputs []states.Input) {
	open := r.it.Open()
	r.random.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	open = open[:min(len(open), 1+r.random.IntN(2))]
	r.now = r.now.Add(time.Duration(r.random.IntN(2000)) * time.Millisecond)
	for _, c := range open {
		if timer, ok := c.(*states.StartTimer); ok && timer.Due.After(r.now) {
			r.now = timer.Due
		}
	}
	if r.random.IntN(60) == 0 {
		return []states.Input{states.Stopped{At: r.now, Failure: states.Fail("Stopped", "by hand")}}
	}
	for _, c := range open {
		switch c := c.(type) {
		case *states.StartTimer:
			inputs = append(inputs, states.TimerFired{At: r.now, Timer: c.ID})
		case *states.InvokeTask:
			inputs = append(inputs, r.answer(c.ID))
		}
	}
	return inputs
}

func (r *run) answer(task states.EventID) states.Input {
	switch r.random.IntN(8) {
	case 0:
		return states.TaskBegan{At: r.now, Task: task}
	case 1:
		return states.TaskExpired{At: r.now, Task: task, Heartbeat: r.random.IntN(2) == 0}
	case 2, 3:
		failure := states.Fail(fmt.Sprintf("E%d", r.random.IntN(3)), "cause")
		return states.TaskErred{At: r.now, Task: task, Failure: failure, Stage: states.Stage(r.random.IntN(4))}
	case 4:
		return states.TaskAcknowledged{At: r.now, Task: task, Output: "accepted"}
	}
	return states.TaskReturned{At: r.now, Task: task, Output: int64(r.random.IntN(9))}
}

// A generator writes random machines whose states keep their input, so that every
// state finds n and items in it.
type generator struct {
	random    *rand.Rand
	states    int
	variables int
}

func (g *generator) machine() string {
	timeout := ""
	if g.random.IntN(4) == 0 {
		timeout = fmt.Sprintf(`"TimeoutSeconds": %d, `, 5+g.random.IntN(50))
	}
	return "{" + timeout + g.graph(3) + "}"
}

// graph writes StartAt and States: a chain, each state leading to the next one.
func (g *generator) graph(depth int) string {
	n := 1 + g.random.IntN(3)
	names := make([]string, n+1)
	for i := range names {
		g.states++
		names[i] = fmt.Sprintf("S%d", g.states)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `"StartAt": %q, "States": {`, names[0])
	for i := range n {
		fmt.Fprintf(&b, "%q: %s, ", names[i], g.state(depth, names[i+1]))
	}
	end := `{"Type": "Succeed"}`
	if g.random.IntN(8) == 0 {
		end = fmt.Sprintf(`{"Type": "Fail", "Error": "E%d"}`, g.random.IntN(3))
	}
	fmt.Fprintf(&b, "%q: %s}", names[n], end)
	return b.String()
}

func (g *generator) state(depth int, next string) string {
	leads := fmt.Sprintf(`"Next": %q`, next)
	kind := g.random.IntN(9)
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0:
		g.variables++
		return fmt.Sprintf(`{"Type": "Pass", "Assign": {"v%d": {"n.$": "$.n"}}, %s}`, g.variables, leads)
	case 1:
		return fmt.Sprintf(`{"Type": "Wait", "Seconds": %d, %s}`, g.random.IntN(4), leads)
	case 2:
		return fmt.Sprintf(`{"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": %d, "Next": %q}], "Default": %q}`, g.random.IntN(4), next, next)
	case 6:
		return fmt.Sprintf(`{"Type": "Parallel", "Branches": [{%s}, {%s}], "ResultPath": null, %s%s}`, g.graph(depth-1), g.graph(depth-1), g.handlers(next), leads)
	case 7, 8:
		tolerance := ""
		if g.random.IntN(3) == 0 {
			tolerance = `"ToleratedFailureCount": 1, `
		}
		return fmt.Sprintf(`{"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"n.$": "$$.Map.Item.Value", "items.$": "$.items"}, `+
			`"ItemProcessor": {%s}, "ResultPath": null, %s%s%s}`, g.graph(depth-1), tolerance, g.handlers(next), leads)
	}
	resource := []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"arn:aws:states:::lambda:invoke", "arn:aws:states:us-east-1:123456789012:activity:a"}[g.random.IntN(4)]
	parameters := []string{"", `"Parameters": {"n.$": "$.n", "token.$": "$$.State.RetryCount"}, `,
		`"Parameters": {"bad.$": "States.StringToJson($.n)"}, `}[min(g.random.IntN(6), 2)%3]
	return fmt.Sprintf(`{"Type": "Task", "Resource": %q, "TimeoutSeconds": %d, %s"ResultPath": null, %s%s}`,
		resource, 2+g.random.IntN(9), parameters, g.handlers(next), leads)
}

// handlers writes Retry and Catch.
func (g *generator) handlers(next string) string {
	s := ""
	if g.random.IntN(2) == 0 {
		s += fmt.Sprintf(`"Retry": [{"ErrorEquals": ["E0"], "MaxAttempts": %d, "IntervalSeconds": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}], `, g.random.IntN(3))
	}
	if g.random.IntN(2) == 0 {
		s += fmt.Sprintf(`"Catch": [{"ErrorEquals": ["E1", "States.IntrinsicFailure"], "ResultPath": "$.e", "Next": %q}], `, next)
	}
	return s
}
