package coverage_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/coverage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything has each kind of part.
const everything = `{
  "TimeoutSeconds": 60,
  "StartAt": "Größe",
  "States": {
    "Größe": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": true, "Next": "Do"}], "Default": "Each"},
    "Do": {
      "Type": "Task", "Resource": "do.sync", "TimeoutSecondsPath": "$.n", "HeartbeatSeconds": 5, "Compensate": "Undo",
      "Retry": [{"ErrorEquals": ["A", "B"]}, {"ErrorEquals": ["C"]}],
      "Catch": [
        {
          "ErrorEquals": ["States.ALL"],
          "Next": "Each"
        }
      ],
      "Next": "Each"
    },
    "Undo": {"Type": "Pass"},
    "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Wait", "Seconds": 1, "End": true}}}, "End": true}
  }
}`

func machine(t *testing.T, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	return m
}

// used returns a profile in which every part is used that a function wants.
func used(m *asl.StateMachine, wanted func(p states.Part) bool) *coverage.Profile {
	p := new(coverage.Profile)
	p.Add(m, "all.asl.json")
	for part := range states.Parts(m) {
		if wanted(part) {
			p.Use(m, part)
		}
	}
	return p
}

func text(t *testing.T, r *coverage.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, r.WriteText(&b))
	return b.String()
}

func TestEveryPartHasItsPlace(t *testing.T) {
	t.Parallel()
	p := used(machine(t, everything), func(states.Part) bool { return false })
	assert.Equal(t, `all.asl.json: 0.0% covered (0 of 17)
  states 0/5 transitions 0/3 rules 0/1 defaults 0/1 retriers 0/2 catchers 0/1 timeouts 0/1 heartbeats 0/1 compensations 0/1 machine timeouts 0/1
  not covered: 2:3 TimeoutSeconds
  not covered: 5:5 Größe State Choice
  not covered: 5:45 Größe Choices[0] → Do
  not covered: 5:100 Größe Default → Each
  not covered: 6:5 Do State Task
  not covered: 7:46 Do TimeoutSeconds
  not covered: 7:75 Do HeartbeatSeconds
  not covered: 15:7 Do Next → Each
  not covered: 8:17 Do Retry[0] A, B
  not covered: 8:46 Do Retry[1] C
  not covered: 10:9 Do Catch[0] States.ALL → Each
  not covered: 7:98 Do Compensate ← Undo
  not covered: 17:5 Undo State Pass
  not covered: 18:5 Each State Map
  not covered: 18:128 Each Next → end
  not covered: 18:75 In State Wait
  not covered: 18:112 In Next → end
`, text(t, p.Report()))
}

func TestReport(t *testing.T) {
	t.Parallel()
	m := machine(t, everything)
	p := used(m, func(p states.Part) bool { return p.Kind == states.PartState })
	p.Use(m, states.Part{Kind: states.PartRetrier, State: m.Find("Do"), Index: 1})
	p.Use(m, states.Part{Kind: states.PartRetrier, State: m.Find("Do"), Index: 1})
	r := p.Report()
	assert.Equal(t, 6, r.Covered)
	assert.Equal(t, 17, r.Parts)
	assert.InDelta(t, 35.3, r.Percent(), 0.1)
	require.Len(t, r.Machines, 1)
	assert.Equal(t, 6, r.Machines[0].Covered)
	for _, part := range r.Machines[0].Parts {
		switch {
		case part.Label() == "Retry[1]":
			assert.EqualValues(t, 2, part.Count)
		case part.Kind == "State":
			assert.EqualValues(t, 1, part.Count)
		default:
			assert.Zero(t, part.Count, part.Label())
		}
	}
	var b strings.Builder
	require.NoError(t, r.WriteJSON(&b))
	var again coverage.Report
	require.NoError(t, json.Unmarshal([]byte(b.String()), &again))
	assert.Equal(t, r.Covered, again.Covered)
	assert.Equal(t, r.Machines[0].Parts, again.Machines[0].Parts)

	assert.Equal(t, "100.0% covered (0 of 0 in 0 state machines)\n", text(t, new(coverage.Profile).Report()))
}

// TestMergedProfiles: profiles come through JSON, and those of one definition are one.
func TestMergedProfiles(t *testing.T) {
	t.Parallel()
	var all coverage.Profile
	for _, kind := range []states.PartKind{states.PartState, states.PartState, states.PartNext} {
		data, err := json.Marshal(used(machine(t, everything), func(p states.Part) bool { return p.Kind == kind }))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &all))
	}
	other := used(machine(t, `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`), func(states.Part) bool { return true })
	all.Merge(other)
	all.Merge(&all)
	r := all.Report()
	require.Len(t, r.Machines, 2)
	assert.Equal(t, 8, r.Machines[0].Covered+r.Machines[1].Covered-2)
	for _, m := range r.Machines {
		for _, part := range m.Parts {
			if part.State == "Do" && part.Kind == "State" {
				assert.EqualValues(t, 4, part.Count)
			}
		}
	}
	assert.Contains(t, text(t, r), "52.6% covered (10 of 19 in 2 state machines)\n")
}

func TestProfilesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"no object":           `[]`,
		"no machines":         `{}`,
		"a bad definition":    `{"machines": [{"definition": "{}", "used": []}]}`,
		"an unknown part":     `{"machines": [{"definition": "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}", "used": [{"part": "Sate", "count": 1}]}]}`,
		"a negative count":    `{"machines": [{"definition": "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}", "used": [{"part": "State", "count": -1}]}]}`,
		"a negative position": `{"machines": [{"definition": "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}", "used": [{"part": "Retry", "index": -1}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var p coverage.Profile
			require.Error(t, json.Unmarshal([]byte(data), &p))
			assert.Empty(t, p.Report().Machines)
		})
	}
}

// TestTheChildrenOfAMapRunUseTheMachine that has the Map state.
func TestTheChildrenOfAMapRunUseTheMachine(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
		"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}}}}`)
	child := m.Find("M").(*asl.Map).Distributed.Child
	p := used(m, func(p states.Part) bool { return p.State.Name() == "M" })
	for part := range states.Parts(child) {
		p.Use(child, part)
	}
	r := p.Report()
	require.Len(t, r.Machines, 1)
	assert.InDelta(t, 100, r.Percent(), 0)
}

func TestHTML(t *testing.T) {
	t.Parallel()
	m := machine(t, everything)
	p := used(m, func(p states.Part) bool {
		return p.Kind == states.PartState || p.Kind == states.PartRule || p.Kind == states.PartCatcher
	})
	p.Add(machine(t, `{"StartAt": "<b>&", "States": {"<b>&": {"Type": "Pass", "Comment": "<script>", "End": true}}}`), "<i>")
	var b strings.Builder
	require.NoError(t, p.Report().WriteHTML(&b))
	page := b.String()
	for _, part := range []string{
		"all.asl.json", "36.8%", "retriers 0/2", "<svg", "&lt;script&gt;", "&lt;i&gt;", `id="m0-L1"`, `href="#m1-L5"`, "Catch[0] States.ALL → Each 1×",
		`<span class="missed" title="Do Retry[0]: never">{&#34;ErrorEquals&#34;: [&#34;A&#34;, &#34;B&#34;]}</span>`,
		`<span class="covered" title="Größe State: 1×">&#34;Größe&#34;</span>`,
		`          <span class="covered" title="Do Catch[0]: 1×">&#34;Next&#34;: &#34;Each&#34;</span>`,
	} {
		assert.Contains(t, page, part)
	}
	for _, part := range []string{"<script", "<i>&lt;", "http://", "https://"} {
		assert.NotContains(t, strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), part)
	}
}

// TestTheSourceIsWhole: the page has every character of the definition, however it is laid out.
func TestTheSourceIsWhole(t *testing.T) {
	t.Parallel()
	var compact strings.Builder
	for _, field := range strings.Fields(everything) {
		compact.WriteString(field)
	}
	for name, definition := range map[string]string{
		"many lines": everything, "one line": compact.String(), "spread": strings.ReplaceAll(everything, " ", "\n"),
		"tabs and carriage returns": strings.ReplaceAll(strings.ReplaceAll(everything, "\n", "\r\n"), "  ", "\t"),
	} {
		t.Run(name, func(t *testing.T) {
			p := used(machine(t, definition), func(p states.Part) bool { return p.Index == 0 })
			assert.Equal(t, definition, coverage.Source(p.Report()))
		})
	}
}

func TestAWriterThatFails(t *testing.T) {
	t.Parallel()
	r := used(machine(t, everything), func(states.Part) bool { return true }).Report()
	require.ErrorIs(t, r.WriteText(full{}), errFull)
	require.ErrorIs(t, r.WriteJSON(full{}), errFull)
	require.ErrorIs(t, r.WriteHTML(full{}), errFull)
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
