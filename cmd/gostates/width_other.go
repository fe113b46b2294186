//go:build !unix

package main

import "io"

// terminalWidth returns 0: the width isn't known here.
func terminalWidth(io.Writer) int { return 0 }
