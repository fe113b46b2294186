package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// bulky fills a store with executions and removes most of them.
func bulky(t *testing.T, s *sqlite.Store) (kept []store.Record) {
	t.Helper()
	line := [][]byte{[]byte(`{"text":"` + strings.Repeat("x", 20_000) + `"}`)}
	var wg sync.WaitGroup
	for i := range 200 {
		r := benchmarkRecord(int64(i))
		if i%10 == 0 {
			kept = append(kept, r)
		} else {
			r.Status, r.StopDate = states.StatusSucceeded, r.StartDate.Add(time.Hour)
		}
		wg.Go(func() {
			if err := s.Create(t.Context(), r, "{}", line); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	removed, err := s.Expire(t.Context(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 1000)
	require.NoError(t, err)
	require.Equal(t, 180, removed)
	return kept
}

// TestCompact: the file becomes small while executions go on, by its own process and by
// another one, and by none.
func TestCompact(t *testing.T) {
	ways := map[string]func(t *testing.T, s *sqlite.Store) sqlite.Compaction{
		"by its process": func(t *testing.T, s *sqlite.Store) sqlite.Compaction {
			c, err := s.Compact(t.Context())
			require.NoError(t, err)
			return c
		},
		"by another": func(t *testing.T, s *sqlite.Store) sqlite.Compaction {
			c, err := sqlite.Compact(t.Context(), s.Path())
			require.NoError(t, err)
			return c
		},
	}
	for says, compact := range ways {
		t.Run(says, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			kept := bulky(t, s)
			stop, stopped := make(chan struct{}), make(chan error, 1)
			appended := 0
			go func() { // executions go on
				var err error
				for err == nil {
					select {
					case <-stop:
						stopped <- nil
						return
					default:
					}
					if appended == 500 { // however fast the disk is, they stay few
						<-stop
						stopped <- nil
						return
					}
					err = s.Append(t.Context(), kept[0].ARN, 1+appended, store.Change{Lines: [][]byte{benchmarkLine}})
					appended++
				}
				stopped <- err
			}()
			c := compact(t, s)
			close(stop)
			require.NoError(t, <-stopped)
			require.Less(t, c.After, c.Before/2)
			for _, r := range kept[1:] {
				lines, err := s.Log(t.Context(), r.ARN)
				require.NoError(t, err)
				require.Len(t, lines, 1)
			}
			lines, err := s.Log(t.Context(), kept[0].ARN)
			require.NoError(t, err)
			require.Len(t, lines, 1+appended)
			require.NoError(t, s.Close())
			info, err := os.Stat(s.Path())
			require.NoError(t, err)
			require.Less(t, info.Size(), c.Before/2)
			again, err := sqlite.Compact(t.Context(), s.Path())
			require.NoError(t, err)
			require.LessOrEqual(t, again.After, again.Before)
		})
	}
}

// TestCompactOfAnOlderFile writes it anew once, and not while another process has it.
func TestCompactOfAnOlderFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	kept := bulky(t, s)
	require.NoError(t, s.Pragma(t.Context(), "PRAGMA auto_vacuum = NONE"))
	require.NoError(t, s.Pragma(t.Context(), "VACUUM"))
	require.NoError(t, s.Close())
	s = open(t, dir)
	_, err := sqlite.Compact(t.Context(), s.Path())
	require.ErrorIs(t, err, store.ErrInUse)
	require.ErrorContains(t, err, "an earlier release has made the file")
	for range 2 {
		c, err := s.Compact(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, c.After, c.Before+64*4096, "with the pages that tell where others are")
	}
	_, err = sqlite.Compact(t.Context(), s.Path())
	require.NoError(t, err)
	for _, r := range kept {
		lines, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Len(t, lines, 1)
	}
	require.NoError(t, s.Close())
}

func TestCompactsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := sqlite.Compact(t.Context(), filepath.Join(dir, "none.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	text := filepath.Join(dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte(fmt.Sprint("no database ", strings.Repeat("x", 5000))), 0o600))
	_, err = sqlite.Compact(t.Context(), text)
	require.ErrorIs(t, err, sqlite.ErrCorrupt)
	s := open(t, dir)
	require.NoError(t, s.Close())
	reader := sqlite.OpenReadOnly(s.Path())
	_, err = reader.Compact(t.Context())
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	require.NoError(t, reader.Close())
}
