package clients

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/require"
)

// A client is one that people call the API with.
type client struct {
	name string
	// missing says what the machine lacks for it and what would help, or nothing.
	missing func() string
	// drive has it call the endpoint, and fails the test when an answer is not as AWS's.
	drive func(t *testing.T, e *endpoint)
}

// TestClients runs all the clients, each against an endpoint of its own, and then counts:
// every operation has to be called by two of them.
func TestClients(t *testing.T) {
	callers := make(map[string][]string) // of operations
	skipped := false
	for _, c := range []client{
		{"aws-sdk-go-v2", func() string { return "" }, driveGo},
		{"aws-cli", works("no aws in the PATH: pip install awscli", "aws", "--version"), driveCLI("aws")},
		{"aws-cli of Debian", works("no "+debianCLI+": apt-get install awscli", debianCLI, "--version"), driveCLI(debianCLI)},
		{"boto3", works("no boto3 for python3: pip install boto3", "python3", "-c", "import boto3"), driveBoto3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if missing := c.missing(); missing != "" {
				skipped = true
				t.Skipf("NOT TESTED: %s: %s", c.name, missing)
			}
			e := serve(t)
			c.drive(t, e)
			require.Empty(t, e.recorder.faults)
			called := e.recorder.called()
			for operation := range called {
				callers[operation] = append(callers[operation], c.name)
			}
			t.Logf("%d operations: %v", len(called), slices.Sorted(maps.Keys(called)))
		})
	}
	t.Run("every operation by two clients", func(t *testing.T) {
		if skipped || t.Failed() {
			t.Skip("NOT TESTED: that two clients call each operation: some were skipped")
		}
		e := serve(t)
		for _, operation := range operations() {
			if e.has(operation) {
				require.GreaterOrEqual(t, len(callers[operation]), 2, "%s: %v", operation, callers[operation])
			}
		}
	})
}

// operations returns the names of all operations: the SDK's client has a method for each.
func operations() []string {
	var names []string
	for method := range reflect.TypeFor[*sfn.Client]().Methods() {
		if method.Name != "Options" {
			names = append(names, method.Name)
		}
	}
	return names
}
