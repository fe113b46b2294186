package engine

import "time"

// ReadAhead has the engine read so many sleeping executions at a time, instead of
// thousands, and forget those that are too many then.
func (e *Engine) ReadAhead(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sleepers.limit = n
	if len(e.sleepers.near) > 4*n {
		e.leaveToStore()
	}
}

// Foreseen returns how many sleeping executions the engine has in mind.
func (e *Engine) Foreseen() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sleepers.near)
}

// Look has the engine ask the store who is due next, as it does from time to time.
func (e *Engine) Look() {
	e.mu.Lock()
	e.sleepers.until = time.Time{}
	e.mu.Unlock()
	e.lookAgain(e.virtual != nil)
}
