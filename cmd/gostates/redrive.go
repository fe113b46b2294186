package main

import (
	"fmt"

	"github.com/gostates/gostates/engine"
	"github.com/spf13/cobra"
)

func redriveCommand() *cobra.Command {
	return changing(&cobra.Command{
		Use:   "redrive --store FILE EXECUTION",
		Short: "have an execution that failed go on where it failed",
		Long: `
redrive takes an execution up again that failed, timed out or was stopped: it goes on from
the states that did not end well.
` + changeHelp,
	}, func(cmd *cobra.Command, eng *engine.Engine, arn string) (string, any, error) {
		if _, err := eng.RedriveExecution(cmd.Context(), arn); err != nil {
			return "", nil, err
		}
		d, err := eng.DescribeExecution(cmd.Context(), arn)
		if err != nil {
			return "", nil, err
		}
		return fmt.Sprintf("%s: %s, redriven the %s time", arn, d.Status, ordinal(d.RedriveCount)), descriptionOf(d), nil
	})
}

// ordinal returns a number as a place in an order: "1st", "12th".
func ordinal(n int) string {
	ending := "th"
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprint(n) + ending
}
