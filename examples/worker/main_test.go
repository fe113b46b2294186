package main

import (
	"os"
	"testing"
)

// TestMain is the worker in the processes that the example starts.
func TestMain(m *testing.M) {
	if os.Getenv(envEndpoint) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func Example() {
	main()
	// Unordered output:
	// ann has white
	// ann is gone
	// the shirts are ["white, pressed","blue, pressed","red, pressed"]
	// white: ann was not heard of any more
	// white: bob has pressed it
	// blue: bob has pressed it
	// red: bob has pressed it
}
