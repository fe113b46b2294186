package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

// statuses are those that an execution can have.
var statuses = []string{
	string(states.StatusRunning), string(states.StatusSucceeded), string(states.StatusFailed),
	string(states.StatusTimedOut), string(states.StatusAborted),
}

func lsCommand() *cobra.Command {
	var store, machine, status string
	var limit int
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "ls --store FILE [--machine NAME] [--status STATUS] [FLAGS]",
		Short: "list the executions of a store",
		Long: `
ls lists executions, those that started last first, also while an engine is at work on
them. With --json it prints what AWS's ListExecutions calls executions, with dates as
ISO 8601 texts.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch status = strings.ToUpper(status); {
			case len(args) > 0:
				return misused("expected no argument, found %q", args[0])
			case status != "" && !slices.Contains(statuses, status):
				return misused("there is no status %q%s; there are %s", status, didYouMean(status, statuses), strings.Join(statuses, ", "))
			case limit < 1:
				return misused("--limit must be 1 or more")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				var o engine.ListOptions
				if status != "" {
					o.Statuses = []states.Status{states.Status(status)}
				}
				if since > 0 {
					o.StartedSince = time.Now().Add(-since)
				}
				if strings.HasPrefix(machine, "arn:") {
					o.Machine = machine
				}
				list := []engine.Summary{}
				more := false
				err := eachExecution(cmd.Context(), eng, o, func(x *engine.Summary) bool {
					if o.Machine == "" && machine != "" && machine != x.Machine {
						return true
					}
					if more = len(list) == limit; !more {
						list = append(list, *x)
					}
					return !more
				})
				if err != nil {
					return err
				}
				if wantsJSON(cmd) {
					return printJSON(cmd.OutOrStdout(), summariesOf(list))
				}
				printExecutions(cmd.OutOrStdout(), list)
				if more {
					fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --limit %d shows twice as many\n", 2*limit)
				}
				return nil
			})
		},
	}
	storeFlag(cmd, &store)
	cmd.Flags().StringVar(&machine, "machine", "", "only those of the state machine with this `NAME` or ARN")
	cmd.Flags().StringVar(&status, "status", "", "only those with this `STATUS`")
	cmd.Flags().DurationVar(&since, "since", 0, "only those that started in the last `DURATION`, such as 90m or 24h")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	completeFlag(cmd, "status", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return statuses, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// A summary is an execution as AWS's ListExecutions has it.
type summary struct {
	ExecutionARN    string `json:"executionArn"`
	StateMachineARN string `json:"stateMachineArn"`
	VersionARN      string `json:"stateMachineVersionArn,omitempty"`
	AliasARN        string `json:"stateMachineAliasArn,omitempty"`
	Name            string `json:"name"`
	Status          string `json:"status"`
	StartDate       string `json:"startDate"`
	StopDate        string `json:"stopDate,omitempty"`
}

func summaryOf(x *engine.Summary) summary {
	return summary{
		ExecutionARN: x.ARN, StateMachineARN: x.MachineARN, VersionARN: x.VersionARN, AliasARN: x.AliasARN, Name: x.Name,
		Status: string(x.Status), StartDate: dateOf(x.StartDate), StopDate: dateOf(x.StopDate),
	}
}

func summariesOf(list []engine.Summary) []summary {
	all := make([]summary, 0, len(list))
	for i := range list {
		all = append(all, summaryOf(&list[i]))
	}
	return all
}

// dateOf returns a time as JSON has it, "" for the zero time.
func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// printExecutions prints executions as a table.
func printExecutions(w io.Writer, list []engine.Summary) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "started\ttook\tstatus\tmachine\tname")
	for i := range list {
		x := &list[i]
		took := ""
		if !x.StopDate.IsZero() {
			took = transcript.Since(x.StopDate.Sub(x.StartDate))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", x.StartDate.Local().Format("2006-01-02 15:04:05"), took, x.Status, x.Machine, x.Name)
	}
	table.Flush()
	p := paintFor(w)
	for i, line := range strings.SplitAfter(text.String(), "\n") {
		switch {
		case i == 0:
			line = p.faint(strings.TrimRight(line, "\n")) + "\n"
		case i <= len(list):
			status := string(list[i-1].Status)
			line = strings.Replace(line, status, p.status(list[i-1].Status, status), 1)
		}
		io.WriteString(w, line)
	}
}

// status paints text in the colour of a status.
func (p paint) status(s states.Status, text string) string {
	switch s {
	case states.StatusSucceeded:
		return p.green(text)
	case states.StatusRunning:
		return p.yellow(text)
	}
	return p.red(text)
}
