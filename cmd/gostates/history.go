package main

import (
	"io"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

func historyCommand() *cobra.Command {
	var store string
	var table tableFlags
	cmd := &cobra.Command{
		Use:   "history --store FILE EXECUTION [--brief] [--absolute]",
		Short: "print the history of an execution of a store",
		Long: `
history prints the events of an execution as a table, also while it runs. With --json it
prints what AWS's GetExecutionHistory does.

` + executionHelp,
		Args:              anExecution,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				arn, err := find(cmd.Context(), eng, args[0])
				if err != nil {
					return err
				}
				events, err := eventsOf(cmd.Context(), eng, arn)
				if err != nil {
					return err
				}
				if wantsJSON(cmd) {
					return transcript.WriteJSON(cmd.OutOrStdout(), events)
				}
				return transcript.Write(cmd.OutOrStdout(), events, table.options(cmd.OutOrStdout()))
			})
		},
	}
	storeFlag(cmd, &store)
	table.add(cmd)
	return cmd
}

// tableFlags say how a history is printed as a table.
type tableFlags struct{ brief, absolute bool }

func (f *tableFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.brief, "brief", false, "leave out the events that say little")
	cmd.Flags().BoolVar(&f.absolute, "absolute", false, "print dates and times, not the time since the start")
}

func (f *tableFlags) options(w io.Writer) transcript.Options {
	o := tableOptions(w)
	o.Brief, o.Absolute = f.brief, f.absolute
	return o
}

// tableOptions are those of a table that is printed there.
func tableOptions(w io.Writer) transcript.Options {
	return transcript.Options{Width: widthOf(w), Colour: wantsColour(w)}
}
