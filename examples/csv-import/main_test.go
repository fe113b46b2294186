package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test's program be the process that imports.
func TestMain(m *testing.M) {
	if os.Getenv(folderVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestImport(t *testing.T) {
	folder := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, show(&out, io.Discard, folder, 50_050))
	require.Contains(t, out.String(), "The first process was killed at ")
	require.Contains(t, out.String(), "All rows are there, once each.")
	files, err := filepath.Glob(filepath.Join(folder, "out", "imports", "*", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 2, "the manifest and what succeeded")
	results, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Equal(t, 501, bytes.Count(results, []byte("\n")), "a line for each batch")
}
