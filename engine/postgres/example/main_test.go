package main

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/gostates/gostates/engine/postgres/internal/server"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if os.Getenv(nameVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestExample shows the example to its end, which finds out whether an order was lost.
func TestExample(t *testing.T) {
	var out bytes.Buffer
	err := show(&out, "")
	if errors.Is(err, server.ErrNone) {
		t.Skipf("NOT TESTED: %v", err)
	}
	require.NoError(t, err, out.String())
	require.Contains(t, out.String(), "40 orders SUCCEEDED\n40 orders were charged, each once; ")
}
