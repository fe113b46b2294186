package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRun works off the orders, and hands the file over to a second service.
func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prints.db")
	require.NoError(t, run(t.Context(), "127.0.0.1:0", path, false))

	first, err := newService(t.Context(), path)
	require.NoError(t, err)
	second := make(chan error, 1)
	go func() {
		s, err := newService(t.Context(), path)
		if err == nil {
			err = s.close(context.Background())
		}
		second <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, first.close(ctx))
	require.NoError(t, <-second)
}
