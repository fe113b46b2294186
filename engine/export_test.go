package engine

import "time"

// ReadAhead has the engine read so many sleeping executions at a time, instead of
// thousands, and forget those that are too many then.
func (e *Engine) ReadAhead(n int) {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sleepers.limit = n
	if len(a.sleepers.near) > 4*n {
		a.leaveToStore()
	}
}

// Foreseen returns how many sleeping executions the engine has in mind.
func (e *Engine) Foreseen() int {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sleepers.near)
}

// Look has the engine ask the store who is due next, as it does from time to time.
func (e *Engine) Look() {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	a.sleepers.until = time.Time{}
	a.mu.Unlock()
	a.lookAgain(a.virtual != nil)
}

// Awake returns how many running executions are in memory.
func (e *Engine) Awake() int {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.byARN)
}
