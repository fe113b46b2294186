package main

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/spf13/cobra"
)

// changeHelp says what holds of the commands that change a store.
const changeHelp = `
It needs the store for itself: when an engine has it, the command says which process that
is, and changes nothing. No task is called and no timer fires meanwhile; what follows is
done by the next engine that is opened on the store.

` + executionHelp

// changing returns a command that changes one execution. What change prints as JSON it
// returns.
func changing(cmd *cobra.Command, change func(cmd *cobra.Command, eng *engine.Engine, arn string) (done string, result any, err error)) *cobra.Command {
	var file string
	if cmd.Args == nil {
		cmd.Args = anExecution
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return ownStore(file, func(eng *engine.Engine) error {
			for _, execution := range args {
				arn, err := find(cmd.Context(), eng, execution)
				if err != nil {
					return err
				}
				done, result, err := change(cmd, eng, arn)
				switch {
				case err != nil:
					return err
				case wantsJSON(cmd):
					err = printJSON(cmd.OutOrStdout(), result)
				default:
					_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	storeFlag(cmd, &file)
	return cmd
}

func stopCommand() *cobra.Command {
	var name, cause string
	cmd := changing(&cobra.Command{
		Use:   "stop --store FILE EXECUTION [--error NAME] [--cause TEXT]",
		Short: "stop an execution of a store",
		Long: `
stop ends an execution that runs: its status is ABORTED. One that undoes what it has
completed runs on until that is done. To stop one that has ended does nothing.
` + changeHelp,
	}, func(cmd *cobra.Command, eng *engine.Engine, arn string) (string, any, error) {
		if err := eng.StopExecution(cmd.Context(), arn, name, cause); err != nil {
			return "", nil, err
		}
		d, err := eng.DescribeExecution(cmd.Context(), arn)
		if errors.Is(err, store.ErrDamaged) {
			return arn + ": stopped; its log can't be read", map[string]string{"stopped": arn}, nil
		}
		if err != nil {
			return "", nil, err
		}
		return fmt.Sprintf("%s: %s", arn, d.Status), descriptionOf(d), nil
	})
	cmd.Flags().StringVar(&name, "error", "", "the error's `NAME`")
	cmd.Flags().StringVar(&cause, "cause", "", "the cause, a `TEXT` for people")
	return cmd
}
