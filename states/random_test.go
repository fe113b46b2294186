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
		runRandom(t, widened+uint64(seed))
	}
}

// FuzzExecution does the same from whatever seed comes.
func FuzzExecution(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
		f.Add(widened + seed)
	}
	// What a machine has assigned is near its limit, and is restored.
	f.Add(uint64(widened + 2_309))
	f.Fuzz(runRandom)
}

// runRandom runs one random execution.
func runRandom(t *testing.T, seed uint64) { newRun(t, seed, false).run() }

// withMapRuns is the first seed of machines that compensate and have distributed Maps.
const withMapRuns = 1 << 40

// newRun makes a random machine.
func newRun(t *testing.T, seed uint64, compensates bool) *run {
	random := rand.New(rand.NewPCG(seed, 7))
	g := &generator{random: random, compensates: compensates, mapRuns: !compensates || seed >= withMapRuns, wide: seed >= widened}
	definition := g.machine()
	machine, err := asl.Parser{Extensions: compensates}.Parse([]byte(definition))
	require.NoError(t, err, "seed %d: %s", seed, definition)
	options := states.Options{MapConcurrency: 1 + random.IntN(3)}
	if random.IntN(4) == 0 {
		options.MaxEvents = 20 + random.IntN(60)
	}
	r := &run{t: t, seed: seed, random: random, machine: machine, options: options, definition: definition, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		execution: states.Execution{Name: "e", StateMachineVersionARN: "m:1", StateMachineAliasARN: "m:PROD"}}
	if seed >= widened {
		r.widen()
	}
	r.it = states.New(machine, r.options)
	return r
}

// run runs it to an end, and further by redrives.
func (r *run) run() {
	t, random := r.t, r.random
	input, err := value.Parse(`{"n": 1, "items": [1, 2, 3]}`)
	require.NoError(t, err)
	r.step(states.Started{At: r.now, Input: input, Execution: r.execution})
	redrives := 0
	for steps := 0; steps < 400; steps++ {
		if r.it.Result() == nil {
			r.step(r.answers()...)
			continue
		}
		if r.atEnd != nil {
			r.atEnd()
		}
		if redrives == 2 || random.IntN(3) > 0 || r.it.Status() == states.StatusSucceeded {
			return
		}
		redrives++
		r.it, r.images = r.restore(), nil
		r.restored, r.eventless = r.restore(), nil
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
	execution  states.Execution
	it         *states.Interpreter
	history    []states.Event
	read       []states.Event // the history as a log gives it back
	ids        states.EventID // of the latest event
	now        time.Time
	answered   int64
	images     []image
	restored   *states.Interpreter // from the history up to the last step
	eventless  *states.Interpreter // that did the same, up to a redrive
	atEnd      func()              // called when the execution has ended, nil for nothing to do
}

// step steps and compares; it reports false when the inputs were refused.
func (r *run) step(inputs ...states.Input) bool {
	fx, err := r.it.Step(inputs...)
	if r.seed >= widened {
		r.follow(fx, err, inputs)
	}
	if err != nil {
		require.ErrorIs(r.t, err, states.ErrNotRedrivable, "seed %d: %s", r.seed, r.definition)
		return false
	}
	r.history = append(r.history, fx.Events...)
	restored := r.restore()
	if r.it.String() != restored.String() {
		r.print()
	}
	require.Equal(r.t, r.it.String(), restored.String(), "seed %d: %s", r.seed, r.definition)
	require.Equal(r.t, outline(r.it.Positions(100, 100), r.now, ""), outline(restored.Positions(100, 100), r.now, ""), "seed %d: %s", r.seed, r.definition)
	require.Equal(r.t, len(r.it.Open()), len(restored.Open()), "seed %d: %s", r.seed, r.definition)
	r.restored = restored
	r.resume()
	for i := range fx.Events {
		if e := &fx.Events[i]; !e.Hidden() {
			r.ids++
			require.Equal(r.t, r.ids, e.ID, "seed %d", r.seed)
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
	r.read = append(r.read, reread(r.t, r.history[len(r.read):])...)
	it, err := states.Restore(r.machine, r.read, r.options)
	if err != nil {
		r.print()
	}
	require.NoError(r.t, err, "seed %d: %s", r.seed, r.definition)
	return it
}

// answers makes something happen to one or two of the open commands.
func (r *run) answers() (inputs []states.Input) {
	open := r.it.Open()
	r.random.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	open = open[:min(len(open), 1+r.random.IntN(2))]
	r.now = r.now.Add(time.Duration(1+r.random.IntN(2000)) * time.Millisecond)
	for _, c := range open {
		if timer, ok := c.(*states.StartTimer); ok && timer.Due.After(r.now) {
			r.now = timer.Due
		}
	}
	if r.random.IntN(60) == 0 {
		return []states.Input{states.Stopped{At: r.now, Failure: states.Fail("Stopped", r.now.String())}}
	}
	for _, c := range open {
		switch c := c.(type) {
		case *states.StartTimer:
			inputs = append(inputs, states.TimerFired{At: r.now, Timer: c.ID})
		case *states.InvokeTask:
			inputs = append(inputs, r.answer(c.ID))
		case *states.StartMapRun:
			inputs = append(inputs, r.answerRun(c.ID))
		}
	}
	if r.seed >= widened {
		return r.more(inputs)
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
	r.answered++
	return states.TaskReturned{At: r.now, Task: task, Output: r.answered}
}

func (r *run) answerRun(run states.EventID) states.Input {
	if r.random.IntN(2) == 0 {
		names := []string{"E0", "E1", "States.ExceedToleratedFailureThreshold", "States.ItemReaderFailed", "States.Runtime"}
		return states.MapRunErred{At: r.now, Run: run, Failure: states.Fail(names[r.random.IntN(len(names))], "cause")}
	}
	return states.MapRunReturned{At: r.now, Run: run, Output: []any{"out"}}
}

// A generator writes random machines whose states keep their input, so that every
// state finds n and items in it.
type generator struct {
	random      *rand.Rand
	states      int
	variables   int
	compensates bool     // states name handlers
	handlers    []string // of the graph under way
	inHandler   bool
	mapRuns     bool     // there are distributed Maps
	wide        bool     // there is what only the machines of widened seeds have
	names       []string // of the graph under way
	visible     []int    // the variables that are set in it, or around it
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
	outer, around, visible := g.handlers, g.names, g.visible
	g.handlers = nil
	defer func() { g.handlers, g.names, g.visible = outer, around, visible }()
	n := 1 + g.random.IntN(3)
	names := make([]string, n+1)
	for i := range names {
		g.states++
		names[i] = fmt.Sprintf("S%d", g.states)
	}
	g.names = names
	var b strings.Builder
	fmt.Fprintf(&b, `"StartAt": %q, "States": {`, names[0])
	for i := range n {
		fmt.Fprintf(&b, "%q: %s, ", names[i], g.state(depth, names[i+1]))
	}
	end := `{"Type": "Succeed"}`
	if g.random.IntN(8) == 0 {
		end = fmt.Sprintf(`{"Type": "Fail", "Error": "E%d"}`, g.random.IntN(3))
	}
	for _, handler := range g.handlers {
		b.WriteString(handler)
	}
	fmt.Fprintf(&b, "%q: %s}", names[n], end)
	return b.String()
}

func (g *generator) state(depth int, next string) string {
	if g.wide && g.random.IntN(2) == 0 {
		return g.query(depth, next)
	}
	leads := fmt.Sprintf(`"Next": %q`, next)
	kind := g.random.IntN(9)
	if g.mapRuns && g.random.IntN(8) == 0 {
		return g.distributed(leads, next) // it has no children here that a handler could undo
	}
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0:
		if g.random.IntN(10) == 0 { // States.Runtime
			return fmt.Sprintf(`{"Type": "Pass", "InputPath": "$.missing", %s}`, leads)
		}
		g.variables++
		return fmt.Sprintf(`{"Type": "Pass", "Assign": {"v%d": {"n.$": "$.n"}}, %s}`, g.variables, leads)
	case 1:
		return fmt.Sprintf(`{"Type": "Wait", "Seconds": %d, %s}`, g.random.IntN(4), leads)
	case 2:
		return fmt.Sprintf(`{"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": %d, "Next": %q}], "Default": %q}`, g.random.IntN(4), next, next)
	case 6:
		return fmt.Sprintf(`{"Type": "Parallel", %s"Branches": [{%s}, {%s}], "ResultPath": null, %s%s%s%s}`, g.identity("Parameters", "$.n"), g.graph(depth-1), g.graph(depth-1), g.selector(), g.failures(next), g.compensate(depth), leads)
	case 7, 8:
		tolerance := ""
		if g.random.IntN(3) == 0 {
			tolerance = `"ToleratedFailureCount": 1, `
		}
		selector := g.identity("ItemSelector", "$$.Map.Item.Value")
		if selector == "" {
			selector = `"ItemSelector": {"n.$": "$$.Map.Item.Value", "items.$": "$.items"}, `
			switch g.random.IntN(12) {
			case 0: // fails with the first item, by States.Runtime
				selector = `"ItemSelector": {"n.$": "$$.Map.Item.Value.x"}, `
			case 1: // fails with the third
				selector = `"ItemSelector": {"n.$": "$$.Map.Item.Value", "items.$": "$.items", "r.$": "States.ArrayRange(1, 9, States.ArrayGetItem(States.StringToJson('[1, 1, 0]'), $$.Map.Item.Index))"}, `
			}
		}
		return fmt.Sprintf(`{"Type": "Map", "ItemsPath": "$.items", `+selector+
			`"ItemProcessor": {%s}, "ResultPath": null, %s%s%s%s%s}`, g.graph(depth-1), g.selector(), tolerance, g.failures(next), g.compensate(depth), leads)
	}
	resource := []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"arn:aws:states:::lambda:invoke", "arn:aws:states:us-east-1:123456789012:activity:a"}[g.random.IntN(4)]
	integration := strings.HasPrefix(resource, "arn:aws:states:::")
	parameters := []string{"", `"n.$": "$.n", "token.$": "$$.State.RetryCount"`, `"bad.$": "States.StringToJson($.n)"`}[min(g.random.IntN(6), 2)%3]
	switch {
	case integration && parameters == "":
		parameters = integrationNeeds
	case integration:
		parameters = integrationNeeds + ", " + parameters
	}
	if parameters != "" {
		parameters = `"Parameters": {` + parameters + `}, `
	}
	result := "null"
	if g.compensates {
		result = `"$.last"` // tells one completion from another
	}
	return fmt.Sprintf(`{"Type": "Task", "Resource": %q, "TimeoutSeconds": %d, %s"ResultPath": %s, %s%s%s}`,
		resource, 2+g.random.IntN(9), parameters, result, g.failures(next), g.compensate(depth), leads)
}

// distributed writes a distributed Map state, whose fields may fail at each step.
func (g *generator) distributed(leads, next string) string {
	g.states++
	name := fmt.Sprintf("D%d", g.states)
	fields := ""
	add := func(one string) { fields += []string{"", one + ", "}[g.random.IntN(2)] }
	add(`"Label": "` + name + `"`)
	add(`"ItemSelector": {"u.$": "States.UUID()"}`)
	add(`"ToleratedFailureCountPath": "$.n"`)
	add(`"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"u.$": "States.UUID()"}}`)
	switch g.random.IntN(12) {
	case 0:
		fields += `"MaxConcurrencyPath": "$.missing", `
	case 1:
		fields += `"ToleratedFailurePercentagePath": "$.items", `
	case 2:
		fields += `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "$.missing"}}, `
	case 3:
		fields += `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "States.UUID()"}}, `
	case 4:
		fields += `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix.$": "States.StringToJson($.n)"}}, `
	}
	return fmt.Sprintf(`{"Type": "Map", "ItemsPath": "$.items", %s"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, `+
		`"StartAt": %q, "States": {%q: {"Type": "Pass", "End": true}}}, "ResultPath": null, %s%s%s}`, fields, name, name, g.selector(), g.failures(next), leads)
}

// integrationNeeds are the members that AWS misses in the Parameters of an integration.
const integrationNeeds = `"FunctionName": "f", "QueueUrl": "q", "MessageBody": "m"`

// identity gives the children of a state inputs that no others have, so that what they
// complete can be told apart.
func (g *generator) identity(field, n string) string {
	if !g.compensates {
		return ""
	}
	return fmt.Sprintf(`%q: {"n.$": %q, "items.$": "$.items", "id.$": "States.UUID()"}, `, field, n)
}

// selector writes a ResultSelector that fails, seldom.
func (g *generator) selector() string {
	switch g.random.IntN(12) {
	case 0:
		return `"ResultSelector": {"bad.$": "$.missing"}, `
	case 1:
		return `"ResultSelector": {"bad.$": "States.StringToJson($[0].n)"}, `
	}
	return ""
}

// failures writes Retry and Catch.
func (g *generator) failures(next string) string {
	if g.wide {
		return g.catches(next, false)
	}
	s := ""
	if g.random.IntN(2) == 0 {
		s += fmt.Sprintf(`"Retry": [{"ErrorEquals": ["E0"], "MaxAttempts": %d, "IntervalSeconds": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}], `, g.random.IntN(3))
	}
	if g.random.IntN(2) == 0 {
		s += fmt.Sprintf(`"Catch": [{"ErrorEquals": ["E1", "States.IntrinsicFailure"], "ResultPath": "$.e", "Next": %q}], `, next)
	}
	return s
}

// compensate names a handler, and writes it.
func (g *generator) compensate(depth int) string {
	if !g.compensates || g.inHandler || g.random.IntN(4) == 0 {
		return ""
	}
	g.states++
	name := fmt.Sprintf("U%d", g.states)
	retry := `"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 6}], `
	handler := fmt.Sprintf(`{"Type": "Task", "Resource": "undo", %s"End": true}`, retry)
	switch {
	case g.random.IntN(6) == 0:
		handler = `{"Type": "Pass", "OutputPath": "$.Output"}`
	case depth > 0 && g.random.IntN(6) == 0:
		g.inHandler = true
		handler = fmt.Sprintf(`{"Type": "Parallel", "InputPath": "$.Input", "Branches": [{%s}], %s"End": true}`, g.graph(0), retry)
		g.inHandler = false
	}
	if g.wide && g.random.IntN(2) == 0 {
		if other := g.undoes(); other != "" {
			handler = other
		}
	}
	g.handlers = append(g.handlers, fmt.Sprintf("%q: %s, ", name, handler))
	return fmt.Sprintf(`"Compensate": %q, `, name)
}

// print shows what has happened so far.
func (r *run) print() {
	for i := range r.history {
		e := &r.history[i]
		r.t.Logf("%d<%d %s %s", e.ID, e.PreviousID, e.Type, e.DetailsJSON(true))
	}
}
