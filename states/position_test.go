package states_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// outline returns positions as text: those below another one are indented.
func outline(all []states.Position, start time.Time, indent string) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%s%s #%d", indent, p.State.Name(), p.Entered)
		since := p.Since.Sub(start)
		for _, say := range []struct {
			when bool
			text string
		}{
			{since > 0, fmt.Sprintf("since %s", since)},
			{p.Index >= 0, fmt.Sprintf("index %d", p.Index)},
			{p.Undoes != nil, "undoes " + nameOf(p.Undoes)},
			{p.Attempt > 0, fmt.Sprintf("attempt %d", p.Attempt)},
			{p.Task != nil, "task"},
			{p.Run != nil, "run"},
			{p.Timer != 0, fmt.Sprintf("timer %s retries %t", p.Due.Sub(start), p.Retries)},
			{p.Total > 0, fmt.Sprintf("%d of %d", p.Ended, p.Total)},
			{p.Left > 0, fmt.Sprintf("and %d more", p.Left)},
		} {
			if say.when {
				b.WriteString(", " + say.text)
			}
		}
		b.WriteString("\n" + outline(p.Below, start, indent+"  "))
	}
	return b.String()
}

func nameOf(s asl.State) string {
	if s == nil {
		return ""
	}
	return s.Name()
}

func TestPositions(t *testing.T) {
	const task = `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}`
	for says, c := range map[string]struct {
		definition string
		input      string
		failures   int // tasks that fail, the latest first
		want       string
	}{
		"a task":       {`{"StartAt":"T","States":{"T":` + task + `}}`, `{}`, 0, "T #2, task\n"},
		"a Wait state": {`{"StartAt":"P","States":{"P":{"Type":"Pass","Next":"W"},"W":{"Type":"Wait","Seconds":9,"End":true}}}`, `{}`, 0, "W #4, timer 9s retries false\n"},
		"a Retrier":    {`{"StartAt":"T","States":{"T":` + strings.TrimSuffix(task, "}") + `,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":4}]}}}`, `{}`, 1, "T #2, timer 5s retries true\n"},
		"the end":      {`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`, `{}`, 0, ""},
		"branches": {`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"T","States":{"T":` + task + `}},{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}]}}}`, `{}`, 0,
			"P #2, 1 of 3\n  T #6, index 1, task\n  W #8, index 2, timer 9s retries false\n"},
		"iterations": {`{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":3,"End":true,"ItemProcessor":{"StartAt":"T","States":{"T":` + task + `}}}}}`, `[1,2,3,4,5]`, 0,
			"M #2, 0 of 5\n  T #7, index 0, task\n  T #9, index 1, task\n  T #11, index 2, task\n"},
		"a Map Run": {`{"StartAt":"Each","States":{"Each":{"Type":"Map",` + distributedInner + `}}}`, `[1]`, 0, "Each #2, run\n"},
		"a compensation": {`{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}],"Compensate":"U","Next":"F"},"U":` + strings.Replace(task, `,"End":true`, "", 1) + `,"F":{"Type":"Fail"}}}`, `{}`, 0,
			"F #8\n  U #10, undoes A, task\n"},
	} {
		t.Run(says, func(t *testing.T) {
			m, err := asl.Parser{Extensions: true}.Parse([]byte(c.definition))
			require.NoError(t, err)
			start := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
			x := states.New(m, states.Options{})
			assert.Empty(t, x.Positions(100, 100), "it has not started")
			effects, err := x.Step(states.Started{At: start, Input: parsed(t, c.input), Seed: states.Seed{7}})
			require.NoError(t, err)
			all := append([]states.Event(nil), effects.Events...)
			for range c.failures {
				effects, err = x.Step(states.TaskErred{At: start.Add(time.Second), Task: x.Open()[0].(*states.InvokeTask).ID, Failure: states.Fail("E", "")})
				require.NoError(t, err)
				all = append(all, effects.Events...)
			}
			found := outline(x.Positions(100, 100), start, "")
			assert.Equal(t, c.want, found)
			restored, err := states.Restore(m, all, states.Options{})
			require.NoError(t, err)
			assert.Equal(t, found, outline(restored.Positions(100, 100), start, ""))
		})
	}
}

// TestPositionsAreBounded: siblings share what there is.
func TestPositionsAreBounded(t *testing.T) {
	inner := func(name string) string {
		return `{"Type":"Map","ItemsPath":"$","End":true,"ItemProcessor":{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Wait","Seconds":9,"End":true}}}}`
	}
	m, err := asl.Parse(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":` + inner("C") + `}},{"StartAt":"B","States":{"B":` + inner("D") + `}}]}}}`)
	require.NoError(t, err)
	x := states.New(m, states.Options{MapConcurrency: 1000})
	items := make([]any, 50)
	_, err = x.Step(states.Started{At: time.Unix(0, 0), Input: items})
	require.NoError(t, err)
	for _, c := range []struct {
		each, most          int
		all, below, a, b    int
		leftA, leftB, leftP int
	}{
		{each: 100, most: 1000, all: 103, below: 2, a: 50, b: 50},
		{each: 20, most: 1000, all: 43, below: 2, a: 20, b: 20, leftA: 30, leftB: 30},
		{each: 100, most: 33, all: 33, below: 2, a: 15, b: 15, leftA: 35, leftB: 35},
		{each: 100, most: 3, all: 3, below: 2, leftA: 50, leftB: 50},
		{each: 100, most: 2, all: 2, below: 1, leftA: 50, leftP: 1},
		{each: 100, most: 1, all: 1, leftP: 2},
		{each: 0, most: 10, all: 1, leftP: 2},
		{each: 100, most: 0},
	} {
		all := x.Positions(c.each, c.most)
		require.Equal(t, c.all, size(all), "%+v", c)
		if c.all == 0 {
			continue
		}
		p := all[0]
		assert.Equal(t, c.leftP, p.Left, "%+v", c)
		require.Len(t, p.Below, c.below)
		for i, want := range []struct{ below, left int }{{c.a, c.leftA}, {c.b, c.leftB}}[:c.below] {
			assert.Len(t, p.Below[i].Below, want.below, "%+v", c)
			assert.Equal(t, want.left, p.Below[i].Left, "%+v", c)
		}
	}
}

func size(all []states.Position) (n int) {
	for i := range all {
		n += 1 + size(all[i].Below)
	}
	return n
}
