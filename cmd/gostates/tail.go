package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

func tailCommand() *cobra.Command {
	var store string
	var table tableFlags
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "tail --store FILE EXECUTION [--brief] [--absolute] [--every DURATION]",
		Short: "print the history of an execution as it goes on",
		Long: `
tail prints the events of an execution that are there, and others as they come, until the
execution ends or tail is interrupted. It exits with 1 when the execution ended and did
not succeed. With --json it prints each event as AWS does, in a line.

` + executionHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if every <= 0 {
				return misused("--every must be more than 0")
			}
			return anExecution(cmd, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return withStore(store, func(eng *engine.Engine) error {
				arn, err := find(ctx, eng, args[0])
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				printer := transcript.NewPrinter(out, table.options(out))
				print := printer.Print
				if wantsJSON(cmd) {
					print = func(e *states.Event) error { return printJSONLine(out, e) }
				}
				return follow(ctx, eng, arn, every, print)
			})
		},
	}
	storeFlag(cmd, &store)
	table.add(cmd)
	cmd.Flags().DurationVar(&every, "every", 500*time.Millisecond, "how often to look, a `DURATION`")
	return cmd
}

// follow calls print with the events of an execution until it has ended.
func follow(ctx context.Context, eng *engine.Engine, arn string, every time.Duration, print func(*states.Event) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for printed := 0; ; {
		events, err := eventsOf(ctx, eng, arn)
		if err != nil {
			return err
		}
		for ; printed < len(events); printed++ {
			if err := print(&events[printed]); err != nil {
				return err
			}
		}
		// The end of an execution that was redriven is none.
		if end := events[len(events)-1].Finish(); end != nil {
			if end.Status != states.StatusSucceeded {
				return exitStatus(exitFailed)
			}
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
