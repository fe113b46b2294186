package engine_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sagaMaker makes machines that compensate. Where a scope has siblings, it fails only
// when those have ended: in the exported form they are not aborted.
type sagaMaker struct {
	*rand.Rand
	saga
	jsonata bool
	names   int
}

func (m *sagaMaker) name(kind string) string {
	m.names++
	return fmt.Sprintf("%s%d", kind, m.names)
}

func (m *sagaMaker) chance(percent int) bool { return m.IntN(100) < percent }

// graph makes a graph of some states.
func (m *sagaMaker) graph(depth int, mayFail, late bool) string {
	var states []string
	next := m.name("End")
	switch {
	case mayFail && m.chance(40):
		states = append(states, fmt.Sprintf(`%q:{"Type":"Fail","Error":"Over","Cause":%q}`, next, next))
	case m.chance(50):
		states = append(states, fmt.Sprintf(`%q:{"Type":"Succeed"}`, next))
	default:
		states = append(states, fmt.Sprintf(`%q:{"Type":"Pass","End":true}`, next))
	}
	for range 1 + m.IntN(4) {
		var more []string
		next, more = m.state(next, depth, mayFail)
		states = append(more, states...)
	}
	if late {
		wait := m.name("Wait")
		states = append(states, fmt.Sprintf(`%q:{"Type":"Wait","Seconds":100000,"Next":%q}`, wait, next))
		next = wait
	}
	return fmt.Sprintf(`"StartAt":%q,"States":{%s}`, next, strings.Join(states, ","))
}

// state makes a state that goes on to another, and its handler.
func (m *sagaMaker) state(next string, depth int, mayFail bool) (name string, states []string) {
	fields := m.fields()
	if m.chance(60) {
		undo := m.name("Undo")
		if m.chance(4) {
			m.fails[strings.ToLower(undo)] = "Stuck: " + undo
		}
		states = append(states, m.handler(undo))
		fields += fmt.Sprintf(`,"Compensate":%q`, undo)
	}
	if m.chance(30) {
		fields += fmt.Sprintf(`,"Catch":[{"ErrorEquals":[%q],"Next":%q}]`, []string{"Bad", "States.ALL", "States.TaskFailed"}[m.IntN(3)], next)
	}
	if m.chance(30) {
		fields += `,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`
	}
	fields += fmt.Sprintf(`,"Next":%q`, next)
	kind := m.IntN(4)
	if depth == 0 {
		kind = 0
	}
	switch kind {
	case 1:
		name = m.name("Branches")
		count := 1 + m.IntN(3)
		branches := make([]string, count)
		for i := range branches {
			last := mayFail && i == count-1
			branches[i] = "{" + m.graph(depth-1, last, last && count > 1) + "}"
		}
		states = append(states, fork(name, fields, branches...))
	case 2:
		name = m.name("Items")
		field := `"ItemsPath":"$$.Execution.Input.items"`
		if m.jsonata {
			field = `"Items":"{% $states.context.Execution.Input.items %}"`
		}
		states = append(states, fmt.Sprintf(`%q:{"Type":"Map","MaxConcurrency":%d,%s,"ItemProcessor":{%s}%s}`, name, m.IntN(3), field, m.graph(depth-1, false, false), fields))
	default:
		name = m.name("Do")
		resource := strings.ToLower(name)
		m.takes[resource] = time.Duration(1+m.IntN(100_000)) * time.Millisecond
		if mayFail && m.chance(15) {
			m.fails[resource] = "Bad: " + name
		}
		states = append(states, job(name, fields))
	}
	return name, states
}

// fields shape what a state does with its input and result.
func (m *sagaMaker) fields() string {
	variable := m.name("v")
	if m.jsonata {
		return []string{"", fmt.Sprintf(`,"Output":{"in":"{%% $states.input %%}","out":"{%% $states.result %%}"},"Assign":{%q:"{%% $states.result %%}"}`, variable),
			fmt.Sprintf(`,"Assign":{%q:1}`, variable), `,"Output":[["{% $states.result %}"]]`}[m.IntN(4)]
	}
	return []string{"", `,"ResultSelector":{"it.$":"$"}`, fmt.Sprintf(`,"Assign":{"%s.$":"$"},"ResultPath":null`, variable), `,"InputPath":"$","OutputPath":"$"`}[m.IntN(4)]
}

// handler makes a handler.
func (m *sagaMaker) handler(name string) string {
	inner := m.name("Inner")
	for _, resource := range []string{name, inner} {
		m.takes[strings.ToLower(resource)] = time.Duration(1+m.IntN(1000)) * time.Millisecond
	}
	switch m.IntN(4) {
	case 0:
		return fork(name, "", branch(inner, job(inner, `,"End":true`)))
	case 1:
		if m.jsonata {
			return job(name, `,"Arguments":"{% $states.context.Compensation %}"`)
		}
		return job(name, `,"Parameters":{"c.$":"$$.Compensation","e.$":"$.Error"},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`)
	}
	return job(name, "")
}

// remaining is the part of a cause that lists what was not undone.
var remaining = regexp.MustCompile(`,"Remaining":.*`)

// TestRandomSagas runs machines as they are and exported, and compares which tasks are
// called with what, and how it ends.
func TestRandomSagas(t *testing.T) {
	ends := map[string]int{}
	for seed := range uint64(40) {
		m := &sagaMaker{Rand: rand.New(rand.NewPCG(seed, 0)), jsonata: seed%2 == 0}
		m.saga = saga{input: `{"items":[1,[2]]}`, fails: map[string]string{}, takes: map[string]time.Duration{}, once: m.chance(30), timed: true}
		language := "JSONPath"
		if m.jsonata {
			language = "JSONata"
		}
		m.definition = fmt.Sprintf(`{"QueryLanguage":%q,%s}`, language, m.graph(2, true, false))
		machine, err := asl.Parser{Extensions: true}.Parse([]byte(m.definition))
		require.NoError(t, err, m.definition)
		exported, err := export.Machine(machine)
		require.NoError(t, err, m.definition)
		plain, err := asl.Parse(exported.Definition)
		require.NoError(t, err, exported.Definition)
		calls, end := m.transcript(t, machine)
		callsOfPlain, endOfPlain := m.transcript(t, plain)
		// An exported branch does not know what others have completed.
		end, endOfPlain = remaining.ReplaceAllString(end, ""), remaining.ReplaceAllString(endOfPlain, "")
		if !assert.Equal(t, calls, callsOfPlain, "seed %d: %s", seed, m.definition) || !assert.Equal(t, end, endOfPlain, "seed %d: %s", seed, m.definition) {
			return
		}
		if len(calls) > 2 && machine.Compensates() {
			ends[strings.Fields(end)[0]]++
			ends[strings.Fields(end)[1]]++
		}
	}
	for _, end := range []string{"SUCCEEDED", "FAILED", "Bad", "Over", "States.CompensationFailed"} {
		assert.NotZero(t, ends[end], end)
	}
}
