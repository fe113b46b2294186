package postgres_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/require"
)

// long has a log of so many writes of two lines each, and returns the ARN.
func long(t testing.TB, s store.Store, writes int) string {
	t.Helper()
	line := func(n int) []byte {
		return fmt.Appendf(nil, `{"line":%d,"text":%q}`, n, bytes.Repeat([]byte{'x'}, 200))
	}
	r := record("long")
	require.NoError(t, s.Create(t.Context(), r, "{}", [][]byte{line(0), line(1)}))
	for n := 1; n < writes; n++ {
		require.NoError(t, s.Append(t.Context(), r.ARN, 2*n, store.Change{Lines: [][]byte{line(2 * n), line(2*n + 1)}}))
	}
	return r.ARN
}

// TestTailOfWhatIsReplaced: an execution that is removed while the end of its log is read, and
// another one that gets its ARN, leave no mixture of the two.
func TestTailOfWhatIsReplaced(t *testing.T) {
	for name, again := range map[string]bool{"removed": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			defer s.Close()
			arn := long(t, s, 100)
			require.NoError(t, s.Append(t.Context(), arn, 200, store.Change{End: &store.End{Status: "SUCCEEDED", StopDate: record("").StartDate}}))
			seen := 0
			lines, before, err := s.Tail(t.Context(), arn, func([]byte) bool {
				if seen++; seen == 1 {
					require.NoError(t, s.Remove(t.Context(), arn))
					if again {
						long(t, s, 80)
					}
				}
				return false
			})
			require.NoError(t, err)
			require.Zero(t, before)
			want, err := s.Log(t.Context(), arn)
			require.NoError(t, err)
			require.Equal(t, want, lines)
			require.Len(t, lines, map[bool]int{false: 0, true: 160}[again])
		})
	}
}

// BenchmarkTail reads the end of a log as an engine that wakes an execution does, and the whole log.
func BenchmarkTail(b *testing.B) {
	s := open(b, b.TempDir())
	defer s.Close()
	arn := long(b, s, 12_000)
	for name, first := range map[string]string{"end": `{"line":23400,`, "whole": "none"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _, err := s.Tail(b.Context(), arn, func(line []byte) bool { return bytes.HasPrefix(line, []byte(first)) })
				require.NoError(b, err)
			}
		})
	}
}
