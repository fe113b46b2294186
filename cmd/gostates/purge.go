package main

import (
	"fmt"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/spf13/cobra"
)

func purgeCommand() *cobra.Command {
	var store string
	var chosen selection
	var limit int
	cmd := &cobra.Command{
		Use:   "purge --store FILE --stopped-until TIME [--status STATUS] [FLAGS]",
		Short: "remove old executions from a store",
		Long: `
purge removes executions that ended before a time, those that ended first, with their
histories; their names are free again. The file keeps its size, and the room is used
again; compact makes the file smaller.

It needs the store for itself: when an engine has it, the command says which process that
is, and changes nothing. An engine removes by itself what is older than its
Limits.Retention, and Engine.PurgeExecutions what this command does.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return misused("expected no argument, found %q", args[0])
			case chosen.stoppedUntil.text == "":
				return misused("--stopped-until which time? 720h removes what ended more than 30 days ago")
			case limit < 0:
				return misused("--limit must not be negative")
			}
			return chosen.check()
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ownStore(store, func(eng *engine.Engine) error {
				arn, err := machineARN(cmd.Context(), eng, chosen.machine)
				removed := 0
				if err == nil && (chosen.machine == "" || arn != "") {
					removed, err = eng.PurgeExecutions(cmd.Context(), engine.PurgeOptions{
						StoppedBefore: chosen.stoppedUntil.before(time.Now()), Statuses: chosen.statusList(), Machine: arn, Limit: limit,
					})
				}
				if err != nil {
					return err
				}
				if wantsJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), map[string]int{"removed": removed})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "executions removed: %d\n", removed)
				return err
			})
		},
	}
	storeFlag(cmd, &store)
	cmd.Flags().Var(&chosen.stoppedUntil, "stopped-until", "those that ended before this `TIME`: a date, or how long ago, such as 720h")
	cmd.Flags().StringArrayVar(&chosen.statuses, "status", nil, "only those with this `STATUS`; it may be given several times")
	cmd.Flags().StringVar(&chosen.machine, "machine", "", "only those of the state machine with this `NAME` or ARN")
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N`")
	completeFlag(cmd, "status", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return statuses[1:], cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}
