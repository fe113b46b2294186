package enginetest

import "io"

// RunMain does what Main does, but returns the exit code.
func RunMain(m interface{ Run() int }, out io.Writer, options ...MainOption) int {
	return runMain(m, out, options...)
}
