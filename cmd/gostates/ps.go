package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/spf13/cobra"
)

func psCommand() *cobra.Command {
	var store, machine string
	var limit int
	var children bool
	cmd := &cobra.Command{
		Use:   "ps --store FILE [--machine NAME] [FLAGS]",
		Short: "say what runs now in a store, for how long, and where it is",
		Long: `
ps lists the executions that run, those that have run longest first, and the states that
each of them is in. It asks for each execution where it is, so that a long list takes its
time. With --json each has "active", as show --json has.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return misused("expected no argument, found %q", args[0])
			case limit < 1:
				return misused("--limit must be 1 or more")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				arn, err := machineARN(cmd.Context(), eng, machine)
				if err != nil {
					return err
				}
				list, more := []engine.Summary{}, false
				if machine == "" || arn != "" {
					o := engine.ListOptions{Machine: arn, Statuses: []states.Status{states.StatusRunning}, OldestFirst: true, MapRunChildren: children}
					if list, more, err = listSome(cmd.Context(), eng, o, limit); err != nil {
						return err
					}
				}
				return printRunning(cmd, eng, list, more, limit)
			})
		},
	}
	storeFlag(cmd, &store)
	cmd.Flags().StringVar(&machine, "machine", "", "only those of the state machine with this `NAME` or ARN")
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N`")
	cmd.Flags().BoolVar(&children, "children", false, "the children of Map Runs, too")
	return cmd
}

// A running is an execution that runs, as JSON.
type running struct {
	summary
	Active []activeState `json:"active"`
}

func printRunning(cmd *cobra.Command, eng *engine.Engine, list []engine.Summary, more bool, limit int) error {
	now := time.Now()
	table := newTable("runs for", "machine", "name", "in")
	all := []running{}
	for i := range list {
		x := &list[i]
		var active []engine.ActiveState
		where := ""
		switch d, err := eng.DescribeExecution(cmd.Context(), x.ARN); {
		case err != nil:
			where = err.Error() // one that can't be read must not hide the others
		default:
			active, where = d.Active, briefly(d.Active)
		}
		all = append(all, running{summaryOf(x), activeStates(active)})
		table.row("", lasting(now.Sub(x.StartDate)), x.Machine, x.Name, where)
	}
	if wantsJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), all)
	}
	table.print(cmd.OutOrStdout())
	if more {
		fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --limit %d shows twice as many\n", 2*limit)
	}
	return nil
}

// briefly names the innermost states, the first few of them.
func briefly(active []engine.ActiveState) string {
	const most = 3
	var inner []string
	more := 0
	var visit func(all []engine.ActiveState)
	visit = func(all []engine.ActiveState) {
		for i := range all {
			a := &all[i]
			more += a.Left
			switch {
			case len(a.Within) > 0:
				visit(a.Within)
			case len(inner) == most:
				more++
			default:
				text := a.State
				if a.WaitsFor != "" {
					text += " (" + strings.ReplaceAll(strings.ToLower(string(a.WaitsFor)), "_", " ") + ")"
				}
				inner = append(inner, text)
			}
		}
	}
	visit(active)
	if more > 0 {
		inner = append(inner, fmt.Sprintf("%d more", more))
	}
	return strings.Join(inner, ", ")
}
