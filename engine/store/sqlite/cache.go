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

// A documentKey is what a document is found by.
type documentKey struct{ collection, key string }

// documentCache has documents that were read since they were changed last, "" for one that is
// not there. Only the store that owns the file changes any, and says so after the commit and
// before anybody is told of it.
type documentCache struct {
	mu      sync.RWMutex
	all     map[documentKey]string
	size    int // of their texts, in bytes
	changes int // how often some were forgotten
}

// maxCachedDocuments bounds the bytes of the texts that a documentCache has.
const maxCachedDocuments = 16 << 20

// get returns a document if it is known, and the changes until then.
func (c *documentCache) get(k documentKey) (text string, known bool, changes int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	text, known = c.all[k]
	return text, known, c.changes
}

// keep adds a document that was read after get returned the changes. If there were others
// meanwhile it may have been read before them, and is not added.
func (c *documentCache) keep(k documentKey, text string, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != changes || len(text) > maxCachedDocuments/16 {
		return
	}
	if c.size += len(text); c.all == nil || len(c.all) >= maxCached || c.size > maxCachedDocuments {
		c.all, c.size = map[documentKey]string{}, len(text)
	}
	c.size -= len(c.all[k]) // that another has added
	c.all[k] = text
}

// forget drops documents that were changed.
func (c *documentCache) forget(changed []documentKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for _, k := range changed {
		c.size -= len(c.all[k])
		delete(c.all, k)
	}
}

// forgetAll drops all documents.
func (c *documentCache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.all, c.size = nil, 0
}
