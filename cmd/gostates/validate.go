package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gostates/gostates/asl"
)

var validateCommand = command{
	name:    "validate",
	usage:   "gostates validate [--aws] [--express] [--extensions] FILE...",
	summary: "report every problem of a definition",
	help: `
validate reads definitions and prints each problem on a line of its own:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]

It exits with 1 when there is an error; warnings alone are no failure. The FILE "-"
is standard input.

flags:
  --aws          also refuse what runs here only: a Resource that is no ARN
  --express      also refuse what an Express execution cannot run
  --extensions   accept Compensate, which AWS does not know`,
	run: runValidate,
}

func runValidate(c *command, args []string, s streams) int {
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	aws := flags.Bool("aws", false, "")
	express := flags.Bool("express", false, "")
	extensions := flags.Bool("extensions", false, "")
	files, err := parse(flags, args)
	if err == nil && len(files) == 0 {
		err = &usageError{"which definition?"}
	}
	if err != nil {
		return c.fail(s, err)
	}
	parser := asl.Parser{Extensions: *extensions, AWS: *aws}
	if *express {
		parser.Type = asl.Express
	}
	code := exitOK
	for _, file := range files {
		text, err := readFile(file, s.in)
		if err != nil {
			c.fail(s, err)
			code = exitFailed
			continue
		}
		diagnostics := parser.Validate(text)
		printDiagnostics(s.out, file, diagnostics)
		if diagnostics.Err() != nil {
			code = exitFailed
		}
	}
	return code
}

// readFile reads a file, or standard input for "-".
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// printDiagnostics prints problems in the form that editors and CI systems know
// from compilers.
func printDiagnostics(w io.Writer, file string, diagnostics asl.Diagnostics) {
	for _, d := range diagnostics {
		text := strings.ReplaceAll(d.Message, "\n", " ")
		if d.Detail != "" {
			text += " (" + d.Detail + ")"
		}
		if d.Pointer != "" {
			text += " at " + d.Pointer
		}
		if d.Suggestion != "" {
			text += fmt.Sprintf("; did you mean %q?", d.Suggestion)
		}
		fmt.Fprintf(w, "%s:%d:%d: %s: %s [%s]\n",
			file, max(d.Line, 1), max(d.Column, 1), strings.ToLower(string(d.Severity)), text, d.Code)
	}
}
