package clients

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// debianCLI is where Debian's package awscli has the CLI of version 2, beside what the PATH
// has.
const debianCLI = "/usr/bin/aws"

// patience bounds how long a client may run, in real time.
const patience = 5 * time.Minute

// execute runs a program with a file of the folder testdata as its input, and fails the test
// with what it has written when it fails.
func execute(t *testing.T, e *endpoint, script string, more map[string]string, program string, args ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", script))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Stdin, command.Env = bytes.NewReader(text), e.environment(more)
	command.Dir, command.WaitDelay = t.TempDir(), time.Second
	written, err := command.CombinedOutput()
	require.NoError(t, err, "%s:\n%s", script, written)
}

// works says what is missing for a program that has to succeed with some arguments.
func works(hint, program string, args ...string) func() string {
	return func() string {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if exec.CommandContext(ctx, program, args...).Run() != nil {
			return hint
		}
		return ""
	}
}

// jsPackage is the client for JavaScript, as npm installs it.
const jsPackage = "@aws-sdk/client-sfn@3.1164.0"

// jsDir returns the folder into which jsPackage is installed.
func jsDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "gostates", "client-sfn")
}

// missingJS says what is missing for the client for JavaScript, which it installs when the
// environment wants that.
func missingJS() string {
	const hint = ": GOSTATES_NPM=1 installs " + jsPackage
	require := works("no @aws-sdk/client-sfn in "+jsDir()+hint, "node", "-e", "require(process.argv[1])", filepath.Join(jsDir(), "node_modules", "@aws-sdk", "client-sfn"))
	missing := require()
	if missing == "" || os.Getenv("GOSTATES_NPM") != "1" {
		return missing
	}
	if err := os.MkdirAll(jsDir(), 0o700); err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	written, err := exec.CommandContext(ctx, "npm", "install", "--prefix", jsDir(), "--no-audit", "--no-fund", jsPackage).CombinedOutput()
	if err != nil {
		return "npm install " + jsPackage + ": " + err.Error() + ": " + string(written)
	}
	return require()
}

func driveJS(t *testing.T, e *endpoint) {
	execute(t, e, "client.js", map[string]string{"NODE_PATH": filepath.Join(jsDir(), "node_modules")}, "node", "-")
}

func driveBoto3(t *testing.T, e *endpoint) {
	execute(t, e, "client.py", nil, "python3", "-")
}

// driveCLI returns a function that calls the API by a CLI.
func driveCLI(program string) func(*testing.T, *endpoint) {
	return func(t *testing.T, e *endpoint) {
		more := map[string]string{"AWS": program, "POWER_TUNING": powerTuningDefinition(t), "TMPDIR": t.TempDir(), "OLD": ""}
		if program == debianCLI {
			more["OLD"] = "1"
		}
		execute(t, e, "client.sh", more, "sh", "-s")
	}
}
