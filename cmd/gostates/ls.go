package main

import (
	"context"
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

// A selection is the flags that choose executions.
type selection struct {
	machine, prefix            string
	statuses                   []string
	since, until               moment
	stoppedSince, stoppedUntil moment
	children                   bool
}

// addTo adds the flags to a command.
func (s *selection) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.machine, "machine", "", "only those of the state machine with this `NAME` or ARN")
	f.StringArrayVar(&s.statuses, "status", nil, "only those with this `STATUS`; it may be given several times")
	f.StringVar(&s.prefix, "prefix", "", "only those whose names begin with this `TEXT`")
	f.Var(&s.since, "since", "only those that started at this `TIME` or later: a date, or how long ago, such as 90m or 24h")
	f.Var(&s.until, "until", "only those that started before this `TIME`")
	f.Var(&s.stoppedSince, "stopped-since", "only those that ended at this `TIME` or later")
	f.Var(&s.stoppedUntil, "stopped-until", "only those that ended before this `TIME`")
	f.BoolVar(&s.children, "children", false, "the children of Map Runs, too")
	completeFlag(cmd, "status", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return statuses, cobra.ShellCompDirectiveNoFileComp
	})
}

// check says what is wrong with the flags.
func (s *selection) check() error {
	for i, status := range s.statuses {
		if s.statuses[i] = strings.ToUpper(status); !slices.Contains(statuses, s.statuses[i]) {
			return misused("there is no status %q%s; there are %s", s.statuses[i], didYouMean(s.statuses[i], statuses), strings.Join(statuses, ", "))
		}
	}
	return nil
}

// options returns what the flags choose, and false when there is no such machine.
func (s *selection) options(ctx context.Context, eng *engine.Engine) (o engine.ListOptions, found bool, err error) {
	now := time.Now()
	o = engine.ListOptions{
		NamePrefix: s.prefix, MapRunChildren: s.children, Statuses: s.statusList(),
		StartedSince: s.since.before(now), StartedBefore: s.until.before(now),
		StoppedSince: s.stoppedSince.before(now), StoppedBefore: s.stoppedUntil.before(now),
	}
	o.Machine, err = machineARN(ctx, eng, s.machine)
	return o, s.machine == "" || o.Machine != "", err
}

func (s *selection) statusList() (all []states.Status) {
	for _, status := range s.statuses {
		all = append(all, states.Status(status))
	}
	return all
}

// machineARN returns the ARN of the machine with a name, which may be followed by that of a
// version or an alias; "" for none. The region and account are those of the store's executions.
func machineARN(ctx context.Context, eng *engine.Engine, machine string) (string, error) {
	if machine == "" || strings.HasPrefix(machine, "arn:") {
		return machine, nil
	}
	counts, err := eng.CountExecutions(ctx, engine.CountOptions{MapRunChildren: true})
	if err != nil {
		return "", err
	}
	name, qualifier, qualified := strings.Cut(machine, ":")
	var found []string
	for i := range counts {
		if arn := counts[i].MachineARN; counts[i].Machine == name && !slices.Contains(found, arn) {
			found = append(found, arn)
		}
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("several machines are called %q: say which one\n  %s", name, strings.Join(found, "\n  "))
	case len(found) == 0:
		return "", nil
	case qualified:
		return found[0] + ":" + qualifier, nil
	}
	return found[0], nil
}

func lsCommand() *cobra.Command {
	var store string
	var chosen selection
	var limit int
	var count, oldest bool
	cmd := &cobra.Command{
		Use:   "ls --store FILE [--machine NAME] [--status STATUS] [FLAGS]",
		Short: "list the executions of a store",
		Long: `
ls lists executions, those that started last first, also while an engine is at work on
them. With --json it prints what AWS's ListExecutions calls executions, with dates as
ISO 8601 texts. With --count it says how many there are of each machine and status, and
takes --machine, --status and --children alone.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return misused("expected no argument, found %q", args[0])
			case limit < 1:
				return misused("--limit must be 1 or more")
			}
			for _, name := range []string{"prefix", "since", "until", "stopped-since", "stopped-until", "oldest", "limit"} {
				if count && cmd.Flags().Changed(name) {
					return misused("--count can't be combined with --%s", name)
				}
			}
			return chosen.check()
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				o, found, err := chosen.options(cmd.Context(), eng)
				if err != nil {
					return err
				}
				if count {
					return printCounts(cmd, eng, &o, found)
				}
				o.OldestFirst = oldest
				list := []engine.Summary{}
				more := false
				if found {
					list, more, err = listSome(cmd.Context(), eng, o, limit)
				}
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
	chosen.addTo(cmd)
	cmd.Flags().BoolVar(&oldest, "oldest", false, "those that started first first")
	cmd.Flags().BoolVar(&count, "count", false, "count them")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	return cmd
}

// listSome returns up to a limit of executions, and whether there are more.
func listSome(ctx context.Context, eng *engine.Engine, o engine.ListOptions, limit int) (list []engine.Summary, more bool, err error) {
	list = []engine.Summary{}
	err = eachExecution(ctx, eng, o, func(x *engine.Summary) bool {
		if more = len(list) == limit; !more {
			list = append(list, *x)
		}
		return !more
	})
	return list, more, err
}

// A count is how many executions of a machine have a status.
type count struct {
	StateMachineARN string `json:"stateMachineArn"`
	Status          string `json:"status"`
	Executions      int64  `json:"executions"`
}

// printCounts says how many executions options choose.
func printCounts(cmd *cobra.Command, eng *engine.Engine, o *engine.ListOptions, found bool) error {
	all, err := eng.CountExecutions(cmd.Context(), engine.CountOptions{Machine: o.Machine, MapRunChildren: o.MapRunChildren})
	if err != nil {
		return err
	}
	counts := []count{}
	table := newTable("executions", "status", "machine")
	total := int64(0)
	for _, c := range all {
		if !found || len(o.Statuses) > 0 && !slices.Contains(o.Statuses, c.Status) {
			continue
		}
		total += c.Executions
		counts = append(counts, count{c.MachineARN, string(c.Status), c.Executions})
		table.row(c.Status, fmt.Sprint(c.Executions), string(c.Status), c.Machine)
	}
	if wantsJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), counts)
	}
	table.row("", fmt.Sprint(total), "in all", "")
	table.print(cmd.OutOrStdout())
	return nil
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
	table := newTable("started", "took", "status", "machine", "name")
	for i := range list {
		x := &list[i]
		took := ""
		if !x.StopDate.IsZero() {
			took = transcript.Since(x.StopDate.Sub(x.StartDate))
		}
		table.row(x.Status, x.StartDate.Local().Format(time.DateTime), took, string(x.Status), x.Machine, x.Name)
	}
	table.print(w)
}

// A table has a row for each execution, with its status in colour.
type table struct {
	text     strings.Builder
	tabs     *tabwriter.Writer
	statuses []states.Status
}

func newTable(columns ...string) *table {
	t := new(table)
	t.tabs = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t.tabs, strings.Join(columns, "\t"))
	return t
}

// row adds a row. The status is that of one of its columns, empty for none.
func (t *table) row(status states.Status, columns ...string) {
	t.statuses = append(t.statuses, status)
	fmt.Fprintln(t.tabs, strings.Join(columns, "\t"))
}

func (t *table) print(w io.Writer) {
	t.tabs.Flush()
	p := paintFor(w)
	for i, line := range strings.Split(strings.TrimSuffix(t.text.String(), "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case i == 0:
			line = p.faint(line)
		case t.statuses[i-1] != "":
			status := string(t.statuses[i-1])
			line = strings.Replace(line, status, p.status(t.statuses[i-1], status), 1)
		}
		fmt.Fprintln(w, line)
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
