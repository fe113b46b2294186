package states_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/states"
)

// widened is the first seed of machines that have what the others have not: states in
// JSONata, expressions that fail anywhere, Catchers that lead back and set variables,
// limits of all kinds; and of drivers that give inputs which are late or come together.
const widened = 1 << 41

// widen chooses options that the machines of other seeds have not.
func (r *run) widen() {
	o := &r.options
	if o.MaxEvents == 0 {
		o.MaxEvents = 30 + r.random.IntN(300) // there are loops
	}
	if r.random.IntN(6) == 0 {
		o.MaxPayload = 60 + r.random.IntN(300)
	}
	if r.random.IntN(6) == 0 {
		o.MaxVariables = 5 + r.random.IntN(100)
	}
	if r.random.IntN(6) == 0 {
		o.MaxDuration = time.Duration(2+r.random.IntN(60)) * time.Second
	}
	if r.random.IntN(20) == 0 {
		o.HasActivity = func(string) bool { return false }
	}
	r.execution.StopsWithoutCompensation = r.random.IntN(10) == 0
	r.execution.WithoutRedriveCount = r.random.IntN(10) == 0
	unrecorded := *o
	unrecorded.WithoutEvents = true
	r.eventless = states.New(r.machine, unrecorded)
}

// more adds to the answers what is late, and what comes together with them.
func (r *run) more(inputs []states.Input) []states.Input {
	if r.random.IntN(40) == 0 {
		inputs = append(inputs, states.Stopped{At: r.now, Failure: []states.Failure{{}, states.Fail("Stopped", "together"), {Cause: "only", HasCause: true}}[r.random.IntN(3)]})
	}
	if r.random.IntN(10) == 0 && r.ids > 2 {
		id := states.EventID(1 + r.random.IntN(int(r.ids)))
		late := []states.Input{r.answer(id), states.TimerFired{At: r.now, Timer: id}, r.answerRun(id)}[r.random.IntN(3)]
		if fired, ok := late.(states.TimerFired); !ok || fired.Timer != 1 && !r.opens(id) {
			inputs = append(inputs, late)
		}
	}
	r.random.Shuffle(len(inputs), func(i, j int) { inputs[i], inputs[j] = inputs[j], inputs[i] })
	return inputs
}

// follow steps interpreters that stand where the execution stood, and compares.
func (r *run) follow(fx states.Effects, err error, inputs []states.Input) {
	for _, other := range []*states.Interpreter{r.restored, r.eventless} {
		if other == nil {
			continue
		}
		did, failed := other.Step(inputs...)
		require.Equal(r.t, err, failed, "seed %d: %s", r.seed, r.definition)
		require.Equal(r.t, described(fx.Commands), described(did.Commands), "seed %d: %s", r.seed, r.definition)
		if other == r.restored {
			require.Equal(r.t, lines(fx.Events), lines(did.Events), "seed %d: %s", r.seed, r.definition)
		}
	}
}

// lines is what a log has of events.
func lines(events []states.Event) (all []string) {
	for i := range events {
		all = append(all, string(events[i].AppendLog(nil)))
	}
	return all
}

// opens reports whether a command is open.
func (r *run) opens(id states.EventID) bool {
	for _, c := range r.it.Open() {
		if timer, ok := c.(*states.StartTimer); ok && timer.ID == id {
			return true
		}
	}
	return false
}

// oneIn returns a text, mostly the first.
func (g *generator) oneIn(n int, mostly, seldom string) string {
	if g.random.IntN(n) == 0 {
		return seldom
	}
	return mostly
}

// missing is what an expression is replaced by that fails.
const missing = `"{% $states.input.missing %}"`

// query writes a state in JSONata.
func (g *generator) query(depth int, next string) string {
	leads := fmt.Sprintf(`"Next": %q`, next)
	kind := g.random.IntN(9)
	if depth == 0 {
		kind %= 6
	}
	const language = `"QueryLanguage": "JSONata", `
	output := g.oneIn(12, ``, `"Output": `+missing+`, `)
	assign := ""
	if g.random.IntN(3) == 0 {
		assign = `"Assign": {` + g.assign(g.oneIn(8, `"{% $states.input.n %}"`, missing)) + `}, `
	}
	switch kind {
	case 0:
		return fmt.Sprintf(`{"Type": "Pass", %s%s%s%s}`, language, assign, output, leads)
	case 1:
		return fmt.Sprintf(`{"Type": "Wait", %s"Seconds": %s, %s%s%s}`, language, g.oneIn(8, `"{% $states.input.n %}"`, missing), assign, output, leads)
	case 2:
		return fmt.Sprintf(`{"Type": "Choice", %s%s%s"Choices": [{"Condition": %s, %s"Next": %q}], "Default": %q}`, language, assign, output,
			g.oneIn(8, `"{% $states.input.last % 3 = 0 %}"`, missing), g.oneIn(2, "", `"Assign": {`+g.assign(g.oneIn(8, `1`, missing))+`}, `), g.back(next), next)
	case 6:
		arguments := g.oneIn(10, `{"n": "{% $states.input.n %}", "items": "{% $states.input.items %}", "id": "{% $uuid() %}"}`, missing)
		return fmt.Sprintf(`{"Type": "Parallel", %s"Arguments": %s, "Branches": [{%s}, {%s}], %s%s%s%s%s}`, language, arguments, g.graph(depth-1), g.graph(depth-1),
			assign, g.keeps(output), g.catches(next, true), g.compensate(depth), leads)
	case 7, 8:
		selector := g.oneIn(10, `{"n": "{% $states.context.Map.Item.Value %}", "items": "{% $states.input.items %}", "id": "{% $uuid() %}"}`,
			`"{% $states.context.Map.Item.Value = 3 ? $states.input.missing : $states.input %}"`)
		fields := g.oneIn(8, ``, `"MaxConcurrency": "{% $states.input.n %}", `) + g.oneIn(12, ``, `"MaxConcurrency": `+missing+`, `)
		if strings.Count(fields, "MaxConcurrency") > 1 {
			fields = ""
		}
		fields += g.oneIn(4, ``, `"ToleratedFailureCount": "{% $states.input.n %}", `)
		return fmt.Sprintf(`{"Type": "Map", %s"Items": %s, "ItemSelector": %s, %s"ItemProcessor": {%s}, %s%s%s%s%s}`, language,
			g.oneIn(10, `"{% $states.input.items %}"`, missing), selector, fields, g.graph(depth-1), assign, g.keeps(output), g.catches(next, true), g.compensate(depth), leads)
	}
	arguments := g.oneIn(10, `{"n": "{% $states.input.n %}", "retry": "{% $states.context.State.RetryCount %}"`+g.reads()+`}`, missing)
	resource := []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:us-east-1:123456789012:activity:a"}[g.random.IntN(2)]
	timeout := g.oneIn(12, g.oneIn(3, `9`, `"{% $states.input.n + 3 %}"`), missing)
	return fmt.Sprintf(`{"Type": "Task", %s"Resource": %q, "TimeoutSeconds": %s, "Arguments": %s, %s%s%s%s%s}`, language, resource, timeout, arguments,
		assign, g.keeps(output), g.catches(next, true), g.compensate(depth), leads)
}

// keeps writes an Output that keeps the input beside the result.
func (g *generator) keeps(output string) string {
	if output != "" {
		return output
	}
	return `"Output": "{% $merge([$states.input, {'last': $type($states.result) = 'number' ? $states.result : 0}]) %}", `
}

// assign sets a variable.
func (g *generator) assign(to string) string {
	g.variables++
	g.visible = append(g.visible, g.variables)
	return fmt.Sprintf(`"v%d": %s`, g.variables, to)
}

// reads writes a member that reads a variable which may be set there.
func (g *generator) reads() string {
	if len(g.visible) == 0 || g.random.IntN(2) == 0 {
		return ""
	}
	return fmt.Sprintf(`, "v": "{%% $exists($v%[1]d) ? $v%[1]d : 0 %%}"`, g.visible[g.random.IntN(len(g.visible))])
}

// back is the state that follows, or seldom one that came before.
func (g *generator) back(next string) string {
	if g.random.IntN(3) > 0 || g.inHandler { // nothing ends a loop in a handler
		return next
	}
	return g.names[g.random.IntN(len(g.names))]
}

// catches writes Retry and Catch of all kinds.
func (g *generator) catches(next string, jsonata bool) string {
	s := ""
	if g.random.IntN(2) == 0 {
		first := []string{"E0", "States.Timeout", "States.TaskFailed", "States.HeartbeatTimeout", "States.QueryEvaluationError"}[g.random.IntN(5)]
		s += fmt.Sprintf(`"Retry": [{"ErrorEquals": [%q], "MaxAttempts": %d, "IntervalSeconds": 1, "MaxDelaySeconds": 3}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}], `,
			first, g.random.IntN(3))
	}
	if g.random.IntN(3) == 0 {
		return s
	}
	names := []string{`"E1"`, `"E0", "E2"`, `"States.IntrinsicFailure", "States.QueryEvaluationError"`, `"States.Timeout"`, `"States.ExceedToleratedFailureThreshold"`}[g.random.IntN(5)]
	fields, last := "", ""
	switch {
	case jsonata:
		fields += g.oneIn(8, `"Output": "{% $merge([$states.input, {'e': $states.errorOutput.Error}]) %}", `, `"Output": `+missing+`, `)
		if g.random.IntN(3) == 0 {
			fields += `"Assign": {` + g.assign(g.oneIn(6, `"{% $states.errorOutput.Error %}"`, missing)) + `}, `
		}
		last = `"Output": "{% $states.input %}", `
	default:
		fields += `"ResultPath": "$.e", `
		if g.random.IntN(3) == 0 {
			g.variables++
			g.visible = append(g.visible, g.variables)
			fields += fmt.Sprintf(`"Assign": {"v%d%s}, `, g.variables, g.oneIn(6, `.$": "$.Error"`, `.$": "States.StringToJson($.Error)"`))
		}
		last = `"ResultPath": null, `
	}
	s += fmt.Sprintf(`"Catch": [{"ErrorEquals": [%s], %s"Next": %q}`, names, fields, g.back(next))
	if g.random.IntN(2) == 0 {
		s += fmt.Sprintf(`, {"ErrorEquals": ["States.ALL"], %s"Next": %q}`, last, next)
	}
	return s + `], `
}

// undoes writes a handler of a kind that others have not.
func (g *generator) undoes() string {
	switch g.random.IntN(5) {
	case 0:
		return `{"Type": "Task", "Resource": "undo", "End": true}` // that one failure fails
	case 1:
		return fmt.Sprintf(`{"Type": "Task", "QueryLanguage": "JSONata", "Resource": "undo", "TimeoutSeconds": 3, "Arguments": {"in": "{%% $states.input.Input %%}", "c": "{%% $states.context.Compensation.State %%}"%s}, `+
			`"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 6}], "End": true}`, g.reads())
	case 2:
		return `{"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.Error %}", "End": true}`
	case 3:
		g.inHandler = true
		defer func() { g.inHandler = false }()
		return fmt.Sprintf(`{"Type": "Map", "QueryLanguage": "JSONata", "Items": [1, 2, 3], "ItemSelector": {"n": 1, "items": [1]}, "MaxConcurrency": %d, "ItemProcessor": {%s}, `+
			`"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 6}], "End": true}`, g.random.IntN(3), g.graph(0))
	}
	return ""
}
