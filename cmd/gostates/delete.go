package main

import (
	"github.com/gostates/gostates/engine"
	"github.com/spf13/cobra"
)

func deleteCommand() *cobra.Command {
	return changing(&cobra.Command{
		Use:   "delete --store FILE EXECUTION...",
		Short: "remove executions that have ended from a store",
		Long: `
delete removes executions that have ended, with their histories; their names are free
again. Stop one that runs before.
` + changeHelp,
		Args: some("which execution?"),
	}, func(cmd *cobra.Command, eng *engine.Engine, arn string) (string, any, error) {
		if err := eng.DeleteExecution(cmd.Context(), arn); err != nil {
			return "", nil, err
		}
		return arn + ": deleted", map[string]string{"deleted": arn}, nil
	})
}
