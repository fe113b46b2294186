package engine

// wake serves the timers whose time has come. Those of one execution go into one
// step.
func (e *Engine) wake() {
	e.busy(1)
	defer e.busy(-1)
	due := e.timers.due(e.config.Clock.Now())
	together := make(map[*Execution][]happening)
	var order []*Execution
	for _, t := range due {
		if together[t.execution] == nil {
			order = append(order, t.execution)
		}
		together[t.execution] = append(together[t.execution], happening{kind: t.kind, id: t.id, due: t.due})
	}
	for _, x := range order {
		// An error means that the execution was quicker and needs no timer.
		if calls, err := x.advance(together[x]...); err == nil {
			e.spawn(calls)
		}
	}
}
