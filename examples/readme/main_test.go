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

// TestREADME holds the first program in the README, and the test after it, to what is here.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	readme := string(text)
	for _, file := range []string{"main.go", "order_test.go"} {
		_, rest, found := strings.Cut(readme, "```go\n")
		require.True(t, found, "the README lacks "+file)
		shown, after, found := strings.Cut(rest, "```\n")
		require.True(t, found, "the README's Go program has no end")
		program, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(program), shown)
		readme = after
	}
}
