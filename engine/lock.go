package engine

// lock locks the execution.
func (x *Execution) lock() { x.mu.Lock() }

// unlock unlocks the execution, and then does what was noted: whatever calls the user's
// code, such as a logger. That code may call the engine, of this execution too, so it
// never runs under a lock. Notes are kept in their order: while one goroutine does some,
// it does those of others as well.
func (x *Execution) unlock() {
	if len(x.notes) == 0 || x.noting {
		x.mu.Unlock()
		return
	}
	x.noting = true
	x.engine.working.Add(1) // so that Close returns when all is done
	defer func() {
		x.noting = false
		x.mu.Unlock()
		x.engine.leave()
	}()
	for len(x.notes) > 0 {
		notes := x.notes
		x.notes = nil
		x.mu.Unlock()
		x.do(notes)
	}
}

// do does what was noted, and locks the execution again, even if that panics.
func (x *Execution) do(notes []func()) {
	defer x.mu.Lock()
	for _, note := range notes {
		note()
	}
}

// note has something done when the execution is no longer locked. The execution is locked.
func (x *Execution) note(f func()) { x.notes = append(x.notes, f) }
