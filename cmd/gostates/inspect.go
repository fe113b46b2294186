package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/registry"
	"github.com/spf13/cobra"
)

func inspectCommand() *cobra.Command {
	var store string
	flags := serveFlags{quiet: true}
	var hide bool
	cmd := &cobra.Command{
		Use:   "inspect --store FILE [--addr ADDRESS] [FLAGS]",
		Short: "show the executions of a store in a browser",
		Long: `
inspect shows the state machines and executions of a store in a browser, also while an
engine is at work on it: graphs, timelines, events, the input and output of every state.
It changes nothing. Browsers on this machine that ask for localhost get an answer, and
others by a host that --inspector-host names. They see all payloads, unless
--hide-payloads hides them.`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(store, func(eng *engine.Engine) error {
				pages, err := inspector.New(inspector.Config{Engine: eng, Machines: registry.New(eng), Hosts: flags.inspectorHosts, ReadOnly: true, HidePayloads: hide})
				if err != nil {
					return err
				}
				return flags.show(cmd, pages)
			})
		},
	}
	storeFlag(cmd, &store)
	set := cmd.Flags()
	set.StringVar(&flags.addr, "addr", "127.0.0.1:8084", "the `ADDRESS` to listen on; a port alone means this machine")
	set.StringArrayVar(&flags.inspectorHosts, "inspector-host", nil, "answer browsers that ask by this `HOST`, from other machines, too; may be given several times")
	set.BoolVar(&hide, "hide-payloads", false, "show no inputs, outputs, variables and causes")
	return cmd
}

// show serves pages until it is interrupted.
func (f *serveFlags) show(cmd *cobra.Command, pages http.Handler) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := f.listen(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "listening on http://%s\n", listener.Addr())
	return serveOn(ctx, stop, listener, pages, f.logger(cmd))
}
