package main

import (
	"fmt"
	"io"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states/coverage"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// coverFlags are the flags of commands that report coverage.
type coverFlags struct {
	to    []string
	least float64
}

// add adds the flags. what says what --cover does.
func (f *coverFlags) add(set *pflag.FlagSet, what string) {
	set.StringSliceVar(&f.to, "cover", nil, what+", to `FILE`s that end with .html, .json or .txt, to a folder that ends "+
		"with / as a profile for gostates cover, or to the standard output for -")
	set.Float64Var(&f.least, "cover-min", 0, "fail when less than so many `PERCENT` of the parts are covered")
}

// wanted reports whether there is anything to measure for.
func (f *coverFlags) wanted() bool { return len(f.to) > 0 || f.least > 0 }

// report writes the reports, and returns whether enough is covered.
func (f *coverFlags) report(cmd *cobra.Command, profile *coverage.Profile) (bool, error) {
	if !f.wanted() {
		return true, nil
	}
	out := cmd.OutOrStdout()
	if wantsJSON(cmd) {
		out = io.Discard // the text is for people
	}
	if err := profile.Write(out, f.to...); err != nil {
		return false, err
	}
	r := profile.Report()
	if r.Percent() >= f.least {
		return true, nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "gostates %s: %.1f%% of the state machines are covered, less than %g%%\n", cmd.Name(), r.Percent(), f.least)
	return false, nil
}

func coverCommand() *cobra.Command {
	var flags coverFlags
	cmd := &cobra.Command{
		Use:   "cover [--cover FILE] [--cover-min PERCENT] PROFILE...",
		Short: "report which parts of their machines tests have used",
		Long: `
cover merges profiles of coverage and reports which states, transitions, rules, Defaults,
Retriers, Catchers, timeouts and Compensate handlers of each machine were used. A PROFILE
is a file, or a folder with such files. Those of Go tests come from

  GOSTATES_COVER=/tmp/profiles/ go test ./...
  gostates cover /tmp/profiles --cover cover.html

in packages that test with enginetest; "gostates test --cover /tmp/profiles/" adds those
of cases. Without --cover the report is text. With --json it is JSON.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused("which profiles?")
			}
			return nil
		},
		ValidArgsFunction: files("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			profile, err := coverage.Read(args...)
			if err != nil {
				return err
			}
			if wantsJSON(cmd) {
				if err := profile.Report().WriteJSON(cmd.OutOrStdout()); err != nil {
					return err
				}
			} else if len(flags.to) == 0 {
				flags.to = []string{"-"}
			}
			if covered, err := flags.report(cmd, profile); err != nil || covered {
				return err
			}
			return exitStatus(exitFailed)
		},
	}
	flags.add(cmd.Flags(), "write the report")
	return cmd
}

// A coveringDriver makes the machines of cases known to a profile, which its driver tells of what
// they use.
type coveringDriver struct {
	conformance.Driver
	profile *coverage.Profile
}

// Execute implements [conformance.Driver].
func (d coveringDriver) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	d.profile.Add(machine, c.Name)
	return d.Driver.Execute(machine, c, script)
}
