package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/spf13/cobra"
)

// storeVariable is the environment variable that names the store when no flag does.
const storeVariable = "GOSTATES_STORE"

// storeFlag adds the flag that names the store.
func storeFlag(cmd *cobra.Command, store *string) {
	cmd.Flags().StringVar(store, "store", os.Getenv(storeVariable), "the SQLite `FILE` that has the executions; default: the environment variable "+storeVariable)
	cmd.Flags().Lookup("store").DefValue = ""
	completeFlag(cmd, "store", files("db", "sqlite"))
}

// executionHelp says how an execution is named, for the help of commands.
const executionHelp = `EXECUTION is an execution's ARN or its name; MACHINE:NAME where executions of several
machines have that name. Without --store the store is the one that the environment
variable ` + storeVariable + ` names.`

// anExecution is the Args of a command that takes one execution.
func anExecution(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misused("expected one execution, found %d", len(args))
	}
	return nil
}

// checkStore says what is wrong with the name of a store.
func checkStore(file string) error {
	if file == "" {
		return misused("which --store?")
	}
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store %s", file)
	}
	return err
}

// withStore opens an engine that only looks at a store, also while another engine is at work
// on it.
func withStore(file string, f func(*engine.Engine) error) error {
	if err := checkStore(file); err != nil {
		return err
	}
	return standby(file, sqlite.OpenReadOnly(file), f)
}

// ownStore opens an engine that may change what a store has, which no other engine may have
// meanwhile.
func ownStore(file string, f func(*engine.Engine) error) error {
	if err := checkStore(file); err != nil {
		return err
	}
	return standby(file, sqlite.Open(file), f)
}

// standby runs f with an engine that moves nothing by itself.
func standby(file string, db *sqlite.Store, f func(*engine.Engine) error) error {
	eng, err := engine.New(engine.Config{
		Store: db, Standby: true,
		Limits: engine.Limits{Retention: -1}, // what is there can be looked at
	})
	if owner, ok := errors.AsType[*store.InUseError](err); ok {
		return inUse(file, owner)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(eng), eng.Close())
}

// inUse says who has a store.
func inUse(file string, owner *store.InUseError) error {
	who := "another process"
	if owner.PID != 0 {
		who = fmt.Sprintf("process %d", owner.PID)
		// Where the system tells it, people know the process by its command line.
		if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", owner.PID)); err == nil && len(line) > 0 {
			who += " (" + strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " ")) + ")"
		}
	}
	return fmt.Errorf("%s is in use by %s: it can be read meanwhile, and be changed by that process alone, or when that has ended", file, who)
}

// find returns the ARN of an execution that is given by its ARN, by its name, or as
// MACHINE:NAME.
func find(ctx context.Context, eng *engine.Engine, execution string) (string, error) {
	if strings.HasPrefix(execution, "arn:") {
		return execution, nil
	}
	machine, name, qualified := strings.Cut(execution, ":")
	if !qualified {
		machine, name = "", execution
	}
	found, err := named(ctx, eng, machine, name)
	var names []string // that may have been meant
	if len(found) == 0 && err == nil {
		names, err = someNames(ctx, eng)
	}
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("there is no execution %q%s", execution, didYouMean(name, names))
	case len(found) > 1:
		return "", fmt.Errorf("several executions are called %q: say which one\n  %s", execution, strings.Join(found, "\n  "))
	}
	return found[0], nil
}

// named returns the ARNs of the executions with a name, of a machine if that is not empty.
func named(ctx context.Context, eng *engine.Engine, machine, name string) (found []string, err error) {
	counts, err := eng.CountExecutions(ctx, engine.CountOptions{MapRunChildren: true})
	if err != nil {
		return nil, err
	}
	tried := map[string]bool{}
	for i := range counts {
		arn := strings.Replace(counts[i].MachineARN, ":stateMachine:", ":execution:", 1) + ":" + name
		if tried[arn] || machine != "" && machine != counts[i].Machine {
			continue
		}
		tried[arn] = true
		// One whose log can't be read is there as well.
		switch _, err := eng.DescribeExecution(ctx, arn); {
		case err == nil || errors.Is(err, store.ErrDamaged):
			found = append(found, arn)
		case !errors.Is(err, engine.ErrExecutionDoesNotExist) && !errors.Is(err, engine.ErrInvalidARN):
			return nil, err
		}
	}
	return found, nil
}

// someNames returns names of executions, from which one may be meant that was misspelt.
func someNames(ctx context.Context, eng *engine.Engine) (names []string, err error) {
	const most = 1000
	err = eachExecution(ctx, eng, engine.ListOptions{MapRunChildren: true}, func(x *engine.Summary) bool {
		names = append(names, x.Name)
		return len(names) < most
	})
	return names, err
}

// eachExecution calls f with executions, those that started last first, until it has enough.
func eachExecution(ctx context.Context, eng *engine.Engine, o engine.ListOptions, f func(*engine.Summary) (more bool)) error {
	o.MaxResults = 1000
	for {
		page, err := eng.ListExecutions(ctx, o)
		if err != nil {
			return err
		}
		for i := range page.Executions {
			if !f(&page.Executions[i]) {
				return nil
			}
		}
		if o.NextToken = page.NextToken; o.NextToken == "" {
			return nil
		}
	}
}

// eventsOf returns all events of an execution.
func eventsOf(ctx context.Context, eng *engine.Engine, arn string) ([]engine.Event, error) {
	var all []engine.Event
	for event, err := range eng.Events(ctx, arn, 0) {
		if err != nil {
			return nil, err
		}
		all = append(all, event)
	}
	return all, nil
}
