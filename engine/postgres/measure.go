package postgres

import "github.com/gostates/gostates/engine/store"

var _ store.Meter = (*Store)(nil)

// Measures implements [store.Meter].
func (s *Store) Measures() store.Measures {
	s.queue.mu.Lock()
	waiting := len(s.queue.all)
	s.queue.mu.Unlock()
	return s.commits.Measures(waiting)
}
