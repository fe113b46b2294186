package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/spf13/cobra"
)

func deadLettersCommand() *cobra.Command {
	var store string
	var drop []string
	cmd := &cobra.Command{
		Use:   "deadletters --store FILE [--drop KEY...]",
		Short: "list the notifications of a store that were given up",
		Long: `
deadletters lists the changes of executions' status that a program's engine.Config.Notify
has not taken in so many attempts, also while an engine is at work on them, and says how
many wait to be told. The program itself can redeliver them. --drop removes some, which
takes a store that no engine has.`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(drop) > 0 {
				return ownStore(store, func(eng *engine.Engine) error {
					for _, key := range drop {
						if err := eng.DropDeadLetter(cmd.Context(), key); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return withStore(store, func(eng *engine.Engine) error { return listDeadLetters(cmd, eng) })
		},
	}
	storeFlag(cmd, &store)
	cmd.Flags().StringArrayVar(&drop, "drop", nil, "remove the one with this `KEY`; may be given several times")
	return cmd
}

// A listedLetter is a dead letter as JSON.
type listedLetter struct {
	Key      string              `json:"key"`
	Attempts int                 `json:"attempts"`
	Error    string              `json:"error"`
	At       string              `json:"at"`
	Change   engine.StatusChange `json:"change"`
}

// listDeadLetters prints the dead letters of a store, and how many notifications wait.
func listDeadLetters(cmd *cobra.Command, eng *engine.Engine) error {
	letters := []listedLetter{}
	for l, err := range eng.DeadLetters(cmd.Context()) {
		if err != nil {
			return err
		}
		letters = append(letters, listedLetter{l.Key, l.Attempts, l.Err, dateOf(l.At), l.Change})
	}
	status, err := eng.NotificationStatus(cmd.Context())
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), map[string]any{"waiting": status.Waiting, "oldest": dateOf(status.Oldest), "deadLetters": letters})
	}
	printDeadLetters(cmd.OutOrStdout(), letters)
	if status.Waiting > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%d more wait to be told, the oldest since %s\n", status.Waiting, status.Oldest.Format(time.DateTime))
	}
	return nil
}

// printDeadLetters prints dead letters as a table.
func printDeadLetters(w io.Writer, letters []listedLetter) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "key\tchanged\tstatus\texecution\tattempts\terror")
	for _, l := range letters {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", l.Key, l.Change.Time.Format(time.DateTime), l.Change.Detail.Status,
			l.Change.Detail.ExecutionARN, l.Attempts, strings.ReplaceAll(l.Error, "\n", "; "))
	}
	table.Flush()
}
