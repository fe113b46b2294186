package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "print the program's version",
		Long:              "version prints the version of the module, the commit it was built from where that is\nknown, and the version of Go.",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := versionOf()
			if wantsJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), v)
			}
			line := "gostates " + v.Version
			if v.Commit != "" {
				line += ", commit " + v.Commit
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s, %s %s\n", line, v.Go, v.Platform)
			return err
		},
	}
}

// A version says what was built.
type version struct {
	Version  string `json:"version"`          // the module's, "(devel)" when it is built from its own folder
	Commit   string `json:"commit,omitempty"` // with "+" after it when files had changed
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionOf() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	changed := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if changed && v.Commit != "" {
		v.Commit += "+"
	}
	return v
}
