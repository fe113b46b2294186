// Command gostates checks, runs and tests Amazon States Language definitions.
//
//	gostates validate order.asl.json
//	gostates run order.asl.json --input '{"sku":"A-1"}' --tasks answers.json
//	gostates test --kind executions testdata/orders
//
// "gostates help" says all there is to it.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
