package main

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/spf13/cobra"
)

func compactCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "compact --store FILE",
		Short: "make the file of a store smaller, also while an engine has it",
		Long: `
compact gives the room of executions that were removed back to the disk. An engine that is
at work on the store goes on meanwhile. A file that an earlier release has made is written
anew at the first time, for which no engine may have it.

Without --store the store is the one that the environment variable ` + storeVariable + `
names.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misused("expected no argument, found %q", args[0])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkStore(file); err != nil {
				return err
			}
			c, err := sqlite.Compact(cmd.Context(), file)
			if owner, ok := errors.AsType[*store.InUseError](err); ok {
				return fmt.Errorf("%w; an earlier release has made it, so it is written anew when it is compacted first", inUse(file, owner))
			}
			if err != nil {
				return err
			}
			if wantsJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]int64{"before": c.Before, "after": c.After})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes before, %d bytes after\n", file, c.Before, c.After)
			return err
		},
	}
	storeFlag(cmd, &file)
	return cmd
}
