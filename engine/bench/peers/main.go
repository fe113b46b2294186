// Command peers runs those peers of gostates that are Go packages, so that they stay out of the
// module that compares.
//
//	peers step WARMUP TIME    run the workload on the standard input on coinbase/step, and print its rate
//	peers kumo                serve kumo's API until the standard input ends; prints its URL
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sivchari/kumo"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "step":
		var times [2]time.Duration
		for i, text := range args[1:] {
			var err error
			if times[i], err = time.ParseDuration(text); err != nil {
				return err
			}
		}
		return runStep(os.Stdin, os.Stdout, times)
	case len(args) == 1 && args[0] == "kumo":
		server := kumo.NewServer()
		defer server.Close()
		fmt.Println(server.URL)
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	return fmt.Errorf("unknown arguments %q", args)
}
