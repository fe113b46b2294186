package storetest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/store"
)

var tailCases = []testCase{
	{"Tail returns the lines from the last one on that is wanted, and how many stand before", func(t *testing.T, s store.Store) {
		is, tailer := script{t, s}, s.(store.Tailer)
		r := is.create(record("a"), 3)
		length := 3
		for n := range 200 { // so many writes that a store may read them in parts
			is.append(r, length, length+n%5)
			length += n % 5
		}
		whole, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Len(t, whole, length)
		for _, at := range []int{0, 1, 2, 3, 10, length - 40, length - 2, length - 1} {
			looked := 0
			lines, before, err := tailer.Tail(t.Context(), r.ARN, func(line []byte) bool {
				looked++
				return bytes.Equal(line, whole[at]) || bytes.Equal(line, whole[at/2])
			})
			require.NoError(t, err)
			require.Equal(t, at, before)
			require.Equal(t, whole[at:], lines)
			require.Equal(t, length-at, looked, "lines are looked at from the last one backwards, once each")
		}
	}},
	{"Tail returns all lines when none is wanted, and none for an unknown ARN", func(t *testing.T, s store.Store) {
		is, tailer := script{t, s}, s.(store.Tailer)
		r := is.create(record("a"), 3)
		is.append(r, 3, 700)
		none := func([]byte) bool { return false }
		lines, before, err := tailer.Tail(t.Context(), r.ARN, none)
		require.NoError(t, err)
		require.Zero(t, before)
		whole, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Equal(t, whole, lines)
		lines, before, err = tailer.Tail(t.Context(), record("b").ARN, none)
		require.NoError(t, err)
		require.Zero(t, before)
		require.Empty(t, lines)
	}},
}
