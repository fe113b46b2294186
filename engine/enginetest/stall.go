package enginetest

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// A running is a handler that is being called.
type running struct {
	*claim
	goroutine []byte // the first line of its stack: "goroutine 18"
}

// runs notes that a call's handler runs, until what it returns is called.
func (e *Env) runs(k *claim) (ended func()) {
	var room [64]byte
	line, _, _ := bytes.Cut(room[:runtime.Stack(room[:], false)], []byte(" ["))
	r := &running{claim: k, goroutine: slices.Clone(line)}
	e.moves.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running[r] = true
	return func() {
		e.moves.Add(1)
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.running, r)
	}
}

// handler names what the call is done by.
func (r *running) handler() string {
	switch {
	case r.answer == nil || r.answer.real:
		return nameOf(r.realHandler())
	case r.answer.do != nil:
		return r.answer.text
	}
	return "the answer " + r.answer.text
}

// stall tells which handlers keep the clock standing still.
func (e *Env) stall() string {
	e.mu.Lock()
	var all []*running
	for r := range e.running {
		all = append(all, r)
	}
	e.mu.Unlock()
	stacks := allStacks()
	var b strings.Builder
	fmt.Fprintf(&b, "enginetest: nothing has moved for %s of real time, and the clock stands still %s after the start", e.options.stallAfter, e.clock.Now().Sub(e.start))
	found := false
	for _, r := range all {
		stack := stacks[string(r.goroutine)]
		if strings.Contains(stack, "enginetest.(*Clock).Sleep(") || strings.Contains(stack, "engine.(*Execution).waitParked(") {
			continue // it waits for the clock
		}
		found = true
		fmt.Fprintf(&b, "\nthe handler %s of %s does not return. A handler that waits must call Sleep of the environment's Clock.\n%s",
			r.handler(), r.call, stack)
	}
	if !found {
		fmt.Fprintf(&b, "\nno handler runs; the goroutines of the engine are\n%s", engines(stacks))
	}
	return b.String()
}

// allStacks returns the stacks of all goroutines, by the beginning of their first lines.
func allStacks() map[string]string {
	room := make([]byte, 1<<16)
	for {
		n := runtime.Stack(room, true)
		if n < len(room) || len(room) >= 1<<26 {
			room = room[:n]
			break
		}
		room = make([]byte, 2*len(room))
	}
	stacks := make(map[string]string)
	for stack := range strings.SplitSeq(string(room), "\n\n") {
		name, _, _ := strings.Cut(stack, " [")
		stacks[name] = stack
	}
	return stacks
}

// engines returns those stacks in which the engine stands.
func engines(stacks map[string]string) string {
	var all []string
	for _, stack := range stacks {
		if strings.Contains(stack, "gostates/engine.") {
			all = append(all, stack)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n\n")
}
