package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
)

var exportCommand = command{
	name:    "export",
	usage:   "gostates export FILE",
	summary: "write a definition with Compensate as plain ASL",
	help: `
export reads a definition that may have Compensate and prints one without, which AWS
accepts. It does the same, as far as the plain language can say it: what it does not is
printed to standard error, a line for each difference:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE (REASON) [CODE]

When the definition is wrong, or cannot be written so, the reasons are printed there and
export exits with 1. The FILE "-" is standard input. A definition without Compensate is
printed as it is.`,
	run: runExport,
}

func runExport(c *command, args []string, s streams) int {
	files, err := parse(flag.NewFlagSet("export", flag.ContinueOnError), args)
	if err == nil && len(files) != 1 {
		err = &usageError{fmt.Sprintf("expected one definition, found %d", len(files))}
	}
	if err != nil {
		return c.fail(s, err)
	}
	text, err := readFile(files[0], s.in)
	if err != nil {
		return c.fail(s, err)
	}
	machine, err := asl.Parser{Extensions: true}.Parse(text)
	if wrong, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(s.err, files[0], wrong.Diagnostics)
		return exitFailed
	}
	exported, err := export.Machine(machine)
	if refused, ok := errors.AsType[*export.Error](err); ok {
		printDiagnostics(s.err, files[0], refused.Diagnostics)
		return exitFailed
	}
	printDiagnostics(s.err, files[0], exported.Differences)
	if _, err := io.WriteString(s.out, exported.Definition); err != nil {
		return c.fail(s, err)
	}
	return exitOK
}
