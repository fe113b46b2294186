package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/require"
)

// A documentCase is one sentence of the contract of stores that keep documents.
type documentCase struct {
	says string
	test func(t *testing.T, s store.DocumentStore)
}

// ofDocuments makes cases of stores of cases of those that keep documents.
func ofDocuments(cases []documentCase) (all []testCase) {
	for _, c := range cases {
		all = append(all, testCase{c.says, func(t *testing.T, s store.Store) { c.test(t, s.(store.DocumentStore)) }})
	}
	return all
}

// put makes a change of one document that goes well.
func put(t *testing.T, s store.DocumentStore, collection, key, old, text string) {
	t.Helper()
	require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: collection, Key: key, Old: old, New: text}}))
}

// hasDocument checks a document's text, which is empty when there is to be none.
func hasDocument(t *testing.T, s store.DocumentStore, collection, key, text string) {
	t.Helper()
	found, err := s.Document(t.Context(), collection, key)
	require.NoError(t, err)
	require.Equal(t, text, found)
}

var documentCases = []documentCase{
	{"Document returns the text that a change gave it", func(t *testing.T, s store.DocumentStore) {
		large := strings.Repeat("large \x00\n é 😀 ", 100_000)
		put(t, s, "c", "k", "", `{"a":1}`)
		put(t, s, "c", "large", "", large)
		hasDocument(t, s, "c", "k", `{"a":1}`)
		hasDocument(t, s, "c", "large", large)
		put(t, s, "c", "k", `{"a":1}`, `{"a":2}`)
		hasDocument(t, s, "c", "k", `{"a":2}`)
	}},
	{"Document of an unknown key is empty", func(t *testing.T, s store.DocumentStore) {
		hasDocument(t, s, "c", "k", "")
		put(t, s, "c", "k", "", "text")
		hasDocument(t, s, "other", "k", "")
		hasDocument(t, s, "c", "K", "")
	}},
	{"A change without a new text removes a document", func(t *testing.T, s store.DocumentStore) {
		put(t, s, "c", "k", "", "text")
		put(t, s, "c", "k", "text", "")
		hasDocument(t, s, "c", "k", "")
		found, err := s.Documents(t.Context(), "c", "", 10)
		require.NoError(t, err)
		require.Empty(t, found)
		put(t, s, "c", "k", "", "again")
		hasDocument(t, s, "c", "k", "again")
	}},
	{"Changes are made all or none", func(t *testing.T, s store.DocumentStore) {
		put(t, s, "c", "a", "", "1")
		put(t, s, "c", "b", "", "1")
		for _, bad := range []store.DocumentChange{
			{Collection: "c", Key: "b", Old: "", New: "2"},
			{Collection: "c", Key: "b", Old: "2", New: "3"},
			{Collection: "c", Key: "b", Old: "2"},
			{Collection: "c", Key: "unknown", Old: "1", New: "2"},
			{Collection: "other", Key: "a", Old: "1"},
		} {
			for _, changes := range [][]store.DocumentChange{
				{bad},
				{{Collection: "c", Key: "a", Old: "1", New: "2"}, {Collection: "c", Key: "new", New: "1"}, bad},
				{bad, {Collection: "c", Key: "a", Old: "1"}},
			} {
				require.ErrorIs(t, s.ChangeDocuments(t.Context(), changes), store.ErrDocumentChanged, "%+v", changes)
				hasDocument(t, s, "c", "a", "1")
				hasDocument(t, s, "c", "b", "1")
				hasDocument(t, s, "c", "new", "")
			}
		}
		require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{
			{Collection: "c", Key: "a", Old: "1", New: "2"}, {Collection: "c", Key: "b", Old: "1"}, {Collection: "d", Key: "a", New: "3"}}))
		hasDocument(t, s, "c", "a", "2")
		hasDocument(t, s, "c", "b", "")
		hasDocument(t, s, "d", "a", "3")
	}},
	{"Documents returns a collection in the order of the keys' bytes, in parts", func(t *testing.T, s store.DocumentStore) {
		keys := []string{"A", "B", "a", "a/b", "a0", "ab", "b", "é", "😀"}
		for i := range keys {
			put(t, s, "c", keys[len(keys)-1-i], "", "of "+keys[len(keys)-1-i])
			put(t, s, "other", keys[i], "", "other")
		}
		for limit := 1; limit <= len(keys)+1; limit++ {
			var all []string
			for after := ""; ; {
				found, err := s.Documents(t.Context(), "c", after, limit)
				require.NoError(t, err)
				for _, d := range found {
					require.Equal(t, "of "+d.Key, d.Text)
					all = append(all, d.Key)
				}
				if len(found) < limit {
					break
				}
				require.Len(t, found, limit)
				after = found[limit-1].Key
			}
			require.Equal(t, keys, all)
		}
		found, err := s.Documents(t.Context(), "c", "aa", 2)
		require.NoError(t, err)
		require.Equal(t, []store.Document{{Key: "ab", Text: "of ab"}, {Key: "b", Text: "of b"}}, found)
	}},
	{"Of several changes of one document at the same time one succeeds", func(t *testing.T, s store.DocumentStore) {
		for round := range 10 {
			old, text := fmt.Sprint("v", round), fmt.Sprint("v", round+1)
			if round == 0 {
				old = ""
			}
			winners := race(8, func() error {
				return s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "k", Old: old, New: text}})
			}, store.ErrDocumentChanged)
			require.Equal(t, int32(1), winners)
			hasDocument(t, s, "c", "k", text)
		}
	}},
	{"Documents outlive the executions", func(t *testing.T, s store.DocumentStore) {
		is := script{t, s.(store.Store)}
		put(t, s, "c", "k", "", "text")
		is.end(is.create(record("a"), 1), 1, "SUCCEEDED", startDate)
		removed, err := is.store.Expire(t.Context(), startDate.AddDate(0, 0, 1), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		hasDocument(t, s, "c", "k", "text")
	}},
	{"A context that has ended changes no document", func(t *testing.T, s store.DocumentStore) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.ChangeDocuments(ended, []store.DocumentChange{{Collection: "c", Key: "k", New: "text"}}), context.Canceled)
		_, err := s.Document(ended, "c", "k")
		require.ErrorIs(t, err, context.Canceled)
		_, err = s.Documents(ended, "c", "", 1)
		require.ErrorIs(t, err, context.Canceled)
		hasDocument(t, s, "c", "k", "")
	}},
	{"Counting up in a document loses nothing", func(t *testing.T, s store.DocumentStore) {
		var failed atomic.Value
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for done := 0; done < 5; {
					old, err := s.Document(t.Context(), "c", "n")
					if err == nil {
						err = s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "n", Old: old, New: old + "|"}})
					}
					switch err {
					case nil:
						done++
					case store.ErrDocumentChanged:
					default:
						failed.Store(err)
						return
					}
				}
			})
		}
		wg.Wait()
		require.Nil(t, failed.Load())
		hasDocument(t, s, "c", "n", strings.Repeat("|", 40))
	}},
}
