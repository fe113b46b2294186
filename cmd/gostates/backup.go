package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/spf13/cobra"
)

func backupCommand() *cobra.Command {
	var store string
	cmd := &cobra.Command{
		Use:   "backup --store FILE COPY",
		Short: "copy a store, also while an engine has it",
		Long: `
backup writes a copy of a store to a new file COPY, as the store is at one moment. An
engine that is at work on the store goes on meanwhile. The copy is a store like any
other.

Without --store the store is the one that the environment variable ` + storeVariable + `
names.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misused("expected one file to copy to, found %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkStore(store); err != nil {
				return err
			}
			db := sqlite.OpenReadOnly(store)
			defer db.Close()
			err := db.Backup(cmd.Context(), args[0])
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists: a backup is a new file", args[0])
			}
			if err != nil {
				return err
			}
			if wantsJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), map[string]string{"store": db.Path(), "copy": args[0]})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is a copy of %s\n", args[0], db.Path())
			return err
		},
	}
	storeFlag(cmd, &store)
	return cmd
}
