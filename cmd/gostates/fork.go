package main

import (
	"encoding/json"
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/spf13/cobra"
)

func forkCommand() *cobra.Command {
	var at int64
	var payload, definition, name string
	var source source
	cmd := changing(&cobra.Command{
		Use:   "fork --store FILE EXECUTION --at EVENT [--payload JSON] [FLAGS]",
		Short: "begin an execution as a copy of another, up to an event",
		Long: `
fork starts a new execution whose history begins with that of another one, up to an event
at which a state was entered or a task ended, and goes on from there by itself. The
other stays as it is. "gostates history" has the numbers of the events.

The definition, if one is given, is in JSON or YAML, or in a file that has one in it, as
"gostates help validate" says; of several machines --machine names the one that is meant.
` + changeHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if at <= 0 {
				return misused("--at which event?")
			}
			return anExecution(cmd, args)
		},
	}, func(cmd *cobra.Command, eng *engine.Engine, arn string) (string, any, error) {
		var fork engine.Fork
		if payload != "" {
			if _, err := value.Parse(payload); err != nil {
				return "", nil, fmt.Errorf("the payload is no JSON: %w", err)
			}
			fork.Payload = json.RawMessage(payload)
		}
		if definition != "" {
			var err error
			if fork.Machine, err = source.parse(cmd, definition, asl.Parser{Extensions: true}); err != nil {
				return "", nil, err
			}
		}
		var options []engine.StartOption
		if name != "" {
			options = append(options, engine.Named(name))
		}
		x, err := eng.ForkExecution(cmd.Context(), arn, states.EventID(at), fork, options...)
		if err != nil {
			return "", nil, err
		}
		return x.ARN(), map[string]string{"executionArn": x.ARN()}, nil
	})
	cmd.Flags().Int64Var(&at, "at", 0, "the last `EVENT` that the fork has of the other; required")
	cmd.Flags().StringVar(&payload, "payload", "", "what that event carries, in place of the input or output it has: `JSON`")
	cmd.Flags().StringVar(&definition, "definition", "", "the `FILE` with the definition to go on with, in place of the other's")
	cmd.Flags().StringVar(&name, "name", "", "the `NAME` of the fork; default: a new UUID")
	source.add(cmd)
	completeFlag(cmd, "definition", files("json", "yaml", "yml"))
	return cmd
}
