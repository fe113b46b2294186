package objects

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a [Store] in memory. Its zero value has no buckets; the first object of a
// bucket makes the bucket. It must not be copied.
type Memory struct {
	mu      sync.RWMutex
	buckets map[string]map[string]memoryObject
}

type memoryObject struct {
	content  []byte
	etag     string
	modified time.Time
}

// Put makes an object of a text.
func (m *Memory) Put(bucket, key, content string) {
	m.put(bucket, key, []byte(content))
}

func (m *Memory) put(bucket, key string, content []byte) {
	sum := md5.Sum(content)
	etag := `"` + hex.EncodeToString(sum[:]) + `"`
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.buckets == nil {
		m.buckets = make(map[string]map[string]memoryObject)
	}
	if m.buckets[bucket] == nil {
		m.buckets[bucket] = make(map[string]memoryObject)
	}
	m.buckets[bucket][key] = memoryObject{content, etag, time.Now()}
}

// Content returns the content of an object, and whether there is one.
func (m *Memory) Content(bucket, key string) (string, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.buckets[bucket][key]
	return string(o.content), ok
}

// Open implements [Reader].
func (m *Memory) Open(_ context.Context, r Reference, from int64) (io.ReadCloser, error) {
	content, err := m.content(r)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(content[min(max(from, 0), int64(len(content))):])), nil
}

// content returns the content of an object, which nobody changes.
func (m *Memory) content(r Reference) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	bucket, ok := m.buckets[r.Bucket]
	if !ok {
		return nil, ErrNoSuchBucket
	}
	o, ok := bucket[r.Key]
	if !ok {
		return nil, ErrNoSuchKey
	}
	return o.content, nil
}

// OpenFile implements [RandomReader].
func (m *Memory) OpenFile(_ context.Context, r Reference) (File, error) {
	content, err := m.content(r)
	if err != nil {
		return nil, err
	}
	return memoryFile{bytes.NewReader(content)}, nil
}

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

// List implements [Reader]. It lists what was there when it began.
func (m *Memory) List(_ context.Context, in Reference, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		m.mu.RLock()
		objects, ok := m.buckets[in.Bucket]
		var found []Object
		for key, o := range objects {
			if strings.HasPrefix(key, in.Key) && key > after {
				found = append(found, Object{
					Key: key, Size: int64(len(o.content)), ETag: o.etag,
					LastModified: o.modified, StorageClass: "STANDARD",
				})
			}
		}
		m.mu.RUnlock()
		if !ok {
			yield(Object{}, ErrNoSuchBucket)
			return
		}
		slices.SortFunc(found, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Write implements [Writer].
func (m *Memory) Write(_ context.Context, bucket, key string, content io.Reader) (int64, error) {
	all, err := io.ReadAll(content)
	if err != nil {
		return 0, err
	}
	if bucket == "" || key == "" {
		return 0, ErrInvalidKey
	}
	m.put(bucket, key, all)
	return int64(len(all)), nil
}
