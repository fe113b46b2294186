package sqlite

import "sync"

// A cache has what the rows of a small table say by their ids, so that records share it.
// An id is never used again for something else.
type cache[V any] struct {
	mu  sync.Mutex
	all map[int64]V
}

// maxCached bounds what a cache has.
const maxCached = 10_000

// get returns what the row with an id says, which is read if need be.
func (c *cache[V]) get(id int64, read func() (V, error)) (V, error) {
	c.mu.Lock()
	v, ok := c.all[id]
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil || len(c.all) >= maxCached {
		c.all = map[int64]V{}
	}
	c.all[id] = v
	return v, nil
}

func (c *cache[V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = nil
}
