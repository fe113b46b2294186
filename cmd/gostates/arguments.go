package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/spf13/cobra"
)

// oneDefinition is the Args of a command that takes one definition.
func oneDefinition(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misused("expected one definition, found %d", len(args))
	}
	return nil
}

// some returns the Args of a command that takes one argument or more, and the question
// that it answers none with.
func some(question string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misused("%s", question)
		}
		return nil
	}
}

// files completes arguments and values of flags with files that have one of the extensions.
func files(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completeFlag has the shell complete the value of a flag.
func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is not this command's: found by whoever runs any command
	}
}

// readFile reads a file, or standard input for "-". The error of one that there is not names
// the file of the same folder that was probably meant.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: a file is wanted", name)
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missingFile(name)
	}
	return text, err
}

// stemOf returns the name of a file without its extensions.
func stemOf(name string) string {
	stem, _, _ := strings.Cut(name, ".")
	return stem
}

func missingFile(name string) error {
	folder, base := filepath.Split(name)
	entries, err := os.ReadDir(cmp.Or(folder, "."))
	if err != nil {
		return fmt.Errorf("there is no folder %s", folder)
	}
	// Without their extensions: those are alike anyway.
	var stems, files []string
	for _, e := range entries {
		if !e.IsDir() {
			stems, files = append(stems, stemOf(e.Name())), append(files, e.Name())
		}
	}
	stem := stemOf(base)
	near := slices.Index(stems, cmp.Or(asl.Nearest(stem, stems), stem))
	if near >= 0 {
		return fmt.Errorf("there is no file %s; did you mean %s?", name, folder+files[near])
	}
	return fmt.Errorf("there is no file %s", name)
}
