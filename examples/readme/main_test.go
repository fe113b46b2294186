package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func Example() {
	main()
	// Output: {"name":"Ada","greeting":"Hello, Ada!"}
}

// TestREADME holds the first program in the README to the one that is tested here.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found, "the README has no Go program")
	shown, _, found := strings.Cut(rest, "```\n")
	require.True(t, found, "the README's Go program has no end")
	program, err := os.ReadFile("main.go")
	require.NoError(t, err)
	require.Equal(t, string(program), shown)
}
